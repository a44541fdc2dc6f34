// An explanation as data: how one value can have become another; and what a row of kinds.ts must have.

import { type ValuePair, changesOf } from './pair.js';

/**
 * One way to get from the expected value to the found one. Bits count from the least significant, byte offsets from
 * the first byte in memory, which is the least significant one.
 */
export type Explanation =
  | { readonly kind: 'same' }
  // The found value is known, whatever was expected.
  | { readonly kind: 'pattern'; readonly name: string; readonly beyond: bigint }
  | { readonly kind: 'zeroed' }
  | { readonly kind: 'all-ones' }
  | { readonly kind: 'filled'; readonly byte: number }
  | { readonly kind: 'errno'; readonly errno: number }
  | { readonly kind: 'value'; readonly value: bigint }
  | { readonly kind: 'text' }
  // Some bits or bytes changed, the others did not.
  | { readonly kind: 'bit-flip'; readonly bit: number; readonly to: number }
  | { readonly kind: 'bit'; readonly bit: number }
  | { readonly kind: 'one-bit' }
  | { readonly kind: 'bits'; readonly mask: bigint }
  | { readonly kind: 'bits-set'; readonly mask: bigint }
  | { readonly kind: 'bits-cleared'; readonly mask: bigint }
  | { readonly kind: 'byte'; readonly offset: number; readonly old: number; readonly new: number }
  | { readonly kind: 'substitution'; readonly old: number; readonly new: number }
  | { readonly kind: 'conversion'; readonly name: string }
  | { readonly kind: 'byte-becomes'; readonly new: number }
  | { readonly kind: 'byte-xor'; readonly mask: number }
  | { readonly kind: 'byte-at'; readonly offset: number }
  | { readonly kind: 'one-byte' }
  | { readonly kind: 'overwrite'; readonly offset: number; readonly bytes: readonly number[] }
  | { readonly kind: 'overwrite-at'; readonly offset: number; readonly length: number }
  // Arithmetic on the whole value.
  | { readonly kind: 'delta'; readonly delta: bigint }
  | { readonly kind: 'negation' }
  | { readonly kind: 'complement' }
  | { readonly kind: 'sign-extension'; readonly bits: number }
  | { readonly kind: 'truncation'; readonly bits: number }
  | { readonly kind: 'shift'; readonly left: number } // negative: right, zeros from the left
  | { readonly kind: 'arithmetic-shift'; readonly right: number } // sign bits from the left
  // The order of its parts.
  | { readonly kind: 'byte-swap'; readonly unit: number } // the bytes of every unit reversed
  | { readonly kind: 'word-swap'; readonly unit: number } // the units reversed, each as it was
  | { readonly kind: 'rotation'; readonly left: number }
  | { readonly kind: 'misaligned'; readonly bytes: number } // read so many bytes too late; negative: too early
  // What the values mean as addresses or as fills.
  | { readonly kind: 'same-frame' } // the same physical address, through another mapping
  | { readonly kind: 'near-null' }
  | { readonly kind: 'not-canonical' }
  | { readonly kind: 'range'; readonly from: string; readonly to: string }
  | { readonly kind: 'same-page' }
  | { readonly kind: 'same-page-offset' }
  | { readonly kind: 'pattern-lost'; readonly name: string };

export type ExplanationKind = Explanation['kind'];

/**
 * What a kind explains by. Of a family only the first kind that fits several pairs is reported: the others follow from
 * it. `pointer`, `before` and `hint` say what a value became or was, or where that happens, not what happened to it.
 */
type Family = 'value' | 'place' | 'arithmetic' | 'order' | 'frame' | 'text' | 'pointer' | 'before' | 'hint';

/** The pairs that one explanation fits. */
export interface Samples {
  readonly pairs: readonly ValuePair[];
  /** Which sample each pair is, from 0. */
  readonly numbers: readonly number[];
  readonly first: ValuePair;
  /** Whether there is one pair only: its sentence can say more. */
  readonly alone: boolean;
}

/** Everything that belongs to one kind of explanation. */
interface Row<E extends Explanation> {
  readonly family: Family;
  /** Kinds that say more: beside one of them, this one is not reported for a pair. */
  readonly yieldsTo?: readonly ExplanationKind[];
  /**
   * Candidates for a pair of different values; those that do not fit are dropped.
   *
   * @param together all pairs, when one explanation is wanted for several: weaker candidates count then as well
   */
  find(pair: ValuePair, together?: readonly ValuePair[]): readonly E[];
  /** Whether it takes the expected value of a pair of different values to the found one. */
  fits(explanation: E, pair: ValuePair): boolean;
  /** Bits of the found value that chance does not account for; infinite where it says only what the bits show. */
  evidence(explanation: E, pair: ValuePair): number;
  /** A sentence without capital and full stop. */
  say(explanation: E, samples: Samples): string;
  /** What it rests on beyond the bits; null when it rests on nothing else. */
  source(explanation: E): string | null;
}

export type Kind<K extends ExplanationKind = ExplanationKind> = Row<
  Extract<Explanation, { readonly kind: K }>
>;

/** A kind that says only what the bits show. */
export const shown = (family: Family) => ({ family, evidence: () => Infinity, source: () => null });

/** A kind that accounts for every bit of the changed bytes; `choice`: those spent on choosing its parameters. */
export const fitting = (family: Family, choice: number | ((pair: ValuePair) => number) = 0) => ({
  family,
  evidence: (_: Explanation, pair: ValuePair) =>
    8 * changesOf(pair, 8).length - (typeof choice === 'number' ? choice : choice(pair)),
  source: () => null,
});
