// The words of findings for bytes, bits and lists.

import { byteText, listOf } from '../base/words.js';
import { type ValuePair, changesOf } from './pair.js';

const CHARACTERS: ReadonlyMap<number, string> = new Map([
  [0x00, 'NUL'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x20, 'blank'],
]);

/** The ASCII character of a byte, `` `/` `` or `NUL`; null when it has no name. */
export const characterOf = (byte: number): string | null => {
  const named = CHARACTERS.get(byte);
  if (named !== undefined) return named;
  return byte > 0x20 && byte < 0x7f ? `\`${String.fromCharCode(byte)}\`` : null;
};

/** `2f` and, where it is printable, `` (`/`) ``. */
export const formatByte = (byte: number): string => {
  const digits = byteText(byte);
  const character = characterOf(byte);
  return character === null ? digits : `${digits} (${character})`;
};

/** `3 and 5`: the bits that are set in a mask. */
export const bitsText = (mask: bigint): string =>
  listOf(Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (mask >> BigInt(bit)) & 1n));

/** `bytes 2 to 5`. */
export const rangeText = (offset: number, length: number): string =>
  `bytes ${offset} ${length === 2 ? 'and' : 'to'} ${offset + length - 1}`;

/** `byte 0 in sample 1, byte 1 in sample 2`, or `at byte 0` where it is the same everywhere. */
export const placesText = (pairs: readonly ValuePair[], numbers: readonly number[]): string => {
  const offsets = pairs.map((pair) => changesOf(pair, 8).map(({ at }) => at));
  const texts = offsets.map((one) => `${one.length === 1 ? 'byte' : 'bytes'} ${listOf(one)}`);
  if (new Set(texts).size === 1) return `at ${texts[0]}`;
  return texts.length > 6
    ? 'at different offsets'
    : texts.map((text, index) => `${text} in sample ${numbers[index]! + 1}`).join(', ');
};
