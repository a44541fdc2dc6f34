// Checks one candidate: kept worlds first, then generated ones, block by block, until one breaks something.

import type { Parameters } from '../../scenario/parameters.js';
import type { Scenario } from '../../scenario/scenario.js';
import { Arena, type ArenaOptions, type CandidateCode } from '../watch/arena.js';
import { type Counterexample, blocksOf, runBlock, shrinkBlock } from './campaign.js';
import { type PropertyName, worstOf } from '../property/properties.js';
import type { WorldOptions } from '../world/worlds.js';

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

/** The result of checking a candidate. */
export interface CheckResult {
  readonly name: string;
  readonly verdict: 'holds' | 'breaks';
  /** Worlds that were tried, up to the first that broke something; kept ones do not count. */
  readonly runs: number;
  readonly property: PropertyName | null;
  readonly counterexample: Counterexample | null;
}

const breaks = (name: string, runs: number, counterexample: Counterexample): CheckResult => ({
  name,
  verdict: 'breaks',
  runs,
  property: counterexample.property,
  counterexample,
});

/** The result of trying kept worlds. */
export interface TriedKept {
  /** The first that still breaks something; its path is `kept:N`, counted from 0. */
  readonly counterexample: Counterexample | null;
  /** The numbers, from 0, of worlds that break nothing any more. */
  readonly nowHold: readonly number[];
}

/** Try kept worlds, all of them. */
export const tryKept = (arena: Arena, kept: readonly Parameters[]): TriedKept => {
  let counterexample: Counterexample | null = null;
  const nowHold: number[] = [];
  for (const [index, world] of kept.entries()) {
    const violations = [...arena.run(world)];
    const property = worstOf(violations)?.property;
    if (property === undefined) nowHold.push(index);
    else counterexample ??= { property, world, violations, path: `kept:${index}`, shrinks: 0 };
  }
  return { counterexample, nowHold };
};

/**
 * Check a candidate in this thread.
 *
 * @param scenario with a `check`, as `mount-arena`
 * @throws {InputError} when the scenario has none, or the candidate's code is not there
 * @throws {LibraryError} when libunicorn cannot be loaded
 */
export const checkCandidate = (
  scenario: Scenario,
  candidate: CandidateCode,
  options: CheckOptions = {},
): CheckResult => {
  const { runs = DEFAULT_RUNS, seed = DEFAULT_SEED, kept = [], onProgress } = options;
  using arena = new Arena(scenario, candidate, options);
  const { counterexample: known } = tryKept(arena, kept);
  if (known !== null) return breaks(candidate.name, 0, known);
  let tried = 0;
  for (let block = 0; block < blocksOf(runs); block += 1) {
    const result = runBlock(arena, seed, block, runs, options);
    tried += result.runs;
    if (result.broke) {
      const counterexample = shrinkBlock(arena, seed, result, options);
      if (counterexample === undefined)
        throw new Error(`block ${block} of seed ${seed} broke something and does not do so again`);
      return breaks(candidate.name, tried, counterexample);
    }
    if (onProgress?.(tried) === false) break;
  }
  return { name: candidate.name, verdict: 'holds', runs: tried, property: null, counterexample: null };
};
