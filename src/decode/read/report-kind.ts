// The kind of a report without a headline: from the functions that the kernel's own reporting left in the call trace.

import type { ReportKind, Trace } from './report.js';

// The first that is found wins: a watchdog's trace also has the timer interrupt, a warning's the invalid opcode.
// Sources: kernel/watchdog.c, kernel/rcu/tree_stall.h, arch/x86/mm/fault.c, arch/x86/kernel/traps.c, v2.6.32 to v6.14
const FUNCTIONS: readonly (readonly [RegExp, ReportKind])[] = [
  [/^watchdog_timer_fn/u, 'soft-lockup'],
  [/^watchdog_(?:overflow_callback|hardlockup_check)/u, 'hard-lockup'],
  [/^(?:rcu_dump_cpu_stacks|print_cpu_stall|rcu_check_callbacks)/u, 'rcu-stall'],
  [/^kasan_report/u, 'kasan'],
  [/^(?:__warn|warn_slowpath_)/u, 'warning'],
  [/^(?:page_fault_oops|exc_page_fault|asm_exc_page_fault|do_page_fault|no_context|bad_area)/u, 'paging'],
  [/^(?:exc_general_protection|asm_exc_general_protection|do_general_protection|general_protection)/u, 'gpf'],
  [/^(?:exc_double_fault|asm_exc_double_fault|do_double_fault|double_fault)/u, 'double-fault'],
  [/^(?:exc_invalid_op|asm_exc_invalid_op|do_invalid_op|invalid_op)/u, 'trap'],
];

/** The kind that the traces show; `undefined` when they show none. */
export const kindOfTraces = (traces: readonly Trace[]): ReportKind | undefined => {
  const names = traces.flatMap(({ entries }) => entries.map(({ symbol }) => symbol ?? ''));
  return FUNCTIONS.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
};
