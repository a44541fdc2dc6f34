// How much CPU time another process has used, and a limit of it. Such a limit does not depend on what else the machine
// does, or on whether the process is stopped for a while.

import { readFileSync } from '../host/files.js';

// Ticks of /proc are hundredths of a second for every process. Source: proc(5), "sysconf(_SC_CLK_TCK)"; USER_HZ is 100
// on x86-64 and arm64
const TICK = 10; // milliseconds

// How often is looked, in milliseconds.
const LOOK = 1000;

/** Where CPU time is not known (macOS, Windows), so much more time may pass while oopslab itself looks. */
export const UNKNOWN_LOAD = 10;

/** User and system time of a process, in milliseconds; `undefined` where the system does not say. */
export const cpuTime = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold anything
    const [user, system] = [Number(fields[11]), Number(fields[12])];
    return Number.isFinite(user + system) ? (user + system) * TICK : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Watch how much CPU time a process uses from now on.
 *
 * @param limit in milliseconds
 * @param onOver called once, when it has used that much
 * @returns what ends the watch
 */
export const watchCpuTime = (pid: number | undefined, limit: number, onOver: () => void): (() => void) => {
  const look = Math.min(LOOK, limit);
  const read = (): number | undefined => (pid === undefined ? undefined : cpuTime(pid));
  const isKnown = read() !== undefined;
  let last = read() ?? 0;
  let used = 0;
  const timer = setInterval(() => {
    const now = read();
    // Looks are counted rather than the clock read: a machine that sleeps looks at nothing.
    used += isKnown ? Math.max(0, (now ?? last) - last) : look / UNKNOWN_LOAD;
    last = now ?? last;
    if (used < limit) return;
    clearInterval(timer);
    onOver();
  }, look);
  return () => clearInterval(timer);
};
