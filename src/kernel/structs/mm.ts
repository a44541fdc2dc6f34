// Memory management, Linux 3.0.101 x86-64. Declared in include/linux/mm_types.h and include/linux/mm.h.
import { as, bytes, ptr, ptrTo, struct, ulong } from '../layout.js';
import { list_head } from './list.js';
import { atomic_t, pointer, rb_node } from './types.js';

/**
 * One mapping of an address space. 184 bytes in SLES (both vmas of test/golden/bt-FF.txt lie on that grid
 * and on no other), 176 in v3.0.101; where the eight more bytes lie is unknown, so they are at the end here.
 * vm_next, vm_ops and vm_file are pinned by test/golden/dis-remove_vma.txt.
 */
export const vm_area_struct = struct('vm_area_struct', 0xb8, {
  vm_mm: [0x00, ptrTo('mm_struct')],
  vm_start: [0x08, ulong],
  vm_end: [0x10, ulong],
  vm_next: [0x18, ptrTo('vm_area_struct')],
  vm_prev: [0x20, ptrTo('vm_area_struct')],
  vm_page_prot: [0x28, as('pgprot_t', ulong)],
  vm_flags: [0x30, ulong],
  vm_rb: [0x38, rb_node],
  shared: [0x50, bytes(32)],
  anon_vma_chain: [0x70, list_head],
  anon_vma: [0x80, pointer('struct anon_vma *')],
  vm_ops: [0x88, as('const struct vm_operations_struct *', ptrTo('vm_operations_struct'))],
  vm_pgoff: [0x90, ulong],
  vm_file: [0x98, ptrTo('file')],
  vm_private_data: [0xa0, ptr],
  vm_policy: [0xa8, pointer('struct mempolicy *')],
});

/** What a mapping's owner does for it. Source: include/linux/mm.h, v3.0.101; close pinned by remove_vma+25 */
export const vm_operations_struct = struct('vm_operations_struct', 0x40, {
  open: [0x00, pointer('void (*)(struct vm_area_struct *area)')],
  close: [0x08, pointer('void (*)(struct vm_area_struct *area)')],
  fault: [0x10, pointer('int (*)(struct vm_area_struct *vma, struct vm_fault *vmf)')],
  page_mkwrite: [0x18, pointer('int (*)(struct vm_area_struct *vma, struct vm_fault *vmf)')],
  access: [
    0x20,
    pointer('int (*)(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, int write)'),
  ],
  set_policy: [0x28, pointer('int (*)(struct vm_area_struct *vma, struct mempolicy *new)')],
  get_policy: [0x30, pointer('struct mempolicy *(*)(struct vm_area_struct *vma, unsigned long addr)')],
  migrate: [
    0x38,
    pointer(
      'int (*)(struct vm_area_struct *vma, const nodemask_t *from, const nodemask_t *to, unsigned long flags)',
    ),
  ],
});

/** An address space; only its first field is used. Its size here is invented. */
export const mm_struct = struct(
  'mm_struct',
  0x300,
  { mmap: [0x00, ptrTo('vm_area_struct')] },
  { invented: true },
);

/**
 * What describes one page frame; an array of them starts at VMEMMAP_START.
 * SLAB keeps the cache in lru.next and the slab in lru.prev (page_set_cache, page_set_slab).
 * Source: include/linux/mm_types.h and mm/slab.c, v3.0.101
 */
export const page = struct('page', 0x38, {
  flags: [0x00, ulong],
  _count: [0x08, atomic_t],
  _mapcount: [0x0c, atomic_t],
  private: [0x10, ulong],
  mapping: [0x18, pointer('struct address_space *')],
  index: [0x20, as('pgoff_t', ulong)],
  lru: [0x28, list_head],
});

/** Start of the array of struct page. Source: Documentation/x86/x86_64/mm.txt, v3.0.101 */
const VMEMMAP_START = 0xffffea0000000000n;

/** Bit of page.flags: the page belongs to a slab. Source: enum pageflags, include/linux/page-flags.h, v3.0.101 */
export const PG_slab = 7;

/** The struct page of a page frame number. */
export const pageDescriptor = (frame: bigint): bigint => VMEMMAP_START + frame * BigInt(page.size);
