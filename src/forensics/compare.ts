// What the differences of values say: facts, ranked findings for each pair, and the one explanation for all pairs.

import type { Explanation } from './explanation.js';
import { describe, explain, holds, inOrder, kindOf } from './kinds.js';
import { type Change, type ValuePair, changesOf, differenceOf } from './pair.js';

// How sure a finding is. `certain`: its sentence says only what the bits show. `likely`: fewer than one in a hundred
// random changes of the same bytes would fit as well. `possible`: it fits, but so would much else.
type Sure = 'certain' | 'likely' | 'possible';

/** One explanation of one pair, or of several. */
export interface Finding {
  readonly explanation: Explanation;
  readonly sure: Sure;
  readonly text: string;
  /** What it rests on beyond the bits; null when it rests on nothing else. */
  readonly source: string | null;
}

export interface PairForensics {
  readonly pair: ValuePair;
  readonly xor: bigint;
  /** `found - expected`, the smaller of the two numbers that it can be modulo the size. */
  readonly difference: bigint;
  readonly bits: readonly Change[];
  readonly nibbles: readonly Change[];
  readonly bytes: readonly Change[];
  /** Most telling first, merely possible ones last. */
  readonly findings: readonly Finding[];
}

/** What several pairs have in common. Pairs are counted from 0; equal ones are left out. */
export interface CommonForensics {
  /** The pairs that differ. */
  readonly pairs: readonly number[];
  /** The most specific explanation that fits all of them; null when there is none. */
  readonly explanation: Finding | null;
  /** Whatever else fits all of them, or hints at the code that did it. */
  readonly also: readonly Finding[];
  /** Without one for all: the one that fits most, and those pairs. */
  readonly closest: { readonly finding: Finding; readonly pairs: readonly number[] } | null;
}

export interface Forensics {
  readonly pairs: readonly PairForensics[];
  /** null when fewer than two pairs differ. */
  readonly common: CommonForensics | null;
}

// What a value became, or was, does not say what happened to it.
const isConsequence = (explanation: Explanation): boolean =>
  ['pointer', 'before', 'hint'].includes(kindOf(explanation).family);

/** As many bits of evidence for "likely": one in a hundred is less than one in 2 to the power of 6.6. */
const LIKELY = 6.6;

const sureOf = (explanation: Explanation, pairs: readonly ValuePair[]): Sure => {
  const kind = kindOf(explanation);
  const evidence = pairs.reduce((sum, pair) => sum + kind.evidence(explanation, pair), 0);
  return evidence === Infinity ? 'certain' : evidence >= LIKELY ? 'likely' : 'possible';
};

const findingOf = (
  explanation: Explanation,
  pairs: readonly ValuePair[],
  numbers: readonly number[],
): Finding => ({
  explanation,
  sure: sureOf(explanation, pairs),
  ...describe(explanation, pairs, numbers),
});

// --- one pair, several pairs -------------------------------------------------------------------------------------

export const comparePair = (pair: ValuePair): PairForensics => ({
  pair,
  xor: pair.expected ^ pair.found,
  difference: differenceOf(pair),
  bits: changesOf(pair, 1),
  nibbles: changesOf(pair, 4),
  bytes: changesOf(pair, 8),
  findings: explain(pair)
    .map((explanation) => findingOf(explanation, [pair], [0]))
    .toSorted((a, b) => Number(a.sure === 'possible') - Number(b.sure === 'possible')),
});

const keyOf = (explanation: Explanation): string =>
  JSON.stringify(explanation, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

// Explanations that are tried on all pairs for the closest one: thousands of pairs have tens of thousands.
const TRIED = 64;

// The strongest of those that fit most, at least two: one that fits a single pair is among its findings. Of many, those
// that fit most of a sample of the pairs are tried on all.
const closestOf = (
  ordered: readonly Explanation[],
  all: readonly ValuePair[],
  numbers: readonly number[],
): { readonly explanation: Explanation; readonly fits: readonly number[] } | undefined => {
  const telling = ordered.filter((explanation) => !isConsequence(explanation));
  const stride = Math.max(1, Math.floor(numbers.length / TRIED));
  const some = numbers.filter((_, index) => index % stride === 0);
  const count = (explanation: Explanation): number =>
    some.reduce((sum, index) => sum + Number(holds(explanation, all[index]!)), 0);
  const tried =
    stride === 1
      ? telling
      : telling
          .map((explanation, index) => ({ explanation, index, count: count(explanation) }))
          .toSorted((a, b) => b.count - a.count || a.index - b.index)
          .slice(0, TRIED)
          .toSorted((a, b) => a.index - b.index)
          .map(({ explanation }) => explanation);
  const [closest] = tried
    .map((explanation) => ({ explanation, fits: numbers.filter((index) => holds(explanation, all[index]!)) }))
    .filter(({ fits }) => fits.length > 1)
    .toSorted((a, b) => b.fits.length - a.fits.length);
  return closest;
};

const commonOf = (all: readonly ValuePair[]): CommonForensics | null => {
  const numbers = [...all.keys()].filter((index) => all[index]!.expected !== all[index]!.found);
  if (numbers.length < 2) return null;
  const pairs = numbers.map((index) => all[index]!);
  const candidates = new Map(pairs.flatMap((pair) => explain(pair, pairs)).map((one) => [keyOf(one), one]));
  const ordered = inOrder([...candidates.values()]);
  const everywhere = ordered.filter((explanation) => pairs.every((pair) => holds(explanation, pair)));
  const families = new Set<string>();
  const best: Explanation[] = [];
  for (const explanation of everywhere) {
    const family = kindOf(explanation).family;
    if (!families.has(family)) best.push(explanation);
    families.add(family);
  }
  const first = best.find((explanation) => !isConsequence(explanation));
  const finding = (explanation: Explanation): Finding => findingOf(explanation, pairs, numbers);

  const closest = first === undefined ? closestOf(ordered, all, numbers) : undefined;
  return {
    pairs: numbers,
    explanation: first === undefined ? null : finding(first),
    also: best.filter((explanation) => explanation !== first).map(finding),
    closest:
      closest === undefined
        ? null
        : {
            finding: findingOf(
              closest.explanation,
              closest.fits.map((index) => all[index]!),
              closest.fits,
            ),
            pairs: closest.fits,
          },
  };
};

/** Compare pairs of values, each alone and all together. */
export const compareValues = (pairs: readonly ValuePair[]): Forensics => ({
  pairs: pairs.map(comparePair),
  common: commonOf(pairs),
});
