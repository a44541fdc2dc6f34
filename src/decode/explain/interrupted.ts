// What is to be said of the registers of a context that was interrupted: only that.

import { type Statement, statement } from '../code/statement.js';
import { EXCEPTION } from '../read/register-role.js';
import type { KernelReport, RegisterSet, TraceEntry } from '../read/report.js';

// Source: arch/x86/include/asm/idtentry.h, v5.8 and v6.14; arch/x86/entry/entry_64.S, v2.6.32 and v4.19
const INTERRUPT =
  /^(?:asm_(?:sysvec|common|spurious|call|exc_nmi|exc_xen|fred_entry)\w*|sysvec_\w+|common_interrupt|(?:\w+_)?interrupt|ret_from_intr|do_IRQ|nmi|end_repeat_nmi|do_nmi|exc_nmi|restore_regs_and_\w+|smp_\w+_interrupt\w*)$/u;

// __KERNEL_CS, and that of a guest of Xen without hardware support.
// Source: arch/x86/include/asm/segment.h and arch/x86/include/asm/xen/interface_64.h, v6.1
const KERNEL_CS: ReadonlySet<number> = new Set([0x10, 0xe030]);

// The frames before the set, as far as they can be its own: the last one of the trace says how the kernel was entered.
const entryOf = (report: KernelReport, line: number): string | undefined => {
  const before = (entry: TraceEntry): boolean => entry.reliable && entry.line < line;
  return report.traces.flatMap(({ entries }) => entries).findLast(before)?.symbol;
};

/**
 * Statements about a set of role `interrupted`: none where an exception led out of it, which may have been handled, and
 * none for what is no state of the kernel: after the first frame of a thread, an unwinder finds no registers.
 */
export const interruptedStatements = (
  report: KernelReport,
  { line, selectors }: RegisterSet,
): Statement[] => {
  const cs = selectors.get('cs');
  if (cs !== undefined && !KERNEL_CS.has(cs)) return [];
  const entry = entryOf(report, line);
  if (entry !== undefined && EXCEPTION.test(entry)) return [];
  // Another trace than its own may end before the set: only an interrupt's entry is a reason.
  const because =
    entry !== undefined && INTERRUPT.test(entry)
      ? `${entry} came in there`
      : `the report is of kind ${report.kind}`;
  return [statement({ kind: 'trap' }, 'certain', { kind: 'interrupted' }, [because])];
};
