// What a text parameter can be.

import type fc from 'fast-check';
import { NULL_VALUE, type ParameterValue } from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';
import { below, pick } from './dice.js';
import { NO_DICTIONARY, type Dictionary } from './dictionary.js';
import { type Domain, pieces, plainer, without } from './domain.js';
import { LETTER, TextBytes } from './text-bytes.js';

type Text = Extract<ParameterValue, { type: 'text' }>;

const MAX_TEXT = 4095; // without a `max`

// How much smaller the objects of a smaller size class are.
const CLASS_STEPS = [512, 256, 128, 96, 64, 32];

// Most texts are short, for a run takes time for each byte.
const SHORT = 16;
const MEDIUM = 70;

// How many bytes long texts may add to the mean of all: the longer they are, the rarer.
const EDGE_BYTES = 3;
const CONSTANT_BYTES = 2;

const CHANCES = 1024;

const chanceOf = (lengths: readonly number[], bytes: number): number => {
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
  return lengths.length === 0 ? 0 : Math.min(CHANCES / 16, Math.ceil((CHANCES * bytes) / Math.max(1, mean)));
};

/** Texts of a parameter. */
export class TextDomain implements Domain<Text> {
  readonly min: number;
  readonly max: number;
  readonly #lead: number | undefined;
  readonly #null: boolean;
  readonly #bytes: TextBytes;
  readonly #edges: readonly number[];
  readonly #constants: readonly number[];
  readonly #chanceOfEdge: number;
  readonly #chanceOfConstant: number;

  /** @param spec its bounds count in bytes; a `lead` is the first of every text that is not empty */
  constructor(spec: ParameterSpec, bytes = new TextBytes(), { lengths }: Dictionary = NO_DICTIONARY) {
    const { min = 0, max = MAX_TEXT, lead } = spec;
    this.min = min;
    this.max = max;
    this.#lead = lead === undefined ? undefined : new TextEncoder().encode(lead)[0];
    this.#null = spec.null === true;
    this.#bytes = bytes;
    this.#edges = [max, max - 1, max - 2].filter((length) => length >= min);
    this.#constants = lengths
      .flatMap((length) => [length - 1, length, length + 1])
      .filter((length) => length >= min && length <= max);
    this.#chanceOfEdge = chanceOf(this.#edges, EDGE_BYTES);
    this.#chanceOfConstant = this.#chanceOfEdge + chanceOf(this.#constants, CONSTANT_BYTES);
  }

  draw(random: fc.Random): Text {
    return this.withLength(random, this.#length(random));
  }

  #length(random: fc.Random): number {
    const roll = below(random, CHANCES);
    if (roll < this.#chanceOfEdge) return pick(random, this.#edges);
    if (roll < this.#chanceOfConstant) return pick(random, this.#constants);
    const { min, max } = this;
    const kind = roll % 32;
    if (kind === 0) return min;
    const most = Math.max(min, Math.min(max, kind < 4 ? MEDIUM : SHORT));
    const least = Math.min(most, Math.max(min, 1));
    return least + below(random, most - least + 1);
  }

  /** A text of a length between the bounds; of length 0 it can be NULL. */
  withLength(random: fc.Random, length: number): Text {
    if (length === 0 && this.#null && below(random, 2) === 0) return NULL_VALUE as Text;
    return this.of(this.#bytes.draw(random, length));
  }

  /** The text of some bytes, its first one made the lead. */
  of(bytes: Uint8Array): Text {
    if (this.#lead !== undefined && bytes.length > 0) bytes[0] = this.#lead;
    return { type: 'text', bytes };
  }

  has(value: ParameterValue): value is Text {
    if (value.type !== 'text') return false;
    const { bytes } = value;
    if (value.isNull === true) return this.#null && bytes.length === 0;
    const leads = bytes.length === 0 || this.#lead === undefined || bytes[0] === this.#lead;
    return leads && bytes.length >= this.min && bytes.length <= this.max && !bytes.includes(0);
  }

  // How many of the first bytes stay.
  get #first(): number {
    return this.#lead === undefined ? 0 : 1;
  }

  *#shorter(bytes: Uint8Array, size: number, most: number): Iterable<Text> {
    const first = this.#first;
    const piece = Math.min(size, bytes.length - Math.max(this.min, first));
    if (piece <= 0) return;
    for (const at of pieces(first, bytes.length, piece, most)) {
      const text = without(bytes, at, piece);
      if (text.length >= this.min) yield this.of(text);
    }
  }

  *leaps(value: Text): Iterable<Text> {
    const { bytes } = value;
    if (value.isNull === true) return void (yield { type: 'text', bytes });
    const { length } = bytes;
    if (length === 0) return;
    if (this.min === 0) yield { type: 'text', bytes: new Uint8Array(0) };
    const least = Math.max(1, this.min);
    if (length > least) yield this.of(new Uint8Array(least).fill(LETTER));
    yield* this.#shorter(bytes, length >> 1, 2);
    const plain = this.of(new Uint8Array(length).fill(LETTER));
    if (!plain.bytes.every((byte, at) => byte === bytes[at])) yield plain;
  }

  *steps({ bytes }: Text): Iterable<Text> {
    // From one edge of a slab object to that of a smaller one.
    for (const size of CLASS_STEPS)
      if (bytes.length - size >= Math.max(this.min, 1)) yield this.of(bytes.slice(0, -size));
    for (let size = bytes.length >> 2; size > 1; size >>= 1) yield* this.#shorter(bytes, size, 8);
    yield* this.#withoutOne(bytes);
    for (const changed of plainer(bytes, [LETTER, ...this.#bytes.separators, 0x80], this.#first))
      yield this.of(changed);
  }

  // Of equal bytes in a row it is the same which one goes.
  *#withoutOne(bytes: Uint8Array): Iterable<Text> {
    if (bytes.length <= this.min) return;
    for (let at = bytes.length - 1; at >= this.#first; at -= 1)
      if (at === this.#first || bytes[at] !== bytes[at - 1]) yield this.of(without(bytes, at, 1));
  }
}
