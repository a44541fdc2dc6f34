// Values that are worth trying because the code under check has them as constants.

/** What to try besides what is always tried. All lists are sorted, and have no value twice. */
export interface Dictionary {
  /** Lengths of a text, or of all texts together. */
  readonly lengths: readonly number[];
  /** Bytes of texts and contents; no 0. */
  readonly bytes: readonly number[];
  /** Those of them that the code compares something with. */
  readonly compared: readonly number[];
  /** Pieces of texts: strings beside the code, and wide values that look like text. In the order of the code. */
  readonly words: readonly Uint8Array[];
  /** Values of int32 parameters. */
  readonly numbers: readonly number[];
  /** Bits of choices. */
  readonly bits: readonly bigint[];
}

/** Nothing to try. */
export const NO_DICTIONARY: Dictionary = {
  lengths: [],
  bytes: [],
  compared: [],
  words: [],
  numbers: [],
  bits: [],
};
