// What a choice parameter can be: one of its choices, and any of the bits besides.

import type fc from 'fast-check';
import { type ParameterValue, besideOf, choiceOf } from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';
import { below, pick } from './dice.js';
import { NO_DICTIONARY, type Dictionary } from './dictionary.js';
import type { Domain } from './domain.js';

type Choice = Extract<ParameterValue, { type: 'choice' }>;

// The bits of a number, each alone, the lowest first.
const bitsOf = (bits: bigint): bigint[] => {
  const single: bigint[] = [];
  for (let rest = bits; rest !== 0n; rest &= rest - 1n) single.push(rest & -rest);
  return single;
};

/** Values of a choice parameter. */
export class ChoiceDomain implements Domain<Choice> {
  readonly #spec: ParameterSpec;
  readonly #keys: readonly string[];
  readonly #plain: readonly Choice[];
  readonly #free: bigint;
  readonly #freeBits: readonly bigint[];
  readonly #constants: readonly bigint[]; // what constants of the code leave of the free bits

  constructor(spec: ParameterSpec, { bits }: Dictionary = NO_DICTIONARY) {
    this.#spec = spec;
    this.#keys = Object.keys(spec.choices ?? {});
    this.#plain = this.#keys.map((key) => this.of(key, 0n));
    this.#free = besideOf(spec);
    this.#freeBits = bitsOf(this.#free);
    const known = bits.map((constant) => constant & this.#free).filter((constant) => constant !== 0n);
    this.#constants = known.length === 0 ? this.#freeBits : known;
  }

  /** The choice of a key with bits besides. */
  of(key: string, beside: bigint): Choice {
    return choiceOf(this.#spec, key, beside) as Choice;
  }

  draw(random: fc.Random): Choice {
    const plain = pick(random, this.#plain);
    if (this.#free === 0n || below(random, 2) === 0) return plain;
    return this.of(plain.key, this.#beside(random));
  }

  #beside(random: fc.Random): bigint {
    const roll = below(random, 16);
    if (roll < 7) return pick(random, this.#freeBits);
    if (roll < 10) return pick(random, this.#constants);
    if (roll < 12) return this.#free;
    return (
      ((BigInt(below(random, 0x1_0000_0000)) << 32n) | BigInt(below(random, 0x1_0000_0000))) & this.#free
    );
  }

  has(value: ParameterValue): value is Choice {
    if (value.type !== 'choice' || !this.#keys.includes(value.key)) return false;
    const { key, beside = 0n } = value;
    return (beside & ~this.#free) === 0n && this.of(key, beside).value === value.value;
  }

  *leaps({ key, beside = 0n }: Choice): Iterable<Choice> {
    const [first] = this.#plain;
    if (first !== undefined && key !== first.key) yield first;
    if (beside !== 0n) yield this.of(key, 0n);
  }

  *steps({ key, beside = 0n }: Choice): Iterable<Choice> {
    for (const other of this.#keys.slice(0, this.#keys.indexOf(key))) yield this.of(other, beside);
    const bits = bitsOf(beside);
    if (bits.length > 1) for (const bit of bits) yield this.of(key, bit);
    if (bits.length > 2) for (const bit of bits) yield this.of(key, beside & ~bit);
  }
}
