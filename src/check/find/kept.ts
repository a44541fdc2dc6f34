// Tries the worlds that broke something before.

import type { Parameters } from '../../scenario/parameters.js';
import { worstOf } from '../property/properties.js';
import type { Arena } from '../watch/arena.js';
import { flakyReason } from '../watch/flaky.js';
import type { Counterexample } from './campaign.js';

/** The result of trying kept worlds. */
export interface TriedKept {
  /** The first that still breaks something; its path is `kept:N`, counted from 0. */
  readonly counterexample: Counterexample | null;
  /** The numbers, from 0, of worlds that break nothing any more. */
  readonly nowHold: readonly number[];
  /** The numbers, from 0, of worlds that used up their budget: they may break something still. */
  readonly slow: readonly number[];
  /** Why the first that is flaky is so; null where none is. */
  readonly flaky: string | null;
}

/** Try kept worlds, all of them. */
export const tryKept = (arena: Arena, kept: readonly Parameters[]): TriedKept => {
  let counterexample: Counterexample | null = null;
  let flaky: string | null = null;
  const nowHold: number[] = [];
  const slow: number[] = [];
  for (const [index, world] of kept.entries()) {
    const violations = [...arena.run(world)];
    const property = worstOf(violations)?.property;
    if (arena.flaky !== undefined) flaky ??= flakyReason(arena.flaky);
    else if (property === undefined) (arena.slow ? slow : nowHold).push(index);
    else counterexample ??= { property, world, violations, path: `kept:${index}`, shrinks: 0 };
  }
  return { counterexample, nowHold, slow, flaky };
};
