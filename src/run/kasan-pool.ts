// A pool as generic KASAN lays out the objects of its caches: after each a red zone, in which the shadow allows nothing.
// Here all objects share one pool, in the order in which they come, and the world's come first, in that of their addresses.
// Source: kasan_cache_create(), optimal_redzone() and kasan_metadata_size(), mm/kasan/common.c, v5.4

import { type Addr, PAGE_SIZE, frameAddress } from '../base/address.js';
import type { PoolLayout } from './pool-heap.js';

/** The first page frame of the pool. Invented, without a byte of zero in its address, as on a machine in use. */
const POOL_FRAME = 0x1a5b_6c11n;

/** Bytes of the pool. */
export const KASAN_POOL_SIZE = 1024 * PAGE_SIZE;

/** Bytes of struct kasan_alloc_meta: two tracks. */
const META = 16;

/** Bytes that one byte of the shadow stands for. */
export const KASAN_GRANULE = 8;

/** Least bytes after an object, by its size. */
const REDZONES = [
  [64 - 16, 16],
  [128 - 32, 32],
  [512 - 64, 64],
  [4096 - 128, 128],
] as const;

/** Bytes from object to object of a cache. @param objectSize bytes */
export const kasanStride = (objectSize: number): number => {
  const redzone = REDZONES.find(([most]) => objectSize <= most)?.[1] ?? 256;
  return Math.ceil((objectSize + Math.max(META, redzone)) / KASAN_GRANULE) * KASAN_GRANULE;
};

/** Where the pool begins. */
export const KASAN_POOL: Addr = frameAddress(POOL_FRAME);

export const kasanPool = (): PoolLayout => {
  let next = 64; // nothing may be touched before the first object
  return {
    regions: [{ name: 'KASAN pool', start: KASAN_POOL, size: KASAN_POOL_SIZE, protection: 'read-write' }],
    take: (_requested, objectSize) => {
      const at = next;
      const stride = kasanStride(objectSize);
      if (at + stride > KASAN_POOL_SIZE) return undefined;
      next += stride;
      return KASAN_POOL + BigInt(at);
    },
    usable: (_requested, objectSize) => objectSize,
    invalidFree: (address, object, sight) => ({
      kind: object?.address === address ? 'double free' : 'invalid free',
      address,
      lines: [`BUG: KASAN: double-free or invalid-free in ${sight.symbol(sight.caller())}`],
    }),
  };
};
