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

// Of a report that code of the kernel printed with dump_stack(), without a trap; only entries that were not found by
// chance. Sources: mm/page_alloc.c, mm/oom_kill.c, kernel/locking/lockdep.c, kernel/sched/core.c, fs/sysfs/dir.c, mm/slub.c,
// lib/fault-inject.c, v3.10 to v6.14
const CALLERS: readonly (readonly [RegExp, ReportKind])[] = [
  [/^(?:warn_alloc|dump_header|oom_kill_process|out_of_memory)(?:\.|$)/u, 'out-of-memory'],
  [/^(?:print_(?:circular|usage|irq_inversion|deadlock)_bug|check_(?:noncircular|irq_usage)|lockdep_rcu_suspicious|register_lock_class|print_unlock_imbalance_bug)(?:\.|$)/u, 'lockdep'],
  [/^sysfs_warn_dup(?:\.|$)/u, 'warning'],
  [/^(?:__schedule_bug|___might_sleep|__might_resched|check_preemption_disabled|bad_page|slab_err|object_err|should_fail(?:_ex)?|handle_userfault|kmem_cache_destroy)(?:\.|$)/u, 'other-bug'],
]; // prettier-ignore

/**
 * The kind that the traces show; `undefined` when they show none.
 *
 * @param printed whether a report that code of the kernel printed may have a kind, too
 */
export const kindOfTraces = (traces: readonly Trace[], printed: boolean): ReportKind | undefined => {
  const names = traces.flatMap(({ entries }) => entries.map(({ symbol }) => symbol ?? ''));
  const found = FUNCTIONS.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
  if (found !== undefined || !printed) return found;
  const reliable = traces.flatMap(({ entries }) =>
    entries.flatMap((entry) => (entry.reliable && entry.symbol !== undefined ? [entry.symbol] : [])),
  );
  return CALLERS.find(([pattern]) => reliable.slice(0, 6).some((name) => pattern.test(name)))?.[1];
};
