// rd: raw memory. Source of the format: display_memory(), memory.c of crash 7.

import { type Addr, hex16, u64 } from '../base/address.js';
import { printable } from '../base/words.js';
import { append } from '../base/long-lists.js';
import { chooseOne, parseNumber, readAddress, readArguments, readCount } from './arguments.js';
import { type CrashCommand, complain } from './command.js';
import type { Dump } from '../reading/dump.js';
import { type WordStyle, formatWord, styleOf } from './label.js';

export const MAX_BYTES = 1 << 20;
const SIZES = ['-8', '-16', '-32', '-64'] as const;

// Of a signed decimal number with so many bytes.
const DECIMAL_WIDTH: Readonly<Record<number, number>> = { 1: 4, 2: 6, 4: 11, 8: 20 };

const widthOf = (size: number, decimal: boolean): number => (decimal ? DECIMAL_WIDTH[size]! : size * 2);

const unit = (bytes: Uint8Array, decimal: boolean): string => {
  const digits = widthOf(bytes.length, decimal);
  const value = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  return decimal
    ? String(BigInt.asIntN(bytes.length * 8, value)).padStart(digits)
    : value.toString(16).padStart(digits, '0');
};

const unmapped = (at: Addr): never => complain('rd', `${at.toString(16)} is not mapped`);

const plainLines = (dump: Dump, from: Addr, size: number, count: number, decimal: boolean): string[] => {
  const lines: string[] = [];
  const perLine = 16 / size;
  const width = perLine * (widthOf(size, decimal) + 1) - 1;
  for (let done = 0; done < count; done += perLine) {
    const at = u64(from + BigInt(done * size));
    const wanted = Math.min(perLine, count - done);
    const units: string[] = [];
    const bytes: number[] = [];
    for (let index = 0; index < wanted; index += 1) {
      const place = from + BigInt((done + index) * size); // past the last address nothing is mapped
      if (!dump.memory.isMapped(place, size)) {
        if (done + index === 0) return unmapped(place);
        units.push('not mapped');
        break;
      }
      const data = dump.memory.read(place, size);
      units.push(unit(data, decimal));
      append(bytes, data);
    }
    const text = units.join(' ');
    lines.push(
      bytes.length === 0
        ? `${hex16(at)}:  ${text}`
        : `${hex16(at)}:  ${text.padEnd(width)}   ${printable(Uint8Array.from(bytes))}`,
    );
    if (units.at(-1) === 'not mapped') break;
  }
  return lines;
};

const symbolicLines = (dump: Dump, from: Addr, count: number, style: WordStyle): string[] => {
  const lines: string[] = [];
  for (let done = 0; done < count; done += 2) {
    const at = u64(from + BigInt(done * 8));
    const words: string[] = [];
    for (let index = 0; index < Math.min(2, count - done); index += 1) {
      const place = from + BigInt((done + index) * 8);
      const isMapped = dump.memory.isMapped(place, 8);
      if (!isMapped && done + index === 0) return unmapped(place);
      words.push(isMapped ? formatWord(dump, dump.memory.readU64(place), style) : 'not mapped');
      if (!isMapped) break;
    }
    lines.push(`${hex16(at)}:  ${words.map((word) => word.padEnd(16)).join(' ')}`.trimEnd());
    if (words.at(-1) === 'not mapped') break;
  }
  return lines;
};

const textLine = (dump: Dump, from: Addr, most: number): string[] => {
  let text = '';
  for (let index = 0; index < most; index += 1) {
    const at = from + BigInt(index);
    if (!dump.memory.isMapped(at, 1))
      return index === 0 ? unmapped(at) : [`${hex16(from)}:  ${text} (runs into unmapped memory)`];
    const byte = dump.memory.readU8(at);
    if (byte < 0x20 || byte > 0x7e) break;
    text += String.fromCharCode(byte);
  }
  return [`${hex16(from)}:  ${text}`];
};

export const rd: CrashCommand = {
  name: 'rd',
  summary: 'read memory',
  usage: '[-8 | -16 | -32 | -64] [-d] [-s | -S | -SS] [-a] [-o OFFSET] [-e END] ADDRESS | SYMBOL [COUNT]',
  help: [
    '-8 … -64   size of a unit in bits; 64 without it',
    '-d         in decimal, signed',
    '-s         words as symbols; -S also slab objects as [cache]; -SS as [address:cache]',
    '-a         as text, up to the first byte that is none',
    '-o, -e     an offset to add to the address; the address to stop before',
    '',
    '  crash> rd -SS ffff880211337d88 12',
    '  crash> rd -8 ffff8803f382cc40 64',
  ],
  run: ({ dump }, args) => {
    const options = readArguments('rd', args, 'dsSao:e:', SIZES);
    const [place, given, ...more] = options.rest;
    if (place === undefined || more.length > 0)
      return complain('rd', 'an address or symbol, and at most a count, are needed');
    chooseOne(
      'rd',
      options,
      SIZES.map((one) => one.slice(1)),
    );
    for (const letter of ['d', 's', 'S']) chooseOne('rd', options, ['a', letter]);
    for (const letter of ['s', 'S']) chooseOne('rd', options, ['d', letter]);
    if (options.count('S') > 2) return complain('rd', 'choose -S or -SS');
    const size = Number(SIZES.findLast((one) => options.has(one.slice(1)))?.slice(1) ?? 64) / 8;
    const offset = options.value('o');
    const shift =
      offset === undefined
        ? 0n
        : (parseNumber(offset) ?? complain('rd', `-o needs a number, found "${offset}"`));
    const sum = readAddress('rd', place, dump.symbols) + BigInt.asIntN(64, shift);
    const from = u64(sum);
    // A high address as the offset of a small one is meant; a negative one below 0 is not.
    if (from !== sum && offset?.startsWith('-') === true)
      return complain('rd', `${place} has nothing ${offset.slice(1)} bytes before it`);
    const most = Math.floor(MAX_BYTES / size);
    let count = given === undefined ? 1 : readCount('rd', given, most);
    const end = options.value('e');
    if (end !== undefined && given !== undefined) return complain('rd', 'choose -e or a count');
    if (end !== undefined) {
      const distance = readAddress('rd', end, dump.symbols) - from;
      if (distance <= 0n || distance > BigInt(MAX_BYTES))
        return complain('rd', `-e must lie after the address, at most ${MAX_BYTES} bytes`);
      count = Math.ceil(Number(distance) / size);
    }
    if (options.has('a')) return textLine(dump, from, given === undefined ? 4096 : count);
    const style = options.has('S') ? styleOf(options.count('S')) : options.has('s') ? 'symbols' : 'plain';
    if (style !== 'plain') {
      return size === 8
        ? symbolicLines(dump, from, count, style)
        : complain('rd', '-s and -S show words of 64 bits');
    }
    return plainLines(dump, from, size, count, options.has('d'));
  },
};
