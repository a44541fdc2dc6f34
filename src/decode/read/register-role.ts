// What a set of registers is: the state at the instruction that trapped, the context that was interrupted, or user mode.
// Sources: show_trace_log_lvl() prints a set for each entry into the kernel that it finds on the stack,
// arch/x86/kernel/dumpstack.c, v4.10 to v6.14; __die() and __warn() print the set of the trap before the trace.

import type { CodeBytes, RegisterRole, ReportKind, TraceEntry } from './report.js';

/** Where a set stands in its report. */
export interface SetPlace {
  /** Whether it stands between the entries of a trace. */
  readonly inTrace: boolean;
  /** Whether the trace before it shows that the exception of this set ended the kernel or the task. */
  readonly died: boolean;
  /** Whether the trace before it shows that its instruction is that of a warning, after which the kernel panicked. */
  readonly warned?: boolean;
  /** Whether entries follow it without the line that opens a trace: its own trace began before. */
  readonly resumed?: boolean;
  /** Whether it follows a line that announces what other CPUs did: `NMI backtrace for cpu 3`. */
  readonly backtrace: boolean;
  /** Whether the marked bytes are an instruction that traps for BUG() or WARN(). */
  readonly asserts?: boolean;
}

/** What the report is about, as far as it decides over its sets. */
export interface SetReport {
  readonly kind: ReportKind;
  /** The checker that found it, where one did: `KFENCE`. */
  readonly checker?: string;
  /** Whether the text has the line with the die counter, or of an exception. */
  readonly trapped: boolean;
  /** Whether a line says what happened. */
  readonly said: boolean;
}

// Found by the kernel's own code, or by an interrupt that looked at the CPU: no instruction trapped.
const WITHOUT_TRAP: ReadonlySet<ReportKind> = new Set<ReportKind>([
  'soft-lockup',
  'hard-lockup',
  'rcu-stall',
  'hung-task',
  'kasan',
  'lockdep',
  'out-of-memory',
  'memory-leak',
  'task-dump',
  'hardware',
  'other-bug',
]);

// A warning that panics (panic_on_warn) prints its registers in the trace of the panic; other reports may come up while
// a warning is printed, and their registers are only the warning's.
const WARNINGS: ReadonlySet<ReportKind> = new Set<ReportKind>(['warning', 'panic', 'unknown']);

// Source: arch/x86/include/asm/idtentry.h, v5.8; arch/x86/entry/entry_64.S, v4.10
/** An entry of an exception: what led out of the code there may be the code itself. */
export const EXCEPTION =
  /^(?:asm_exc_(?!nmi)\w+|page_fault|general_protection|invalid_op|divide_error|double_fault|stack_segment|int3|debug|async_page_fault|error_entry|exc_\w+)$/u;
// The functions that end a task or the kernel. Source: arch/x86/kernel/dumpstack.c and arch/x86/mm/fault.c, v4.10 to v6.14
const DIES =
  /^(?:oops_end|oops_exit|die|die_addr|__die|die_body|page_fault_oops|no_context|exc_double_fault|do_double_fault)(?:\.|$)/u;

/** Whether the entries between the last set and this one end with the exception that the kernel died of. */
export const diedOf = (entries: readonly TraceEntry[]): boolean => {
  const names = entries.flatMap(({ reliable, symbol }) => (reliable && symbol !== undefined ? [symbol] : []));
  return EXCEPTION.test(names.at(-1) ?? '') && names.some((name) => DIES.test(name));
};

// The functions that print a warning. Source: lib/bug.c and kernel/panic.c, v4.10 to v6.14
const WARNS = /^(?:__warn|warn_slowpath_(?:common|fmt|null)|__?report_bug|handle_bug)(?:\.|$)/u;

/** Whether the entries between the last set and this one end with the exception of a warning. */
export const warnedOf = (entries: readonly TraceEntry[]): boolean => {
  const names = entries.flatMap(({ reliable, symbol }) => (reliable && symbol !== undefined ? [symbol] : []));
  return /(?:^|_)invalid_op$/u.test(names.at(-1) ?? '') && names.some((name) => WARNS.test(name));
};

// ud2 of BUG() and WARN(). Source: arch/x86/include/asm/bug.h, v2.6.32 to v6.14
const UD2 = [0x0f, 0x0b];

/** Whether the instruction at RIP is one that traps for BUG() or WARN(). */
export const assertsAt = (code: CodeBytes | undefined): boolean =>
  code?.marked !== undefined && UD2.every((byte, at) => code.bytes[code.marked! + at] === byte);

/** The role of a set of kernel mode. */
export const kernelRole = (place: SetPlace, report: SetReport): Exclude<RegisterRole, 'user'> => {
  if (place.died || (place.warned === true && WARNINGS.has(report.kind))) return 'trap';
  if (place.inTrace || place.backtrace || (place.resumed === true && !report.said)) return 'interrupted';
  if (place.asserts === true) return 'trap';
  // KFENCE finds an access by the page fault that it causes. Source: kfence_handle_page_fault(), mm/kfence/core.c, v5.12
  const software = WITHOUT_TRAP.has(report.kind) && report.checker !== 'KFENCE';
  return software && !report.trapped ? 'interrupted' : 'trap';
};
