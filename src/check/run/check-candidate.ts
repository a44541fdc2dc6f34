// Checks one candidate in this thread: kept worlds first, then generated ones, block by block, until one breaks something.

import { wholeNumber } from '../../base/arguments.js';
import type { Parameters } from '../../scenario/parameters.js';
import type { Scenario } from '../../scenario/scenario.js';
import { type Counterexample, blocksOf, runBlock, shrinkBlock } from '../find/campaign.js';
import { tryKept } from '../find/kept.js';
import type { PropertyName } from '../property/properties.js';
import { tellCoverage } from '../tell/coverage.js';
import type { CheckedCandidate } from '../tell/form.js';
import { tellParameters } from '../tell/worlds-text.js';
import { Arena, type ArenaOptions, type CandidateCode, RAISED_BUDGET } from '../watch/arena.js';
import { NOT_AGAIN } from '../watch/flaky.js';
import { MOST_RUNS, MOST_SEED } from '../world/numbers.js';
import type { WorldOptions } from '../world/worlds.js';
import { type Searched, outcomeOf } from './outcome.js';
import { Tally } from './tally.js';

/** Worlds that are tried without another word. */
export const DEFAULT_RUNS = 10_000;
export const DEFAULT_SEED = 1;

/** How a candidate is checked. */
export interface CheckOptions extends ArenaOptions, WorldOptions {
  /** Worlds to try; DEFAULT_RUNS without it. */
  readonly runs?: number;
  /** 32 bits; the same seed gives the same worlds. DEFAULT_SEED without it. */
  readonly seed?: number;
  /** Worlds that broke something before: they are tried first, and do not count. */
  readonly kept?: readonly Parameters[];
  /** Called after each block with the number of worlds tried; checking stops when it returns false. */
  readonly onProgress?: (runs: number) => boolean | void;
}

/** The result of checking a candidate; as in `oopslab check --json`, but for the counterexample. */
export interface CheckResult extends Pick<CheckedCandidate, 'complete' | 'reason' | 'coverage' | 'worlds'> {
  readonly name: string;
  readonly verdict: 'holds' | 'breaks' | 'flaky' | 'slow';
  /** Worlds that were tried, up to the first that broke something; kept ones do not count. */
  readonly runs: number;
  /** The worst that was broken; null for any verdict but `breaks`. */
  readonly property: PropertyName | null;
  readonly counterexample: Counterexample | null;
}

/**
 * Check a candidate in this thread.
 *
 * @param scenario with a `check`, as `mount-arena`
 * @throws {InputError} for numbers outside of their range; when the scenario has none, or the candidate's code is not there
 * @throws {LibraryError} when libunicorn cannot be loaded
 */
export const checkCandidate = (
  scenario: Scenario,
  candidate: CandidateCode,
  options: CheckOptions = {},
): CheckResult => {
  const { runs = DEFAULT_RUNS, seed = DEFAULT_SEED, kept = [], onProgress, budget = RAISED_BUDGET } = options;
  wholeNumber('runs', runs, 1, MOST_RUNS);
  wholeNumber('seed', seed, 0, MOST_SEED);
  const { name } = candidate;
  using arena = new Arena(scenario, candidate, options);
  const tally = new Tally();
  let tried = 0;

  const found = (counterexample: Counterexample): CheckResult => ({
    ...NOTHING,
    name,
    verdict: 'breaks',
    complete: true,
    runs: tried,
    property: counterexample.property,
    counterexample,
    worlds: { tried, exhaustive: null, parameters: {}, failedAllocations: [] },
  });
  const flaky = (reason: string): CheckResult => ({
    ...NOTHING,
    name,
    verdict: 'flaky',
    complete: false,
    reason,
    runs: tried,
    worlds: { tried, exhaustive: null, parameters: {}, failedAllocations: [] },
  });

  const known = tryKept(arena, kept);
  if (known.counterexample !== null) return found(known.counterexample);
  if (known.flaky !== null) return flaky(known.flaky);
  tally.addKept(known.slow);
  let cut: Searched['cut'] = null;
  for (let block = 0; block < blocksOf(runs) && cut === null; block += 1) {
    const result = runBlock(arena, seed, block, runs, options);
    tried += result.runs;
    if (result.flaky !== null) return flaky(result.flaky);
    if (result.broke) {
      const counterexample = shrinkBlock(arena, seed, result, options);
      return counterexample === undefined ? flaky(NOT_AGAIN) : found(counterexample);
    }
    tally.add(result);
    if (onProgress?.(tried) === false && tried < runs) cut = 'interrupted';
  }

  const specs = arena.subject.scenario.spec.parameters ?? {};
  const { slow: worlds, firstSlow, coverage: ran } = tally;
  const slow = firstSlow === null ? null : { worlds, ...firstSlow };
  const coverage = ran === null ? null : tellCoverage(ran, snippetsOf(arena, options));
  return {
    ...NOTHING,
    name,
    ...outcomeOf({ slow, cut }, coverage, budget),
    runs: tried,
    coverage,
    worlds: {
      tried,
      exhaustive: null,
      parameters: tellParameters(tally.worlds, specs),
      failedAllocations: ran?.allocations ?? [],
    },
  };
};

// The code of the candidate, which knows its source lines.
const snippetsOf = ({ subject: { scenario } }: Arena, { libraries = [] }: CheckOptions) =>
  scenario.release(libraries).select(scenario.spec.variants);

const NOTHING = { reason: null, property: null, counterexample: null, coverage: null };
