// What is said to a line that somebody types at a question. Types only.

/** How far a question is: what its answers have cost so far. */
export interface Standing {
  /** Wrong answers that cost. */
  readonly wrong: number;
  /** Hints that were read. */
  readonly hints: number;
  /** Wrong answers as they were typed, lower case: one costs only once. */
  readonly given: readonly string[];
}

/** What is said. After `right` and `skipped` the question is over. */
export type Said =
  | {
      readonly kind: 'right';
      readonly points: number;
      /** The other right answers, in a sentence; empty where there are none. */
      readonly reason: string;
      readonly remark: string;
    }
  | {
      readonly kind: 'wrong';
      /** Given before: it costs nothing. */
      readonly again: boolean;
      /** Points that a right answer still gives. */
      readonly left: number;
      readonly reason: string;
    }
  | { readonly kind: 'unread'; readonly reason: string }
  | { readonly kind: 'hint'; readonly text: string; readonly cost: number }
  | { readonly kind: 'no hint' }
  | {
      readonly kind: 'skipped';
      readonly answers: readonly string[];
      /** Facts that they follow from, the first ones of many. */
      readonly why: readonly string[];
      /** Facts that were left out. */
      readonly more: number;
      readonly remark: string;
    }
  | { readonly kind: 'look'; readonly lines: readonly string[] }
  | { readonly kind: 'ask' }
  | { readonly kind: 'help' };
