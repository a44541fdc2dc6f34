// The frames of the context in which the bug was found, innermost first: the place of the trap and the entries of the call
// trace, in the order of the text.

import { findLocation } from '../read/code-location.js';
import type { CodeLocation, KernelReport, Trace } from '../read/report.js';
import type { LockProblem } from '../read/waits/waits.js';
import { isLockup } from './setting.js';
import { bareSymbol } from './symbol.js';

/** A frame, and the context (`IRQ`, `NMI`, `TASK`) that it is in. */
export interface Frame {
  readonly location: CodeLocation;
  readonly context?: string;
  /** Where the instruction itself is, from a `RIP:` line; others are return addresses. */
  readonly trapping: boolean;
}

interface Placed extends Frame {
  readonly line: number;
}

/** The name of the function, without what compilers append; empty where the text has none. */
export const nameOf = ({ location }: Frame): string => bareSymbol(location.symbol ?? '');

// The traces of the moment itself: others are of the life of an object, or of a lock.
const CURRENT =
  /^(?:$|Call [Tt]race|stack backtrace|Stack trace|[Bb]acktrace|(?:Out-of-bounds|Use-after-free|Invalid) |Corrupted memory|(?:race at |assert no )?.{0,40}(?:read|write|read-write|0x).{1,120} by )/u;

// Where detectors begin to print; what they interrupted follows. Sources: kernel/watchdog.c, kernel/rcu/tree_stall.h,
// kernel/time/timer.c, lib/nmi_backtrace.c, v2.6.32 to v6.14
const DETECTOR =
  /^(?:watchdog_(?:timer_fn|overflow_callback|hardlockup_check)|softlockup_tick|rcu_(?:dump_cpu_stacks|check_callbacks|sched_clock_irq|pending)|(?:print|check)_(?:other_)?cpu_stall|nmi_(?:cpu_backtrace|trigger_cpumask_backtrace)|update_process_times|(?:scheduler|sched)_tick)$/u;

// The entry of an interrupt: what it interrupted is below. Source: arch/x86/entry/entry_64.S, v2.6.32 to v6.14
const INTERRUPT_ENTRY =
  /^(?:(?:asm_)?sysvec_\w+|(?:asm_)?common_interrupt|ret_from_intr|\w*apic_timer_interrupt\w*|reschedule_interrupt|call_function(?:_single)?_interrupt|irq_work_interrupt|end_repeat_nmi|nmi|asm_exc_nmi|retint_\w+)$/u;

// The thread whose starvation a stall of RCU may be; its trace shows that it waits, not who kept the CPU.
// Source: rcu_check_gp_kthread_starvation(), kernel/rcu/tree_stall.h, v5.1
const GRACE_PERIOD_THREAD = /^rcu_(?:gp_kthread|gp_fqs_loop|tasks_kthread|exp_gp_kthread_worker)$/u;

const namesOf = ({ entries }: Trace): string[] =>
  entries.filter(({ reliable }) => reliable).map(({ symbol }) => bareSymbol(symbol ?? ''));

// A lockdep report tells chains of locks first; its own trace is the one after `stack backtrace:`.
const mainTrace = (report: KernelReport): Trace | undefined => {
  const { traces } = report;
  const from = traces.findIndex(({ title }) => title === 'stack backtrace');
  const current = traces
    .slice(Math.max(from, 0))
    .filter((trace) => CURRENT.test(trace.title) && trace.entries.some(({ reliable }) => reliable));
  if (report.kind === 'rcu-stall') {
    const stalled = current.find((trace) => !namesOf(trace).some((name) => GRACE_PERIOD_THREAD.test(name)));
    if (stalled !== undefined) return stalled;
  }
  return (
    current[0] ??
    (report.kind === 'lockdep' ? traces.find(({ title }) => title.startsWith('-> #0 ')) : undefined) ??
    traces.find(({ title, entries }) => CURRENT.test(title) && entries.length > 0)
  );
};

// A trap that came of what a checker had found is another context.
const endOf = ({ kind, die, headline }: KernelReport): number =>
  kind === 'kasan' && die !== undefined && headline !== undefined && die.line > headline.line
    ? die.line
    : Number.POSITIVE_INFINITY;

const placedFrames = (report: KernelReport, trace: Trace | undefined): Placed[] => {
  const end = Math.min(trace?.entries.at(-1)?.line ?? Number.POSITIVE_INFINITY, endOf(report));
  // Of several CPUs, the set that stands before a trace belongs to it.
  const from =
    report.kind === 'rcu-stall' && trace !== undefined
      ? (report.traces[report.traces.indexOf(trace) - 1]?.entries.at(-1)?.line ?? 0)
      : 0;
  const placed: Placed[] = [];
  // The registers that follow a hung task are of other tasks, or of user mode.
  for (const { mode, rip, line } of report.kind === 'hung-task' ? [] : report.registers) {
    if (mode === 'kernel' && rip !== undefined && line >= from && line <= end)
      placed.push({ location: rip, line, trapping: true });
  }
  for (const { line, reliable, context, ...location } of trace?.entries ?? []) {
    if (!reliable || line > end) continue;
    placed.push({ location, line, trapping: false, ...(context === undefined ? {} : { context }) });
  }
  // The sort is stable: of one line, the RIP comes first.
  return placed.toSorted((one, other) => one.line - other.line);
};

// Without what the detector itself did.
const afterDetector = (frames: readonly Frame[]): readonly Frame[] => {
  const detector = frames.findLastIndex((frame) => DETECTOR.test(nameOf(frame)));
  if (detector < 0) return frames;
  const entry = frames.findIndex((frame, at) => at > detector && INTERRUPT_ENTRY.test(nameOf(frame)));
  // A RIP that was printed before the detector's trace is the interrupted place already.
  const interrupted = frames.slice(0, detector).find(({ trapping }) => trapping);
  if (entry < 0) return interrupted === undefined ? frames.slice(detector + 1) : [interrupted];
  let from = entry;
  while (from < frames.length && INTERRUPT_ENTRY.test(nameOf(frames[from]!))) from += 1;
  const rest = frames.slice(from);
  return rest[0]?.trapping === true || interrupted === undefined ? rest : [interrupted, ...rest];
};

// Where the lock is taken or given back; of other problems the trace alone tells the place.
const AT_THE_LOCK: ReadonlySet<string> = new Set([
  'circular',
  'recursive',
  'inversion',
  'irq-order',
  'held-freed',
  'unbalanced',
]);

const wantedAt = (lockdep: LockProblem | undefined): CodeLocation | undefined =>
  lockdep !== undefined && AT_THE_LOCK.has(lockdep.problem) ? lockdep.wanted?.at : undefined;

// What the text itself names as the place: lockdep where the lock is taken, a checker the function that it stopped.
const namedPlace = (report: KernelReport): CodeLocation | undefined => {
  const { lockdep, held } = report.waits ?? {};
  if (report.kind === 'lockdep')
    return lockdep?.problem === 'still-held' ? held?.[0]?.locks[0]?.at : wantedAt(lockdep);
  const corrupted = /Kernel stack is corrupted in: (\S.{0,300})$/u.exec(report.headline?.text ?? '');
  if (corrupted !== null) return findLocation(corrupted[1]!)?.location;
  return report.kind === 'kasan' ? (report.finding?.at ?? report.checker?.at) : undefined;
};

// The place of a report is that of other tasks, where a task hangs.
const hasTrap = ({ kind }: KernelReport, frames: readonly Frame[]): boolean =>
  kind === 'hung-task' || frames.some(({ trapping }) => trapping);

/**
 * The reliable frames, innermost first. In reports of lockups, what the detector itself did is left out.
 *
 * Empty when the text has no trace and no place.
 */
export const framesOf = (report: KernelReport): readonly Frame[] => {
  const frames: readonly Frame[] = placedFrames(report, mainTrace(report));
  if (isLockup(report)) return afterDetector(frames);
  const first = namedPlace(report) ?? (hasTrap(report, frames) ? undefined : report.place);
  if (first?.symbol === undefined) return frames;
  // Where the trace has it, too, the frames from there on are those below it.
  const name = bareSymbol(first.symbol);
  const at = frames.findIndex((frame) => nameOf(frame) === name);
  return at < 0 ? [{ location: first, trapping: true }, ...frames] : frames.slice(at);
};
