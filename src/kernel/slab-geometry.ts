// How SLAB cuts pages into objects: pure arithmetic on sizes.
// Source of the arithmetic: kmem_cache_create(), calculate_slab_order(), cache_estimate() and
// enable_cpucache(), mm/slab.c, v3.0.101, without debug options and with them.

import { PAGE_SIZE } from '../base/address.js';
import { slab as slabStruct } from './structs/slab.js';

/** How one cache uses its slabs; a slab is one page here. */
export interface SlabGeometry {
  readonly name: string;
  /** Bytes that a user of the cache may use. */
  readonly objectSize: number;
  /** Bytes from object to object. */
  readonly stride: number;
  /** Bytes of each stride before the object: a red zone, where there is one. */
  readonly objectOffset: number;
  /** Bytes that kzalloc() clears and ksize() gives. */
  readonly usable: number;
  /** Whether a word before and one after the object, and one more for its last user, are in the stride. */
  readonly hasRedZones: boolean;
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

/** A word. */
const WORD = 8;

/** Most objects of an array cache where the kernel has debug options. Source: enable_cpucache(), mm/slab.c, v3.0.101 */
const DEBUG_LIMIT = 32;

// Dedicated caches. Sources: facts from addresses in the talk pin 544, 184 and filp's stride of 256.
// Assumption: mm_struct 768, signal_cache 896, task_struct 1984; any size whose grid holds the published address fits.
// Where the alignment is a cache line it is the flag SLAB_HWCACHE_ALIGN; 16 is what task_struct's creator asks for.
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
  const found = sizeAndAlign(name, objectSize, align);
  if (found === undefined) return undefined;
  const stride = alignUp(Math.max(found.size, WORD), found.align);
  return cut(name, found.align, {
    objectSize: found.size,
    stride,
    objectOffset: 0,
    usable: stride,
    hasRedZones: false,
    limit: limitFor(stride),
  });
};

const sizeAndAlign = (
  name: string,
  objectSize?: number,
  align?: number,
): { readonly size: number; readonly align: number } | undefined => {
  const general = GENERAL_SIZES.find((size) => name === `size-${size}`);
  const known = general === undefined ? DEDICATED[name] : { size: general, align: hardwareAlign(general) };
  const size = objectSize ?? known?.size;
  return size === undefined ? undefined : { size, align: align ?? known?.align ?? WORD };
};

/** Debug options of a slab allocator that change sizes. */
export type SlabOptions = 'poison' | 'red zones and poison';

// fls(): the position of the highest bit that is set, counted from 1.
const highestBit = (value: number): number => 32 - Math.clz32(value);

/**
 * The geometry of a cache of a kernel with CONFIG_DEBUG_SLAB, or with poison alone. A cache gets red zones, and a word
 * for its last user, unless its objects have 4096 bytes or more and would grow over the next power of two, or its
 * creator asked for an alignment of more than a word; SLAB_HWCACHE_ALIGN gives way.
 *
 * @param align as for `slabGeometry`: what the cache's creator asked for
 * @returns `undefined` for an unknown name without a size
 *
 * Source: kmem_cache_create() and enable_cpucache(), mm/slab.c, v3.0.101
 */
export const debugSlabGeometry = (
  options: SlabOptions,
  name: string,
  objectSize?: number,
  align?: number,
): SlabGeometry | undefined => {
  const found = sizeAndAlign(name, objectSize, align);
  if (found === undefined) return undefined;
  const words = alignUp(Math.max(found.size, WORD), WORD);
  const mandated = align ?? (isHardwareAligned(name) ? WORD : found.align);
  const grown = found.size - 1 + 3 * WORD;
  const hasRedZones =
    options === 'red zones and poison' &&
    (found.size < PAGE_SIZE || highestBit(found.size - 1) === highestBit(grown)) &&
    mandated <= WORD;
  const stride = hasRedZones ? words + 3 * WORD : alignUp(words, found.align);
  return cut(name, hasRedZones ? WORD : found.align, {
    objectSize: found.size,
    stride,
    objectOffset: hasRedZones ? WORD : 0,
    usable: words,
    hasRedZones,
    limit: Math.min(limitFor(stride), DEBUG_LIMIT),
  });
};

const isHardwareAligned = (name: string): boolean =>
  name.startsWith('size-') || DEDICATED[name]?.align === CACHE_LINE;

type Objects = Pick<
  SlabGeometry,
  'objectSize' | 'stride' | 'objectOffset' | 'usable' | 'hasRedZones' | 'limit'
>;

const cut = (name: string, align: number, objects: Objects): SlabGeometry => {
  const { stride, limit } = objects;
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
  return {
    name,
    ...objects,
    num,
    offSlab,
    managementSize,
    managedBy: offSlab ? kmallocCache(managementSize) : undefined,
    firstObject: offSlab ? 0 : managementSize,
    colours: Math.floor(left / COLOUR_OFFSET),
    batchcount: (limit + 1) >> 1,
  };
};
