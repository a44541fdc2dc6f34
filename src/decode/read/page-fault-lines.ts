// The lines of a page fault beside its headline: what the kernel says of the error code, and the entries of its page
// tables. Source: show_fault_oops() and dump_pagetable(), arch/x86/mm/fault.c, v2.6.32 to v6.14.

import { defined } from '../../base/defined.js';
import type { PageFault, PageTables } from './report.js';

// Hexadecimal digits, or BAD where the table itself could not be read.
const ENTRY = /\b(PGD|P4D|PUD|PMD|PTE) ([0-9a-f]{1,16}|BAD)\b/gu;

/** `PGD 1a2b067 P4D 1a2b067 PUD 0`; `undefined` for other lines. @param text without prefixes */
const findPageTables = (text: string): PageTables | undefined => {
  if (!/^\s*PGD [0-9a-fB]/u.test(text)) return undefined;
  const entries: PageTables['entries'][number][] = [];
  let bad = false;
  for (const [, level, digits] of text.matchAll(ENTRY)) {
    if (digits === 'BAD') bad = true;
    else
      entries.push({ level: level as PageTables['entries'][number]['level'], value: BigInt(`0x${digits}`) });
    if (entries.length === 5) break;
  }
  return entries.length === 0 && !bad ? undefined : { entries, bad };
};

/** What a `#PF:` line says; `undefined` for other lines. @param text without prefixes */
const findPageFault = (text: string): Omit<PageFault, 'tables'> | undefined => {
  const found = /^\s*#PF: (.{1,120})$/u.exec(text);
  if (found === null) return undefined;
  const code = /^error_code\(0x([0-9a-f]{1,8})\) - (.{1,80}?)\s*$/u.exec(found[1]!);
  if (code !== null) return { errorCode: Number.parseInt(code[1]!, 16), reason: code[2]! };
  const access =
    /^(supervisor|user) (read access|write access|instruction fetch) in (kernel|user) mode/u.exec(found[1]!);
  if (access === null) return undefined;
  const words = { 'read access': 'read', 'write access': 'write', 'instruction fetch': 'fetch' } as const;
  return defined({
    by: access[1] as 'supervisor' | 'user',
    access: words[access[2] as keyof typeof words],
  });
};

/**
 * How far the kernel was moved: `Kernel Offset: 0x34a00000 from 0xffffffff81000000 (…)`; 0 for `disabled`.
 * Source: dump_kernel_offset(), arch/x86/kernel/setup.c, v6.14
 */
const findKernelOffset = (text: string): bigint | undefined => {
  const found = /^\s*Kernel Offset: (?:0x([0-9a-f]{1,16}) from 0x[0-9a-f]{1,16}|(disabled))/u.exec(text);
  if (found === null) return undefined;
  return found[2] === undefined ? BigInt(`0x${found[1]}`) : 0n;
};

/** Takes the lines of a report in order; each fact is that of the first line that has it. */
export class PageFaultLines {
  #pageFault: PageFault | undefined;
  #kernelOffset: bigint | undefined;

  /** Take a line, if it is one of these. */
  take(text: string): boolean {
    const tables = findPageTables(text);
    const found = tables === undefined ? findPageFault(text) : { tables };
    if (found !== undefined) this.#pageFault = { ...found, ...this.#pageFault };
    const offset = findKernelOffset(text);
    this.#kernelOffset ??= offset;
    return found !== undefined || offset !== undefined;
  }

  finish(): { readonly pageFault?: PageFault; readonly kernelOffset?: bigint } {
    return defined({ pageFault: this.#pageFault, kernelOffset: this.#kernelOffset });
  }
}
