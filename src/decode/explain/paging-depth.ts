// How many bits virtual addresses have, 48 or 57: from CR4, or from values that the CPU would not have accepted otherwise;
// and what follows for whether an address is canonical.

import { type Addr, isCanonical, isCanonicalWide } from '../../base/address.js';
import type { Sure } from '../code/statement.js';
import { isAtLeast } from '../read/release.js';
import type { KernelReport, RegisterSet } from '../read/report.js';

/** Four or five levels of page tables. */
export interface PagingDepth {
  readonly bits: 48 | 57;
  readonly sure: Exclude<Sure, 'possible'>;
  /** In words: `CR4 has LA57 set`. */
  readonly because: string;
}

/** CR4.LA57. Source: Intel SDM vol. 3, 2.5 */
const LA57 = 1n << 12n;

// Stacks and per-CPU areas of four levels lie here. With five levels the direct map and vmalloc begin at 0xff11…, and the
// 12.5 PB of vmalloc end below 0xfffffe0000000000 wherever it begins.
// Source: kernel_randomize_memory(), arch/x86/mm/kaslr.c; Documentation/arch/x86/x86_64/mm.rst, v6.6
const NARROW_START = 0xffff800000000000n;
const NARROW_END = 0xfffffc0000000000n;

/** Values that the CPU had accepted as addresses, each with the words for it. */
const acceptedIn = (report: KernelReport, registers: RegisterSet): (readonly [string, Addr])[] => {
  const { values, control, rip } = registers;
  const accepted: (readonly [string, Addr])[] = [];
  const add = (name: string, value: Addr | undefined): void => {
    if (value !== undefined) accepted.push([name, value]);
  };
  add('GS base', control.get('gs'));
  // An exception is delivered on this stack; a double fault has its own.
  if (report.kind !== 'double-fault') add('RSP', values.get('rsp'));
  // A jump to an address that is not canonical can leave it in RIP.
  if (report.kind !== 'gpf' && report.kind !== 'double-fault') add('RIP', values.get('rip') ?? rip?.address);
  if (report.kind === 'paging') add('the address of the page fault', report.faultAddress);
  for (const { entries } of report.traces)
    for (const { symbol, address } of entries)
      if (symbol !== undefined) add(`the return address into ${symbol}`, address);
  return accepted;
};

/**
 * How many bits addresses have on the CPU of a report; `undefined` when its text does not tell.
 *
 * Source: CONFIG_X86_5LEVEL, arch/x86/Kconfig: first in v4.14, its parts from v4.12 on
 */
export const pagingDepthOf = (report: KernelReport, registers: RegisterSet): PagingDepth | undefined => {
  const cr4 = registers.control.get('cr4');
  if (cr4 !== undefined)
    return (cr4 & LA57) === 0n
      ? { bits: 48, sure: 'certain', because: 'CR4 has LA57 clear' }
      : { bits: 57, sure: 'certain', because: 'CR4 has LA57 set' };
  const accepted = acceptedIn(report, registers);
  const wide = accepted.find(([, value]) => !isCanonical(value) && isCanonicalWide(value));
  if (wide !== undefined)
    return { bits: 57, sure: 'certain', because: `${wide[0]} is canonical with 57 bits only` };
  if (isAtLeast(report.release, 4, 12) === false)
    return { bits: 48, sure: 'certain', because: 'kernels of this release have no others' };
  const narrow = accepted.find(
    ([name, value]) => (name === 'RSP' || name === 'GS base') && value >= NARROW_START && value < NARROW_END,
  );
  return narrow === undefined
    ? undefined
    : { bits: 48, sure: 'likely', because: `${narrow[0]} is where it is with four levels of page tables` };
};

/** Bits that an address certainly has at most: 57 where it is not certain that there are fewer. */
export const mostBits = (depth: PagingDepth | undefined): 48 | 57 =>
  depth?.bits === 48 && depth.sure === 'certain' ? 48 : 57;

/** That an address is not canonical: how sure, and why. */
interface NonCanonical {
  readonly sure: Sure;
  readonly because: string;
}

/** Whether an address is not canonical; `undefined` where nothing speaks for that. */
export const nonCanonical = (address: Addr, depth: PagingDepth | undefined): NonCanonical | undefined => {
  if (isCanonical(address)) return undefined;
  if (!isCanonicalWide(address))
    return {
      sure: depth?.sure === 'certain' ? 'certain' : 'likely',
      because: depth?.sure === 'certain' ? depth.because : 'it is not with 48 bits, and not with 57',
    };
  if (depth === undefined)
    return { sure: 'possible', because: 'it is where addresses have 48 bits, which the text does not say' };
  return depth.bits === 57 ? undefined : { sure: depth.sure, because: depth.because };
};
