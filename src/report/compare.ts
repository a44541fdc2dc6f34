// Two runs side by side: where they part, and which states of the two belong together.

import { type Comparison, compareRecordings } from '../reading/comparison.js';
import type { Recording } from '../recording/recording.js';
import { formatOutcome } from '../recording/outcome.js';
import type { PageComparison, PageRun } from './page-data.js';

// The states of a step at which a function begins, by name and count: `strncpy 2`.
const entries = ({ path, sites, functions }: PageRun, from: number, to: number): Map<string, number> => {
  const found = new Map<string, number>();
  const counts = new Map<string, number>();
  for (let state = from; state < to; state += 1) {
    const site = sites[path[state]!]!;
    if (site.line !== 0) continue;
    const name = functions[site.function]!.name;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    found.set(`${name} ${count}`, state);
  }
  return found;
};

/**
 * The states that belong together: the runs' steps by name, and in them the same call of the same function. Where
 * both do the same, they go on together by themselves.
 */
const anchorsOf = (a: PageRun, b: PageRun, fork: number | null): [a: number, b: number][] => {
  const anchors: [number, number][] = [[0, 0]];
  const add = (inA: number, inB: number): void => {
    const [lastA, lastB] = anchors.at(-1)!;
    if (inA > lastA && inB > lastB) anchors.push([inA, inB]);
  };
  if (fork !== null) add(fork, fork);
  for (const step of a.steps) {
    const other = b.steps.find((one) => one.step === step.step);
    if (other === undefined) continue;
    add(step.from, other.from);
    const inB = entries(b, other.from, other.to);
    for (const [call, state] of entries(a, step.from, step.to)) {
      const match = inB.get(call);
      if (match !== undefined) add(state, match);
    }
    add(step.to, other.to);
  }
  add(a.instructions, b.instructions);
  return anchors;
};

const MOST_MEMORY = 12;

const endPairs = (
  { end }: Comparison,
  a: Recording,
  b: Recording,
): { name: string; a: string | null; b: string | null }[] => [
  { name: 'outcome', a: formatOutcome(a.header.outcome), b: formatOutcome(b.header.outcome) },
  ...end.memory
    .filter(({ place }) => /^[\w&]+(?:\.|->)/u.test(place))
    .slice(0, MOST_MEMORY)
    .map(({ place, a: left, b: right }) => ({ name: place, a: left, b: right })),
];

/** Compare the recordings that two runs were made of. */
export const pageComparison = (
  [a, b]: readonly [Recording, Recording],
  [runA, runB]: readonly [PageRun, PageRun],
): PageComparison => {
  const found = compareRecordings(a, b);
  return {
    same: found.same,
    parameters: found.parameters,
    firstDifference: found.firstDifference,
    fork: found.fork,
    anchors: anchorsOf(runA, runB, found.fork?.instruction ?? null),
    end: found.same ? [] : endPairs(found, a, b),
  };
};
