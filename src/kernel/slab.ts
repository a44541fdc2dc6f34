// The whole heap as it lies in guest memory: caches, slabs, which objects are free. Every walk is bounded, and what
// does not fit is a finding.

import { type Addr, PAGE_SIZE, frameOf, hex, pageStart } from '../base/address.js';
import { walkList } from './list.js';
import type { Memory, Region } from './memory.js';
import { COLOUR_OFFSET, SHARED_FACTOR } from './slab-geometry.js';
import { cacheNameAt, slabPageOf } from './slab-identify.js';
import { offsetOf } from './slab-layout.js';
import { page as pageStruct, pageDescriptor } from './structs/mm.js';
import { BUFCTL_END, array_cache, kmem_cache, kmem_list3, slab } from './structs/slab.js';

/** Something in the heap's data that does not fit. */
export interface SlabFinding {
  /** Where the value lies. */
  readonly address: Addr;
  /** What it belongs to: `cache_chain`, `size-32: slabs_partial`, `size-32: slab 0xffff…`. */
  readonly where: string;
  readonly expected: string;
  readonly found: string;
}

type SlabList = 'partial' | 'full' | 'free';

/** One slab. */
export interface SlabInMemory {
  readonly slab: Addr; //    struct slab
  readonly objects: Addr; // s_mem
  readonly list: SlabList;
  readonly inuse: number; // objects not on its free list; those in array caches count
}

/** One cache. */
export interface CacheInMemory {
  readonly cache: Addr; // struct kmem_cache
  readonly name: string;
  readonly objectSize: number; // bytes from object to object
  readonly num: number; //        objects per slab
  readonly slabs: readonly SlabInMemory[];
  /** Objects in per-CPU array caches, oldest first. */
  readonly cpus: readonly (readonly Addr[])[];
  /** Objects in the shared array cache, oldest first. */
  readonly shared: readonly Addr[];
  /** Objects that are neither on a free list nor in an array cache. */
  readonly allocated: number;
}

/** A heap at one moment. */
export interface HeapInMemory {
  readonly caches: readonly CacheInMemory[];
  readonly findings: readonly SlabFinding[];
  /** Addresses of all objects that are free: on a slab's free list or in an array cache. */
  readonly free: ReadonlySet<Addr>;
  /** Those of them that are in an array cache, per-CPU or shared: next in line for an allocation. */
  readonly cached: ReadonlySet<Addr>;
}

/** What an object is to the allocator; `cached` is free too. */
export type ObjectState = 'allocated' | 'free' | 'cached';

export const MAX_CACHES = 1024;
export const MAX_SLABS = 65_536; // per list
export const MAX_OBJECTS = 4096; // per array cache

const NEXT_CACHE = offsetOf(kmem_cache, 'next');
const ENTRIES = BigInt(array_cache.size);
const PAGE_CACHE = offsetOf(pageStruct, 'lru.next');
const PAGE_SLAB = offsetOf(pageStruct, 'lru.prev');
const LISTS: readonly (readonly [SlabList, bigint])[] = [
  ['partial', offsetOf(kmem_list3, 'slabs_partial')],
  ['full', offsetOf(kmem_list3, 'slabs_full')],
  ['free', offsetOf(kmem_list3, 'slabs_free')],
];

class Walk {
  readonly findings: SlabFinding[] = [];
  readonly free = new Set<Addr>();
  readonly cached = new Set<Addr>();

  constructor(readonly memory: Memory) {}

  found(address: Addr, where: string, expected: string, found: string): void {
    this.findings.push({ address, where, expected, found });
  }

  u32(type: typeof kmem_cache | typeof slab | typeof array_cache, at: Addr, field: string): number {
    return this.memory.readU32(at + offsetOf(type, field));
  }

  list(head: Addr, where: string, limit: number): Addr[] {
    const { nodes, findings } = walkList(this.memory, head, limit);
    for (const { address, expected, found } of findings) this.found(address, where, expected, found);
    return nodes;
  }

  cache(cache: Addr): CacheInMemory | undefined {
    if (!this.memory.isMapped(cache, kmem_cache.size)) {
      this.found(cache, 'cache_chain', 'a kmem_cache', 'unmapped memory');
      return undefined;
    }
    const ownName = cacheNameAt(this.memory, cache);
    if (ownName === undefined) {
      const at = cache + offsetOf(kmem_cache, 'name');
      this.found(at, 'cache_chain', 'the name of a kmem_cache', hex(this.memory.readU64(at)));
    }
    const name = ownName ?? '?'; // a damaged name hides nothing else
    const objectSize = this.u32(kmem_cache, cache, 'buffer_size');
    const num = this.u32(kmem_cache, cache, 'num');
    if (objectSize < 8 || objectSize > PAGE_SIZE || num === 0 || num * objectSize > PAGE_SIZE) {
      this.found(cache, name, 'objects that fit in a page', `${num} of ${objectSize} bytes`);
      return undefined;
    }
    const list3 = this.memory.readU64(cache + offsetOf(kmem_cache, 'nodelists'));
    if (!this.memory.isMapped(list3, kmem_list3.size)) {
      this.found(
        cache + offsetOf(kmem_cache, 'nodelists'),
        name,
        'a kmem_list3',
        `${hex(list3)}, not mapped`,
      );
      return undefined;
    }
    const slabs = LISTS.flatMap(([list, offset]) =>
      this.list(list3 + offset, `${name}: slabs_${list}`, MAX_SLABS).flatMap(
        (at) => this.slab(cache, name, objectSize, num, list, at) ?? [],
      ),
    );
    this.countFree(list3, name, num, slabs);
    const isObject = (address: Addr): boolean =>
      slabs.some(({ objects }) => {
        const distance = address - objects;
        return distance >= 0n && distance < BigInt(num * objectSize) && distance % BigInt(objectSize) === 0n;
      });
    const limit = this.u32(kmem_cache, cache, 'limit');
    const batch = this.u32(kmem_cache, cache, 'batchcount');
    const cpus: Addr[][] = [];
    for (let cpu = 0; cpu < 8; cpu += 1) {
      const at = this.memory.readU64(cache + offsetOf(kmem_cache, `array[${cpu}]`));
      if (at !== 0n) cpus.push(this.array(at, `${name}: array_cache of CPU ${cpu}`, limit, isObject));
    }
    const common = this.memory.readU64(list3 + offsetOf(kmem_list3, 'shared'));
    const shared = this.array(common, `${name}: shared array_cache`, batch * SHARED_FACTOR, isObject);
    const cached = shared.length + cpus.reduce((sum, { length }) => sum + length, 0);
    const inuse = slabs.reduce((sum, one) => sum + one.inuse, 0);
    return { cache, name, objectSize, num, slabs, cpus, shared, allocated: inuse - cached };
  }

  slab(
    cache: Addr,
    name: string,
    objectSize: number,
    num: number,
    list: SlabList,
    at: Addr,
  ): SlabInMemory | undefined {
    const where = `${name}: slab ${hex(at)}`;
    if (!this.memory.isMapped(at, slab.size + num * 4)) {
      this.found(at, where, 'struct slab and its bufctl', 'unmapped memory');
      return undefined;
    }
    const objects = this.memory.readU64(at + offsetOf(slab, 's_mem'));
    const page = slabPageOf(this.memory, objects);
    if (page === undefined) {
      this.found(at + offsetOf(slab, 's_mem'), where, 's_mem in a slab page', hex(objects));
      return undefined;
    }
    const descriptor = pageDescriptor(frameOf(page.page));
    if (page.cache !== cache)
      this.found(descriptor + PAGE_CACHE, where, `its page belongs to ${hex(cache)}`, hex(page.cache));
    if (page.slab !== at)
      this.found(descriptor + PAGE_SLAB, where, `its page points to slab ${hex(at)}`, hex(page.slab));
    const end = Number(objects - page.page) + num * objectSize;
    const colouroff = this.memory.readU64(at + offsetOf(slab, 'colouroff'));
    const odd = pageStart(at) === page.page && (at - page.page) % BigInt(COLOUR_OFFSET) !== 0n;
    if (end > PAGE_SIZE || objects - page.page !== colouroff || odd) {
      this.found(
        at + offsetOf(slab, 's_mem'),
        where,
        `s_mem at colouroff ${hex(colouroff)} of its page`,
        hex(objects),
      );
    }
    const inuse = this.u32(slab, at, 'inuse');
    const free = this.freeList(at, where, num);
    for (const index of free) this.free.add(objects + BigInt(index * objectSize));
    if (inuse + free.length !== num) {
      this.found(
        at + offsetOf(slab, 'inuse'),
        where,
        `inuse ${num - free.length}: ${free.length} of ${num} are free`,
        String(inuse),
      );
    }
    const belongs: SlabList = inuse === 0 ? 'free' : inuse >= num ? 'full' : 'partial';
    if (belongs !== list)
      this.found(at, where, `on slabs_${belongs} with ${inuse} of ${num} in use`, `slabs_${list}`);
    return { slab: at, objects, list, inuse: Math.min(inuse, num) };
  }

  freeList(at: Addr, where: string, num: number): number[] {
    const free: number[] = [];
    const seen = new Set<number>();
    let place = at + offsetOf(slab, 'free');
    for (let index = this.memory.readU32(place); index !== BUFCTL_END; index = this.memory.readU32(place)) {
      if (index >= num || seen.has(index)) {
        this.found(place, where, `the next free object, below ${num} and not met before`, String(index));
        break;
      }
      seen.add(index);
      free.push(index);
      place = at + BigInt(slab.size + index * 4);
    }
    return free;
  }

  array(at: Addr, where: string, limit: number, isObject: (address: Addr) => boolean): Addr[] {
    if (!this.memory.isMapped(at, array_cache.size)) {
      this.found(at, where, 'an array_cache', 'unmapped memory');
      return [];
    }
    const avail = this.u32(array_cache, at, 'avail');
    const room = this.u32(array_cache, at, 'limit');
    if (room !== limit)
      this.found(at + offsetOf(array_cache, 'limit'), where, `limit ${limit}`, String(room));
    if (avail > limit)
      this.found(at + offsetOf(array_cache, 'avail'), where, `at most ${limit} objects`, String(avail));
    const objects: Addr[] = [];
    for (let entry = 0; entry < Math.min(avail, limit, MAX_OBJECTS); entry += 1) {
      const place = at + ENTRIES + BigInt(entry * 8);
      if (!this.memory.isMapped(place, 8)) break;
      const object = this.memory.readU64(place);
      if (!isObject(object)) this.found(place, where, 'an object of the cache', hex(object));
      else if (this.free.has(object))
        this.found(place, where, 'an object that is free once', `${hex(object)} again`);
      else {
        this.free.add(object);
        this.cached.add(object);
        objects.push(object);
      }
    }
    return objects;
  }

  // Pages whose struct page says that they are slabs, and that no list leads to.
  strays(caches: readonly CacheInMemory[], regions: readonly Pick<Region, 'start' | 'size'>[]): void {
    const known = new Set(caches.flatMap(({ slabs }) => slabs.map(({ objects }) => pageStart(objects))));
    for (const { start, size } of regions) {
      for (let page = start; page < start + BigInt(size); page += BigInt(PAGE_SIZE)) {
        const owner = known.has(page) ? undefined : slabPageOf(this.memory, page);
        if (owner === undefined) continue;
        const name = cacheNameAt(this.memory, owner.cache);
        const where = name === undefined ? 'struct page' : `${name}: struct page`;
        const what = `slab ${hex(owner.slab)} of ${hex(page)}, on none`;
        this.found(pageDescriptor(frameOf(page)), where, 'a slab that a list of its cache leads to', what);
      }
    }
  }

  countFree(list3: Addr, name: string, num: number, slabs: readonly SlabInMemory[]): void {
    const expected = slabs.reduce((sum, { inuse }) => sum + num - inuse, 0);
    const place = list3 + offsetOf(kmem_list3, 'free_objects');
    const found = this.memory.readU64(place);
    if (found !== BigInt(expected)) this.found(place, name, `free_objects ${expected}`, String(found));
  }
}

/** The objects of a slab, in order. */
export const objectsOf = ({ num, objectSize }: CacheInMemory, { objects }: SlabInMemory): Addr[] =>
  Array.from({ length: num }, (_, index) => objects + BigInt(index * objectSize));

export const objectState = ({ free, cached }: HeapInMemory, object: Addr): ObjectState =>
  cached.has(object) ? 'cached' : free.has(object) ? 'free' : 'allocated';

/** A finding in a line. */
export const formatSlabFinding = ({ address, where, expected, found }: SlabFinding): string =>
  `${where}: at ${hex(address)} expected ${expected}, found ${found}`;

/**
 * Walk the heap.
 *
 * @param cacheChain address of the list head that all caches are on
 * @param regions all memory that there is: slab pages in it that no list leads to are found too
 */
export const walkHeap = (
  memory: Memory,
  cacheChain: Addr,
  regions: readonly Pick<Region, 'start' | 'size'>[] = [],
): HeapInMemory => {
  const walk = new Walk(memory);
  const caches = walk
    .list(cacheChain, 'cache_chain', MAX_CACHES)
    .flatMap((node) => walk.cache(node - NEXT_CACHE) ?? []);
  walk.strays(caches, regions);
  return { caches, findings: walk.findings, free: walk.free, cached: walk.cached };
};
