// Values as people write them and as dumps print them, read as pairs of one size.

import { InputError } from '../base/errors.js';
import { plural } from '../base/words.js';
import { greatest } from '../base/long-lists.js';
import { ERRNO_NAMES } from './patterns.js';
import { type ValuePair, type ValueSize, unsignedOf, valueOf } from './pair.js';

// How the text of a value was read.
type Reading = 'decimal' | 'hexadecimal' | 'bytes' | 'errno';

/** How digits without a prefix are read, where an option decides it for all values. */
type Base = 'hex' | 'dec';

/** A value with the text that it came from. */
export interface GivenValue {
  readonly text: string;
  readonly reading: Reading;
  /** How it was read, and how to write the other meaning; null when there is no doubt. */
  readonly note: string | null;
}

/** Two texts, read as a pair. */
export interface GivenPair {
  readonly pair: ValuePair;
  readonly expected: GivenValue;
  readonly found: GivenValue;
}

interface Read extends GivenValue {
  /** Not wrapped: negative if written with a minus sign. */
  readonly value: bigint;
  /** The size that its writing shows, if any: padded hex digits or bytes. */
  readonly written?: ValueSize;
}

const SIZES: readonly ValueSize[] = [1, 2, 4, 8];

const BYTES = /^[0-9a-f]{2}(?:(?::[0-9a-f]{2})+|(?:\s+[0-9a-f]{2})+)$/iu;

const HINT = 'write 13008943, -22, 0xc6802f, ffff880008012f80, -EINVAL or bytes in memory order, 2f:80:c6:00';

const readBytes = (text: string, field: string): Read => {
  const bytes = text.split(/[:\s]+/u).map((byte) => Number.parseInt(byte, 16));
  const written = SIZES.find((size) => size === bytes.length);
  if (written === undefined) {
    throw new InputError(`"${text}" has ${bytes.length} bytes; a value has 1, 2, 4 or 8`, { field });
  }
  return { text, reading: 'bytes', note: null, value: valueOf(bytes), written };
};

// 16 digits are what %016lx prints; fewer say nothing about the size.
const readHex = (text: string, digits: string, note: string | null): Read => ({
  text,
  reading: 'hexadecimal',
  note,
  value: BigInt(`0x${digits}`),
  ...(digits.length === 16 ? { written: 8 as const } : {}),
});

const readDecimal = (text: string, digits: string, note: string | null): Read => ({
  text,
  reading: 'decimal',
  note,
  value: BigInt(digits),
});

// Digits without letters. Sixteen are an address as dumps print it, all others a decimal number, whatever the other value
// is. A note where the other reading could be meant.
const readDigits = (text: string, other: string, base: Base | undefined): Read => {
  const same = text.length > 16 || BigInt(text) === BigInt(`0x${text}`);
  if (base === 'hex') return readHex(text, text, null);
  if (text.length === 16 && base === undefined) {
    return readHex(
      text,
      text,
      same ? null : `read as hexadecimal, because it has 16 digits; write 0d${text} for the decimal number`,
    );
  }
  const besideHex = /^(?=.*[a-f])[0-9a-f]+$/iu.test(other) || /^[0-9a-f]{16}$/iu.test(other);
  const padded = text.length > 1 && text.startsWith('0');
  const doubtful = base === undefined && !same && (besideHex || padded);
  return readDecimal(
    text,
    text,
    doubtful ? `read as a decimal number; write 0x${text} for the hexadecimal one` : null,
  );
};

const ERRNOS: ReadonlyMap<string, number> = new Map([...ERRNO_NAMES].map(([number, name]) => [name, number]));

// -ENOMEM, and ENOMEM for its number. EBADE and EBADF are hexadecimal digits as well: with a minus sign they are names.
const readErrno = (text: string): Read | undefined => {
  const number = ERRNOS.get(text.replace(/^-/u, ''));
  if (number === undefined || /^[A-F]+$/u.test(text)) return undefined;
  return { text, reading: 'errno', note: null, value: BigInt(text.startsWith('-') ? -number : number) };
};

// Digits with a letter among them.
const readBare = (text: string): Read => {
  const errno = ERRNOS.has(text) ? `; write -${text} for the error number` : undefined;
  const exponent = /^\d+e\d+$/iu.test(text) ? ', e as a digit' : undefined;
  const note = errno ?? exponent;
  return readHex(text, text, note === undefined ? null : `read as hexadecimal${note}`);
};

const readValue = (given: string, otherGiven: string, field: string, base: Base | undefined): Read => {
  const text = given.trim().replaceAll(/\s+/gu, ' ');
  const other = otherGiven.trim();
  const refuse = (): never => {
    throw new InputError(`${JSON.stringify(given)} is not a value; ${HINT}`, { field });
  };
  if (text === '') throw new InputError(`is empty; ${HINT}`, { field });
  if (BYTES.test(text)) return readBytes(text, field);
  const errno = readErrno(text);
  if (errno !== undefined) return errno;
  const [, minus, prefix, digits] = /^(-?)(0x)?([0-9a-f]{1,40})$/iu.exec(text) ?? [];
  const [, sign, decimal] = /^(-?)0d(\d{1,40})$/iu.exec(text) ?? [];
  // 16 characters are 16 hexadecimal digits, and a number of 14 digits needs no 0d.
  if (decimal !== undefined && text.length !== 16 && base !== 'hex') {
    const note =
      text.length < 16 && sign === '' && base === undefined
        ? `read as the decimal number ${decimal}; write 0x${text} for the hexadecimal one`
        : null;
    const read = readDecimal(text, decimal, note);
    return sign === '-' ? { ...read, value: -read.value } : read;
  }
  if (digits === undefined) return refuse();
  if (minus !== '-') {
    if (prefix !== undefined) return readHex(text, digits, null);
    return /^\d+$/u.test(digits) ? readDigits(text, other, base) : readBare(text);
  }
  if (prefix === undefined && base !== 'hex') {
    return /^\d+$/u.test(digits) ? { ...readDecimal(text, digits, null), value: -BigInt(digits) } : refuse();
  }
  return { text, reading: 'hexadecimal', note: null, value: -BigInt(`0x${digits}`) };
};

const fits = (value: bigint, size: ValueSize): boolean => {
  const bits = BigInt(8 * size);
  return value < 1n << bits && value >= -(1n << (bits - 1n));
};

const check = ({ text, value, reading, written }: Read, size: ValueSize, field: string): void => {
  if (reading === 'bytes' && written! > size) {
    throw new InputError(`"${text}" has ${written} bytes, more than ${size}`, { field });
  }
  if (!fits(value, size)) {
    throw new InputError(`"${text}" does not fit in ${plural(size, 'byte')} (${8 * size} bits)`, { field });
  }
};

// As many bytes as were written, if the other value fits; otherwise 4 unless one needs or shows more.
const sizeOf = (expected: Read, found: Read): ValueSize => {
  const both = [expected, found];
  const shown = both.map(({ reading, written }) => (reading === 'bytes' ? written! : 0));
  const size = SIZES.find((one) => one === greatest(shown));
  if (size !== undefined && both.every(({ value, written = 1 }) => written <= size && fits(value, size))) {
    return size;
  }
  const needed = both.some(({ value, written }) => written === 8 || !fits(value, 4)) ? 8 : 4;
  // -22 and 4294967274 are the same 32 bits: written differently, they are meant as 64.
  const hidden =
    needed === 4 &&
    expected.value !== found.value &&
    unsignedOf(expected.value, 4) === unsignedOf(found.value, 4);
  return hidden ? 8 : needed;
};

const given = ({ text, reading, note }: Read): GivenValue => ({ text, reading, note });

/**
 * Read two texts as an expected and a found value: `0x…`, `0d…`, an error number (`-EINVAL`), bytes in memory order
 * (`2f:80:c6:00`), or bare digits: hexadecimal if a letter is among them or there are 16, otherwise decimal.
 *
 * @param size bytes of the value; without it 8 if one needs or shows 64 bits, otherwise 4, or
 *   as many bytes as were written
 * @param number which pair it is, from 0, for messages
 * @param base how bare digits are read, for all values
 * @throws {InputError} when a text is not a value, or is wider than the size
 */
export const readPair = (
  expectedText: string,
  foundText: string,
  size?: ValueSize,
  number = 0,
  base?: Base,
): GivenPair => {
  const place = number === 0 ? '' : ` of pair ${number + 1}`;
  const fields = [`EXPECTED${place}`, `FOUND${place}`] as const;
  const expected = readValue(expectedText, foundText, fields[0], base);
  const found = readValue(foundText, expectedText, fields[1], base);
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
