// Writes a changing value as a track: each value with the first state that has it.

import type { Track } from './page-data.js';

/** Takes values of rising states; repeated ones cost nothing. */
export class TrackWriter {
  readonly #gaps: number[] = [];
  readonly #values: number[] = [];
  #last = 0;

  /** The value starting at a state; of one state the last one counts. */
  put(state: number, value: number): void {
    if (this.#values.at(-1) === value) return;
    if (this.#values.length > 0 && this.#last === state) {
      this.#values[this.#values.length - 1] = value;
      return;
    }
    this.#gaps.push(state - this.#last);
    this.#values.push(value);
    this.#last = state;
  }

  /** The same, but repeated values are kept: for events. */
  again(state: number, value: number): void {
    this.#gaps.push(state - this.#last);
    this.#values.push(value);
    this.#last = state;
  }

  get track(): Track {
    return { gaps: this.#gaps, values: this.#values };
  }
}

/** Numbers things that are equal once, by a key. */
export class Pool<Item> {
  readonly items: Item[] = [];
  readonly #numbers = new Map<string, number>();

  /** @returns the index of the item in `items` */
  add(item: Item, key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.items.length);
    return this.items.push(item) - 1;
  }
}
