// CONFIG_DEBUG_SLAB: sizes against the rules of kmem_cache_create(), worked out by hand, and reports against a plain model
// of objects that knows nothing of the heap.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PagedMemory } from '../../src/kernel/memory.js';
import { debugSlabGeometry } from '../../src/kernel/slab-geometry.js';
import type { Allocator } from '../../src/run/allocator.js';
import { planDebugSlab } from '../../src/run/debug-plan.js';
import type { DetectorSight } from '../../src/run/detector.js';
import { scenarioWith } from '../helpers/small-world.js';

// include/linux/poison.h, v3.0.101
const INACTIVE = 0x09f911029d74e35bn;
const ACTIVE = 0xd84156c5635688c0n;

const CALLER = 0xffffffffa0421096n;

const open = (options: 'poison' | 'red zones and poison' = 'red zones and poison') => {
  const reports: string[][] = [];
  const sightOf = (heap: () => Allocator | undefined): DetectorSight => ({
    caller: () => CALLER,
    symbol: (address) => `<${address.toString(16)}>`,
    indexOf: (address) =>
      heap()!
        .objectsIn((address - 0xffff880000000000n) >> 12n)
        .indexOf(address),
    checked: () => {},
    report: ({ lines }) => reports.push([...lines]),
  });
  const plan = planDebugSlab(options, sightOf)(scenarioWith({}));
  const frames = plan.frames.map(({ start, size, cache }) => ({ start, size, name: cache, protection: 'read-write' as const })); // prettier-ignore
  const memory = new PagedMemory([...frames, ...plan.data, ...plan.descriptors]);
  return { memory, heap: plan.build(memory), reports };
};

describe('the sizes of a kernel with CONFIG_DEBUG_SLAB', () => {
  // size + 2 red zones of 8 + a word for the last user; none where 4096 would become more than 4096, or where the
  // creator of the cache asked for more than 8 bytes of alignment (task_struct: 16). SLAB_HWCACHE_ALIGN gives way.
  it.each([
    ['size-32', 56, 8, 67],
    ['size-64', 88, 8, 44],
    ['size-192', 216, 8, 18],
    ['size-1024', 1048, 8, 3],
    ['size-2048', 2072, 8, 1],
    ['size-4096', 4096, 0, 1],
    ['vm_area_struct', 208, 8, 19],
    ['filp', 232, 8, 17],
    ['task_struct', 1984, 0, 2],
  ])('%s takes %i bytes', (name, stride, objectOffset, num) => {
    expect(debugSlabGeometry('red zones and poison', name)).toMatchObject({ stride, objectOffset, num });
  });

  it('array caches hold 32 objects at most', () => {
    expect(debugSlabGeometry('red zones and poison', 'size-32')).toMatchObject({ limit: 32, batchcount: 16 });
  });

  it('poison alone changes no size', () => {
    expect(debugSlabGeometry('poison', 'size-32')).toMatchObject({ stride: 32, objectOffset: 0, num: 112 });
  });
});

describe('an object', () => {
  it('lies between red zones, with its last user after them, poisoned as one in use', () => {
    const { heap, memory } = open();
    const at = heap.kmalloc(20);
    expect(memory.readU64(at - 8n)).toBe(ACTIVE);
    expect(memory.readU64(at + 32n)).toBe(ACTIVE);
    expect(memory.readU64(at + 40n)).toBe(CALLER);
    expect([...memory.read(at, 32)]).toEqual([...Array.from({ length: 31 }, () => 0x5a), 0xa5]);
    heap.kfree(at);
    expect(memory.readU64(at - 8n)).toBe(INACTIVE);
    expect([...memory.read(at, 32)]).toEqual([...Array.from({ length: 31 }, () => 0x6b), 0xa5]);
    expect(heap.kmalloc(32)).toBe(at);
  });

  it('that was written after it was freed is shown with its neighbours', () => {
    const { heap, memory, reports } = open();
    const below = heap.kmalloc(32);
    const at = heap.kmalloc(32);
    expect(below - at).toBe(56n);
    heap.kfree(at);
    memory.write(at + 16n, Uint8Array.of(0x6a));
    expect(heap.kmalloc(32)).toBe(at);
    const address = (one: bigint): string => one.toString(16);
    expect(reports[0]!.slice(0, 6)).toEqual([
      `Slab corruption: size-32 start=${address(at)}, len=32`,
      'Redzone: 0x9f911029d74e35b/0x9f911029d74e35b.',
      'Last user: [<ffffffffa0421096>](<ffffffffa0421096>)',
      '010: 6a 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b a5',
      `Prev obj: start=${address(at - 56n)}, len=32`,
      'Redzone: 0x9f911029d74e35b/0x9f911029d74e35b.',
    ]);
    expect(reports[0]).toContain(`Next obj: start=${address(below)}, len=32`);
    expect(reports[0]).toContain('Redzone: 0xd84156c5635688c0/0xd84156c5635688c0.');
  });

  it('in whose poison one bit flipped is taken for bad RAM, where its line has no other byte', () => {
    const { heap, memory, reports } = open();
    const at = heap.kmalloc(32);
    heap.kfree(at);
    memory.write(at, Uint8Array.of(0x6a));
    heap.kmalloc(32);
    expect(reports[0]).toContain('Single bit error detected. Probably bad RAM.');
  });
});

// What a test may do, and what a plain model of one object says about it.
type Step = readonly ['allocate' | 'free' | 'before' | 'after' | 'inside', number];

interface Modelled {
  readonly at: bigint;
  live: boolean;
  red: 'active' | 'inactive' | 'damaged';
  dirty: boolean; // a byte was written while it was free
}

describe('reports', () => {
  it('are those of a plain model, over random histories', () => {
    const step = fc.tuple(
      fc.constantFrom('allocate', 'free', 'before', 'after', 'inside'),
      fc.nat(7),
    ) as fc.Arbitrary<Step>;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { heap, memory, reports } = open();
        const objects: Modelled[] = [];
        const expected: string[] = [];
        for (const [what, index] of steps) {
          if (what === 'allocate') {
            const at = heap.kmalloc(32);
            const known = objects.find((one) => one.at === at);
            if (known?.dirty === true) expected.push('Slab corruption');
            if (known?.red === 'damaged') expected.push('cache_alloc_debugcheck_after');
            if (known === undefined) objects.push({ at, live: true, red: 'active', dirty: false });
            else Object.assign(known, { live: true, red: 'active', dirty: false });
            continue;
          }
          const one = objects[index];
          if (one === undefined) continue;
          if (what === 'free') {
            if (one.red === 'damaged') expected.push('memory outside object was overwritten');
            else if (one.red === 'inactive') expected.push('double free detected');
            heap.kfree(one.at);
            Object.assign(one, { live: false, red: 'inactive', dirty: false });
          } else if (what === 'inside') {
            memory.write(one.at + 5n, Uint8Array.of(0x41));
            one.dirty = !one.live;
          } else {
            memory.write(what === 'before' ? one.at - 1n : one.at + 32n, Uint8Array.of(0x41));
            one.red = 'damaged';
          }
        }
        expect(reports).toHaveLength(expected.length);
        expected.forEach((words, index) => expect(reports[index]![0]).toContain(words));
      }),
    );
  });
});
