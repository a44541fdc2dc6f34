// How SLAB cuts pages into objects: pure arithmetic on sizes.
// Source of the arithmetic: kmem_cache_create(), calculate_slab_order(), cache_estimate() and
// enable_cpucache(), mm/slab.c, v3.0.101, without debug options.

import { PAGE_SIZE } from '../base/address.js';
import { slab as slabStruct } from './structs/slab.js';

/** How one cache uses its slabs; a slab is one page here. */
export interface SlabGeometry {
  readonly name: string;
  /** Bytes that a user of the cache may use. */
  readonly objectSize: number;
  /** Bytes from object to object. */
  readonly stride: number;
  /** Objects per slab. */
  readonly num: number;
  /** Whether struct slab lies outside the page, as an object of `managedBy`. */
  readonly offSlab: boolean;
  /** Bytes of struct slab and its bufctl; on-slab, rounded up to the alignment. */
  readonly managementSize: number;
  /** The general cache that an off-slab struct slab comes from. */
  readonly managedBy: string | undefined;
  /** Offset of the first object in a slab of colour 0. */
  readonly firstObject: number;
  /** How many colours; a slab's objects start `colour * 64` bytes later. */
  readonly colours: number;
  /** Most objects of a per-CPU array cache, and how many move at a time. */
  readonly limit: number;
  readonly batchcount: number;
}

/** Bytes from colour to colour: a cache line. Source: cache_line_size(), x86-64 generic */
export const COLOUR_OFFSET = 64;

/** Array caches' worth of objects that the shared one holds. Source: enable_cpucache(), mm/slab.c, v3.0.101 */
export const SHARED_FACTOR = 8;

/** What a cold array cache is refilled with at most. Source: BATCHREFILL_LIMIT, mm/slab.c, v3.0.101 */
export const BATCHREFILL_LIMIT = 16;

const BUFCTL_SIZE = 4;
const OFF_SLAB_FROM = PAGE_SIZE >> 3;
const CACHE_LINE = 64;

/** Object sizes of the general caches. Source: include/linux/kmalloc_sizes.h, v3.0.101, L1_CACHE_BYTES 64 */
export const GENERAL_SIZES = [32, 64, 128, 192, 256, 512, 1024, 2048, 4096] as const;

// Dedicated caches. Sources: facts from addresses in the talk pin 544, 184 and filp's stride of 256.
// Assumption: mm_struct 768, signal_cache 896, task_struct 1984; any size whose grid holds the published address fits.
const DEDICATED: Readonly<Record<string, { readonly size: number; readonly align: number }>> = {
  idr_layer_cache: { size: 544, align: 8 },
  vm_area_struct: { size: 184, align: 8 },
  filp: { size: 208, align: CACHE_LINE },
  mm_struct: { size: 768, align: CACHE_LINE },
  signal_cache: { size: 896, align: CACHE_LINE },
  task_struct: { size: 1984, align: 16 },
};

/** Names of the caches whose object size is known. */
export const knownCaches = (): string[] => [
  ...GENERAL_SIZES.map((size) => `size-${size}`),
  ...Object.keys(DEDICATED),
];

/** The general cache that kmalloc(size) takes from; `undefined` over a page. Source: kmem_find_general_cachep() */
export const kmallocCache = (size: number): string | undefined => {
  const fits = GENERAL_SIZES.find((general) => general >= size);
  return fits === undefined ? undefined : `size-${fits}`;
};

const alignUp = (value: number, align: number): number => Math.ceil(value / align) * align;

const limitFor = (stride: number): number => (stride > 1024 ? 24 : stride > 256 ? 54 : 120);

// SLAB_HWCACHE_ALIGN: a cache line, halved while two objects fit in what is left of it.
const hardwareAlign = (size: number): number => {
  let align = CACHE_LINE;
  while (size <= align / 2) align /= 2;
  return align;
};

/**
 * The geometry of a cache.
 *
 * @param name a general or known dedicated cache, or any with `objectSize`
 * @param objectSize bytes, 8 to 4096; only for caches that are not known
 * @param align bytes, a power of two; 8 without it
 * @returns `undefined` for an unknown name without a size
 */
export const slabGeometry = (name: string, objectSize?: number, align?: number): SlabGeometry | undefined => {
  const general = GENERAL_SIZES.find((size) => name === `size-${size}`);
  const known = general === undefined ? DEDICATED[name] : { size: general, align: hardwareAlign(general) };
  const size = objectSize ?? known?.size;
  if (size === undefined) return undefined;
  return cut(name, size, align ?? known?.align ?? 8);
};

const cut = (name: string, objectSize: number, align: number): SlabGeometry => {
  const stride = alignUp(Math.max(objectSize, 8), align);
  const offFirst = stride >= OFF_SLAB_FROM;
  const management = (num: number): number => alignUp(slabStruct.size + num * BUFCTL_SIZE, align);
  let num = offFirst
    ? Math.floor(PAGE_SIZE / stride)
    : Math.floor((PAGE_SIZE - slabStruct.size) / (stride + BUFCTL_SIZE));
  if (!offFirst && management(num) + num * stride > PAGE_SIZE) num -= 1;
  const room = PAGE_SIZE - num * stride;
  // A slab that could live outside moves back in when what is left over holds its management.
  const offSlab = offFirst && room < management(num);
  const managementSize = offSlab ? slabStruct.size + num * BUFCTL_SIZE : management(num);
  const left = offSlab ? room : room - managementSize;
  const limit = limitFor(stride);
  return {
    name,
    objectSize,
    stride,
    num,
    offSlab,
    managementSize,
    managedBy: offSlab ? kmallocCache(managementSize) : undefined,
    firstObject: offSlab ? 0 : managementSize,
    colours: Math.floor(left / COLOUR_OFFSET),
    limit,
    batchcount: (limit + 1) >> 1,
  };
};
