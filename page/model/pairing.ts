// Which states of two runs belong together. Knows no screen.

import type { PageComparison, PageRun } from '../../src/report/page-data.js';
import { lastAtMost } from './tracks.js';

/** Which of two runs. */
export type Side = 0 | 1;

/** The state of the other run that belongs to a state of one. */
export const otherState = (
  { anchors }: PageComparison,
  runs: readonly PageRun[],
  side: Side,
  state: number,
): number => {
  const other = side === 0 ? 1 : 0;
  const index = lastAtMost(
    anchors.map((pair) => pair[side]),
    state,
  );
  const last = anchors[index] ?? [0, 0];
  const next = anchors[index + 1];
  const limit = next === undefined ? (runs[other]?.instructions ?? 0) : next[other] - 1;
  return Math.max(last[other], Math.min(last[other] + state - last[side], limit));
};
