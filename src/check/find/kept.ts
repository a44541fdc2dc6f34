// Tries the worlds that broke something before.

import type { Parameters } from '../../scenario/parameters.js';
import { worstOf } from '../property/properties.js';
import type { Arena } from '../watch/arena.js';
import type { Counterexample } from './campaign.js';

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
