// The walkers of the crash> prompt over damaged machines: each ends, says what is wrong, and reports no damage where
// there is none. OOPSLAB_FULL=1 runs 10,000 damaged machines, else a few hundred.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Addr, frameOf, hex, pageStart } from '../../src/base/address.js';
import { Case } from '../../src/reading/case.js';
import { Dump } from '../../src/reading/dump.js';
import { runLine } from '../../src/crash/run.js';
import { InputError } from '../../src/base/errors.js';
import { findField } from '../../src/kernel/layout.js';
import type { PagedMemory } from '../../src/kernel/memory.js';
import { outOfBounds } from '../../src/reading/out-of-bounds.js';
import type { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { listScenarios, loadScenario } from '../../src/scenario/scenario.js';
import { offsetOf } from '../../src/kernel/slab-layout.js';
import { walkHeap } from '../../src/kernel/slab.js';
import { idr_layer, ipcIdToSlot, ipc_namespace, shmid_kernel } from '../../src/kernel/structs/ipc.js';
import { mm_struct, page, pageDescriptor, vm_area_struct } from '../../src/kernel/structs/mm.js';
import { BUFCTL_END, array_cache, kmem_cache, kmem_list3, slab } from '../../src/kernel/structs/slab.js';
import { CURRENT_TASK_OFFSET, pt_regs, task_struct, thread_info } from '../../src/kernel/structs/task.js';
import { findTrap, recordedSymbols } from '../../src/recording/trap.js';
import { FULL, cases } from '../helpers/effort.js';
import { memoryAt, memoryAtEnd } from '../helpers/damaged-machine.js';

const RUNS = cases(300, 10_000);
const MINUTES = 60_000;
const ID = BigInt(findField(shmid_kernel, 'shm_perm.id')!.offset);

/** A word that damage is aimed at. */
interface Target {
  readonly kind: string;
  readonly address: Addr;
  readonly size: 4 | 8;
  /** The struct that it belongs to, and other places that no longer agree when it changes. */
  readonly near: readonly Addr[];
  /** The slot of a leaf of the idr that this is. */
  readonly slot?: number;
}

/** A machine at the trap, whole; and what there is in it to be damaged. */
interface Victim {
  readonly recording: Recording;
  readonly memory: PagedMemory;
  readonly whole: Uint8Array;
  readonly targets: readonly Target[];
  /** Addresses of things: what a damaged pointer may lead to. */
  readonly places: readonly Addr[];
}

const heapTargets = (memory: PagedMemory, cacheChain: Addr): Target[] => {
  const targets: Target[] = [];
  const add = (kind: string, address: Addr, size: 4 | 8, ...near: readonly Addr[]): void =>
    void targets.push({ kind, address, size, near });
  const ring = (kind: string, at: Addr): void => {
    add(kind, at, 8);
    add(kind, at + 8n, 8);
  };
  ring('list pointer', cacheChain);
  for (const { cache, slabs } of walkHeap(memory, cacheChain).caches) {
    ring('list pointer', cache + offsetOf(kmem_cache, 'next'));
    add('name', cache + offsetOf(kmem_cache, 'name'), 8, cache);
    add('name', memory.readU64(cache + offsetOf(kmem_cache, 'name')), 8, cache);
    for (const field of ['buffer_size', 'num', 'limit']) add('cache', cache + offsetOf(kmem_cache, field), 4);
    add('cache', cache + offsetOf(kmem_cache, 'nodelists'), 8);
    add('cache', cache + offsetOf(kmem_cache, 'array[1]'), 8);
    const list3 = memory.readU64(cache + offsetOf(kmem_cache, 'nodelists'));
    for (const field of ['slabs_partial', 'slabs_full', 'slabs_free'])
      ring('list pointer', list3 + offsetOf(kmem_list3, field));
    add('free_objects', list3 + offsetOf(kmem_list3, 'free_objects'), 8);
    add('cache', list3 + offsetOf(kmem_list3, 'shared'), 8);
    const array = memory.readU64(cache + offsetOf(kmem_cache, 'array[1]'));
    add('array', array + offsetOf(array_cache, 'avail'), 4);
    add('array', array + BigInt(array_cache.size), 8);
    for (const { slab: at, objects } of slabs) {
      ring('list pointer', at);
      add('s_mem', at + offsetOf(slab, 's_mem'), 8, at);
      add('inuse', at + offsetOf(slab, 'inuse'), 4);
      const descriptor = pageDescriptor(frameOf(pageStart(objects)));
      add('page', descriptor + offsetOf(page, 'lru.next'), 8);
      add('page', descriptor + offsetOf(page, 'lru.prev'), 8);
      add('page flags', descriptor + offsetOf(page, 'flags'), 8, at + offsetOf(slab, 's_mem'));
      let place = at + offsetOf(slab, 'free');
      for (let count = 0; count < 512; count += 1) {
        add('bufctl', place, 4, at, at + offsetOf(slab, 'inuse'));
        const index = memory.readU32(place);
        if (index === BUFCTL_END) break;
        place = at + BigInt(slab.size + index * 4);
      }
    }
  }
  return targets;
};

const registryTargets = (memory: PagedMemory, namespace: Addr): Target[] => {
  const place = (path: string): Addr => namespace + BigInt(findField(ipc_namespace, path)!.offset);
  const inUse = place('ids[2].in_use');
  const top = place('ids[2].ipcs_idr.top');
  const layers = place('ids[2].ipcs_idr.layers');
  const targets: Target[] = [
    { kind: 'idr', address: inUse, size: 4, near: [] },
    { kind: 'idr', address: layers, size: 4, near: [] },
    { kind: 'idr', address: top, size: 8, near: [inUse, layers] },
  ];
  const visit = (node: Addr, base: number): void => {
    const field = (path: string): Addr => node + BigInt(findField(idr_layer, path)!.offset);
    const [count, layer] = [field('count'), field('layer')];
    targets.push({ kind: 'idr', address: count, size: 4, near: [] });
    targets.push({ kind: 'idr', address: layer, size: 4, near: [layers] });
    for (let slot = 0; slot < 64; slot += 1) {
      const at = field(`ary[${slot}]`);
      const child = memory.readU64(at);
      const isLeaf = memory.readU32(layer) === 0;
      const id = base + slot * 64 ** memory.readU32(layer);
      targets.push({
        kind: 'idr',
        address: at,
        size: 8,
        near: [count, inUse],
        ...(isLeaf ? { slot: id } : {}),
      });
      if (child !== 0n && !isLeaf) visit(child, id);
    }
  };
  visit(memory.readU64(top), 0);
  return targets;
};

const taskTargets = (recording: Recording, memory: PagedMemory): Target[] => {
  const targets: Target[] = [];
  const add = (kind: string, address: Addr, size: 4 | 8 = 8): void =>
    void targets.push({ kind, address, size, near: [] });
  const current = BigInt(recording.header.gsBase) + CURRENT_TASK_OFFSET;
  add('current', current);
  const task = memory.readU64(current);
  const stack = memory.readU64(task + offsetOf(task_struct, 'stack'));
  add('task stack', task + offsetOf(task_struct, 'stack'));
  add('task', task + offsetOf(task_struct, 'mm'));
  add('task', task + offsetOf(task_struct, 'pid'), 4);
  add('task', task + offsetOf(task_struct, 'comm'));
  add('thread_info task', stack + offsetOf(thread_info, 'task'));
  add('task', stack + offsetOf(thread_info, 'cpu'), 4);
  const mm = memory.readU64(task + offsetOf(task_struct, 'mm'));
  add('vma pointer', mm + offsetOf(mm_struct, 'mmap'));
  for (let vma = memory.readU64(mm); vma !== 0n; vma = memory.readU64(vma + offsetOf(vm_area_struct, 'vm_next'))) {
    add('vma pointer', vma + offsetOf(vm_area_struct, 'vm_next'));
    add('vm_mm', vma + offsetOf(vm_area_struct, 'vm_mm'));
    add('vma', vma + offsetOf(vm_area_struct, 'vm_file'));
  }
  const regs = BigInt(findTrap(recording)!.regs!);
  add('regs', regs + offsetOf(pt_regs, 'sp'));
  add('regs', regs + offsetOf(pt_regs, 'ip'));
  for (let at = regs - 8n; at < stack + 0x2000n; at += 8n) add('stack', at);
  // What the oops is made of besides: the bug table and its strings.
  for (const region of memory.regions.filter(({ name }) => ['bug table', 'strings'].includes(name)))
    for (let at = 0n; at < 64n; at += 8n) add('bug table', region.start + at);
  return targets;
}; // prettier-ignore

const victim = (name: string): Victim => {
  const recording = replay(loadScenario(name));
  const memory = memoryAtEnd(recording);
  const cacheChain = BigInt(recording.header.cacheChain);
  const targets = [
    ...heapTargets(memory, cacheChain),
    ...registryTargets(memory, recordedSymbols(recording).symbol('init_ipc_ns').address),
    ...taskTargets(recording, memory),
  ];
  return {
    recording,
    memory,
    whole: memory.bytes.slice(),
    targets,
    places: [...targets.map(({ address }) => address), ...recording.header.world.map(({ address }) => BigInt(address))],
  };
}; // prettier-ignore

const VICTIMS = ['shm-close-bug', 'lookup-two-layers-empty-slot'].map(victim);
const anyVictim = fc.nat(VICTIMS.length - 1); // by number: a counterexample would print the whole machine

/** What a damaged word becomes, given the address it lies at. */
type Damage = (victim: Victim, target: Target) => bigint;

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((value): Damage => () => value),
  fc.bigInt({ min: 0n, max: 300n }).map((value): Damage => () => value),
  fc
    .constantFrom(0n, (1n << 64n) - 1n, 0x8000_0000_0000_0000n, 0x6b6b_6b6b_6b6b_6b6bn, 0xffff_8800_dead_0000n)
    .map((value): Damage => () => value),
  fc.nat().map((which): Damage => ({ places }) => places[which % places.length]!), // another thing
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 7 })).map(
    ([which, off]): Damage =>
      ({ places }) =>
        places[which % places.length]! + BigInt(off),
  ),
  fc.integer({ min: -4, max: 4 }).map((words): Damage => (_, { address }) => address + BigInt(words * 8)), // itself
  fc.tuple(fc.nat(), fc.integer({ min: -5, max: 1 })).map(
    ([which, words]): Damage =>
      ({ memory: { regions } }) => {
        const { start, size } = regions[which % regions.length]!;
        return start + BigInt(size) + BigInt(words * 4); // at the end of what is mapped
      },
  ),
); // prettier-ignore

const write = ({ memory }: Victim, { address, size }: Target, value: bigint): void => {
  if (size === 8) memory.writeU64(address, BigInt.asUintN(64, value));
  else memory.writeU32(address, Number(BigInt.asUintN(32, value)));
};

const read = ({ memory }: Victim, { address, size }: Target): bigint =>
  size === 8 ? memory.readU64(address) : BigInt(memory.readU32(address));

const isFinding = (line: string): boolean => /^\w+: .* expected .*, found /u.test(line);

/** Run a command on the machine as it is; what it prints, or the one line of what it complains about. */
const runOn = (dump: Dump, line: string): string[] => {
  try {
    return runLine({ dump, task: dump.currentTask, radix: 10 }, line);
  } catch (error) {
    if (error instanceof InputError) return [`complaint: ${error.message}`];
    throw error;
  }
};

const WALKERS = [
  'kmem -s',
  'kmem -S',
  'kmem ffff8803f382cc60',
  'list vm_area_struct.vm_next ffff88016d2319e0 -s vm_area_struct.vm_file',
  'list -H cache_chain -o kmem_cache.next -s kmem_cache.num,buffer_size',
  'list -h -r -o kmem_cache.next ffff880001000000',
  'ipcs -m',
  'vm',
  'ps',
  'set',
  'bt -FF',
  'bt -l',
  'search 0xffff88037a645680',
  'search -m fff ffff8803f382c000',
  'rd -SS ffff880211336000 1024',
  'struct shm_file_data ffff8803f382cc60',
  'struct kmem_cache ffff880001000000',
  'log',
];

describe('over damaged machines', () => {
  it(
    `every walker ends, and prints a bounded number of lines: ${RUNS} machines`,
    () => {
      const worst = new Map<string, number>();
      fc.assert(
        fc.property(
          anyVictim,
          fc.array(fc.tuple(fc.nat(), damage), { minLength: 1, maxLength: 20 }),
          (victimIndex, writes) => {
            const machine = VICTIMS[victimIndex]!;
            machine.memory.bytes.set(machine.whole);
            for (const [which, value] of writes) {
              const target = machine.targets[which % machine.targets.length]!;
              write(machine, target, value(machine, target));
            }
            const dump = new Dump(new Case(machine.recording), machine.memory);
            for (const line of WALKERS) {
              const lines = runOn(dump, line);
              worst.set(line, Math.max(worst.get(line) ?? 0, lines.length));
              expect(lines.length, line).toBeGreaterThan(0);
              expect(lines.length, line).toBeLessThan(10_000);
              for (const printed of lines) {
                if (printed.length > 2000 || /[\n\r]/u.test(printed)) expect.fail(`${line}: ${printed}`);
              }
            }
          },
        ),
        { numRuns: RUNS },
      );
      if (FULL) console.log('most lines:', Object.fromEntries(worst));
    },
    60 * MINUTES,
  );

  // For these kinds a single change cannot go unnoticed; which walker says it, and which values are another thing.
  const MATTERS: Readonly<Record<string, readonly string[]>> = {
    'list pointer': ['kmem -s'],
    inuse: ['kmem -s'],
    free_objects: ['kmem -s'],
    s_mem: ['kmem -s'],
    bufctl: ['kmem -s'],
    page: ['kmem -s'],
    idr: ['ipcs -m'],
    vm_mm: ['vm'],
    'thread_info task': ['ps'],
  };

  it.each(Object.keys(MATTERS))(
    `a damaged word is named, or what no longer agrees with it: %s (${RUNS} machines)`,
    (kind) => {
      fc.assert(
        fc.property(anyVictim, fc.nat(), damage, (victimIndex, which, value) => {
          const machine = VICTIMS[victimIndex]!;
          machine.memory.bytes.set(machine.whole);
          const of = machine.targets.filter((target) => target.kind === kind);
          const target = of[which % of.length]!;
          const before = read(machine, target);
          const after = BigInt.asUintN(target.size * 8, value(machine, target));
          fc.pre(after !== before);
          if (kind === 'bufctl') {
            // An index of another object: a free list of the same length may be another one, and nothing can tell.
            const [at] = target.near;
            const count = machine.memory.readU32(slabNum(machine, at!));
            fc.pre(after >= BigInt(count));
          }
          if (target.slot !== undefined && machine.memory.isMapped(after + ID, 4)) {
            // Zeros read as an object of slot 0: nothing can tell.
            fc.pre(ipcIdToSlot(machine.memory.readU32(after + ID) | 0) !== target.slot);
          }
          write(machine, target, after);
          const dump = new Dump(new Case(machine.recording), machine.memory);
          const findings = MATTERS[kind]!.flatMap((line) => runOn(dump, line)).filter(isFinding);
          const names = [target.address, ...target.near].map(hex);
          // Words whose second one happens to lead back pass for a list_head, but not what is around them.
          if (kind === 'list pointer') names.push(hex(after));
          expect(
            findings.some((line) => names.some((name) => new RegExp(`${name}(?![0-9a-f])`, 'u').test(line))),
            `${kind} at ${hex(target.address)}: ${hex(before)} became ${hex(after)}\n${findings.join('\n')}`,
          ).toBe(true);
        }),
        { numRuns: RUNS },
      );
    },
    60 * MINUTES,
  ); // prettier-ignore

  // Where the field `num` of the cache lies that a slab belongs to.
  const slabNum = ({ memory, recording }: Victim, at: Addr): Addr => {
    const { caches } = walkHeap(memory, BigInt(recording.header.cacheChain));
    return caches.find(({ slabs }) => slabs.some((one) => one.slab === at))!.cache + offsetOf(kmem_cache, 'num');
  }; // prettier-ignore

  it('wild pointers are named with where they lie: of vm_area_structs, stacks, tasks, names', () => {
    const machine = VICTIMS[0]!;
    for (const wild of [0x1234n, 0x8000_0000_0000_0000n, (1n << 64n) - 1n, 0xffff_8800_dead_0000n]) {
      for (const target of machine.targets) {
        const line = { 'vma pointer': 'vm', 'task stack': 'ps', current: 'ps' }[target.kind];
        if (line === undefined) continue;
        machine.memory.bytes.set(machine.whole);
        write(machine, target, wild);
        const findings = runOn(new Dump(new Case(machine.recording), machine.memory), line).filter(isFinding);
        expect(findings.join('\n')).toContain(`at ${hex(target.address)} `);
        expect(findings.join('\n')).toContain(`found ${hex(wild)}`);
      }
    }
  });

  it('a cache whose name is gone is still walked', () => {
    const machine = VICTIMS[0]!;
    machine.memory.bytes.set(machine.whole);
    const cache = 0xffff880001000000n; // size-32
    const before = runOn(new Dump(new Case(machine.recording), machine.memory), 'kmem -s')[1]!;
    machine.memory.writeU64(cache + offsetOf(kmem_cache, 'name'), 0n);
    const lines = runOn(new Dump(new Case(machine.recording), machine.memory), 'kmem -s');
    expect(lines[1]!.split(/\s+/u).slice(2)).toEqual(before.split(/\s+/u).slice(2));
    expect(lines.filter(isFinding)).toEqual([
      `kmem: cache_chain: at ${hex(cache + offsetOf(kmem_cache, 'name'))} expected the name of a kmem_cache, found 0x0`,
    ]);
  });

  it('a stack pointer that leads to another stack ends the words, not the program', () => {
    const machine = VICTIMS[0]!;
    const regs = BigInt(findTrap(machine.recording)!.regs!);
    const top = 0xffff88021133be00n; // on the stack of the other task
    machine.memory.bytes.set(machine.whole);
    machine.memory.writeU64(regs + offsetOf(pt_regs, 'sp'), top);
    machine.memory.writeU64(top + 24n, 0xffffffff81127fa4n); // remove_vma+36, where shm_close() would return to
    const lines = runOn(new Dump(new Case(machine.recording), machine.memory), 'bt -FF');
    expect(lines.filter((line) => /^ ?#/u.test(line))).toHaveLength(2);
    expect(lines.join('\n')).not.toContain('not mapped'); // as what lies between the stacks is
    expect(lines.length).toBeLessThan(1024);
    expect(lines.at(-1)).toMatch(/^bt: the trace ends here: the return address at .* is 0$/u);
  });
});

describe('over machines without damage', () => {
  const names = listScenarios().map(({ name }) => name);
  const SILENT = [
    'kmem -s',
    'kmem -S',
    'list -H cache_chain -o kmem_cache.next -s kmem_cache.num',
    'list -r -h -o kmem_cache.next ffff880001000000',
    'ps',
  ];
  // Not every world has shared memory.
  const withMappings = (vma: string): string[] => [
    `list vm_area_struct.vm_next ${vma.slice(2)}`,
    'ipcs -m',
    'vm',
  ];

  it.each(names)('%s: no finding, whenever one looks before a list pointer is overwritten', (name) => {
    const recording = replay(loadScenario(name));
    const { steps, objects } = recording.header;
    const vma = objects.find((object) => object.name === 'vma');
    const damaged = outOfBounds(recording).some(({ victim }) => victim.field === 'slab.list.next');
    const last = damaged ? steps.find(({ step }) => step === 'mount')!.from : recording.instructions;
    const quiet = (at: number): void => {
      const dump = new Dump(new Case(recording), memoryAt(recording, at));
      for (const line of vma === undefined ? SILENT : [...SILENT, ...withMappings(vma.address)]) {
        const lines = runOn(dump, line);
        expect(
          lines.filter((one) => isFinding(one) || one.startsWith('complaint')),
          `${line} at ${at}`,
        ).toEqual([]);
      }
    };
    quiet(last);
    for (const { from, to } of steps) [from, to].filter((at) => at <= last).forEach(quiet);
    fc.assert(fc.property(fc.nat(last), quiet), { numRuns: cases(10, 200) });
  });

  it.each(names)('%s: bt ends at the way to user space, or says that nothing trapped', (name) => {
    const recording = replay(loadScenario(name));
    const lines = runOn(new Dump(new Case(recording)), 'bt -FF');
    const { outcome } = recording.header;
    const said = lines.filter((line) => line.startsWith('bt:'));
    // From an address that is no code there is no way up.
    if (outcome.kind === 'fault' && outcome.access === 'fetch') {
      expect(said).toEqual([expect.stringMatching(/^bt: the trace ends here: no function covers /u)]);
      return;
    }
    expect(said).toEqual([]);
    if (outcome.kind === 'returned')
      expect(lines).toEqual([expect.stringMatching(/^complaint: the run ended without a trap/u)]);
    else expect(lines.at(-1)).toMatch(/^ {4}[0-9a-f]{12}[13579bdf]ff8: /u);
  });
});
