// What a contents parameter can be: bytes that are repeated over an object, or those that the steps leave there.

import type fc from 'fast-check';
import type { ParameterValue } from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';
import { anyBytes, below, pick } from './dice.js';
import { NO_DICTIONARY, type Dictionary } from './dictionary.js';
import { type Domain, pieces, plainer, without } from './domain.js';

type Contents = Extract<ParameterValue, { type: 'contents' }>;

// How many bytes contents without a `max` have.
const EXACTLY = 32;

const PLAIN = 0x41;
const LIKELY = [PLAIN, 0x2f, 0x5c, 0x00, PLAIN, 0x2f, 0xff, PLAIN];

const ZERO: Contents = { type: 'contents', text: 'zero', fill: Uint8Array.of(0) };

// Contents of some bytes, in the notation of `--set`.
const contentsOf = (fill: Uint8Array): Contents => ({
  type: 'contents',
  text: Buffer.from(fill.buffer, fill.byteOffset, fill.length).toString('hex'),
  fill,
});

/** Values of a contents parameter. */
export class ContentsDomain implements Domain<Contents> {
  readonly #min: number;
  readonly #max: number;
  readonly #like: Contents | undefined; // the bytes that the steps leave, where the scenario has a word for them
  readonly #likely: readonly number[];
  readonly #chanceOfZero: number; // of 64

  /** @param dirty whether it is what lies where nobody wrote, which is seldom zero */
  constructor(spec: ParameterSpec, dirty = false, { bytes }: Dictionary = NO_DICTIONARY) {
    this.#min = spec.max === undefined ? EXACTLY : 1;
    this.#max = spec.max ?? EXACTLY;
    const word = spec.like ?? String(spec.default);
    this.#like = word === 'zero' || /^[0-9a-f]+$/iu.test(word) ? undefined : { type: 'contents', text: word };
    this.#likely = [...LIKELY, ...bytes, ...LIKELY];
    this.#chanceOfZero = dirty ? 2 : 7;
  }

  draw(random: fc.Random): Contents {
    const roll = below(random, 64);
    if (roll < this.#chanceOfZero) return ZERO;
    if (roll < this.#chanceOfZero + 21 && this.#like !== undefined) return this.#like;
    return contentsOf(this.#fill(random));
  }

  // A text, pointers, ids, list heads, any bytes, or all of them different.
  #fill(random: fc.Random): Uint8Array {
    const max = this.#max;
    const kind = below(random, 16);
    if (kind < 7) return this.#bytes(random, Math.min(max, 12));
    if (kind < 9) return this.#bytes(random, max);
    if (kind < 12 && max >= 8 && this.#min === 1) return pointers(random, 1 + below(random, max >> 3));
    if (kind < 14) return anyBytes(random, max);
    const first = below(random, 256);
    return Uint8Array.from({ length: max }, (_, index) => first + index);
  }

  #bytes(random: fc.Random, most: number): Uint8Array {
    const length = this.#min === 1 ? 1 + below(random, most) : this.#max;
    const bytes = anyBytes(random, length);
    for (let at = 0; at < length; at += 1) if (below(random, 2) === 0) bytes[at] = pick(random, this.#likely);
    return bytes;
  }

  has(value: ParameterValue): value is Contents {
    if (value.type !== 'contents') return false;
    const { text, fill } = value;
    if (fill === undefined) return text === this.#like?.text;
    if (text === 'zero') return fill.length === 1 && fill[0] === 0;
    return fill.length >= this.#min && fill.length <= this.#max && contentsOf(fill).text === text;
  }

  *leaps({ text, fill }: Contents): Iterable<Contents> {
    if (text === 'zero') return;
    yield ZERO;
    if (fill === undefined) return;
    if (this.#like !== undefined) yield this.#like;
    if (fill.length > this.#min)
      yield* [...new Set(fill)].slice(0, 8).map((byte) => contentsOf(Uint8Array.of(byte)));
    if (!fill.every((byte) => byte === PLAIN)) yield contentsOf(new Uint8Array(fill.length).fill(PLAIN));
  }

  *steps({ text, fill }: Contents): Iterable<Contents> {
    if (fill === undefined || text === 'zero') return;
    for (let size = fill.length >> 1; size > 0; size >>= 1) {
      if (fill.length - size < this.#min) continue;
      for (const at of pieces(0, fill.length, size, 8)) {
        const rest = without(fill, at, size);
        if (rest.length >= this.#min) yield contentsOf(rest);
      }
    }
    for (const changed of plainer(fill, [PLAIN, 0x2f, 0x5c, 0x00], 0)) yield contentsOf(changed);
  }
}

// Addresses of the direct map or of kernel text. Source: PAGE_OFFSET and __START_KERNEL_map,
// arch/x86/include/asm/page_64_types.h, v3.0.101
const pointers = (random: fc.Random, count: number): Uint8Array => {
  const words = new Uint32Array(2 * count);
  for (let at = 0; at < words.length; at += 2) {
    const low = random.nextInt(0, 0x7fff_ffff);
    const isText = below(random, 2) === 0;
    words[at] = isText ? 0x8000_0000 + (low & ~7) : low << 3;
    words[at + 1] = isText ? 0xffff_ffff : 0xffff_8800 + (low >>> 29);
  }
  return new Uint8Array(words.buffer);
};
