// The kinds of explanation as a table; which explanations fit a pair, and how one reads.

import type { Explanation, ExplanationKind, Kind, Samples } from './explanation.js';
import * as arithmetic from './kinds/arithmetic.js';
import * as bits from './kinds/bits.js';
import * as bytes from './kinds/bytes.js';
import * as known from './kinds/known.js';
import * as order from './kinds/order.js';
import * as pointer from './kinds/pointer.js';
import * as text from './kinds/text.js';
import type { ValuePair } from './pair.js';

type Kinds = { readonly [K in ExplanationKind]: Kind<K> } & { readonly step: Kind<'delta'> };

/**
 * The kinds in the order in which they are reported: known values, then what happened to a bit or byte, then to the
 * whole value, then what follows from it. A `step` is a difference that is telling by itself.
 */
const KINDS: Kinds = {
  same: known.same,
  pattern: known.pattern,
  zeroed: known.zeroed,
  'all-ones': known.ones,
  filled: known.filled,
  'bit-flip': bits.bitFlip,
  byte: bytes.byte,
  bit: bits.bit,
  substitution: bytes.substitution,
  conversion: bytes.conversion,
  'byte-swap': order.byteSwap,
  'word-swap': order.wordSwap,
  'sign-extension': arithmetic.signExtension,
  truncation: arithmetic.truncation,
  negation: arithmetic.negation,
  step: arithmetic.step,
  complement: arithmetic.complement,
  errno: known.errno,
  'same-frame': pointer.sameFrame,
  shift: arithmetic.shift,
  'arithmetic-shift': arithmetic.arithmeticShift,
  rotation: order.rotation,
  text: text.text,
  bits: bits.bits,
  value: known.value,
  misaligned: order.misaligned,
  'byte-becomes': bytes.byteBecomes,
  'byte-xor': bytes.byteXor,
  overwrite: bytes.overwrite,
  delta: arithmetic.delta,
  'bits-set': bits.bitsSet,
  'bits-cleared': bits.bitsCleared,
  'byte-at': bytes.byteAt,
  'one-bit': bits.oneBit,
  'one-byte': bytes.oneByte,
  'overwrite-at': bytes.overwriteAt,
  'near-null': pointer.nearNull,
  'not-canonical': pointer.notCanonical,
  range: pointer.range,
  'same-page': pointer.samePage,
  'same-page-offset': pointer.samePageOffset,
  'pattern-lost': known.patternLost,
};

const NAMES = Object.keys(KINDS);

/** The kinds by their names in the document: a `step` is a `delta` there. */
export const EXPLANATION_KINDS = NAMES.filter((name) => name !== 'step') as readonly ExplanationKind[];

const ROWS: readonly Kind[] = Object.values(KINDS);

const nameOf = (explanation: Explanation): keyof Kinds =>
  explanation.kind === 'delta' && arithmetic.isNotable(explanation.delta) ? 'step' : explanation.kind;

export const kindOf = (explanation: Explanation): Kind => KINDS[nameOf(explanation)];

/** Explanations in the order in which they are reported. */
export const inOrder = (explanations: readonly Explanation[]): Explanation[] =>
  explanations.toSorted((a, b) => NAMES.indexOf(nameOf(a)) - NAMES.indexOf(nameOf(b)));

/** Whether an explanation takes the expected value of a pair to the found one. */
export const holds = (explanation: Explanation, pair: ValuePair): boolean =>
  (pair.expected === pair.found) === (explanation.kind === 'same') &&
  kindOf(explanation).fits(explanation, pair);

/**
 * Every explanation that fits one pair and says something, in the order in which they are reported.
 *
 * @param together all pairs, when one explanation is wanted for several: then weaker ones, too, which could fit others
 */
export const explain = (pair: ValuePair, together?: readonly ValuePair[]): Explanation[] => {
  if (pair.expected === pair.found) return [{ kind: 'same' }];
  const fitting = ROWS.flatMap((kind) =>
    kind.find(pair, together).filter((explanation) => kind.fits(explanation, pair)),
  );
  const found = new Set(fitting.map(({ kind }) => kind));
  return fitting.filter(
    (explanation) => kindOf(explanation).yieldsTo?.some((other) => found.has(other)) !== true,
  );
};

/** A sentence for an explanation, and what it rests on beyond the bits. */
export const describe = (
  explanation: Explanation,
  pairs: readonly ValuePair[],
  numbers: readonly number[],
): { readonly text: string; readonly source: string | null } => {
  const kind = kindOf(explanation);
  const samples: Samples = { pairs, numbers, first: pairs[0]!, alone: pairs.length === 1 };
  const sentence = kind.say(explanation, samples);
  return {
    text: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`,
    source: kind.source(explanation),
  };
};
