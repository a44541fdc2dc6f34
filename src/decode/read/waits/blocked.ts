// The lines of hung tasks, of lockups and of the backtraces of CPUs.
// Sources: check_hung_task() and debug_show_blocker(), kernel/hung_task.c, v2.6.30 to v6.16; watchdog_timer_fn(),
// kernel/watchdog.c, kernel/softlockup.c, v2.6.16 to v6.14; watchdog_hardlockup_check(); nmi_cpu_backtrace(), lib/nmi_backtrace.c.

import { defined, numberIn } from '../../../base/defined.js';
import { findLocation } from '../code-location.js';
import type { CpuBacktrace, HungTask, Lockup, WaitingTask } from './waits.js';

const task = (comm: string | undefined, pid: string | undefined): WaitingTask | undefined =>
  comm === undefined || pid === undefined ? undefined : { comm, pid: Number(pid) };

/** `INFO: task frobd:123 blocked for more than 120 seconds.` @param text without blanks at its ends */
export const findHungTask = (text: string, line: number): HungTask | undefined => {
  const found =
    /^INFO: task (.{1,64}):(\d{1,9}) (?:blocked (in I\/O wait )?|(can't die) )for more than (\d{1,9}) seconds/u.exec(
      text,
    );
  if (found === null) return undefined;
  const [, comm, pid, wait, dying, seconds] = found;
  return {
    line,
    task: { comm: comm!, pid: Number(pid) },
    seconds: Number(seconds),
    ...defined({ how: wait?.trim() ?? dying }),
  };
};

/** `INFO: task frobd:123 is blocked on a mutex likely owned by task barbd:456.` */
export const findOwner = (
  text: string,
): Pick<HungTask, 'task' | 'lock' | 'owner' | 'ownership'> | undefined => {
  const found =
    /^INFO: task (.{1,64}):(\d{1,9})(?: <\w{1,8}>)? is blocked on an? ([\w-]{1,24})(?:,? (likely owned|likely last held) by task (.{1,64}):(\d{1,9}))?/u.exec(
      text,
    );
  if (found === null) return undefined;
  const [, comm, pid, lock, ownership, owner, ownerPid] = found;
  return {
    task: { comm: comm!, pid: Number(pid) },
    ...defined({ lock, owner: task(owner, ownerPid) }),
    ...(ownership === 'likely owned' || ownership === 'likely last held' ? { ownership } : {}),
  };
};

/** `watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [frobd:123]`, `… Watchdog detected hard LOCKUP on cpu 7` */
export const findLockup = (text: string, line: number): Lockup | undefined => {
  const soft =
    /\bBUG: soft lockup(?: detected on CPU#(\d{1,5})| - CPU#(\d{1,5}) stuck for (\d{1,9})s! \[(.{1,64}):(\d{1,9})\])?/u.exec(
      text,
    );
  if (soft !== null) {
    const [, old, cpu, seconds, comm, pid] = soft;
    return {
      line,
      hardness: 'soft',
      ...defined({ cpu: numberIn(cpu ?? old), seconds: numberIn(seconds), task: task(comm, pid) }),
    };
  }
  const hard = /[Ww]atchdog:? .{0,24}detected (?:hard )?LOCKUP on (?:cpu|CPU) ?(\d{1,5})/u.exec(text);
  return hard === null ? undefined : { line, hardness: 'hard', cpu: Number(hard[1]) };
};

/** `NMI backtrace for cpu 3`, `… skipped: idling at f+0x…` */
export const findCpuBacktrace = (text: string, line: number): CpuBacktrace | undefined => {
  const found = /^NMI backtrace for cpu (\d{1,5})(?: skipped: idling at (\S.{0,300}))?/u.exec(text);
  if (found === null) return undefined;
  const [, cpu, at] = found;
  return {
    line,
    cpu: Number(cpu),
    ...(at === undefined ? {} : { idle: true as const, ...defined({ at: findLocation(at)?.location }) }),
  };
};

/** `CPU: 3 PID: 12 Comm: frobd Not tainted …`: CPU and task. */
export const findRunning = (text: string): { cpu: number; task: WaitingTask } | undefined => {
  const found =
    /^CPU: (\d{1,5}) (?:UID: \d{1,10} )?PID: (\d{1,9}) Comm: (.{1,64}?) (?:Kdump|Not tainted|Tainted)/u.exec(
      text,
    );
  return found === null
    ? undefined
    : { cpu: Number(found[1]), task: { comm: found[3]!, pid: Number(found[2]) } };
};
