// What the largest inputs may cost: CPU time and memory, for each command that reads one.
// test/end-to-end/limits.long.test.ts runs them. A budget is generous, several times what was measured where it was; no command has more
// than 2 GiB, with which a small machine gets along.

/** A budget of one command with one input. */
export interface Cost {
  /** The input, at the limit that the table states. */
  readonly input: string;
  readonly command: string;
  /** User and system time of all processes, in seconds. */
  readonly cpu: number;
  /** Peak of the largest process, in MiB. */
  readonly memory: number;
  /** Whether every build runs it; the others need OOPSLAB_FULL=1. */
  readonly always: boolean;
}

type Row = readonly [command: string, cpu: number, memory: number];

const costsOf = (input: string, always: boolean, rows: readonly Row[]): readonly Cost[] =>
  rows.map(([command, cpu, memory]) => ({ input, command, cpu, memory, always }));

const READING: readonly Row[] = [
  ['replay --record', 200, 2048],
  ['replay', 100, 2048],
  ['oops', 100, 2048],
  ['crash', 100, 2048],
  ['step', 100, 2048],
  ['lineage', 100, 2048],
  ['chart', 100, 2048],
  ['report', 100, 2048],
  ['diff', 200, 2048],
];

/** All rows; those of one input stand together. */
export const costs: readonly Cost[] = [
  ...costsOf('a scenario, all of it comments', false, [
    ['replay', 8, 512],
    ['report', 10, 512],
    ['diff', 10, 512],
    ['check', 20, 512],
  ]),
  ...costsOf('a scenario, all of it keys', false, [
    ['replay', 20, 1024],
    ['report', 20, 1024],
    ['diff', 20, 1024],
  ]),
  ...costsOf('a scenario, all of it aliases', false, [
    ['replay', 20, 1024],
    ['report', 20, 1024],
    ['diff', 20, 1024],
  ]),
  ...costsOf('a scenario nested as deep as it may be, and deeper', false, [
    ['replay', 5, 256],
    ['replay, deeper', 10, 1024],
  ]),
  ...costsOf('a scenario past its size', true, [['replay', 5, 256]]),
  ...costsOf('the longest `--set`', true, [
    ['replay', 5, 256],
    ['replay, more than any text has', 5, 256],
    ['replay, 100,000 bytes', 5, 256],
  ]),
  ...costsOf('a world with the most memory', false, READING),
  ...costsOf('a run with the most instructions', false, READING),
  ...costsOf('a run with the most accesses', false, READING),
  ...costsOf('a snippet with the most bytes', false, [
    ['dis', 30, 2048],
    ['snippets', 20, 1024],
    ['replay', 50, 2048],
  ]),
  ...costsOf('a snippet with the longest manifest', false, [
    ['dis', 30, 1024],
    ['replay', 30, 1024],
  ]),
  ...costsOf('a library with the longest symbols.json', false, [
    ['snippets', 60, 2048],
    ['replay', 60, 2048],
  ]),
  ...costsOf('a candidate with the longest source', false, [
    ['check', 60, 1024],
    ['check, all of it declarations', 60, 1024],
  ]),
  ...costsOf('a log of 100 MB with one report', true, [
    ['decode', 10, 512],
    ['decode --json', 10, 512],
  ]),
  ...costsOf('900 reports', false, [
    ['decode', 40, 768],
    ['decode --json', 50, 768],
  ]),
  ...costsOf('a line of 100 MB', true, [
    ['decode', 5, 256],
    ['decode --json', 5, 256],
  ]),
  ...costsOf('150,000 modules', true, [
    ['decode', 5, 256],
    ['decode --json', 5, 256],
  ]),
  ...costsOf('lines of JSON, nested a million times', true, [
    ['decode', 5, 256],
    ['decode --json', 5, 256],
  ]),
  ...costsOf('the longest text for `--redact`', false, [['decode --redact', 200, 2048]]),
  ...costsOf('the longest lesson', true, [['lesson --answers', 10, 512]]),
  ...costsOf('the largest screen, and a script of 10,000 keys', true, [['step', 20, 512]]),
  ...costsOf('commands at `crash>` at their limits', true, [
    ['crash', 20, 512],
    ['crash, 10,000 commands', 20, 512],
  ]),
  ...costsOf('a sweep of the most lengths and contents', false, [['chart', 200, 1024]]),
  ...costsOf('a shard past its size', true, [['check --merge', 5, 256]]),
  ...costsOf('a shard, all of it keys', false, [['check --merge', 20, 1024]]),
];
