// What the differences of values say: facts, ranked findings for each pair, and the one explanation for all pairs.
// Findings are data with a sentence; printing is text.ts.

import { describeExplanation, sourceOf } from './explanation-text.js';
import { explain, generalise, isNotable } from './candidates.js';
import { type Explanation, type ExplanationKind, holds } from './explanations.js';
import { type Change, type ValuePair, changesOf, differenceOf } from './pair.js';

/**
 * How sure a finding is. `certain`: its sentence says only what the bits show. `likely`: fewer than one in a hundred
 * random changes of the same bytes would fit as well. `possible`: it fits, but so would much else.
 */
export type Sure = 'certain' | 'likely' | 'possible';

/** One explanation of one pair, or of several. */
export interface Finding {
  readonly explanation: Explanation;
  readonly sure: Sure;
  /** A sentence that says what it is. */
  readonly text: string;
  /** What it rests on beyond the bits. */
  readonly source: string | null;
}

/** Everything about one pair. */
export interface PairForensics {
  readonly pair: ValuePair;
  readonly xor: bigint;
  /** `found - expected`, the smaller of the two numbers that it can be modulo the size. */
  readonly difference: bigint;
  readonly bits: readonly Change[];
  readonly nibbles: readonly Change[];
  readonly bytes: readonly Change[];
  /** Most telling first, and what is merely possible last. */
  readonly findings: readonly Finding[];
}

/** What several pairs have in common. Pairs are counted from 0; equal ones are left out. */
export interface CommonForensics {
  /** The pairs that differ. */
  readonly pairs: readonly number[];
  /** The most specific explanation that fits all of them; null when there is none. */
  readonly explanation: Finding | null;
  /** What else fits all of them, or hints at who did it. */
  readonly also: readonly Finding[];
  /** Without one for all: that which fits most, and which pairs. */
  readonly closest: { readonly finding: Finding; readonly pairs: readonly number[] } | null;
}

/** What `forensics` finds. */
export interface Forensics {
  readonly pairs: readonly PairForensics[];
  /** null when fewer than two pairs differ. */
  readonly common: CommonForensics | null;
}

/**
 * Kinds in the order in which they are told: known values, then what happened to a bit or byte, then to the whole
 * value, then what follows from it. Within `place` and the other families only the first counts for several pairs:
 * the others follow from it.
 */
const ORDER: readonly (readonly [kind: ExplanationKind | 'step', family: string])[] = [
  ['same', 'place'],
  ['pattern', 'value'],
  ['zeroed', 'value'],
  ['all-ones', 'value'],
  ['filled', 'value'],
  ['bit-flip', 'place'],
  ['byte', 'place'],
  ['bit', 'place'],
  ['substitution', 'place'],
  ['conversion', 'hint'],
  ['byte-swap', 'order'],
  ['word-swap', 'order'],
  ['sign-extension', 'arithmetic'],
  ['truncation', 'arithmetic'],
  ['negation', 'arithmetic'],
  ['step', 'arithmetic'],
  ['complement', 'arithmetic'],
  ['errno', 'value'],
  ['same-frame', 'frame'],
  ['shift', 'arithmetic'],
  ['arithmetic-shift', 'arithmetic'],
  ['rotation', 'order'],
  ['text', 'text'],
  ['bits', 'place'],
  ['value', 'value'],
  ['misaligned', 'order'],
  ['byte-becomes', 'place'],
  ['byte-xor', 'place'],
  ['overwrite', 'place'],
  ['delta', 'place'],
  ['bits-set', 'place'],
  ['bits-cleared', 'place'],
  ['byte-at', 'place'],
  ['one-bit', 'place'],
  ['one-byte', 'place'],
  ['overwrite-at', 'place'],
  ['near-null', 'pointer'],
  ['not-canonical', 'pointer'],
  ['range', 'pointer'],
  ['same-page', 'pointer'],
  ['same-page-offset', 'pointer'],
  ['pattern-lost', 'before'],
];

// What a value became, or was, is a consequence: it does not say what happened to it.
const CONSEQUENCES: ReadonlySet<string> = new Set(['pointer', 'before', 'hint']);

const rank = (explanation: Explanation): number => {
  const one = explanation.kind === 'delta' && isNotable(explanation.delta) ? 'step' : explanation.kind;
  return ORDER.findIndex(([kind]) => kind === one);
};

const familyOf = (explanation: Explanation): string => ORDER[rank(explanation)]![1];

const inOrder = (explanations: readonly Explanation[]): Explanation[] =>
  explanations.toSorted((a, b) => rank(a) - rank(b));

// --- how sure ----------------------------------------------------------------------------------------------------

const CERTAIN: ReadonlySet<ExplanationKind> = new Set([
  'same', 'zeroed', 'all-ones', 'filled', 'value', 'bit-flip', 'bit', 'one-bit', 'bits', 'bits-set', 'bits-cleared', 'byte',
  'substitution', 'byte-becomes', 'byte-xor', 'byte-at', 'one-byte', 'overwrite', 'overwrite-at', 'not-canonical',
  'range', 'near-null',
]); // prettier-ignore

/** As many bits of chance must be left over for "likely": one in a hundred is less than one in 2 to the power of 6.6. */
const LIKELY = 6.6;

const PRINTABLE = Math.log2(256 / 96); // bits that one byte of text is less than any byte

/** Logarithm of how many found values an explanation of this kind would accept, whatever its parameters. */
const choices = (explanation: Explanation, { size }: ValuePair): number => {
  switch (explanation.kind) {
    case 'pattern':
      return explanation.beyond === 0n ? 5.3 : 13; // some forty patterns; two of them with a page beside them
    case 'delta':
      if (explanation.delta === 1n || explanation.delta === -1n) return 1;
      return explanation.delta >= -16n && explanation.delta <= 16n ? 5 : 10.1; // 32 small ones; 1100 words and powers
    case 'errno':
      return 7.2; // the names
    case 'shift':
    case 'arithmetic-shift':
    case 'rotation':
      return Math.log2(24 * size);
    case 'sign-extension':
    case 'truncation':
      return 2.6;
    case 'byte-swap':
    case 'word-swap':
      return 2.4;
    case 'conversion':
      return explanation.name === 'a NUL written' ? 8 : 1;
    default:
      return 0;
  }
};

const surplus = (explanation: Explanation, pair: ValuePair): number => {
  const changed = changesOf(pair, 8).length;
  switch (explanation.kind) {
    case 'text':
      return changed * PRINTABLE;
    case 'misaligned':
      return 8 * (pair.size - Math.abs(explanation.bytes)) - 3;
    case 'pattern-lost':
      return 8 * pair.size - 5.3;
    case 'same-page':
    case 'same-page-offset':
      return 0;
    default:
      return 8 * changed - choices(explanation, pair);
  }
};

const sureOf = (explanation: Explanation, pairs: readonly ValuePair[]): Sure => {
  if (CERTAIN.has(explanation.kind)) return 'certain';
  const left = pairs.reduce((sum, pair) => sum + surplus(explanation, pair), 0);
  return left >= LIKELY ? 'likely' : 'possible';
};

const findingOf = (
  explanation: Explanation,
  pairs: readonly ValuePair[],
  numbers: readonly number[],
): Finding => ({
  explanation,
  sure: sureOf(explanation, pairs),
  text: describeExplanation(explanation, pairs, numbers),
  source: sourceOf(explanation),
});

// --- one pair, several pairs -------------------------------------------------------------------------------------

/** Everything about one pair of values. */
export const comparePair = (pair: ValuePair): PairForensics => ({
  pair,
  xor: pair.expected ^ pair.found,
  difference: differenceOf(pair),
  bits: changesOf(pair, 1),
  nibbles: changesOf(pair, 4),
  bytes: changesOf(pair, 8),
  findings: inOrder(explain(pair))
    .map((explanation) => findingOf(explanation, [pair], [0]))
    .toSorted((a, b) => Number(a.sure === 'possible') - Number(b.sure === 'possible')),
});

const keyOf = (explanation: Explanation): string =>
  JSON.stringify(explanation, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

// Bits that were only set, or only cleared, though not the same ones in each: the mask is all of them together.
const masks = (pairs: readonly ValuePair[]): Explanation[] => {
  const mask = pairs.reduce((bits, { expected, found }) => bits | (expected ^ found), 0n);
  return [
    { kind: 'bits-set', mask },
    { kind: 'bits-cleared', mask },
  ];
};

// How many explanations are tried on all pairs for the closest one: with thousands of pairs there are tens of thousands.
const TRIED = 64;

// The strongest of those that fit most, two at least: what fits one alone stands with its pair. Of many, those that
// fit most of a few pairs from everywhere are tried on the others.
const closestOf = (
  ordered: readonly Explanation[],
  all: readonly ValuePair[],
  numbers: readonly number[],
): { readonly explanation: Explanation; readonly fits: readonly number[] } | undefined => {
  const telling = ordered.filter((explanation) => !CONSEQUENCES.has(familyOf(explanation)));
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
  const candidates = new Map(
    [...pairs.flatMap((pair) => [...explain(pair), ...generalise(pair)]), ...masks(pairs)].map((one) => [
      keyOf(one),
      one,
    ]),
  );
  const ordered = inOrder([...candidates.values()]);
  const everywhere = ordered.filter((explanation) => pairs.every((pair) => holds(explanation, pair)));
  const families = new Set<string>();
  const best: Explanation[] = [];
  for (const explanation of everywhere) {
    const family = familyOf(explanation);
    if (!families.has(family)) best.push(explanation);
    families.add(family);
  }
  const first = best.find((explanation) => !CONSEQUENCES.has(familyOf(explanation)));
  const describe = (explanation: Explanation): Finding => findingOf(explanation, pairs, numbers);

  const closest = first === undefined ? closestOf(ordered, all, numbers) : undefined;
  return {
    pairs: numbers,
    explanation: first === undefined ? null : describe(first),
    also: best.filter((explanation) => explanation !== first).map(describe),
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
