// What an int32 parameter can be.

import type fc from 'fast-check';
import type { ParameterValue } from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';
import { below, pick } from './dice.js';
import { NO_DICTIONARY, type Dictionary } from './dictionary.js';
import type { Domain } from './domain.js';

type Int32 = Extract<ParameterValue, { type: 'int32' }>;

const MIN = -0x8000_0000;
const MAX = 0x7fff_ffff;

const POWERS = Array.from({ length: 32 }, (_, bit) => 2 ** bit).flatMap((power) => [
  power - 1,
  power,
  power + 1,
]);

const around = (value: number): number[] => [value - 1, value, value + 1];

// Of these allocations one fails, or all from one on; later ones are drawn seldom.
const FIRST = [1, 1, 1, 2, 2, 3, -1, -1, -2, -3];

/** Values of an int32 parameter. */
export class NumberDomain implements Domain<Int32> {
  readonly #min: number;
  readonly #max: number;
  /** The default. */
  readonly usual: Int32;
  readonly #usual: number;
  readonly #edges: readonly number[];
  readonly #constants: readonly number[];
  readonly #small: readonly number[];
  readonly #chanceOfUsual: number; // of 16
  readonly #chanceOfSmall: number; // of 16, the others included

  /** @param fails whether it says which allocation fails: most worlds have memory */
  constructor(spec: ParameterSpec, fails = false, { numbers }: Dictionary = NO_DICTIONARY) {
    const { min = MIN, max = MAX } = spec;
    this.#min = min;
    this.#max = max;
    this.#usual = Number(spec.default);
    this.usual = { type: 'int32', value: this.#usual };
    this.#chanceOfUsual = fails ? 12 : 1;
    this.#chanceOfSmall = fails ? 15 : 13;
    const allowed = (values: readonly number[]): number[] =>
      values.filter((value) => value >= min && value <= max);
    const edges = [...around(min), ...around(max), 0, 0, -1, -1];
    this.#edges = allowed([...edges, ...edges, ...edges, ...POWERS, ...POWERS.map((power) => 0 - power)]);
    const constants = fails ? [] : allowed(numbers.flatMap(around));
    this.#constants = constants.length === 0 ? this.#edges : constants;
    this.#small = allowed(fails ? FIRST : Array.from({ length: 33 }, (_, index) => index - 16));
  }

  draw(random: fc.Random): Int32 {
    return { type: 'int32', value: this.#value(random) };
  }

  #value(random: fc.Random): number {
    const roll = below(random, 16);
    if (roll < this.#chanceOfUsual) return this.#usual;
    if (roll < 4) return pick(random, this.#constants);
    if (roll < 9) return pick(random, this.#edges);
    if (roll < this.#chanceOfSmall && this.#small.length > 0) return pick(random, this.#small);
    return random.nextInt(this.#min, this.#max);
  }

  has(value: ParameterValue): value is Int32 {
    if (value.type !== 'int32') return false;
    return Number.isInteger(value.value) && value.value >= this.#min && value.value <= this.#max;
  }

  *leaps({ value }: Int32): Iterable<Int32> {
    if (value !== this.#usual) yield { type: 'int32', value: this.#usual };
    // As far from the default, but positive.
    const mirrored = 2 * this.#usual - value;
    if (value < this.#usual && mirrored <= this.#max) yield { type: 'int32', value: mirrored };
  }

  *steps({ value }: Int32): Iterable<Int32> {
    for (let rest = value - this.#usual; ;) {
      rest = Math.trunc(rest / 2);
      if (rest === 0) return;
      yield { type: 'int32', value: value - rest };
    }
  }
}
