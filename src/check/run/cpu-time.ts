// How much CPU time another process has used. A limit of it does not depend on what else the machine does.

import { readFileSync } from 'node:fs';

// Ticks of /proc are hundredths of a second for every process. Source: proc(5), "sysconf(_SC_CLK_TCK)"; USER_HZ is 100
// on x86-64 and arm64
const TICK = 10; // milliseconds

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
