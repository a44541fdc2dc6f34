// The container of an xz file: its blocks, by the index at its end, and the same without the x86 filter, which the
// decoder does not know. Source: The .xz File Format 1.2.0.

import { append } from '../base/long-lists.js';
import { crc32 } from './crc32.js';

const HEADER = 12; // bytes, as the footer
const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]; // 2.1.1.2
const FILTER_X86 = 0x04n;
const FILTER_LZMA2 = 0x21n;
const MAX_BLOCKS = 1 << 16;

/** Throws the error for what is wrong. */
export type Fail = (problem: string) => never;

interface Block {
  readonly at: number;
  readonly unpadded: number; // bytes: header, data, check
  readonly size: number; // bytes, decompressed
}

/** A stream: how each block is checked, and the blocks. */
interface XzStream {
  readonly check: number;
  readonly blocks: readonly Block[];
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const padded = (size: number): number => Math.ceil(size / 4) * 4;

/** Numbers of variable length (1.2). */
class Numbers {
  at: number;

  constructor(
    readonly bytes: Uint8Array,
    at: number,
    readonly fail: Fail,
  ) {
    this.at = at;
  }

  next(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 63n; shift += 7n) {
      const byte = this.bytes[this.at];
      if (byte === undefined) break;
      this.at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return this.fail('is damaged: a number in it does not end');
  }

  size(): number {
    const value = this.next();
    return value > BigInt(Number.MAX_SAFE_INTEGER)
      ? this.fail('is damaged: a size in it is too large')
      : Number(value);
  }
}

/** Read the index of a stream that is all of `bytes`. */
export const readXzStream = (bytes: Uint8Array, fail: Fail): XzStream => {
  const view = viewOf(bytes);
  if (bytes.length < 2 * HEADER + 8 || MAGIC.some((byte, index) => bytes[index] !== byte))
    return fail('is not an xz stream, or is cut off');
  const footer = bytes.length - HEADER;
  if (bytes[footer + 10] !== 0x59 || bytes[footer + 11] !== 0x5a)
    return fail('is damaged: the xz stream does not end with YZ; is it cut off?');
  const index = footer - (view.getUint32(footer + 4, true) + 1) * 4;
  if (index < HEADER || bytes[index] !== 0) return fail('is damaged: its index is not where its end says');
  const numbers = new Numbers(bytes.subarray(0, footer - 4), index + 1, fail);
  const count = numbers.size();
  if (count > MAX_BLOCKS) return fail(`is damaged: it has ${count} blocks`);
  const blocks: Block[] = [];
  let at = HEADER;
  for (let number = 0; number < count; number += 1) {
    const unpadded = numbers.size();
    blocks.push({ at, unpadded, size: numbers.size() });
    at += padded(unpadded);
  }
  if (at !== index) return fail('is damaged: its blocks are not as long as its index says');
  return { check: bytes[7]! & 15, blocks };
};

const writeNumber = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
};

const withCrc = (bytes: readonly number[]): number[] => {
  const sum = crc32(Uint8Array.from(bytes));
  return [...bytes, sum & 0xff, (sum >>> 8) & 0xff, (sum >>> 16) & 0xff, sum >>> 24];
};

interface BlockHeader {
  readonly size: number; // bytes
  /** Where the x86 filter starts to count; `undefined` without that filter. */
  readonly start: number | undefined;
  /** The same header, with LZMA2 alone. */
  readonly plain: readonly number[];
}

const readBlockHeader = (bytes: Uint8Array, { at }: Block, fail: Fail): BlockHeader => {
  const size = (bytes[at]! + 1) * 4;
  const flags = bytes[at + 1] ?? 0;
  const numbers = new Numbers(bytes.subarray(0, at + size - 4), at + 2, fail);
  if ((flags & 0x40) !== 0) numbers.size();
  if ((flags & 0x80) !== 0) numbers.size();
  const beforeFilters = numbers.at;
  let start: number | undefined;
  let lzma2: readonly number[] | undefined;
  for (let left = (flags & 3) + 1; left > 0; left -= 1) {
    const from = numbers.at;
    const filter = numbers.next();
    const length = numbers.size();
    const properties = numbers.at;
    numbers.at += length;
    if (filter === FILTER_LZMA2) lzma2 = [...bytes.subarray(from, numbers.at)];
    else if (filter === FILTER_X86 && start === undefined)
      start = length === 4 ? viewOf(bytes).getUint32(properties, true) : 0;
    else return fail(`is packed with a filter of xz that is not known here (${filter.toString(16)})`);
  }
  if (lzma2 === undefined) return fail('is damaged: a block of the xz stream has no LZMA2');
  const plain = [bytes[at]!, flags & 0xfc, ...bytes.subarray(at + 2, beforeFilters), ...lzma2];
  while (plain.length < size - 4) plain.push(0);
  return { size, start, plain: withCrc(plain) };
};

/** A stream without the x86 filter and without checksums, and how to go on with what it decompresses to. */
interface Unfiltered {
  readonly stream: Uint8Array;
  readonly blocks: readonly {
    readonly size: number;
    readonly start: number | undefined;
    readonly crc: number | undefined;
  }[];
}

/** `undefined` of a stream that has no filter: it can be decompressed as it is. */
export const withoutFilter = (
  bytes: Uint8Array,
  { check, blocks }: XzStream,
  fail: Fail,
): Unfiltered | undefined => {
  const headers = blocks.map((block) => readBlockHeader(bytes, block, fail));
  if (headers.every(({ start }) => start === undefined)) return undefined;
  const checkSize = CHECK_SIZES[check]!;
  const parts: Uint8Array[] = [Uint8Array.from([...MAGIC, ...withCrc([0, 0])])];
  const index: number[] = [0, ...writeNumber(blocks.length)];
  const told = blocks.map(({ at, unpadded, size }, number) => {
    const { size: header, start, plain } = headers[number]!;
    const end = at + padded(unpadded - checkSize);
    parts.push(Uint8Array.from(plain), bytes.subarray(at + header, end));
    append(index, writeNumber(unpadded - checkSize));
    append(index, writeNumber(size));
    return { size, start, crc: check === 1 ? viewOf(bytes).getUint32(end, true) : undefined };
  });
  while (index.length % 4 !== 0) index.push(0);
  const whole = withCrc(index);
  const backward = whole.length / 4 - 1;
  const tail = [backward & 0xff, (backward >>> 8) & 0xff, (backward >>> 16) & 0xff, backward >>> 24, 0, 0];
  const sum = withCrc(tail).slice(-4);
  parts.push(Uint8Array.from([...whole, ...sum, ...tail, 0x59, 0x5a]));
  const stream = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    stream.set(part, offset);
    offset += part.length;
  }
  return { stream, blocks: told };
};
