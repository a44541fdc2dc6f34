// What an address of a slab page belongs to, by the heap's own data in guest memory, which is not trusted.

import { type Addr, PAGE_OFFSET, PAGE_OFFSET_END, PAGE_SIZE, frameOf, pageStart } from '../base/address.js';
import { readCString } from './bugtable.js';
import type { Memory } from './memory.js';
import { offsetOf } from './slab-layout.js';
import { PG_slab, page, pageDescriptor } from './structs/mm.js';
import { kmem_cache, slab } from './structs/slab.js';

/** Longest name of a cache that is read, bytes. */
const MAX_NAME = 64;

const PAGE_FLAGS = offsetOf(page, 'flags');
const PAGE_CACHE = offsetOf(page, 'lru.next');
const PAGE_SLAB = offsetOf(page, 'lru.prev');
const SLAB_FLAG = 1n << BigInt(PG_slab);
const S_MEM = offsetOf(slab, 's_mem');
const BUFFER_SIZE = offsetOf(kmem_cache, 'buffer_size');
const NUM = offsetOf(kmem_cache, 'num');
const NAME = offsetOf(kmem_cache, 'name');

/** The slab that a page belongs to, as its struct page says. */
interface SlabPage {
  readonly page: Addr;
  readonly cache: Addr; // struct kmem_cache
  readonly slab: Addr; //  struct slab
}

/** What an address of a slab page belongs to. */
export type SlabPlace = SlabPage & { readonly cacheName: string } & (
    | {
        readonly kind: 'object';
        readonly object: Addr; //  its first byte
        readonly index: number; // in its slab
        readonly offset: number; // of the address in it
        readonly size: number; //  bytes from object to object
      }
    /** Struct slab, bufctl, colour, or what is left over. */
    | { readonly kind: 'management' }
  );

/** A cache's name; `undefined` when it cannot be read. Bounded. */
export const cacheNameAt = (memory: Memory, cache: Addr): string | undefined => {
  if (!memory.isMapped(cache, kmem_cache.size)) return undefined;
  const name = readCString(memory, memory.readU64(cache + NAME), MAX_NAME);
  return name.kind === 'text' ? name.text : undefined;
};

/** The slab of the page that `address` lies in; `undefined` when its struct page does not mark it as one. */
export const slabPageOf = (memory: Memory, address: Addr): SlabPage | undefined => {
  if (address < PAGE_OFFSET || address >= PAGE_OFFSET_END) return undefined;
  const descriptor = pageDescriptor(frameOf(pageStart(address)));
  if (!memory.isMapped(descriptor, page.size)) return undefined;
  if ((memory.readU64(descriptor + PAGE_FLAGS) & SLAB_FLAG) === 0n) return undefined;
  return {
    page: pageStart(address),
    cache: memory.readU64(descriptor + PAGE_CACHE),
    slab: memory.readU64(descriptor + PAGE_SLAB),
  };
};

/**
 * What `address` belongs to.
 *
 * @returns `undefined` when it is not in a slab page, or the page's cache or slab makes no sense
 */
export const identifySlabAddress = (memory: Memory, address: Addr): SlabPlace | undefined => {
  const found = slabPageOf(memory, address);
  const cacheName = found === undefined ? undefined : cacheNameAt(memory, found.cache);
  if (found === undefined || cacheName === undefined || !memory.isMapped(found.slab, slab.size)) {
    return undefined;
  }
  const size = memory.readU32(found.cache + BUFFER_SIZE);
  const num = memory.readU32(found.cache + NUM);
  const first = memory.readU64(found.slab + S_MEM);
  if (size === 0 || size > PAGE_SIZE || num === 0 || num > PAGE_SIZE) return undefined;
  const distance = address - first;
  if (pageStart(first) !== found.page) return undefined;
  if (distance < 0n || distance >= BigInt(num * size)) return { ...found, cacheName, kind: 'management' };
  const index = Math.floor(Number(distance) / size);
  const object = first + BigInt(index * size);
  return { ...found, cacheName, kind: 'object', object, index, offset: Number(address - object), size };
};
