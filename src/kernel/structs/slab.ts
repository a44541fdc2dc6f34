// The SLAB allocator's own data, Linux 3.0.101 x86-64. Declared in mm/slab.c and include/linux/slab_def.h.
import { array, as, i32, ptr, ptrTo, struct, u16, u32, ulong } from '../layout.js';
import { list_head } from './list.js';
import { gfp_t, pointer, size_t, spinlock_t } from './types.js';

/** Free-list index: the end of the list. Source: mm/slab.c, v3.0.101 */
export const BUFCTL_END = 0xffffffff;

/** Management of one slab; `num` u32 bufctl follow it. Source: struct slab, mm/slab.c, v3.0.101 */
export const slab = struct('slab', 0x30, {
  list: [0x00, list_head],
  colouroff: [0x10, ulong],
  s_mem: [0x18, ptr], //     first object
  inuse: [0x20, u32], //     objects not on the free list
  free: [0x24, as('kmem_bufctl_t', u32)], //      index of the first free object
  nodeid: [0x28, u16],
});

/** Per-CPU or shared stack of free objects; `limit` entries follow. Source: struct array_cache, mm/slab.c, v3.0.101 */
export const array_cache = struct('array_cache', 0x18, {
  avail: [0x00, u32],
  limit: [0x04, u32],
  batchcount: [0x08, u32],
  touched: [0x0c, u32],
  lock: [0x10, spinlock_t],
});

/** The slabs of a cache on one node. Source: struct kmem_list3, mm/slab.c, v3.0.101 (no debug options) */
export const kmem_list3 = struct('kmem_list3', 0x68, {
  slabs_partial: [0x00, list_head],
  slabs_full: [0x10, list_head],
  slabs_free: [0x20, list_head],
  free_objects: [0x30, ulong],
  free_limit: [0x38, u32],
  colour_next: [0x3c, u32],
  list_lock: [0x40, spinlock_t],
  shared: [0x48, ptrTo('array_cache')],
  alien: [0x50, pointer('struct array_cache **')],
  next_reap: [0x58, ulong],
  free_touched: [0x60, i32],
});

/**
 * A cache. Field order: struct kmem_cache, include/linux/slab_def.h, v3.0.101. The length of the per-CPU
 * pointer array (NR_CPUS) and with it the offsets after it are not published: 8 CPUs here, invented.
 */
export const kmem_cache = struct(
  'kmem_cache',
  0xe0,
  {
    batchcount: [0x00, u32],
    limit: [0x04, u32],
    shared: [0x08, u32],
    buffer_size: [0x0c, u32], //   stride of objects, bytes
    reciprocal_buffer_size: [0x10, as('u32', u32)],
    flags: [0x14, u32],
    num: [0x18, u32], //           objects per slab
    gfporder: [0x1c, u32],
    gfpflags: [0x20, gfp_t],
    colour: [0x28, size_t], //      how many colours
    colour_off: [0x30, u32],
    slabp_cache: [0x38, ptrTo('kmem_cache')],
    slab_size: [0x40, u32], //     bytes of struct slab and bufctl
    dflags: [0x44, u32],
    ctor: [0x48, pointer('void (*)(void *obj)')],
    name: [0x50, pointer('const char *')], //          NUL-terminated
    next: [0x58, list_head], //    on cache_chain
    nodelists: [0x68, ptrTo('kmem_list3')],
    array: [0x70, array(ptrTo('array_cache'), 8)],
  },
  { invented: true },
);

/** Cache flag: struct slab lies outside the slab's pages. Source: CFLGS_OFF_SLAB, mm/slab.c, v3.0.101 */
export const CFLGS_OFF_SLAB = 0x80000000;

/** Cache flag: align objects to cache lines. Source: include/linux/slab.h, v3.0.101 */
export const SLAB_HWCACHE_ALIGN = 0x2000;
