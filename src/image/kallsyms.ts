// The table of symbols that a kernel carries for its own reports (kallsyms), read from the bytes of its image: no symbol
// says where it is. Source: scripts/kallsyms.c and kernel/kallsyms.c of Linux 3.0, 4.6, 6.1, 6.4 and 6.12.
//
// Names are packed: each byte of a name stands for a token, and the token table is text. Its digits stand for
// themselves, so that they lie there as "0", "1", … "9" one after the other, which is how it is found. Before it lie the
// names with their count and markers; the addresses lie before those, or since 6.4 after the token index.

import type { Addr } from '../base/address.js';

/** A symbol of the kernel. */
export interface KernelSymbol {
  readonly address: Addr;
  /** As nm(1) has it: `T`, `t`, `D`, … */
  readonly type: string;
  readonly name: string;
}

const TOKENS = 256;
const DIGIT = 0x30; // the token of "0"
const MAX_TOKEN = 512; // bytes
const FEWEST = 256; // symbols; the smallest kernel has thousands
const MOST = 1 << 20;
const MAX_NAME = 1024; // characters: KSYM_NAME_LEN is 512 at most, tokens are longer
const MARKED = 256; // every so many names have a marker
const MOST_TRIED = 4096; // places that look like the digits, or like a count

interface Tokens {
  readonly start: number;
  readonly texts: readonly string[];
  /** The first byte after the token index. */
  readonly end: number;
}

const align8 = (at: number): number => Math.ceil(at / 8) * 8;

/** The image's bytes, with what is read of them. */
class Bytes {
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get size(): number {
    return this.bytes.length;
  }
  has(at: number, size: number): boolean {
    return at >= 0 && at + size <= this.bytes.length;
  }
  u8(at: number): number {
    return this.bytes[at] ?? 0;
  }
  u16(at: number): number {
    return this.has(at, 2) ? this.#view.getUint16(at, true) : 0;
  }
  u32(at: number): number {
    return this.has(at, 4) ? this.#view.getUint32(at, true) : 0;
  }
  i32(at: number): number {
    return this.has(at, 4) ? this.#view.getInt32(at, true) : 0;
  }
  u64(at: number): bigint {
    return this.has(at, 8) ? this.#view.getBigUint64(at, true) : 0n;
  }
}

const DIGITS = Uint8Array.from([...'0123456789'].flatMap((digit) => [digit.charCodeAt(0), 0]));

function* placesOf(bytes: Uint8Array, wanted: Uint8Array): Generator<number> {
  const [first = 0] = wanted;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1))
    if (wanted.every((byte, index) => bytes[at + index] === byte)) yield at;
}

// From the token of "0" back to the first one.
const startOfTokens = (bytes: Uint8Array, digits: number): number | undefined => {
  let start = digits;
  for (let token = 0; token < DIGIT; token += 1) {
    const end = start - 1; // the NUL of the token before
    if (end < 0 || bytes[end] !== 0) return undefined;
    const before = bytes.lastIndexOf(0, end - 1);
    if (before < 0 || end - before > MAX_TOKEN) return undefined;
    start = before + 1;
  }
  return start;
};

const tokensAt = (bytes: Bytes, start: number): Tokens | undefined => {
  const offsets: number[] = [];
  const texts: string[] = [];
  const decoder = new TextDecoder('latin1');
  let at = start;
  for (let token = 0; token < TOKENS; token += 1) {
    const end = bytes.bytes.indexOf(0, at);
    if (end < 0 || end - at > MAX_TOKEN) return undefined;
    offsets.push(at - start);
    texts.push(decoder.decode(bytes.bytes.subarray(at, end)));
    at = end + 1;
  }
  // The index has the same offsets, 16 bits each.
  for (let index = at; index < at + 16; index += 1)
    if (offsets.every((offset, token) => bytes.u16(index + 2 * token) === offset))
      return { start, texts, end: index + 2 * TOKENS };
  return undefined;
};

const findTokens = (bytes: Bytes): Tokens | undefined => {
  let tried = 0;
  for (const digits of placesOf(bytes.bytes, DIGITS)) {
    const start = startOfTokens(bytes.bytes, digits);
    const tokens = start === undefined ? undefined : tokensAt(bytes, start);
    if (tokens !== undefined) return tokens;
    tried += 1;
    if (tried === MOST_TRIED) break;
  }
  return undefined;
};

interface Names {
  /** Where the count is. */
  readonly at: number;
  readonly count: number;
  readonly first: number;
}

// How many tokens a name has, and where they begin: one byte, or two since 6.1 for long names.
const lengthAt = (bytes: Bytes, at: number): [length: number, from: number] => {
  const byte = bytes.u8(at);
  return byte < 0x80 ? [byte, at + 1] : [(byte & 0x7f) | (bytes.u8(at + 1) << 7), at + 2];
};

// Whether so many names lie here, with a marker that says where the 257th begins; markers had 64 bits before 5.0.
const areNames = (bytes: Bytes, at: number, count: number, end: number): boolean => {
  const first = at + 8;
  let place = first;
  let second = 0;
  for (let index = 0; index < count; index += 1) {
    if (index === MARKED) second = place - first;
    const [length, from] = lengthAt(bytes, place);
    if (length === 0) return false;
    place = from + length;
    if (place > end) return false;
  }
  const markers = align8(place);
  return (
    bytes.u32(markers) === 0 &&
    (bytes.u32(markers + 4) === second ||
      (bytes.u32(markers + 4) === 0 && bytes.u64(markers + 8) === BigInt(second)))
  );
};

const findNames = (bytes: Bytes, end: number): Names | undefined => {
  let tried = 0;
  for (let at = (end & ~7) - 8; at >= 0 && tried < MOST_TRIED; at -= 8) {
    const count = bytes.u32(at);
    if (count <= FEWEST || count > MOST || bytes.u32(at + 4) !== 0) continue;
    tried += 1;
    if (areNames(bytes, at, count, end)) return { at, count, first: at + 8 };
  }
  return undefined;
};

const isKernelBase = (value: bigint): boolean =>
  value >= 0xffff_ffff_8000_0000n && value < 0xffff_ffff_c000_0000n;

/** Addresses by number. */
type Addresses = (index: number) => Addr;

// Offsets of 32 bits. With per-CPU symbols that stay absolute, up to 6.14, those are the positive ones, and others
// count down from one below the base.
const relativeTo = (bytes: Bytes, offsets: number, base: bigint, count: number): Addresses => {
  let negative = 0;
  for (let index = 0; index < count; index += 1) if (bytes.i32(offsets + 4 * index) < 0) negative += 1;
  if (negative > count / 2)
    return (index) => {
      const offset = bytes.i32(offsets + 4 * index);
      return offset >= 0 ? BigInt(offset) : base - 1n - BigInt(offset);
    };
  return (index) => base + BigInt(bytes.u32(offsets + 4 * index));
};

// Before 4.6: whole addresses, in order. Words of offsets look like none.
const areWhole = (bytes: Bytes, { at, count }: Names): boolean => {
  if (!bytes.has(at - 8 * count, 8 * count)) return false;
  const last = Array.from({ length: 4 }, (_, index) => bytes.u64(at - 8 * (4 - index)));
  return last.every((value, index) => isKernelBase(value) && value >= (last[index - 1] ?? 0n));
};

const findAddresses = (bytes: Bytes, names: Names, tokensEnd: number): Addresses | undefined => {
  const { at, count } = names;
  if (areWhole(bytes, names)) return (index) => bytes.u64(at - 8 * count + 8 * index);
  const size = align8(4 * count);
  const before = bytes.u64(at - 8);
  if (isKernelBase(before) && bytes.has(at - 8 - size, size))
    return relativeTo(bytes, at - 8 - size, before, count);
  const after = align8(tokensEnd);
  const base = bytes.u64(after + size);
  return isKernelBase(base) && bytes.has(after, size) ? relativeTo(bytes, after, base, count) : undefined;
};

/**
 * The symbols of a kernel, in the order that it has them: by address.
 *
 * @param image bytes that have the table: the section .rodata of a vmlinux, or all of it
 * @returns `undefined` where there is no such table
 */
export const readKallsyms = (image: Uint8Array): readonly KernelSymbol[] | undefined => {
  const bytes = new Bytes(image);
  const tokens = findTokens(bytes);
  const names = tokens && findNames(bytes, tokens.start);
  const addresses = tokens && names && findAddresses(bytes, names, tokens.end);
  if (addresses === undefined || names === undefined || tokens === undefined) return undefined;
  const symbols: KernelSymbol[] = [];
  let at = names.first;
  for (let index = 0; index < names.count; index += 1) {
    const [length, from] = lengthAt(bytes, at);
    let text = '';
    for (let token = 0; token < length && text.length < MAX_NAME; token += 1)
      text += tokens.texts[bytes.u8(from + token)]!;
    at = from + length;
    symbols.push({ address: addresses(index), type: text.slice(0, 1), name: text.slice(1) });
  }
  return symbols;
};
