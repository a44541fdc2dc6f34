// What is worth trying because code has it as a constant. Looks at instructions one by one, in the order in which they lie:
// the same code gives the same dictionary.

import type { CodeRange } from '../../run/observation.js';
import { type WithConstant, constantOf } from '../../x86/constants.js';
import type { Dictionary } from '../world/dictionary.js';

// Lengths that are shorter come anyway; longer ones no text has.
const SHORTEST = 4;
const LONGEST = 4096;

// Most constants of a kind. Those that come first in the code are kept.
const MOST = { lengths: 48, bytes: 32, compared: 16, words: 16, numbers: 64, bits: 32 } as const;

// A string of C beside the code: printable characters, then a NUL.
const STRING = /[\x20-\x7e]{3,64}(?=\0)/gu;

// How many instructions may lie between one that adds and one that compares the sum.
const NEAR = 4;

const SHIFTS = new Set(['shl', 'shr', 'sar']);
const BIT_TESTS = new Set(['bt', 'bts', 'btr', 'btc']);
const MASKS = new Set(['test', 'and', 'or', 'xor', 'cmp']);
const COMPARES = new Set(['cmp', 'sub']);

class Collector {
  readonly #lengths = new Set<number>();
  readonly #bytes = new Set<number>();
  readonly #compared = new Set<number>();
  readonly #words = new Map<string, Uint8Array>();
  readonly #numbers = new Set<number>();
  readonly #bits = new Set<bigint>();

  /** A value that something may be compared with, as a number of its width with a sign and without. */
  value(unsigned: bigint, width: number, isCompared: boolean): void {
    for (const value of [BigInt.asIntN(width, unsigned), unsigned]) {
      if (value < -0x8000_0000n || value > 0xffff_ffffn) continue;
      const number = Number(value);
      const size = Math.abs(number);
      if (size >= SHORTEST && size <= LONGEST) this.#lengths.add(size);
      if (size > 0 && size < 256) this.#byte(size, isCompared);
      this.#numbers.add(number | 0);
    }
    if (width > 8 && unsigned > 0xffn) this.#word(unsigned, width, isCompared);
  }

  #byte(byte: number, isCompared: boolean): void {
    this.#bytes.add(byte);
    if (isCompared) this.#compared.add(byte);
  }

  // A word of text: no byte of it is 0, and it is no small negative number, and no address of the kernel.
  #word(unsigned: bigint, width: number, isCompared: boolean): void {
    const bytes: number[] = [];
    for (let rest = unsigned, left = width; left > 0; left -= 8, rest >>= 8n)
      bytes.push(Number(rest & 0xffn));
    if (bytes.includes(0) || bytes.at(-1) === 0xff) return;
    for (const byte of bytes) this.#byte(byte, isCompared);
    if (isCompared) this.word(Uint8Array.from(bytes));
  }

  /** A piece of a text. */
  word(bytes: Uint8Array): void {
    const key = Buffer.from(bytes).toString('hex');
    if (this.#words.size < MOST.words && !this.#words.has(key)) this.#words.set(key, bytes);
  }

  mask(unsigned: bigint, width: number): void {
    for (const mask of [unsigned, BigInt.asUintN(width, ~unsigned)]) if (mask !== 0n) this.#bits.add(mask);
  }

  bit(number: bigint): void {
    this.#bits.add(1n << (number & 63n));
  }

  power(exponent: bigint): void {
    if (exponent > 1n && exponent < 13n) this.#lengths.add(1 << Number(exponent));
  }

  get dictionary(): Dictionary {
    const numbers = (all: ReadonlySet<number>, most: number): number[] =>
      [...all].slice(0, most).toSorted((a, b) => a - b);
    return {
      lengths: numbers(this.#lengths, MOST.lengths),
      bytes: numbers(this.#bytes, MOST.bytes),
      compared: numbers(this.#compared, MOST.compared),
      words: [...this.#words.values()],
      numbers: numbers(this.#numbers, MOST.numbers),
      bits: [...this.#bits].slice(0, MOST.bits).toSorted((a, b) => (a < b ? -1 : 1)),
    };
  }
}

const collect = (collector: Collector, { operation, constant, bits }: WithConstant): void => {
  if (constant === undefined) return;
  if (SHIFTS.has(operation)) collector.power(constant);
  else if (BIT_TESTS.has(operation)) collector.bit(constant);
  else {
    collector.value(constant, bits, operation === 'cmp');
    if (MASKS.has(operation)) collector.mask(constant, bits);
  }
};

// What is added to a value before it is compared: compilers test ranges by `x - low <= high - low`.
const addedBy = ({ operation, constant, bits }: WithConstant): bigint | undefined => {
  if (constant === undefined) return undefined;
  if (operation === 'add' || operation === 'lea') return BigInt.asIntN(bits, constant);
  return operation === 'sub' ? -BigInt.asIntN(bits, constant) : undefined;
};

/** The dictionary of some code. */
export const dictionaryOf = (code: readonly CodeRange[]): Dictionary => {
  const collector = new Collector();
  for (const { start, bytes } of code) {
    for (const [string] of Buffer.from(bytes).toString('latin1').matchAll(STRING))
      collector.word(Uint8Array.from(Buffer.from(string, 'latin1')));
    let recent: { readonly added: bigint; readonly until: number }[] = [];
    let count = 0;
    for (let offset = 0; offset < bytes.length; count += 1) {
      const one = constantOf(bytes.subarray(offset), start + BigInt(offset));
      offset += one.length;
      collect(collector, one);
      recent = recent.filter(({ until }) => until >= count);
      if (COMPARES.has(one.operation) && one.constant !== undefined)
        for (const { added } of recent)
          collector.value(BigInt.asUintN(one.bits, one.constant - added), one.bits, true);
      const added = addedBy(one);
      if (added !== undefined) recent.push({ added, until: count + NEAR });
    }
  }
  return collector.dictionary;
};
