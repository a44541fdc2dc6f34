// The SLAB heap on plain memory: policies, findings, and what a view reads back. No emulator.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameAddress, hex } from '../../src/base/address.js';
import { PagedMemory } from '../../src/kernel/memory.js';
import { type HeapFinding, ZERO_SIZE_PTR } from '../../src/run/allocator.js';
import { SlabHeap } from '../../src/run/slab-heap.js';
import { heapRegions } from '../../src/kernel/slab-layout.js';
import { kmallocCache } from '../../src/kernel/slab-geometry.js';
import { identifySlabAddress } from '../../src/kernel/slab-identify.js';
import { type CacheDescription, offsetOf } from '../../src/kernel/slab-layout.js';
import { formatSlabFinding, walkHeap } from '../../src/kernel/slab.js';
import { page, pageDescriptor } from '../../src/kernel/structs/mm.js';
import { loadRelease } from '../../src/release/snippet.js';
import { array_cache, kmem_cache, kmem_list3, slab } from '../../src/kernel/structs/slab.js';
import { QUICK, cases } from '../helpers/effort.js';

const makeHeap = (caches: readonly CacheDescription[]) => {
  const description = { cpu: 1, cpus: 2, caches };
  const memory = new PagedMemory(heapRegions(description));
  const heap = new SlabHeap(memory, description);
  const findings: HeapFinding[] = [];
  heap.observer = { onFinding: (finding) => findings.push(finding) };
  const walk = () => walkHeap(memory, heap.cacheChain, memory.regions);
  const cacheInMemory = (name: string) => walk().caches.find((cache) => cache.name === name)!;
  return { memory, heap, findings, walk, cacheInMemory };
};

/** `count` page frames from `first` on. */
const frames = (first: bigint, count: number): bigint[] =>
  Array.from({ length: count }, (_, index) => first + BigInt(index));
const small = (count = 4) => makeHeap([{ name: 'size-32', frames: frames(0x20000n, count) }]);

describe('allocation', () => {
  it('from a fresh slab gives descending addresses, after a refill of 16', () => {
    const { heap, memory } = small();
    const first = frameAddress(0x20000n) + 0x200n;
    const got = Array.from({ length: 17 }, () => heap.kmalloc(32));
    expect(got.slice(0, 16)).toEqual(
      Array.from({ length: 16 }, (_, index) => first + BigInt((15 - index) * 32)),
    );
    // touched by now: the next refill takes a full batch of 60
    expect(got[16]).toBe(first + BigInt((16 + 59) * 32));
    expect(memory.isMapped(first, 32)).toBe(true);
  });

  it('hands out what was freed last, contents and all', () => {
    const { heap, memory } = small();
    const [a, b] = [heap.kmalloc(32), heap.kmalloc(20)];
    memory.write(a, new Uint8Array(32).fill(0xaa));
    heap.kfree(b);
    heap.kfree(a);
    expect(heap.kmalloc(1)).toBe(a);
    expect(memory.read(a, 32)).toEqual(new Uint8Array(32).fill(0xaa));
    expect(heap.kmalloc(1)).toBe(b);
  });

  it('kzalloc clears the whole object, kzfree too; kmalloc(0) is ZERO_SIZE_PTR', () => {
    const { heap, memory } = small();
    const a = heap.kmalloc(32);
    memory.write(a, new Uint8Array(32).fill(0xaa));
    heap.kfree(a);
    expect(heap.kzalloc(5)).toBe(a);
    expect(memory.read(a, 32)).toEqual(new Uint8Array(32));
    memory.write(a, new Uint8Array(32).fill(0xbb));
    heap.kzfree(a);
    expect(memory.read(a, 32)).toEqual(new Uint8Array(32));
    expect(heap.kmalloc(0)).toBe(ZERO_SIZE_PTR);
    heap.kfree(ZERO_SIZE_PTR);
    heap.kfree(0n);
  });

  it('ends with 0 when no page frame is left', () => {
    const { heap, findings } = small(1);
    const got = Array.from({ length: 113 }, () => heap.kmalloc(32));
    expect(new Set(got).size).toBe(113);
    expect(got.at(-1)).toBe(0n);
    expect(got.slice(0, -1)).not.toContain(0n);
    expect(findings).toEqual([]);
  });

  it('takes an off-slab struct slab from the general cache for its size', () => {
    const { heap, memory, walk } = makeHeap([
      { name: 'size-64', frames: [0x20000n] },
      { name: 'size-128', frames: [0x20001n] },
      { name: 'size-512', frames: [0x20002n] },
      { name: 'size-1024', frames: [0x20003n] },
    ]);
    const managerOf = (address: bigint) =>
      identifySlabAddress(memory, identifySlabAddress(memory, address)!.slab);
    expect(managerOf(heap.kmalloc(512))).toMatchObject({ kind: 'object', cacheName: 'size-128', offset: 0 });
    expect(managerOf(heap.kmalloc(1024))).toMatchObject({ kind: 'object', cacheName: 'size-64', offset: 0 });
    expect(walk().findings).toEqual([]);
  });

  it('gives each new slab the next colour', () => {
    const { heap, cacheInMemory } = makeHeap([{ name: 'size-256', frames: frames(0x20000n, 3) }]);
    for (let count = 0; count < 45; count += 1) heap.kmalloc(256);
    const colours = cacheInMemory('size-256').slabs.map(({ objects }) => Number(objects & 0xfffn) - 0x80);
    expect(colours.toSorted((a, b) => a - b)).toEqual([0, 0, 64]);
  });

  it('recipe (a): the first of two neighbours lies above the second', () => {
    const { heap } = small();
    const attachment = heap.kzalloc(32);
    expect(heap.kmalloc(32)).toBe(attachment - 32n);
  });

  it('recipe (b): a path gets the slot of a freed attachment, with its bytes, below a live one', () => {
    const { heap, memory } = small();
    const [first, second] = [heap.kzalloc(32), heap.kzalloc(32)];
    memory.write(second, new Uint8Array(32).fill(0x11));
    heap.kfree(second);
    expect(heap.kmalloc(9)).toBe(second);
    expect(second + 32n).toBe(first);
    expect(memory.readU8(second + 31n)).toBe(0x11);
  });
});

describe('free', () => {
  it('flushes the oldest batch to the shared array at the limit, and from there to the slabs', () => {
    const { heap, cacheInMemory, findings } = small(8);
    const objects = Array.from({ length: 800 }, () => heap.kmalloc(32));
    // The policy in four lines: what is in which array after each free.
    const cpu = [...cacheInMemory('size-32').cpus[1]!];
    const shared: bigint[] = [];
    for (const object of objects) {
      if (cpu.length === 120) {
        const oldest = cpu.splice(0, 60);
        if (shared.length < 480) shared.push(...oldest);
      }
      cpu.push(object);
      heap.kfree(object);
    }
    const cache = cacheInMemory('size-32');
    expect(cache.shared).toEqual(shared);
    expect(cache.cpus[1]).toEqual(cpu);
    expect(cache.allocated).toBe(0);
    expect(cache.slabs.some(({ list }) => list !== 'full')).toBe(true);
    expect(findings).toEqual([]);
  });

  it('reports a double free, in the array cache and on a slab, and does nothing', () => {
    const { heap, findings, walk } = small(8);
    const objects = Array.from({ length: 700 }, () => heap.kmalloc(32));
    for (const object of objects) heap.kfree(object);
    const onSlab = [...walk().free].find((object) => {
      const { cpus, shared } = walk().caches.find(({ name }) => name === 'size-32')!;
      return !shared.includes(object) && !cpus.some((entries) => entries.includes(object));
    })!;
    for (const object of [objects.at(-1)!, onSlab]) {
      heap.kfree(object);
      expect(findings.splice(0)).toMatchObject([{ kind: 'double free', address: object }]);
    }
    expect(walk().findings).toEqual([]);
  });

  it('reports foreign and misaligned pointers', () => {
    const { heap, findings } = makeHeap([
      { name: 'size-32', frames: [0x20000n] },
      { name: 'size-64', frames: [0x20001n] },
    ]);
    const object = heap.kmalloc(32);
    heap.kfree(0xffff880123456780n);
    heap.kfree(0x1234n);
    heap.kfree(0x8000_0000_0000_0000n);
    heap.kmem_cache_free('size-64', object);
    expect(findings.splice(0).map(({ kind }) => kind)).toEqual(
      Array.from({ length: 4 }, () => 'foreign free'),
    );
    heap.kfree(object + 8n);
    heap.kfree(frameAddress(0x20000n) + 8n); // in struct slab
    expect(findings.map(({ kind }) => kind)).toEqual(['misaligned free', 'misaligned free']);
  });
});

describe('the list of all caches', () => {
  it('begins at the symbol cache_chain', () => {
    expect(small().heap.cacheChain).toBe(loadRelease().symbols.symbol('cache_chain').address);
  });
});

describe('damaged management', () => {
  const DAMAGE: readonly (readonly [string, (h: ReturnType<typeof small>) => bigint, bigint, RegExp])[] = [
    ['a list pointer of a slab', ({ cacheInMemory }) => cacheInMemory('size-32').slabs[0]!.slab, 0xffff880008015c80n, /slabs_|array_cache/u],
    ['s_mem', ({ cacheInMemory }) => cacheInMemory('size-32').slabs[0]!.slab + offsetOf(slab, 's_mem'), 0xffff880001000240n, /s_mem/u],
    ['inuse', ({ cacheInMemory }) => cacheInMemory('size-32').slabs[0]!.slab + offsetOf(slab, 'inuse'), 0x1_00000200n, /inuse/u],
    ['the free index', ({ cacheInMemory }) => cacheInMemory('size-32').slabs[0]!.slab + offsetOf(slab, 'free') - 4n, 0x00000777_00000010n, /free object|inuse/u],
    ['avail of the array cache', ({ memory, heap }) => memory.readU64(heap.cacheAddress('size-32')! + offsetOf(kmem_cache, 'array[1]')) + offsetOf(array_cache, 'avail'), 0x78_00007777n, /at most 120/u],
    ['an entry of the array cache', ({ memory, heap }) => memory.readU64(heap.cacheAddress('size-32')! + offsetOf(kmem_cache, 'array[1]')) + BigInt(array_cache.size) + 13n * 8n, 0xffff8800dead0000n, /an object of the cache/u],
    ["the page's cache", () => pageDescriptor(0x20000n) + offsetOf(page, 'lru.next'), 0xffff880001000050n, /its page belongs/u],
    ["the page's slab", () => pageDescriptor(0x20000n) + offsetOf(page, 'lru.prev'), 0xffff880001000050n, /its page points/u],
    ['free_objects', ({ memory, heap }) => memory.readU64(heap.cacheAddress('size-32')! + offsetOf(kmem_cache, 'nodelists')) + offsetOf(kmem_list3, 'free_objects'), 7n, /free_objects/u],
    ['the chain of caches', ({ heap }) => heap.cacheChain, 0xffff880008015c80n, /cache_chain/u],
  ]; // prettier-ignore

  it.each(DAMAGE)(
    '%s: the view finds it, and the allocator goes on without an exception',
    (_, place, value, message) => {
      const heap = small();
      for (let count = 0; count < 2; count += 1) heap.heap.kmalloc(32);
      heap.memory.writeU64(place(heap), value);
      expect(heap.walk().findings.map(formatSlabFinding).join('\n')).toMatch(message);
      const got = Array.from({ length: 200 }, () => heap.heap.kmalloc(32));
      for (const object of got) heap.heap.kfree(object);
      heap.walk();
    },
  );

  it('that takes a slab off its list without a trace is found by the struct page of the slab', () => {
    const { heap, memory, walk, cacheInMemory } = small();
    heap.kmalloc(32);
    const { slab: at } = cacheInMemory('size-32').slabs[0]!;
    const [next, prev] = [memory.readU64(at), memory.readU64(at + 8n)];
    memory.writeU64(prev, next);
    memory.writeU64(next + 8n, prev);
    const descriptor = pageDescriptor(0x20000n);
    expect(walk().findings).toContainEqual({
      address: descriptor,
      where: 'size-32: struct page',
      expected: 'a slab that a list of its cache leads to',
      found: `slab ${hex(at)} of ${hex(frameAddress(0x20000n))}, on none`,
    });
  });

  it('of one list pointer of a slab is named with its value, and every slab is still found', () => {
    const pointer = fc.constantFrom(0n, 0x6b6b6b6b6b6b6b6bn, 0xffff880008015c80n);
    fc.assert(
      fc.property(fc.nat(99), fc.boolean(), pointer, (which, back, value) => {
        const { memory, heap, walk } = makeHeap([
          { name: 'size-64', frames: [0x20000n] },
          { name: 'size-4096', frames: frames(0x20001n, 5) },
        ]);
        for (let count = 0; count < 5; count += 1) heap.kmalloc(4096);
        const before = walk();
        const { slabs } = before.caches.find(({ name }) => name === 'size-4096')!;
        const address = slabs[which % slabs.length]!.slab + (back ? 8n : 0n);
        const original = memory.readU64(address);
        memory.writeU64(address, value);
        const { findings, ...rest } = walk();
        expect({ findings: [], ...rest }).toEqual(before);
        expect(findings).toMatchObject([{ address, where: 'size-4096: slabs_full' }]);
        expect(findings[0]!.expected).toContain(` 0x${original.toString(16)} `);
      }),
      { numRuns: cases(100) },
    );
  });

  it('is reported by the allocator when it meets it', () => {
    const damaged = small();
    damaged.heap.kmalloc(32);
    const { slab: at } = damaged.cacheInMemory('size-32').slabs[0]!;
    damaged.memory.writeU64(at, 0xffff880008015c80n);
    for (let count = 0; count < 20; count += 1) damaged.heap.kmalloc(32);
    expect(damaged.findings[0]).toMatchObject({ kind: 'corrupted management', address: at });
  });

  it('anywhere, of any kind, never makes allocator or view throw or hang', () => {
    const bytes = fc.record({
      at: fc.nat(0x7fff),
      value: fc.oneof(
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.constantFrom(0n, 1n, 0xffff880001000000n, 0xffff880001000040n, 0xffff880001000200n),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(bytes, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(99), { maxLength: 40 }),
        (damage, operations) => {
          const { memory, heap, walk } = makeHeap([
            { name: 'size-32', frames: frames(0x20000n, 2) },
            { name: 'size-64', frames: [0x20002n] },
            { name: 'size-1024', frames: [0x20003n] },
          ]);
          const live = [heap.kmalloc(32), heap.kmalloc(64), heap.kmalloc(1024)];
          // over the management area, the struct pages and the slab pages, 8 bytes at a time
          for (const { at, value } of damage) {
            const region = memory.regions[at % memory.regions.length]!;
            memory.writeU64(region.start + BigInt(((at * 8) % region.size) & ~7), value);
          }
          for (const operation of operations) {
            if (operation % 3 === 0) heap.kfree(live[operation % live.length]!);
            else live.push(heap.kmalloc([20, 50, 600][operation % 3]!));
          }
          const view = walk();
          for (const object of live) identifySlabAddress(memory, object);
          expect(view.findings.length).toBeLessThan(10_000);
        },
      ),
      { numRuns: cases(3000) },
    );
  });
});

// The damage above is spread over whole pages and followed by a few operations only: hardly any of it hits a word that
// an operation follows, and after it hardly any slab is made or given back. Here every word of the management is named,
// and operations come in bursts that empty and overfill array caches.
describe('damage to any words of the management', () => {
  const CACHES = [
    { name: 'size-32', frames: frames(0x20000n, 2) },
    { name: 'size-64', frames: frames(0x20002n, 2) },
    { name: 'size-1024', frames: frames(0x20004n, 6) },
    { name: 'filp', frames: frames(0x2000an, 2) },
  ];
  const SIZES = [20, 50, 600];

  /** A heap in use: slabs partial, full and free, array caches with objects. */
  const used = () => {
    const made = makeHeap(CACHES);
    const live = SIZES.flatMap((size) => Array.from({ length: 9 }, () => made.heap.kmalloc(size)));
    for (let index = 0; index < live.length; index += 2) made.heap.kfree(live[index]!);
    return { ...made, live };
  };

  /** Every word that an operation may follow: structs, the heads of array caches and their first entries. */
  const wordsOf = ({ memory, heap, walk }: ReturnType<typeof used>): bigint[] => {
    const all: bigint[] = [];
    const add = (start: bigint, size: number): void => {
      for (let at = 0; at < size; at += 8) all.push(start + BigInt(at));
    };
    add(heap.cacheChain, 16);
    for (const { name } of CACHES) {
      const cache = heap.cacheAddress(name)!;
      const list3 = memory.readU64(cache + offsetOf(kmem_cache, 'nodelists'));
      add(cache, kmem_cache.size);
      add(list3, kmem_list3.size);
      for (const array of [
        memory.readU64(cache + offsetOf(kmem_cache, 'array[1]')),
        memory.readU64(list3 + offsetOf(kmem_list3, 'shared')),
      ]) {
        add(array, array_cache.size + 20 * 8);
      }
    }
    for (const { slabs } of walk().caches) for (const one of slabs) add(one.slab, slab.size + 16);
    for (const { frames: numbers } of CACHES) for (const one of numbers) add(pageDescriptor(one), page.size);
    return all;
  };

  const run = (
    { heap, memory, walk, live }: ReturnType<typeof used>,
    operations: readonly [number, number][],
  ): void => {
    for (const [operation, times] of operations) {
      const size = SIZES[operation % SIZES.length]!;
      for (let count = 0; count < times; count += 1) {
        const some = live[(operation + count) % live.length]!;
        switch (operation % 7) {
          case 0:
          case 1:
            live.push(heap.kmalloc(size));
            break;
          case 2:
            live.push(heap.kzalloc(size));
            break;
          case 3:
          case 4:
            heap.kfree(some);
            break;
          case 5:
            heap.kzfree(some);
            break;
          default: {
            const next = heap.prime(size); // where a scenario's "stale" writes
            if (next !== 0n) memory.read(next, heap.objectSize(kmallocCache(size)!));
            live.push(heap.kmem_cache_alloc('filp'));
            heap.kmem_cache_free('filp', live.at(-1)!);
          }
        }
      }
    }
    walk();
  };

  const BURSTS: [number, number][] = [[0, 130], [1, 70], [2, 30], [3, 200], [4, 200], [5, 40], [6, 4], [7, 150], [8, 30], [14, 150], [10, 200]]; // prettier-ignore

  it('one word, whichever, is never an exception', () => {
    const words = wordsOf(used()).filter((_, index) => !QUICK || index % 20 === 0);
    for (const value of [0n, 1n, 0xffff_ffff_ffff_fff8n, 0xffff880020000ff8n, 0x6b6b6b6b_00000001n]) {
      for (const at of words) {
        const heap = used();
        heap.memory.writeU64(at, value);
        run(heap, BURSTS);
      }
    }
  }, 120_000);

  it('several words, also pointers into each other, are never an exception', () => {
    const words = wordsOf(used());
    const value = fc.oneof(
      fc.constantFrom(0n, 1n, 0xffff_ffff_ffff_fff8n, 0xffff880020000ff8n, 0xffff880020004000n),
      fc.constantFrom(...words),
      fc.constantFrom(...words).map((at) => at + 4n),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...words), value), { minLength: 1, maxLength: 5 }),
        fc.array(fc.tuple(fc.nat(99), fc.constantFrom(1, 7, 60, 130, 250)), { minLength: 3, maxLength: 9 }),
        (damage, operations) => {
          const heap = used();
          for (const [at, found] of damage) heap.memory.writeU64(at, found);
          run(heap, operations);
        },
      ),
      { numRuns: cases(1500) },
    );
  }, 120_000);

  it('of a list is a finding that names the list, and nothing is allocated', () => {
    const { heap, memory, findings } = makeHeap([{ name: 'size-32', frames: frames(0x20000n, 2) }]);
    const list3 = memory.readU64(heap.cacheAddress('size-32')! + offsetOf(kmem_cache, 'nodelists'));
    const free = list3 + offsetOf(kmem_list3, 'slabs_free');
    memory.writeU64(free + 8n, 1n);
    expect(heap.kmalloc(32)).toBe(0n);
    expect(findings).toEqual([
      {
        kind: 'corrupted management',
        address: list3,
        message: `corrupted management: kmem_list3 ${hex(list3)} of size-32: prev of list ${hex(free)} is 0x1, not mapped`,
      },
    ]);
  });
});

describe('any sequence of allocations and frees', () => {
  // A plain model: per size class, the live objects with the contents that were written into them.
  const operation = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('kmalloc' as const),
        size: fc.constantFrom(1, 31, 32, 33, 64, 100, 200, 300, 1000),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('kfree' as const), which: fc.nat(1000) }) },
  );

  it('keeps objects apart, their contents untouched, and its books balanced', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const names = ['size-32', 'size-64', 'size-128', 'size-192', 'size-256', 'size-512', 'size-1024'];
        const { memory, heap, findings, walk } = makeHeap(
          names.map((name, index) => ({ name, frames: frames(BigInt(0x20000 + index * 64), 24) })),
        );
        const live: { at: bigint; size: number; fill: number; cache: string }[] = [];
        const freed = new Map<string, bigint>(); // last freed, per cache
        operations.forEach((one, index) => {
          if (one.do === 'kfree') {
            if (live.length === 0) return;
            const [gone] = live.splice(one.which % live.length, 1);
            heap.kfree(gone!.at);
            freed.set(gone!.cache, gone!.at);
            return;
          }
          const at = heap.kmalloc(one.size);
          const cache = kmallocCache(one.size)!;
          expect(at).not.toBe(0n);
          if (one.size > 256) for (const manager of ['size-64', 'size-128']) freed.delete(manager); // off-slab
          const last = freed.get(cache);
          if (last !== undefined) expect(at).toBe(last); // LIFO
          freed.delete(cache);
          expect(identifySlabAddress(memory, at)).toMatchObject({
            kind: 'object',
            cacheName: cache,
            offset: 0,
          });
          for (const other of live)
            expect(at + BigInt(one.size) <= other.at || other.at + BigInt(other.size) <= at).toBe(true);
          memory.write(at, new Uint8Array(one.size).fill(index & 0xff));
          live.push({ at, size: one.size, fill: index & 0xff, cache });
        });
        for (const { at, size, fill } of live)
          expect(memory.read(at, size).every((byte) => byte === fill)).toBe(true);
        const view = walk();
        expect(view.findings).toEqual([]);
        expect(findings).toEqual([]);
        const managed = view.caches
          .flatMap(({ slabs }) => slabs)
          .filter(({ slab: at, objects }) => at >> 12n !== objects >> 12n).length;
        expect(view.caches.reduce((sum, { allocated }) => sum + allocated, 0)).toBe(live.length + managed);
        for (const { at } of live) expect(view.free.has(at)).toBe(false);
      }),
      { numRuns: cases(200) },
    );
  });
});
