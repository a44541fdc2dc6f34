// The frames of the context in which the bug was found, innermost first: the trapping place and the call trace in the
// order of the text.

import type { CodeLocation, KernelReport, Trace } from '../read/report.js';
import { bareSymbol } from './symbol.js';

/** A frame, and the context (`IRQ`, `NMI`, `TASK`) that it is in. */
export interface Frame {
  readonly location: CodeLocation;
  readonly context?: string;
  /** Where the instruction itself is, from a `RIP:` line; others are return addresses. */
  readonly trapping: boolean;
}

/** Traces of something else than the moment of the report: the life of an object. */
const HISTORY = /^(?:Allocated|Freed|Last |Second to last |Uninit |Alloc|Free)/u;

/** Where detectors begin to print: what they interrupted follows. Sources: kernel/watchdog.c, kernel/rcu/tree_stall.h,
 * kernel/sched/core.c (scheduler_tick), lib/nmi_backtrace.c, v2.6.32 to v6.14 */
const DETECTOR =
  /^(?:watchdog_timer_fn|watchdog_overflow_callback|watchdog_hardlockup_check|rcu_dump_cpu_stacks|print_cpu_stall|print_other_cpu_stall|check_cpu_stall|rcu_check_callbacks|rcu_sched_clock_irq|rcu_pending|nmi_cpu_backtrace|nmi_trigger_cpumask_backtrace|update_process_times|softlockup_tick|scheduler_tick|sched_tick)$/u;

/** The entry of an interrupt: below it is what it interrupted. Source: arch/x86/entry/entry_64.S, v2.6.32 to v6.14 */
const INTERRUPT_ENTRY =
  /^(?:asm_sysvec_\w+|sysvec_\w+|asm_common_interrupt|common_interrupt|ret_from_intr|apic_timer_interrupt|smp_apic_timer_interrupt|reschedule_interrupt|call_function(?:_single)?_interrupt|irq_work_interrupt|end_repeat_nmi|nmi|asm_exc_nmi|retint_\w+)$/u;

const isInterruptEntry = (symbol: string): boolean => INTERRUPT_ENTRY.test(symbol);

const LOCKUPS = new Set(['soft-lockup', 'hard-lockup', 'rcu-stall']);

interface Placed extends Frame {
  readonly line: number;
}

// A lockdep report tells chains of locks first; its own trace is the one after `stack backtrace:`.
const mainTrace = (traces: readonly Trace[]): Trace | undefined => {
  const from = traces.findIndex(({ title }) => title === 'stack backtrace');
  const current = traces.slice(Math.max(from, 0)).filter(({ title }) => !HISTORY.test(title));
  return (
    current.find(({ entries }) => entries.some(({ reliable }) => reliable)) ??
    traces.find(({ entries }) => entries.length > 0)
  );
};

/**
 * The reliable frames, innermost first. In reports of lockups, what the detector itself did is left out.
 *
 * Empty when the text has no trace and no place.
 */
export const framesOf = (report: KernelReport): readonly Frame[] => {
  const trace = mainTrace(report.traces);
  const end = trace?.entries.at(-1)?.line ?? Number.POSITIVE_INFINITY;
  const placed: Placed[] = [];
  for (const { mode, rip, line } of report.registers) {
    if (mode === 'kernel' && rip !== undefined && line <= end)
      placed.push({ location: rip, line, trapping: true });
  }
  for (const { line, reliable, context, ...location } of trace?.entries ?? []) {
    if (reliable)
      placed.push({ location, line, trapping: false, ...(context === undefined ? {} : { context }) });
  }
  // The sort is stable: of one line, the RIP comes first.
  const frames: Frame[] = placed.toSorted((one, other) => one.line - other.line);
  if (report.registers.length === 0 && report.trap !== undefined && frames[0]?.location !== report.trap)
    frames.unshift({ location: report.trap, trapping: true });
  return LOCKUPS.has(report.kind) ? afterDetector(frames) : frames;
};

const afterDetector = (frames: readonly Frame[]): readonly Frame[] => {
  const nameOf = ({ location }: Frame): string => bareSymbol(location.symbol ?? '');
  const detector = frames.findLastIndex((frame) => DETECTOR.test(nameOf(frame)));
  if (detector < 0) return frames;
  const entry = frames.findIndex((frame, at) => at > detector && isInterruptEntry(nameOf(frame)));
  // A RIP that was printed before the detector's trace is the interrupted place already.
  const interrupted = frames.slice(0, detector).find(({ trapping }) => trapping);
  if (entry < 0) return interrupted === undefined ? frames : [interrupted];
  let from = entry;
  while (from < frames.length && isInterruptEntry(nameOf(frames[from]!))) from += 1;
  const rest = frames.slice(from);
  if (rest[0]?.trapping === true || interrupted === undefined) return rest;
  return [interrupted, ...rest];
};
