// Findings about the parameters of a counterexample: which did not matter, and which values reproduce it. Values only.

import type { PropertyName } from '../property/properties.js';

/** A finding about one parameter. A value "does" when the violation still happens with it. */
export type ParameterFinding = { readonly parameter: string; readonly tested: number } & (
  | {
      /** Any value does. `together`: whatever the other parameters with this finding are; otherwise with them as they stand. */
      readonly kind: 'any';
      readonly together: boolean;
    }
  /** Any text does except the empty one, which does not; nor does NULL, where it may be that. */
  | { readonly kind: 'not-empty' }
  /** Any text does, the empty one too, except NULL, which does not. */
  | { readonly kind: 'not-null' }
  /**
   * Values of a choice, or of a number with few of them: all were tried. Values in neither list do in some worlds only.
   * `beside`: whether a choice must have bits set besides (`needed`), must have none, or may have any; null where it has
   * no such bits, or they stayed as they stand.
   */
  | {
      readonly kind: 'choice';
      readonly does: readonly string[];
      readonly doesNot: readonly string[];
      readonly beside: 'needed' | 'none' | 'any' | null;
    }
  /** No other value that was tried does. */
  | { readonly kind: 'only' }
  /** Contents without 00 at bytes `from` to `to` do, others there do not matter; a 00 at one of them does not. */
  | { readonly kind: 'no-nul'; readonly from: number; readonly to: number }
  /**
   * Contents do that have `byte` at bytes `from` to `to`, with no 00 between byte `stop` and it; others do not. `stop` is
   * null where a 00 does not count.
   */
  | {
      readonly kind: 'takes-byte';
      readonly byte: number;
      readonly from: number;
      readonly to: number;
      readonly stop: number | null;
    }
  /** Some other values did not break the property. */
  | { readonly kind: 'matters' }
);

/** The findings from variations of a counterexample. */
export interface Mattering {
  readonly property: PropertyName;
  /** The seed that the variations come from. */
  readonly seed: number;
  /** Worlds that were run in all. */
  readonly worlds: number;
  /** One finding for each parameter, in the scenario's order. */
  readonly parameters: readonly ParameterFinding[];
}
