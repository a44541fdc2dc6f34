// Instructions that no engine runs: they read a clock, a source of chance, or the number of the CPU.

import type { CodeProblem } from './engine.js';

const KINDS = /^(?:Rdtscp?$|Rdrand_|Rdseed_|Rdpid_)/u;

/** Whether an instruction gives something else in each run. @param name as `describeKind` has it */
export const isRandom = (name: string): boolean => KINDS.test(name);

/** What is wrong with those. */
export const RANDOM: CodeProblem = {
  kind: 'refused',
  reason: 'gives something else in each run, and runs must be equal',
};
