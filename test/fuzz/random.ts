// Random draws of a campaign: the same for the same seed.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A source of draws. */
export class Random {
  readonly #source;

  /** @param seed 32 bits */
  constructor(seed: number) {
    this.#source = xoroshiro128plus(seed);
    for (let skipped = 0; skipped < 16; skipped += 1) this.#source.next(); // the first are much alike
  }

  /** A number from 0 on, below `count`. */
  below(count: number): number {
    return count <= 1 ? 0 : (this.#source.next() >>> 0) % count;
  }

  /** Once in `count` draws. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of some values, of which there is at least one. */
  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }

  /** A small number from 1 on: half are 1, a quarter 2, and so on. */
  few(most = 8): number {
    let count = 1;
    while (count < most && this.oneIn(2)) count += 1;
    return count;
  }
}
