// Bytes of texts in shapes that find faults: separators in every place, single odd bytes, runs, UTF-8, any byte.

import type fc from 'fast-check';
import { below, pick } from './dice.js';

/** The plain byte, to which texts shrink. */
export const LETTER = 0x61;

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

// Bytes at which classes of characters begin and end: control characters, blanks, digits, letters, DEL, and those of
// UTF-8; char is signed, so that 0x80 and 0xff are its least value and -1.
const CLASSES = [
  0x01, 0x09, 0x0a, 0x1f, 0x20, 0x25, 0x2a, 0x30, 0x39, 0x3a, 0x40, 0x41, 0x5a, 0x5f, 0x7a, 0x7f, 0x80, 0xbf, 0xc2, 0xff,
]; // prettier-ignore

// Characters of two, three and four bytes.
const CHARACTERS = ['é', '€', '😀', 'ß', '\u{10ffff}', '/é'].map((text) => new TextEncoder().encode(text));

const TABLE_BITS = 9; // one draw of 32 bits gives three indices
const HALF = 1 << (TABLE_BITS - 1);

/** Fills texts of any length. */
export class TextBytes {
  /** Bytes that separate, the scenario's own first. */
  readonly separators: readonly number[];
  readonly #telling: readonly number[]; // separators, and what the code has
  readonly #words: readonly Uint8Array[];
  readonly #table: Uint8Array; // the likely bytes in one half, any byte in the other

  /**
   * @param separators of the scenario
   * @param constants bytes that the code under check has
   * @param words pieces of texts that it has
   */
  constructor(
    separators: readonly number[] = [],
    constants: readonly number[] = [],
    words: readonly Uint8Array[] = [],
  ) {
    this.#words = words;
    this.separators = [...new Set([...separators, SLASH, BACKSLASH])];
    this.#telling = [...this.separators, ...constants];
    const often = [LETTER, ...this.separators, LETTER, DOT, ...this.separators, LETTER, ...constants];
    this.#table = Uint8Array.from({ length: 2 * HALF }, (_, index) =>
      index < HALF ? often[index % often.length]! : ((index - HALF) % 255) + 1,
    );
  }

  /** A text of that length, without a NUL. */
  draw(random: fc.Random, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    if (length === 0) return bytes;
    const shape = below(random, 16);
    if (shape < 6) this.#mix(random, bytes);
    else if (shape < 12) {
      bytes.fill(shape < 10 ? LETTER : this.#one(random));
      if (shape < 11) bytes[below(random, length)] = this.#one(random);
      if (shape < 10) return bytes;
    } else if (shape < 14) this.#runs(random, bytes);
    else if (shape < 15) this.#characters(random, bytes);
    else this.#separated(random, bytes);
    if (shape % 2 === 1) this.#trim(random, bytes);
    if (this.#words.length > 0 && below(random, 4) === 0) this.#say(random, bytes);
    return bytes;
  }

  // A word of the code at the beginning, at the end or anywhere.
  #say(random: fc.Random, bytes: Uint8Array): void {
    const word = pick(random, this.#words).subarray(0, bytes.length);
    const room = bytes.length - word.length;
    const where = below(random, 4);
    bytes.set(word, where < 2 ? 0 : where === 2 ? room : below(random, room + 1));
  }

  // A byte that stands out in a plain text.
  #one(random: fc.Random): number {
    return pick(random, below(random, 2) === 0 ? this.#telling : CLASSES);
  }

  #mix(random: fc.Random, bytes: Uint8Array): void {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = 0; at < bytes.length; at += 3) {
      const word = random.nextInt(0, 0x7fff_ffff);
      bytes[at] = table[word & mask]!;
      bytes[at + 1] = table[(word >>> TABLE_BITS) & mask]!;
      bytes[at + 2] = table[(word >>> (2 * TABLE_BITS)) & mask]!;
    }
  }

  #runs(random: fc.Random, bytes: Uint8Array): void {
    const most = Math.max(2, bytes.length >> 1);
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + below(random, most);
      bytes.fill(below(random, 2) === 0 ? LETTER : this.#one(random), at, end);
      at = end;
    }
  }

  // Valid UTF-8, but for a character that may be cut at the end.
  #characters(random: fc.Random, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const character = pick(random, CHARACTERS);
      if (below(random, 2) === 0) bytes[at++] = LETTER;
      else for (const byte of character) bytes[at++] = byte;
    }
  }

  // Names between separators, of which some are empty.
  #separated(random: fc.Random, bytes: Uint8Array): void {
    const separator = pick(random, this.separators);
    bytes.fill(LETTER);
    for (let at = 0; at < bytes.length; at += 1 + below(random, 9)) bytes[at] = separator;
  }

  // Separators at the ends: at the last byte, or doubled. A byte of the code at the last byte, too.
  #trim(random: fc.Random, bytes: Uint8Array): void {
    const separator = pick(random, below(random, 2) === 0 ? this.separators : this.#telling);
    const how = below(random, 4);
    const at = how === 0 ? 0 : how === 1 ? below(random, bytes.length) : bytes.length - 1;
    bytes[at] = separator;
    if (how < 3 && bytes.length > 1)
      bytes[how === 2 ? at - 1 : Math.min(at + 1, bytes.length - 1)] = separator;
  }
}
