// Reads what changes over a run: what holds in a state, and since when. Knows no screen.

import { firstWhere } from '../../src/base/bisect.js';
import type { Track } from '../../src/report/page-data.js';

/** The index of the last number that is at most `at`, or -1. The numbers rise. */
export const lastAtMost = (numbers: ArrayLike<number>, at: number): number =>
  firstWhere(numbers.length, (index) => numbers[index]! > at) - 1;

/** Running sums. */
export const sumsOf = (gaps: readonly number[]): Int32Array => {
  const sums = new Int32Array(gaps.length);
  let sum = 0;
  gaps.forEach((gap, index) => {
    sum += gap;
    sums[index] = sum;
  });
  return sums;
};

/** A track that answers. */
export class TrackReader {
  readonly #states: Int32Array;
  readonly #values: readonly number[];

  constructor({ gaps, values }: Track) {
    this.#states = sumsOf(gaps);
    this.#values = values;
  }

  /** The value in a state, and the first state that has it; `undefined` before the first one. */
  at(state: number): { readonly value: number; readonly since: number } | undefined {
    const index = lastAtMost(this.#states, state);
    const value = this.#values[index];
    return value === undefined ? undefined : { value, since: this.#states[index]! };
  }

  /** The value in a state, or `undefined`. */
  valueAt(state: number): number | undefined {
    return this.#values[lastAtMost(this.#states, state)];
  }
}
