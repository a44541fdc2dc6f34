// The map of path lengths against previous contents, as `oopslab chart sweep` draws it, row by row.

import { InputError } from '../base/errors.js';
import { defaultContents, describeLastNul, nameContents } from '../chart/contents.js';
import { findSwept, longestPath } from '../chart/sweep-paths.js';
import { formatEnd, harmOf } from '../chart/sweep-picture.js';
import { type SweepCell, sweepRows } from '../chart/sweep.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Bench } from './bench.js';
import type { Questions } from './questions.js';
import type { SweepHead, SweptCell } from './sweep-data.js';

/** The longest path that a page sweeps, bytes: as the command without `--lengths`. */
const LONGEST = 40;

const planOf = (
  scenario: Scenario,
): { readonly lengths: readonly number[]; readonly previous: readonly string[] } => {
  const swept = findSwept(scenario);
  const own = scenario.spec.parameters?.[swept.previous]?.default;
  const least = scenario.spec.sweep?.short?.texts.length ?? swept.texts.length;
  const most = Math.min(LONGEST, longestPath(swept));
  return {
    lengths: Array.from({ length: Math.max(0, most - least + 1) }, (_, index) => least + index),
    previous: defaultContents(String(own)),
  };
};

/** What a sweep of a scenario has, or why it has none. */
export const sweepOffer = (scenario: Scenario): SweepHead | string => {
  try {
    const { lengths, previous } = planOf(scenario);
    return { lengths, rows: previous.map(nameContents) };
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
};

const told = (cell: SweepCell): SweptCell => ({
  length: cell.length,
  harm: harmOf(cell) ?? null,
  end: formatEnd(cell.outcome),
  cache: cell.cache,
  next: cell.stale[cell.length] ?? null,
  set: cell.set === null ? null : Object.fromEntries(cell.set),
});

/** @throws {InputError} when the scenario has no such call, or a parameter is wrong */
export const answerSweep = async (
  bench: Bench,
  { scenario: reference, set }: Questions['sweep']['asks'],
  tell: (tells: Questions['sweep']['tells']) => void,
): Promise<null> => {
  const scenario = bench.scenario(reference);
  const { lengths, previous } = planOf(scenario);
  const swept = findSwept(scenario);
  tell({ lengths, rows: previous.map(nameContents) });
  const others = new Map(Object.entries(set).filter(([name]) => name !== swept.previous));
  const rows = sweepRows(scenario, { lengths, previous, set: others, libraries: bench.libraries });
  let row = 0;
  for (const { cells } of rows) {
    // The scenario's own contents differ from cache to cache.
    const shown = cells.find(({ stale }) => stale.some((byte) => byte !== 0)) ?? cells[0]!;
    tell({ row, cells: cells.map(told), note: describeLastNul(shown.stale) });
    row += 1;
    await bench.pause();
  }
  return null;
};
