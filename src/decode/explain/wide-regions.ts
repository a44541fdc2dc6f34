// The kernel's address space with five levels of page tables.
// Source: Documentation/arch/x86/x86_64/mm.rst, v6.6, "Complete virtual memory map with 5-level page tables"

import { type Addr, isCanonical } from '../../base/address.js';
import type { Sure, ValueKind } from '../code/statement.js';
import type { PagingDepth } from './paging-depth.js';

const NOTE = 'bases may be randomised';

const FROM = 0xff11000000000000n;
const END = 0xffdf000000000000n; // the KASAN shadow begins

/** Where an address lies that is canonical with 57 bits only: what that is; `undefined` for others. */
export const wideRegion = (
  value: Addr,
  depth: PagingDepth | undefined,
): { readonly what: ValueKind; readonly sure: Sure; readonly detail: string } | undefined => {
  if (isCanonical(value) || value < FROM || value >= END) return undefined;
  const sure: Sure = depth?.bits === 57 ? 'likely' : 'possible';
  const where = 'of five levels of page tables';
  const top = value >> 48n;
  if (top === 0xff11n)
    return { what: 'direct map', sure, detail: `an address of the direct map ${where}; ${NOTE}` };
  if (top === 0xffa0n)
    return { what: 'vmalloc', sure, detail: `an address of the vmalloc area ${where}; ${NOTE}` };
  if (top === 0xffd4n)
    return { what: 'vmemmap', sure, detail: `a struct page in the vmemmap ${where}; ${NOTE}` };
  return {
    what: 'kernel address',
    sure,
    detail: `an address of the kernel ${where}: direct map, vmalloc or vmemmap, whose bases are randomised`,
  };
};
