// What a search that found nothing says of a candidate.

import { plural } from '../../base/words.js';
import { RAISED_IN_BLOCK } from '../find/walk.js';
import { neverRanText } from '../tell/coverage-text.js';
import type { ToldCoverage } from '../tell/form.js';
import type { Cut } from './search.js';

/** A search that found nothing. */
export interface Searched {
  /** How many worlds used up their budget, and where the first of them is; null for none. */
  readonly slow: { readonly worlds: number; readonly block: number; readonly index: number } | null;
  readonly cut: Cut | null;
}

/** Verdict, whether all was looked at, and why if not. */
interface Outcome {
  readonly verdict: 'holds' | 'slow';
  readonly complete: boolean;
  readonly reason: string | null;
}

const slowText = ({ worlds, block, index }: NonNullable<Searched['slow']>, budget: number): string => {
  const first = `the first is ${block < 0 ? 'kept' : block}:${index}`;
  const most = worlds > RAISED_IN_BLOCK ? ` (${RAISED_IN_BLOCK} of a block of worlds are given so many)` : '';
  return (
    `${plural(worlds, 'world')} used up the budget, ${first}: no state came back, and ${budget} instructions were too ` +
    `few${most}; --budget with a larger number lets them go on`
  );
};

/**
 * The outcome of a search that found nothing.
 *
 * @param budget instructions that a world could take
 */
export const outcomeOf = (
  { slow, cut }: Searched,
  coverage: ToldCoverage | null,
  budget: number,
): Outcome => {
  if (slow !== null) return { verdict: 'slow', complete: false, reason: slowText(slow, budget) };
  const reason = cut ?? (coverage === null ? null : neverRanText(coverage)) ?? null;
  return { verdict: 'holds', complete: reason === null, reason };
};
