// Where the SLAB heap's management lies in guest memory, and which pages it needs.
// Differs: in the kernel kmem_cache, kmem_list3 and array caches are slab objects themselves; here they lie in an
// area of their own at an invented address of the direct map. The head of all caches lies in kernel data, as there.

import { type Addr, PAGE_SIZE, frameAddress, pageStart } from '../base/address.js';
import { findField, type Struct } from './layout.js';
import type { Region } from './memory.js';
import {
  GENERAL_SIZES,
  SHARED_FACTOR,
  type SlabGeometry,
  type SlabOptions,
  debugSlabGeometry,
  slabGeometry,
} from './slab-geometry.js';
import { page as pageStruct, pageDescriptor } from './structs/mm.js';
import { array_cache, kmem_cache, kmem_list3 } from './structs/slab.js';

/** A cache and the page frames that it may take, in order. */
export interface CacheDescription {
  readonly name: string;
  readonly objectSize?: number;
  readonly align?: number;
  readonly frames: readonly bigint[];
  /** Colour of a frame's slab where an address pins it; otherwise colours go round as the kernel's do. */
  readonly colours?: ReadonlyMap<bigint, number>;
}

/** What a heap consists of. */
export interface HeapDescription {
  /** The CPU whose array caches allocations use. */
  readonly cpu: number;
  readonly cpus: number;
  readonly caches: readonly CacheDescription[];
  /** The kernel's debug options; none without it. */
  readonly options?: SlabOptions;
}

/** The addresses of one cache's management. They never change. */
export interface CachePlaces {
  readonly description: CacheDescription;
  readonly geometry: SlabGeometry;
  readonly cache: Addr; //   struct kmem_cache
  readonly list3: Addr; //   struct kmem_list3
  readonly name: Addr; //    its NUL-terminated name
  readonly arrays: readonly Addr[]; // array_cache per CPU
  readonly shared: Addr; //  array_cache
}

/** Start of the management area. Invented. */
const MANAGEMENT_BASE: Addr = 0xffff880001000000n;

/** What the region of the allocator's own data is called. */
export const ALLOCATOR_DATA = 'slab management';

/** The symbol cache_chain: head of the list of all caches. Its address is invented. */
export const CACHE_CHAIN: Addr = 0xffffffff81a3a0c0n;

/** Name of the regions with the struct page of each page frame. */
export const PAGE_DESCRIPTORS = 'struct page';

/** Offset of a field of a layout that has it. */
export const offsetOf = (type: Struct, field: string): bigint => BigInt(findField(type, field)!.offset);

/** Bytes of an array_cache with room for `limit` objects. */
const arraySize = (limit: number): number => array_cache.size + limit * 8;

/**
 * All caches of a heap: those described, and the general ones that off-slab management needs.
 *
 * @throws {RangeError} for an unknown cache without a size
 */
export const placeCaches = ({ caches, cpus, options }: HeapDescription): CachePlaces[] => {
  const described = new Map(caches.map((cache) => [cache.name, cache]));
  for (const size of GENERAL_SIZES) {
    if (!described.has(`size-${size}`)) described.set(`size-${size}`, { name: `size-${size}`, frames: [] });
  }
  let next = MANAGEMENT_BASE;
  const take = (size: number): Addr => {
    const at = next;
    next += BigInt(Math.ceil(size / 32) * 32);
    return at;
  };
  return [...described.values()].map((description) => {
    const { name, objectSize, align } = description;
    const geometry =
      options === undefined
        ? slabGeometry(name, objectSize, align)
        : debugSlabGeometry(options, name, objectSize, align);
    if (geometry === undefined)
      throw new RangeError(`cache ${description.name}: not known, so it needs an object size`);
    return {
      description,
      geometry,
      cache: take(kmem_cache.size),
      list3: take(kmem_list3.size),
      name: take(description.name.length + 1),
      arrays: Array.from({ length: cpus }, () => take(arraySize(geometry.limit))),
      shared: take(arraySize(geometry.batchcount * SHARED_FACTOR)),
    };
  });
};

/** The pages that a heap needs: its page frames, their struct pages, the management area, and the head of all caches. */
export const heapRegions = (description: HeapDescription): Region[] => {
  const places = placeCaches(description);
  const pages = new Map<Addr, string>([[pageStart(CACHE_CHAIN), 'page of cache_chain']]);
  const last = places.at(-1);
  const end =
    last === undefined
      ? MANAGEMENT_BASE
      : last.shared + BigInt(arraySize(last.geometry.batchcount * SHARED_FACTOR));
  for (let at = MANAGEMENT_BASE; at < end; at += BigInt(PAGE_SIZE)) pages.set(at, ALLOCATOR_DATA);
  for (const { description: cache } of places) {
    for (const frame of cache.frames) {
      pages.set(frameAddress(frame), `slab page of ${cache.name}`);
      const descriptor = pageDescriptor(frame);
      pages.set(pageStart(descriptor), PAGE_DESCRIPTORS);
      pages.set(pageStart(descriptor + BigInt(pageStruct.size) - 1n), PAGE_DESCRIPTORS);
    }
  }
  return [...pages]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([start, name]) => ({ start, size: PAGE_SIZE, protection: 'read-write', name }));
};
