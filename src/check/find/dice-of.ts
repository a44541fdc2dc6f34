// Random numbers that depend on a seed and a place alone, whatever was drawn before and however fast-check is configured.

import fc from 'fast-check';
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/**
 * The seed of a block.
 *
 * @param seed of the campaign, 32 bits
 */
export const blockSeed = (seed: number, block: number): number => {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(block + 1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) | 0;
};

// The first numbers after a seed are much alike for seeds that are.
const WARM_UP = 16;

/** A source of random numbers for each index, in any order; soonest for the one after the last. */
export class Dice {
  readonly #seed: number;
  #source = xoroshiro128plus(0);
  #next = Infinity;

  /** @param seed 32 bits */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The source of an index from 0 on. */
  at(index: number): fc.Random {
    if (index < this.#next) {
      this.#source = xoroshiro128plus(this.#seed);
      for (let skipped = 0; skipped < WARM_UP; skipped += 1) this.#source.next();
      this.#next = 0;
    }
    const source = this.#source;
    let state: number[] = [];
    for (; this.#next <= index; this.#next += 1)
      state = [source.next(), source.next(), source.next(), source.next()];
    return new fc.Random(xoroshiro128plusFromState(state));
  }
}
