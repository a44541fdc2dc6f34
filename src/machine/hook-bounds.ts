// The ranges of memory hooks, which Unicorn looks up at each access: changing them changes what is reported, at no cost.
// The library has no call for it, so the bounds are written into the hooks; where they are is found by looking for the
// ones that were given, and nothing is changed where that is not certain.

import type { Addr } from '../base/address.js';
import { u64 } from '../base/address.js';
import type { GuestRange } from './engine.js';
import type { Koffi } from './library.js';

/** A range that nothing lies in: the first page is never mapped. */
export const NOWHERE = { begin: 8n, end: 9n } as const;

// The widest access of code without AVX, less one: so many bytes before the end of a range an access can leave it.
const REACH = 15n;

// Bytes at the start of a hook that are searched for its bounds.
const SEARCHED = 64;

interface Piece {
  readonly begin: Addr;
  readonly end: Addr; // included
}

/** The bounds of one hook. */
interface Bounds {
  readonly words: BigUint64Array;
  readonly at: number;
}

/**
 * Find where a hook keeps its bounds.
 *
 * @param hook its handle
 * @returns undefined where they are not found, or more than once
 */
const findBounds = (koffi: Koffi, hook: bigint, begin: Addr, end: Addr): Bounds | undefined => {
  const words = new BigUint64Array(koffi.view(hook, SEARCHED));
  const found = [...words.keys()].filter((at) => words[at] === begin && words[at + 1] === end);
  return found.length === 1 ? { words, at: found[0]! } : undefined;
};

/** What is left of pieces without the ranges that are skipped. */
export const withoutSkipped = (pieces: readonly Piece[], ranges: readonly GuestRange[]): Piece[] => {
  const skipped = ranges
    .map(({ start, size }) => ({ begin: start, end: u64(start + BigInt(size) - 1n - REACH), size }))
    .filter(({ begin, end, size }) => BigInt(size) > REACH && end >= begin)
    .toSorted((a, b) => (a.begin < b.begin ? -1 : 1));
  return pieces.flatMap(({ begin, end }) => {
    const left: Piece[] = [];
    let from = begin;
    for (const one of skipped) {
      if (one.end < from || one.begin > end) continue;
      if (one.begin > from) left.push({ begin: from, end: one.begin - 1n });
      from = one.end + 1n;
      if (from > end) break;
    }
    if (from <= end) left.push({ begin: from, end });
    return left;
  });
};

/** Hooks of one kind, more of them than there are pieces. */
export class HookBounds {
  readonly #pieces: readonly Piece[];
  readonly #bounds: readonly Bounds[];

  /**
   * @param pieces what the first hooks report; the others report NOWHERE
   * @param hooks all of them, in the order in which they were made
   */
  constructor(koffi: Koffi, pieces: readonly Piece[], hooks: readonly bigint[]) {
    this.#pieces = pieces;
    const bounds = hooks.map((hook, index) => {
      const { begin, end } = pieces[index] ?? NOWHERE;
      return findBounds(koffi, hook, begin, end);
    });
    this.#bounds = bounds.includes(undefined) ? [] : (bounds as Bounds[]);
  }

  /** Report the pieces without some ranges, as far as there are hooks for what is left. */
  skip(ranges: readonly GuestRange[]): void {
    if (this.#bounds.length === 0) return;
    let left = withoutSkipped(this.#pieces, ranges);
    for (let count = ranges.length - 1; left.length > this.#bounds.length; count -= 1)
      left = withoutSkipped(this.#pieces, ranges.slice(0, count));
    for (const [index, { words, at }] of this.#bounds.entries()) {
      const { begin, end } = left[index] ?? NOWHERE;
      words[at] = begin;
      words[at + 1] = end;
    }
  }
}
