// Which lengths the texts of which worlds have, so that each length of each text is drawn, and each edge of their sum.
// Knows bounds and numbers only.

import type fc from 'fast-check';
import { greatest, smallest } from '../../base/long-lists.js';
import { below } from './dice.js';

// Least and most bytes of a text.
interface LengthBounds {
  readonly min: number;
  readonly max: number;
}

/** Lengths of the texts of one world, in their order. */
export interface Lengths {
  /** -1 where the text is drawn as in any world. */
  readonly of: Int32Array;
  /** Whether they are part of a sweep: nothing that hides a length should come with them. */
  readonly sweep: boolean;
}

/** Where a world is in a campaign. */
export interface WorldPlace {
  readonly seed: number;
  readonly block: number;
  /** In the block, from 0. */
  readonly index: number;
}

const BLOCK = 1000; // worlds in a block, as they are counted here

// Within so many blocks each length of each text comes at least once.
const SWEEP_BLOCKS = 10;

// Sizes at which something changes: size classes of the allocator, and a page.
// Source: include/linux/kmalloc_sizes.h, v3.0.101
const SIZES = [32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096];
const NEAR = [-2, -1, 0, 1, 2];

// Most worlds of a block whose texts have an edge for a sum, and how many bytes those worlds, and those of the sweep in
// later blocks, may add to the mean of all: a run takes time for each byte.
const MOST_SUMS = 100;
const SUM_BYTES = 12;
const LATER_SWEEP_BYTES = 6;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

// How many of a block's worlds may be as long as `bytes` on average when they may add `budget` to the mean of all.
const affordable = (budget: number, bytes: number): number =>
  Math.max(1, Math.floor((budget * BLOCK) / Math.max(1, bytes)));

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

// A step through `count` values that comes to all of them, and soon near each.
const strideOf = (count: number): number => {
  let stride = Math.max(1, Math.round(count * 0.618));
  while (gcd(stride, count) !== 1) stride += 1;
  return stride;
};

// How many of a block's first `index` worlds are among `share` of BLOCK that are spread evenly.
const among = (share: number, index: number): number => Math.floor((index * share) / BLOCK);

/** The lengths of texts, world by world. */
export class LengthPlan {
  readonly #texts: readonly LengthBounds[];
  readonly #counts: readonly number[]; // of lengths, text by text
  readonly #strides: readonly number[];
  readonly #firstSweeps: number; // worlds of a block that sweep, in the first blocks and in later ones
  readonly #laterSweeps: number;
  readonly #sums: readonly (readonly number[])[]; // what texts together are to have: known edges, those of the code
  readonly #sumsPerBlock: number;

  /** @param constants of the code under check, which may be lengths of a text or of all together */
  constructor(texts: readonly LengthBounds[], constants: readonly number[] = []) {
    this.#texts = texts;
    this.#counts = texts.map(({ min, max }) => max - min + 1);
    this.#strides = this.#counts.map(strideOf);
    this.#firstSweeps = Math.ceil(greatest(this.#counts, 0) / SWEEP_BLOCKS);
    const swept = texts.reduce((sum, { min, max }) => sum + (min + max) / 2, 0);
    this.#laterSweeps = Math.min(this.#firstSweeps, affordable(LATER_SWEEP_BYTES, swept));
    const least = smallest(texts.map(({ min }) => min));
    const most = texts.reduce((sum, { max }) => sum + max, 0);
    const near = (sizes: readonly number[]): number[] =>
      [...new Set(sizes.flatMap((size) => NEAR.map((by) => size + by)))].filter(
        (sum) => sum >= least && sum <= most,
      );
    const known = near([...SIZES, most]);
    const own = near(constants).filter((sum) => !known.includes(sum));
    this.#sums = [known, own].filter((sums) => sums.length > 0);
    this.#sumsPerBlock =
      this.#sums.length === 0
        ? 0
        : Math.min(MOST_SUMS, affordable(SUM_BYTES, mean(this.#sums.map((sums) => mean(sums)))));
  }

  // Worlds of a block that sweep.
  #sweepsIn(block: number): number {
    return block < SWEEP_BLOCKS ? this.#firstSweeps : this.#laterSweeps;
  }

  /** Whether lengths of a world of a campaign are given. */
  has(block: number, index: number): boolean {
    const planned = this.#sweepsIn(block) + this.#sumsPerBlock;
    return this.#texts.length > 0 && among(planned, index + 1) !== among(planned, index);
  }

  /** The lengths of a world of a campaign; `undefined` for most, which draw theirs. */
  at({ seed, block, index }: WorldPlace, random: fc.Random): Lengths | undefined {
    if (!this.has(block, index)) return undefined;
    const planned = this.#sweepsIn(block) + this.#sumsPerBlock;
    const turn = among(planned, index);
    const sum = Math.floor((turn * this.#sumsPerBlock) / planned);
    if (Math.floor(((turn + 1) * this.#sumsPerBlock) / planned) > sum)
      return this.#sum(block * this.#sumsPerBlock + sum, random);
    const first = Math.min(block, SWEEP_BLOCKS);
    const before = first * this.#firstSweeps + (block - first) * this.#laterSweeps;
    return this.#sweep(seed, before + turn - sum);
  }

  /** The lengths of a world that is part of no campaign, as often as in the first blocks of one. */
  any(random: fc.Random): Lengths | undefined {
    if (this.#texts.length === 0) return undefined;
    const roll = below(random, BLOCK);
    if (roll < this.#sumsPerBlock) return this.#sum(random.nextInt(0, 0xffff_ffff), random);
    return roll < this.#sumsPerBlock + this.#firstSweeps
      ? this.#sweep(0, random.nextInt(0, 0xffff_ffff))
      : undefined;
  }

  #sweep(seed: number, turn: number): Lengths {
    const of = Int32Array.from(this.#texts, ({ min }, text) => {
      const count = this.#counts[text]!;
      return min + ((((seed >>> 0) % count) + (turn % count) * this.#strides[text]!) % count);
    });
    return { of, sweep: true };
  }

  // In each round of all sums it is that of all texts together, or of one of them alone: the code may leave out the others.
  #sum(turn: number, random: fc.Random): Lengths {
    const sums = this.#sums[turn % this.#sums.length]!;
    const place = Math.floor(turn / this.#sums.length);
    const sum = sums[(place * strideOf(sums.length)) % sums.length]!;
    const count = this.#texts.length;
    const alone = count === 1 ? 0 : (Math.floor(place / sums.length) % (count + 1)) - 1;
    const of = new Int32Array(count).fill(-1);
    const bounds = this.#texts[alone];
    if (bounds !== undefined && sum >= bounds.min && sum <= bounds.max) of[alone] = sum;
    else this.#split(sum, of, random);
    return { of, sweep: false };
  }

  // Each text gets a length that the others leave room and bytes for.
  #split(sum: number, of: Int32Array, random: fc.Random): void {
    let left = sum;
    let least = this.#texts.reduce((all, { min }) => all + min, 0);
    let most = this.#texts.reduce((all, { max }) => all + max, 0);
    const start = below(random, of.length);
    for (let turn = 0; turn < of.length; turn += 1) {
      const text = (start + turn) % of.length;
      const { min, max } = this.#texts[text]!;
      least -= min;
      most -= max;
      const from = Math.max(min, left - most);
      const to = Math.max(from, Math.min(max, left - least));
      of[text] = from + below(random, to - from + 1);
      left -= of[text];
    }
  }
}
