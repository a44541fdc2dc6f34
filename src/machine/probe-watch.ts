// The thread that ends the child of a probe when the library never comes back: by the processor time of the thread that
// loads it, or when that sleeps on and on. A machine that is busy makes a thread wait for a processor, and neither counts.

import { readFileSync, writeSync } from '../host/files.js';
import { ANSWER, LOOK_MS, MAX_ASLEEP, MAX_SECONDS, type ProbeAnswer } from './library-probe.js';

const TICKS_PER_SECOND = 100; // of /proc; Source: USER_HZ, include/asm-generic/param.h of Linux

// What the thread that loads has used, and whether it sleeps.
const look = (): { seconds: number; asleep: boolean } => {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      asleep: fields[0] === 'S',
    };
  } catch {
    const { user, system } = process.cpuUsage(); // not Linux
    return { seconds: (user + system) / 1e6, asleep: true };
  }
};

const start = look().seconds;
let before = start;
let asleep = 0;
setInterval(() => {
  const now = look();
  asleep = now.asleep && now.seconds === before ? asleep + 1 : 0;
  before = now.seconds;
  const busy = now.seconds - start > MAX_SECONDS;
  if (!busy && asleep < MAX_ASLEEP) return;
  const how = busy ? `after ${MAX_SECONDS} seconds of processor time` : 'and sleeps';
  const answer: ProbeAnswer = { problem: `does not come back from being loaded ${how}` };
  writeSync(ANSWER, JSON.stringify(answer));
  process.kill(process.pid, 'SIGKILL');
}, LOOK_MS);
