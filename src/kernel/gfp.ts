// What a request for memory may be: its flags (gfp_t) by name, and its size.

/** Their bits. Source: include/linux/gfp.h, v3.0.101 */
export const GFP_FLAGS = {
  __GFP_DMA: 0x01,
  __GFP_HIGHMEM: 0x02,
  __GFP_DMA32: 0x04,
  __GFP_MOVABLE: 0x08,
  __GFP_WAIT: 0x10, // may sleep
  __GFP_HIGH: 0x20,
  __GFP_IO: 0x40,
  __GFP_FS: 0x80,
  __GFP_COLD: 0x100,
  __GFP_NOWARN: 0x200,
  __GFP_REPEAT: 0x400,
  __GFP_NOFAIL: 0x800,
  __GFP_NORETRY: 0x1000,
  __GFP_COMP: 0x4000,
  __GFP_ZERO: 0x8000,
  __GFP_NOMEMALLOC: 0x1_0000,
  __GFP_HARDWALL: 0x2_0000,
  __GFP_THISNODE: 0x4_0000,
  __GFP_RECLAIMABLE: 0x8_0000,
  __GFP_NOTRACK: 0x20_0000,
  __GFP_NO_KSWAPD: 0x40_0000,
  __GFP_OTHER_NODE: 0x80_0000,
} as const;

// Bits from here on are no flags. __GFP_BITS_SHIFT says 23, which leaves out __GFP_OTHER_NODE, a flag of this version.
const FIRST_UNKNOWN = 24;

/**
 * Flags that a slab allocator may not be given: cache_grow() has a BUG_ON() for them.
 * Source: GFP_SLAB_BUG_MASK, include/linux/gfp.h; cache_grow(), mm/slab.c, v3.0.101.
 * Differs: bits that are no flags count always; there gfp_allowed_mask drops them before cache_grow() looks.
 */
export const GFP_SLAB_BUG_MASK =
  (GFP_FLAGS.__GFP_DMA32 | GFP_FLAGS.__GFP_HIGHMEM | ~((1 << FIRST_UNKNOWN) - 1)) >>> 0;

/** Flags in words: `__GFP_DMA | __GFP_HIGHMEM`, and what is left as a number; `0` for none. */
export const formatGfp = (flags: number): string => {
  const known = Object.entries(GFP_FLAGS).filter(([, bit]) => (flags & bit) !== 0);
  const rest = known.reduce((left, [, bit]) => left & ~bit, flags) >>> 0;
  const words = [...known.map(([name]) => name), ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])];
  return words.length === 0 ? '0' : words.join(' | ');
};

/** Larger requests get nothing. Source: KMALLOC_MAX_SIZE, include/linux/slab.h, v3.0.101, with MAX_ORDER 11 */
const KMALLOC_MAX_SIZE = 4 << 20;

/** Whether kmalloc() takes a request of that many bytes to a cache. Source: kmem_find_general_cachep(), mm/slab.c, v3.0.101 */
export const reachesCache = (size: number | bigint): boolean => size > 0 && size <= KMALLOC_MAX_SIZE;
