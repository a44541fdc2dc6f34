// The pools of KFENCE and KASAN: where objects lie, what surrounds them, and what a free finds.
import { describe, expect, it } from 'vitest';
import { PagedMemory } from '../../src/kernel/memory.js';
import type { PlanHeap } from '../../src/run/allocator.js';
import type { DetectorSight } from '../../src/run/detector.js';
import { KFENCE_OBJECTS, KFENCE_POOL } from '../../src/run/kfence-pool.js';
import { kasanStride } from '../../src/run/kasan-pool.js';
import { planKasan, planKfence } from '../../src/run/pool-plan.js';
import { scenarioWith } from '../helpers/small-world.js';

const open = (planOf: (sightOf: () => DetectorSight) => PlanHeap) => {
  const reports: string[][] = [];
  const sight: DetectorSight = {
    caller: () => 0xffffffff81000000n,
    symbol: () => 'caller+0x1/0x2',
    indexOf: () => undefined,
    checked: () => {},
    report: ({ lines }) => reports.push([...lines]),
  };
  const plan = planOf(() => sight)(scenarioWith({}));
  const frames = plan.frames.map(({ start, size, cache }) => ({ start, size, name: cache, protection: 'read-write' as const })); // prettier-ignore
  const memory = new PagedMemory([...frames, ...plan.data, ...plan.descriptors, ...(plan.pools ?? [])]);
  return { memory, heap: plan.build(memory), reports };
};

const inPage = (address: bigint): number => Number(address & 0xfffn);

describe("KFENCE's pool", () => {
  it('puts an object at the beginning of every second page, or at its end, on 8 bytes', () => {
    const left = open((sight) => planKfence('left', sight)).heap;
    const right = open((sight) => planKfence('right', sight)).heap;
    for (const heap of [left, right])
      expect([heap.kmalloc(20), heap.kmalloc(20)].map((at) => (at - KFENCE_POOL) >> 12n)).toEqual([2n, 4n]);
    expect(inPage(left.kmalloc(20))).toBe(0);
    expect(inPage(right.kmalloc(20))).toBe(4096 - 24);
    expect(inPage(right.kmalloc(32))).toBe(4096 - 32);
  });

  it.each(['left', 'right'] as const)('finds at the free what was written beside an object (%s)', (side) => {
    const { heap, memory, reports } = open((sight) => planKfence(side, sight));
    const good = heap.kmalloc(20);
    memory.write(good, new Uint8Array(20).fill(0x41));
    heap.kfree(good);
    expect(reports).toEqual([]);
    const at = heap.kmalloc(20);
    memory.write(at + 20n, Uint8Array.of(0x41));
    heap.kfree(at);
    const low = at + 20n;
    // The pattern is aa, changed by the low three bits of the address.
    const rest = side === 'left' ? 15 : 3;
    expect(reports[0]!.slice(0, 3)).toEqual([
      'BUG: KFENCE: memory corruption in caller+0x1/0x2',
      '',
      `Corrupted memory at 0x${low.toString(16)} [ 0x41${' .'.repeat(rest)} ] (in kfence-#1):`,
    ]);
    expect(memory.readU8(low + 1n)).toBe(0xaa ^ Number((low + 1n) & 7n));
  });

  it('reports a free of what is not a live object', () => {
    const { heap, reports } = open((sight) => planKfence('left', sight));
    const at = heap.kmalloc(20);
    heap.kfree(at + 8n);
    heap.kfree(at);
    heap.kfree(at);
    expect(reports.map(([first]) => first)).toEqual([
      'BUG: KFENCE: invalid free in caller+0x1/0x2',
      'BUG: KFENCE: invalid free in caller+0x1/0x2',
    ]);
  });

  it('is full after its last object; then the heap beneath gives one', () => {
    const { heap } = open((sight) => planKfence('left', sight));
    const inPool = Array.from({ length: KFENCE_OBJECTS + 2 }, () => {
      const at = heap.kmalloc(32);
      heap.kfree(at);
      return at >= KFENCE_POOL;
    });
    expect(inPool.filter(Boolean)).toHaveLength(KFENCE_OBJECTS);
    expect(inPool.slice(-2)).toEqual([false, false]);
  });
});

describe("KASAN's pool", () => {
  // optimal_redzone() of mm/kasan/common.c, v5.4, by hand; at least the 16 bytes of the allocation's metadata.
  it.each([
    [32, 48],
    [64, 96],
    [96, 128],
    [192, 256],
    [512, 640],
    [4096, 4352],
  ])('an object of %i bytes takes %i', (size, stride) => {
    expect(kasanStride(size)).toBe(stride);
  });

  it('begins a new object with the bytes of the slot that it would have had, and uses no place twice', () => {
    const { heap, memory } = open((sight) => planKasan(sight));
    const first = heap.kmalloc(32);
    memory.write(first, new Uint8Array(32).fill(0x41));
    heap.kfree(first);
    const second = heap.kmalloc(32);
    expect(second - first).toBe(48n);
    expect([...memory.read(second, 32)]).toEqual(Array.from({ length: 32 }, () => 0x41));
    expect([heap.isAllocated(first), heap.isAllocated(second), heap.ksize(second)]).toEqual([
      false,
      true,
      32,
    ]);
  });
});
