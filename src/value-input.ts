// Values as people write them and as dumps print them, read as pairs of one size. Knows no damage and no kernel.

import { InputError } from './errors.js';
import { type ValuePair, type ValueSize, unsignedOf, valueOf } from './value-pair.js';

/** How the text of a value was read. */
export type Reading = 'decimal' | 'hexadecimal' | 'bytes';

/** A value with the text that it came from. */
export interface GivenValue {
  readonly text: string;
  readonly reading: Reading;
  /** What a reader may have meant otherwise; null when there is no doubt. */
  readonly note: string | null;
}

/** Two texts, read as a pair. */
export interface GivenPair {
  readonly pair: ValuePair;
  readonly expected: GivenValue;
  readonly found: GivenValue;
}

interface Read extends GivenValue {
  /** Not wrapped: negative if it was written so. */
  readonly value: bigint;
  /** The size that its writing shows, if any: padded hex digits or bytes. */
  readonly written?: ValueSize;
}

const SIZES: readonly ValueSize[] = [1, 2, 4, 8];

const BYTES = /^[0-9a-f]{2}(?:(?::[0-9a-f]{2})+|(?:\s+[0-9a-f]{2})+)$/iu;

const HINT = 'write 13008943, -22, 0xc6802f, ffff880008012f80 or bytes in memory order, 2f:80:c6:00';

const readBytes = (text: string, field: string): Read => {
  const bytes = text.split(/[:\s]+/u).map((byte) => Number.parseInt(byte, 16));
  const written = SIZES.find((size) => size === bytes.length);
  if (written === undefined) {
    throw new InputError(`"${text}" has ${bytes.length} bytes; a value has 1, 2, 4 or 8`, { field });
  }
  return { text, reading: 'bytes', note: null, value: valueOf(bytes), written };
};

// 16 digits are what %016lx prints, and 8 those of %08x; fewer say nothing about the size.
const readHex = (text: string, digits: string, note: string | null): Read => ({
  text,
  reading: 'hexadecimal',
  note,
  value: BigInt(`0x${digits}`),
  ...(digits.length === 16 ? { written: 8 as const } : {}),
});

// Digits without letters can be either. A dump pads to 8 or 16 digits, and prints two pointers alike.
const isPaddedHex = (text: string, other: string): boolean =>
  ((text.length === 8 || text.length === 16) && text.startsWith('0')) ||
  (text.length >= 8 && text.length === other.length && /^[0-9a-f]*[a-f][0-9a-f]*$/iu.test(other));

const readDigits = (text: string, other: string): Read => {
  const asDecimal = BigInt(text);
  const couldBeHex = text.length <= 16 && asDecimal !== BigInt(`0x${text}`);
  if (couldBeHex && isPaddedHex(text, other)) {
    return readHex(
      text,
      text,
      `read as hexadecimal, as dumps print it; write ${asDecimal} for the decimal number`,
    );
  }
  if (!couldBeHex && text.length === 16 && text.startsWith('0')) return readHex(text, text, null);
  const doubtful = couldBeHex && (text.length === 16 || (text.length > 1 && text.startsWith('0')));
  const note = doubtful ? `read as a decimal number; write 0x${text} for the hexadecimal one` : null;
  return { text, reading: 'decimal', note, value: asDecimal };
};

const readValue = (given: string, otherGiven: string, field: string): Read => {
  const text = given.trim().replaceAll(/\s+/gu, ' ');
  const other = otherGiven.trim();
  if (text === '') throw new InputError(`is empty; ${HINT}`, { field });
  if (BYTES.test(text)) return readBytes(text, field);
  if (/^\d{1,40}$/u.test(text)) return readDigits(text, other);
  const [, minus, prefix, digits] = /^(-?)(0x)?([0-9a-f]+)$/iu.exec(text) ?? [];
  if (digits === undefined || (minus === '-' && prefix === undefined && !/^\d+$/u.test(digits))) {
    throw new InputError(`${JSON.stringify(given)} is not a value; ${HINT}`, { field });
  }
  if (minus !== '-') return readHex(text, digits, null);
  const reading = prefix === undefined ? 'decimal' : 'hexadecimal';
  return { text, reading, note: null, value: -BigInt(`${prefix ?? ''}${digits}`) };
};

const fits = (value: bigint, size: ValueSize): boolean => {
  const bits = BigInt(8 * size);
  return value < 1n << bits && value >= -(1n << (bits - 1n));
};

const check = ({ text, value, reading, written }: Read, size: ValueSize, field: string): void => {
  const plural = size === 1 ? '' : 's';
  if (reading === 'bytes' && written! > size) {
    throw new InputError(`"${text}" has ${written} bytes, more than ${size}`, { field });
  }
  if (!fits(value, size)) {
    throw new InputError(`"${text}" does not fit in ${size} byte${plural} (${8 * size} bits)`, { field });
  }
};

// As many bytes as were written, if the other value fits; else 4 unless something needs or shows more.
const sizeOf = (expected: Read, found: Read): ValueSize => {
  const both = [expected, found];
  const shown = both.map(({ reading, written }) => (reading === 'bytes' ? written! : 0));
  const size = SIZES.find((one) => one === Math.max(...shown));
  if (size !== undefined && both.every(({ value, written = 1 }) => written <= size && fits(value, size))) {
    return size;
  }
  const needed = both.some(({ value, written }) => written === 8 || !fits(value, 4)) ? 8 : 4;
  // -22 and 4294967274 are the same 32 bits: who writes them differently means 64.
  const hidden =
    needed === 4 &&
    expected.value !== found.value &&
    unsignedOf(expected.value, 4) === unsignedOf(found.value, 4);
  return hidden ? 8 : needed;
};

const given = ({ text, reading, note }: Read): GivenValue => ({ text, reading, note });

/**
 * Read two texts as an expected and a found value: decimal (also negative), `0x…`, the bare hex digits of a dump, or
 * bytes in memory order, `2f:80:c6:00`.
 *
 * @param size bytes of the value; without it 8 if one needs or shows 64 bits, else 4, or
 *   as many bytes as were written
 * @param number which pair it is, from 0, for messages
 * @throws {InputError} when a text is no value, or is wider than the size
 */
export const readPair = (
  expectedText: string,
  foundText: string,
  size?: ValueSize,
  number = 0,
): GivenPair => {
  const place = number === 0 ? '' : ` of pair ${number + 1}`;
  const fields = [`EXPECTED${place}`, `FOUND${place}`] as const;
  const expected = readValue(expectedText, foundText, fields[0]);
  const found = readValue(foundText, expectedText, fields[1]);
  for (const [index, read] of [expected, found].entries()) check(read, size ?? 8, fields[index]!);
  const bytes = size ?? sizeOf(expected, found);
  return {
    pair: {
      expected: unsignedOf(expected.value, bytes),
      found: unsignedOf(found.value, bytes),
      size: bytes,
    },
    expected: given(expected),
    found: given(found),
  };
};
