// What every allocator must do for steps, stubs and worlds, whatever it keeps in memory.
import { describe, expect, it } from 'vitest';
import { PagedMemory } from '../../src/kernel/memory.js';
import { type HeapFinding, ZERO_SIZE_PTR } from '../../src/run/allocator.js';
import { ALLOCATORS } from '../../src/run/allocators.js';
import { scenarioWith } from '../helpers/small-world.js';

describe.each(ALLOCATORS)('$name', ({ plan: planHeap }) => {
  const open = () => {
    const plan = planHeap(scenarioWith({}));
    const frames = plan.frames.map(({ start, size, cache }) => ({ start, size, name: cache, protection: 'read-write' as const })); // prettier-ignore
    const memory = new PagedMemory([...frames, ...plan.data, ...plan.descriptors]);
    const heap = plan.build(memory);
    const findings: HeapFinding[] = [];
    heap.observer = { onFinding: (finding) => findings.push(finding) };
    return { plan, memory, heap, findings };
  };

  it('needs memory that does not overlap', () => {
    const { plan } = open();
    const ranges = [...plan.frames, ...plan.data, ...plan.descriptors].toSorted((a, b) => (a.start < b.start ? -1 : 1));
    ranges.forEach(({ start, size }, index) => {
      const next = ranges[index + 1];
      if (next !== undefined) expect(start + BigInt(size)).toBeLessThanOrEqual(next.start);
    });
    expect(plan.frames.map(({ cache }) => cache).toSorted()).toEqual(['size-1024', 'size-32', 'size-32', 'size-64']);
  }); // prettier-ignore

  it('gives and takes back; observers see it', () => {
    const { heap, findings } = open();
    const seen: string[] = [];
    heap.observer = {
      onAllocate: ({ cache, requested }) => seen.push(`${cache} ${requested}`),
      onFree: ({ cache }) => seen.push(`free ${cache}`),
      onFinding: (finding) => findings.push(finding),
    };
    const at = heap.kmalloc(20);
    expect([heap.isAllocated(at), heap.ksize(at), heap.cacheOfFrame(at)]).toEqual([true, 32, 'size-32']);
    heap.kfree(at);
    expect(heap.isAllocated(at)).toBe(false);
    heap.kfree(at);
    expect(findings.map(({ kind }) => kind)).toEqual(['double free']);
    expect(seen).toEqual(['size-32 20', 'free size-32']);
  });

  it('takes NULL and ZERO_SIZE_PTR without a word, and reports what it never gave', () => {
    const { heap, findings } = open();
    expect(heap.kmalloc(0)).toBe(ZERO_SIZE_PTR);
    heap.kfree(0n);
    heap.kfree(ZERO_SIZE_PTR);
    expect(findings).toEqual([]);
    heap.kfree(0xffff880300000000n);
    heap.kfree(heap.kmalloc(32) + 8n);
    expect(findings.map(({ kind }) => kind)).toEqual(['foreign free', 'misaligned free']);
  });

  it('clears an object in kzfree() and in kzalloc()', () => {
    const { heap, memory } = open();
    const at = heap.kmalloc(32);
    memory.write(at, new Uint8Array(32).fill(1));
    heap.kzfree(at);
    expect(memory.read(at, 32)).toEqual(new Uint8Array(32));
    memory.write(at, new Uint8Array(32).fill(2));
    expect(heap.kzalloc(32)).toBe(at);
    expect(memory.read(at, 32)).toEqual(new Uint8Array(32));
  });

  it('says in advance what the next allocation gets', () => {
    const { heap } = open();
    const next = heap.prime(32);
    expect(heap.isAllocated(next)).toBe(false);
    expect(heap.kmalloc(30)).toBe(next);
  });

  it('places and fills: objects that a world has are not given out', () => {
    const { heap } = open();
    heap.kfree(heap.kmalloc(32));
    const [first, second] = [0x20000n, 0x20003n];
    const slots = heap.objectsIn(heap.objectsIn(first).length > 0 ? first : second);
    const wanted = slots.find((address) => !heap.isAllocated(address) && address !== heap.prime(32))!;
    expect(heap.fill(second)).toBeUndefined();
    expect(heap.objectsIn(second).every((address) => heap.isAllocated(address))).toBe(true);
    expect(heap.place('size-32', wanted + 8n, 8)).toMatch(/not the start of an object/u);
    expect(heap.place('size-64', wanted, 8)).toMatch(/not in a page frame of size-64/u);
    const got = new Set<bigint>();
    for (let at = heap.kmalloc(32); at !== 0n; at = heap.kmalloc(32)) got.add(at);
    expect([...got].filter((address) => heap.objectsIn(second).includes(address))).toEqual([]);
  });

  it('knows its caches by name and by address', () => {
    const { heap } = open();
    for (const name of ['size-32', 'size-64', 'size-1024'])
      expect(heap.cacheName(heap.cacheAddress(name)!)).toBe(name);
    expect([heap.cacheFor(33), heap.objectSize('size-64')]).toEqual(['size-64', 64]);
    expect(heap.cacheAddress('nothing')).toBeUndefined();
    expect(() => heap.objectSize('nothing')).toThrow(RangeError);
  });
});
