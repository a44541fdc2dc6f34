// The error code of a page fault.

import type { KernelReport } from '../read/report.js';

/** Bits of the error code of a page fault. Source: enum x86_pf_error_code, arch/x86/include/asm/trap_pf.h, v6.14 */
export const PF = {
  present: 1,
  write: 2,
  user: 4,
  reserved: 8,
  fetch: 0x10,
  key: 0x20,
  shadowStack: 0x40,
  sgx: 0x8000,
  rmp: 0x8000_0000, // v6.9
} as const;

/** Whether a report is of a page fault: its error code is one of those then. */
export const isPageFault = ({ kind, die }: KernelReport): boolean =>
  (kind === 'paging' || kind === 'null-deref') && (die === undefined || die.trap === 'Oops');
