// The talk's second victim (slides 43 and 44): a list of struct slabs, its control, and the walk that meets the damage.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hex } from '../../src/base/address.js';
import { FastReplay } from '../../src/run/fast-replay.js';
import { formatOops, oopsWords } from '../../src/oops/collect.js';
import { parseOops } from '../helpers/parse-oops.js';
import { outOfBounds } from '../../src/reading/out-of-bounds.js';
import { RecordedState } from '../../src/recording/state.js';
import type { Recording } from '../../src/recording/recording.js';
import { REGISTER_INDEX, type RegisterName } from '../../src/x86/registers.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { walkHeap } from '../../src/kernel/slab.js';
import { tellStory } from '../../src/reading/story.js';
import { recordedSymbols, reportOf } from '../../src/recording/trap.js';

const EXPECTED = 0xffff880008012f80n; // slide 44
const FOUND = 0xffff880008015c80n; //    slide 44
const PATH = 0xffff880008012f00n;
const VICTIM = 0xffff880008012f40n; //   the struct slab between the two
const IF = 0x200n;

const bug = replay(loadScenario('slabinfo-bug'));
const control = replay(loadScenario('slabinfo-control'));
const end = (recording: Recording) => new RecordedState(recording).end();
const heapOf = (recording: Recording, state = end(recording)) =>
  walkHeap(state, BigInt(recording.header.cacheChain));
const cacheOf = (recording: Recording, name: string) =>
  heapOf(recording).caches.find((cache) => cache.name === name)!;
const bytesAt = (state: RecordedState, address: bigint, size: number): string =>
  Buffer.from(state.read(address, size)).toString('hex');
const beforeStep = (recording: Recording, name: string) => {
  const step = recording.header.steps.find((one) => one.step === name)!;
  return new RecordedState(recording).seek(step.from);
};

describe('the corruption', () => {
  it('is that of slide 44, one byte of a list pointer: 2f becomes 5c', () => {
    expect(bytesAt(end(control), VICTIM, 8)).toBe('802f01080088ffff');
    expect(bytesAt(end(bug), VICTIM, 8)).toBe('805c01080088ffff');
    expect([end(control).readU64(VICTIM), end(bug).readU64(VICTIM)]).toEqual([EXPECTED, FOUND]);
    const rest = (recording: Recording) => bytesAt(end(recording), VICTIM + 8n, 4096 - 0xf48);
    expect(rest(bug)).toBe(rest(control));
  });

  it('leaves a path that looks right', () => {
    const text = '\\\\fs01.example.com\\engineering\\team\\kernel\\crashes\\2018-03\0';
    const path = (recording: Recording) =>
      Buffer.from(beforeStep(recording, 'free path').read(PATH, 59)).toString('latin1');
    expect(path(bug)).toBe(text);
    expect(path(control)).toBe(text);
  });

  it('goes through five stale bytes of the freed tcon_link, which ends with a pointer', () => {
    // a6 b7 02 88 ff ff are the last of 0xffff8802b7a68400; the first of them lies where the path has its NUL
    expect(bytesAt(beforeStep(bug, 'mount'), PATH + 56n, 8)).toBe('0084a6b70288ffff');
    const found = outOfBounds(bug).map(({ access, by, address, old, new: now, beyond, victim }) => [
      access, by, Number(BigInt(address) - PATH), old, now, beyond, victim.kind, victim.object, victim.cache, victim.field,
    ]); // prettier-ignore
    const slack = ['slack', 'path', 'size-64', null];
    const victim = ['management', 'slab_3', 'size-64', 'slab.list.next'];
    const read = (offset: number, value: string, hit: (string | null)[]) =>
      ['read', 'convert_delimiter+0x23', offset, value, value, offset - 59, ...hit]; // prettier-ignore
    expect(found).toEqual([
      read(59, '0xb7', slack), read(60, '0x2', slack), read(61, '0x88', slack), read(62, '0xff', slack), read(63, '0xff', slack),
      read(64, '0x80', victim), read(65, '0x2f', victim),
      ['write', 'convert_delimiter+0x1c', 65, '0x2f', '0x5c', 6, ...victim],
      read(66, '0x1', victim), read(67, '0x8', victim), read(68, '0x0', victim),
    ]); // prettier-ignore
  });

  it('lies at addresses that the allocator gave: no slot is poked', () => {
    const allocated = bug.header.events.flatMap((event) =>
      event.kind === 'allocate' ? [[event.name, event.address.slice(-3), event.cache]] : [],
    );
    expect(allocated).toEqual([
      ['slab_1', 'fc0', 'size-64'], ['buffer_1', '000', 'size-4096'],
      ['slab_2', 'f80', 'size-64'], ['buffer_2', '000', 'size-4096'],
      ['slab_3', 'f40', 'size-64'], ['buffer_3', '000', 'size-4096'],
      ['link', 'f00', 'size-64'], ['prefix', '3e0', 'size-32'], ['path', 'f00', 'size-64'],
      ['buffer', '000', 'size-4096'],
    ]); // prettier-ignore
  });
});

describe('the integrity check', () => {
  it('names the pointer, what it should be from the back pointer of its neighbour, and what it is', () => {
    expect(heapOf(bug).findings).toEqual([
      {
        address: VICTIM,
        where: 'size-4096: slabs_full',
        expected: 'next 0xffff880008012f80 (the prev of 0xffff880008012f80 points here)',
        found: '0xffff880008015c80, not mapped',
      },
    ]);
  });

  it('still finds every slab, and nothing before the mount', () => {
    const slabs = (recording: Recording) => cacheOf(recording, 'size-4096').slabs.map(({ slab }) => slab);
    expect(slabs(bug)).toEqual([VICTIM, EXPECTED, 0xffff880008012fc0n]);
    expect(slabs(control)).toEqual(slabs(bug));
    expect(heapOf(bug, beforeStep(bug, 'mount')).findings).toEqual([]);
  });

  it('is in the story, with the victim and the fault', () => {
    const story = tellStory(bug, 'sha256:0').join(' ').replaceAll(/\s+/gu, ' ');
    expect(story).toContain(
      'It hits slab_3, the management of another slab (struct slab), in a live object of size-64',
    );
    expect(story).toContain('its slab.list.next goes from 0xffff880008012f80 to 0xffff880008015c80.');
    expect(story).toContain('reads slab_3: slab.list.next and finds 0xffff880008015c80.');
    expect(story).toContain(
      's_show+0x5c follows it: a read of 4 bytes at 0xffff880008015ca0, 32 bytes past that address, where nothing is mapped.',
    );
    expect(story).toContain(
      'What a check of the heap finds size-4096: slabs_full: at 0xffff880008012f40 expected next 0xffff880008012f80',
    );
    expect(story).toContain('frees buffer_1 at');
    expect(tellStory(control, 'sha256:0').join('\n')).not.toMatch(/surfaced|check of the heap| ! /u);
  });
});

describe('the oops', () => {
  const report = reportOf(bug, { provenance: true })!;

  it('is that of a page fault, word by word where it is computed', () => {
    const lines = new Map<number, string[]>();
    for (const { text, provenance, label, line } of oopsWords(report)) {
      const words = lines.get(line) ?? [];
      words.push(provenance === 'computed' || label ? text : '·');
      lines.set(line, words);
    }
    expect([...lines.values()].map((words) => words.join(' '))).toEqual([
        "BUG: unable to handle kernel paging request at ffff880008015ca0",
        "IP: [<ffffffff81158a9c>] s_show+0x5c/0x1b0",
        "· · · · · · · ·",
        "Oops: 0000 · ·",
        "CPU 1",
        "Modules linked in: · · · · · · · · ·",
        "Supported: · ·",
        "Pid: · comm: · · · · · · · · · · · · · · ·",
        "RIP: 0010:[<ffffffff81158a9c>] [<ffffffff81158a9c>] s_show+0x5c/0x1b0",
        "RSP: 0018:ffff8801c54cbe08 EFLAGS: 00010002",
        "RAX: ffff880008015c80 RBX: ffff880001009880 RCX: ffff880001009970",
        "RDX: 0000000000000001 RSI: · RDI: ffff8800010099a0",
        "RBP: ffff880001009960 R08: · R09: ·",
        "R10: · R11: · R12: ffff8802b7a500c0",
        "R13: 0000000000000001 R14: 0000000000000001 R15: 0000000000000000",
        "FS: · · ·",
        "CS: · DS: · ES: · CR0: ·",
        "CR2: ffff880008015ca0 CR3: · CR4: ·",
        "DR0: · DR1: · DR2: ·",
        "DR3: · DR6: · DR7: ·",
        "Process · (pid: · threadinfo ffff8801c54ca000, task ffff8801c54c8040)",
        "Stack:",
        "· · 0000000000000000 0000000000000000",
        "0000000000000000 ffff8802b7a500c0 ffff8800010098d8 0000000000000400",
        "00007f5b2c4d1000 ffff8801c54cbf48 0000000000000000 ·",
        "Call Trace:",
        "[<ffffffff811812ae>] seq_read+0x10e/0x3f0",
        "[<ffffffff811c6ae1>] proc_reg_read+0x81/0xc0",
        "[<ffffffff8115f387>] vfs_read+0xc7/0x130",
        "[<ffffffff8115f523>] sys_read+0x53/0xa0",
        "[<ffffffff81471df2>] system_call_fastpath+0x16/0x1b",
        "[<00007f5b2c0d5e90>] 0x7f5b2c0d5e8f",
        "Code: c7 44 24 20 00 00 00 00 48 8b 6b 68 48 85 ed 0f 84 b6 00 00 00 fa 48 8d 7d 40 e8 30 1b 31 00 8b 53 18 48 8d 4d 10 48 8b 01 eb 1a <3b> 50 20 74 0b 45 85 ff 75 06 41 bf 01 00 00 00 49 01 d5 49 83",
        "RIP [<ffffffff81158a9c>] s_show+0x5c/0x1b0",
        "RSP <ffff8801c54cbe08>",
        "CR2: ffff880008015ca0",
      ]); // prettier-ignore
  });

  it('reads back as what it says', () => {
    expect(parseOops(formatOops(report))).toMatchObject({
      head: { kind: 'page fault', address: FOUND + 0x20n },
      errorCode: 0,
      control: { cr2: FOUND + 0x20n },
      registers: { rax: FOUND, rdx: 1n, r13: 1n, r14: 1n },
      trace: ['seq_read', 'proc_reg_read', 'vfs_read', 'sys_read', 'system_call_fastpath', undefined].map(
        (name) => (name === undefined ? { symbol: null } : { symbol: { name } }),
      ),
    });
    expect(report.trace.end).toEqual({ kind: 'user' });
  });

  it('comes with interrupts off and the lock of the lists held', () => {
    expect(report.fields.eflags & IF).toBe(0n);
    const lock = report.fields.registers.rdi;
    expect(end(bug).readU32(lock)).toBe(0x10000); // one ticket taken, none served
    expect(end(control).readU32(lock)).toBe(0x10001);
  });
});

describe('the control', () => {
  it('ends well, with nothing out of bounds and nothing to find', () => {
    expect(control.header.outcome).toEqual({ kind: 'returned', value: '0x0' });
    expect(control.header.unexpected).toEqual([]);
    expect(outOfBounds(control)).toEqual([]);
    expect(heapOf(control).findings).toEqual([]);
    expect(control.header.events.filter(({ kind }) => kind === 'finding')).toEqual([]);
  });

  it('makes the same allocations', () => {
    const heapEvents = ({ header }: Recording) =>
      header.events
        .filter(({ kind }) => kind === 'allocate' || kind === 'free')
        .map((event) => ({ ...event, at: 0, accesses: 0 }));
    expect(heapEvents(control)).toEqual(heapEvents(bug));
  });
});

/** What s_show() hands to each seq_printf(); and R15: which accounting error it noted. */
const printed = (recording: Recording): { lines: (string | number)[][]; error: number } => {
  const start = recordedSymbols(recording).symbol('s_show').address;
  const state = new RecordedState(recording);
  const rows = Array.from(recording.registerRows(), (row) => row.slice()); // the generator reuses its array
  const at = (offset: bigint) => {
    const index = rows.findIndex((row) => row[REGISTER_INDEX.rip] === start + offset);
    const register = (name: RegisterName): bigint => rows[index]![REGISTER_INDEX[name]]!;
    const numbers = (names: readonly RegisterName[]): number[] => names.map((name) => Number(register(name)));
    state.seek(index);
    return { register, numbers };
  };
  const first = at(0x14en); // the three calls
  const name = Buffer.from(state.read(first.register('rdx'), 16)).toString('latin1');
  const stack = [0n, 8n].map((offset) => state.readU32(first.register('rsp') + offset));
  return {
    lines: [
      [name.slice(0, name.indexOf('\0')), ...first.numbers(['rcx', 'r8', 'r9']), ...stack],
      at(0x168n).numbers(['rdx', 'rcx', 'r8']),
      at(0x186n).numbers(['rdx', 'rcx', 'r8']),
    ],
    error: Number(first.register('r15')),
  };
};

describe('s_show()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oopslab-slabinfo-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const show = (name: string, cache: string, operations: readonly string[] = [], world = ''): Recording => {
    const file = join(folder, `${name}.yaml`);
    const steps = [
      ...(operations.length === 0 ? [] : ['  free path:', '    do:', '      - free: path', ...operations.map((one) => `      - ${one}`)]),
      '  read slabinfo:',
      `    call: { arguments: ['&seq', cache(${cache}).next] }`,
    ]; // prettier-ignore
    writeFileSync(
      file,
      `format: oopslab scenario 1\nname: ${name}\nextends: slabinfo-control\n${world}steps:\n${steps.join('\n')}\n`,
    );
    return replay(loadScenario(file));
  };

  it('in the control prints the line of size-4096', () => {
    expect(printed(control)).toEqual({
      lines: [
        ['size-4096', 3, 3, 4096, 1, 1], // active_objs, num_objs, buffer_size, num, pages
        [24, 12, 8], //                     limit, batchcount, shared
        [3, 3, 0], //                       active_slabs, num_slabs, shared_avail
      ],
      error: 0,
    });
  });

  it.each(['size-32', 'size-64', 'size-256', 'size-512', 'size-1024', 'size-4096', 'task_struct'])(
    'counts for %s what a walk of the heap counts',
    (name) => {
      const recording = show('other', name, ['kmalloc: { as: more, size: 1000 }', 'free: buffer_2']);
      expect(recording.header.outcome).toEqual({ kind: 'returned', value: '0x0' });
      const { slabs, num, objectSize, shared } = cacheOf(recording, name);
      const { lines, error } = printed(recording);
      const active = slabs.filter(({ list }) => list !== 'free');
      const inuse = active.reduce((sum, one) => sum + one.inuse, 0);
      expect(lines[0]).toEqual([name, inuse, slabs.length * num, objectSize, num, 1]);
      expect(error).toBe(0);
      expect(lines[2]).toEqual([active.length, slabs.length, shared.length]);
    },
  );

  // The kmem_list3 of a cache: partial, full and free slabs at 0, 0x10 and 0x20, free_objects at 0x30.
  const list3 = (cache: string): bigint => end(control).readU64(cacheOf(control, cache).cache + 0x68n);
  const page = 0xffff880008012000n; // a partial slab of size-64, its struct slab at its start
  const seq = 0xffff8802b7a500c0n;
  it.each<[string, number, [at: bigint, value: bigint][]]>([
    ['size-64', 2, [[page + 0x20n, 59n]]], // a partial slab with all in use
    ['size-64', 3, [[page + 0x20n, 0n]]], //  and with none
    ['size-2048', 4, [[list3('size-2048') + 0x20n, seq], [seq, list3('size-2048') + 0x20n], [seq + 0x20n, 1n]]],
    ['size-2048', 5, [[list3('size-2048') + 0x30n, 7n]]],
  ])('of %s notes accounting error %i', (cache, error, words) => {
    const list = words.map(([at, value]) => `{ at: ${hex(at)}, value: ${hex(value)}, source: test }`);
    const recording = show(`error-${error}`, cache, [], `world: { words: [${list.join(', ')}] }\n`);
    expect(printed(recording).error).toBe(error);
  }); // prettier-ignore

  it('notes a full slab that is not, as the first of its errors', () => {
    expect(printed(show('error-1', 'size-4096', ['set: { slab_3.inuse: 0 }'])).error).toBe(1);
  });
});

describe('which mounts do it', () => {
  it('those whose path ends among the last seven bytes of the slot, unless it was cleared', () => {
    using fast = new FastReplay(loadScenario('slabinfo-bug'));
    const outcomes = (previous: string) =>
      Array.from({ length: 32 }, (_, index) => {
        const tree = `\\\\\\\\${'t'.repeat(32 + index - 28 - 2)}`; // the path has 32 + index bytes without its NUL
        const set = new Map(Object.entries({ tree, previous }));
        return fast.run(fast.parameters(set)).outcome.kind;
      });
    // Bytes 57 to 63 hold the pointer less its lowest byte, which is 00.
    expect(outcomes('tcon_link')).toEqual([
      ...Array.from({ length: 25 }, () => 'returned'),
      ...Array.from({ length: 7 }, () => 'fault'),
    ]);
    expect(new Set(outcomes('zero'))).toEqual(new Set(['returned']));
  });
});
