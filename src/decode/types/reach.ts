// Whether two instructions of a function can both run in one call: there is a way from one to the other.

import { placeOf } from '../code/code-piece.js';
import type { Block } from './blocks.js';

/** The ways between the blocks of a function. */
export class Reach {
  readonly #blockAt = new Map<string, number>();
  readonly #from = new Map<number, ReadonlySet<number>>();

  constructor(readonly blocks: readonly Block[]) {
    for (const { index, codes } of blocks) for (const code of codes) this.#blockAt.set(placeOf(code), index);
  }

  #reachedFrom(start: number): ReadonlySet<number> {
    const known = this.#from.get(start);
    if (known !== undefined) return known;
    const found = new Set([start]);
    for (const index of found) for (const next of this.blocks[index]!.next) found.add(next);
    this.#from.set(start, found);
    return found;
  }

  /** Whether there is a way between two places, in either direction; true of places that are not in the function. */
  shareWay(one: string, other: string): boolean {
    const [a, b] = [this.#blockAt.get(one), this.#blockAt.get(other)];
    if (a === undefined || b === undefined || a === b) return true;
    return this.#reachedFrom(a).has(b) || this.#reachedFrom(b).has(a);
  }
}
