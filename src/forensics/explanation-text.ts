// Explanations in words: a sentence for one pair or for several, and what it rests on. Says no more than the bits show.

import { hex, hex16, pageStart } from '../base/address.js';
import { byteText, bytesText, isPrintable, listOf, plural, printable } from '../base/words.js';
import { type Explanation, physicalOf, textIn } from './explanations.js';
import { type ValuePair, changedBytes, changedRun, changesOf, signedOf } from './pair.js';
import {
  CONVERSIONS,
  ERRNO_NAMES,
  ERRNO_SOURCE,
  PATTERNS,
  type Pattern,
  RANGES_SOURCE,
  addressKind,
  kernelRange,
} from './patterns.js';

const CHARACTERS: ReadonlyMap<number, string> = new Map([
  [0x00, 'NUL'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x20, 'blank'],
]);

/** What a byte is as ASCII, `` `/` `` or `NUL`; null when it has no name. */
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

const bitsOf = (mask: bigint): number[] =>
  Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (mask >> BigInt(bit)) & 1n);

const signed = (value: bigint): string => (value < 0n ? String(value) : `+${value}`);

// `in sample 1 byte 0, in sample 2 byte 1`, or just the common one.
const places = (pairs: readonly ValuePair[], numbers: readonly number[]): string => {
  const offsets = pairs.map((pair) => changesOf(pair, 8).map(({ at }) => at));
  const texts = offsets.map((one) => `${one.length === 1 ? 'byte' : 'bytes'} ${listOf(one)}`);
  if (new Set(texts).size === 1) return `at ${texts[0]}`;
  return texts.length > 6
    ? 'at different offsets'
    : texts.map((text, index) => `${text} in sample ${numbers[index]! + 1}`).join(', ');
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const patternNamed = (name: string): Pattern => PATTERNS.find((pattern) => pattern.name === name)!;

const describeBits = (mask: bigint, [pair]: readonly ValuePair[], alone: boolean): string => {
  const bits = bitsOf(mask);
  const inOne = (width: number): boolean => new Set(bits.map((bit) => Math.floor(bit / width))).size === 1;
  const where = inOne(4) ? ' of one nibble' : inOne(8) ? ' of one byte' : '';
  const changes = changesOf(pair!, 1);
  const set = changes.every((change) => change.new === 1);
  const cleared = changes.every((change) => change.new === 0);
  const how = !alone || (!set && !cleared) ? 'changed' : set ? 'were set' : 'were cleared';
  return `${plural(bits.length, 'bit')}${where} ${how}: ${listOf(bits)}; no other bit changed`;
};

const describeDelta = (delta: bigint, pairs: readonly ValuePair[]): string => {
  const size = delta < 0n ? -delta : delta;
  const more = `${size === 1n ? 'off by one: ' : ''}found is expected ${delta < 0n ? '-' : '+'} ${size}`;
  const inHex = size > 9n ? ` (${hex(size)})` : '';
  const wraps = pairs.some(({ expected, found }) => found > expected !== delta > 0n);
  const power = size > 1n && (size & (size - 1n)) === 0n ? `, a power of two` : '';
  const words =
    power === '' && size > 16n && size % 8n === 0n && size <= 4096n ? `, ${size / 8n} words of 8 bytes` : '';
  return `${more}${inHex}${power}${words}${wraps ? ', wrapped around' : ''}`;
};

const describePattern = (name: string, beyond: bigint): string => {
  const { meaning, fill, last } = patternNamed(name);
  const each = fill === undefined || last !== undefined ? '' : `, every byte ${byteText(fill)}`;
  const to = beyond === 0n ? '' : `${beyond < 0n ? ' - ' : ' + '}${hex(beyond < 0n ? -beyond : beyond)}`;
  return `found is ${name}${to}${to === '' ? each : ''}: ${to === '' ? '' : 'near '}${meaning}`;
};

const describeErrno = (errno: number, pairs: readonly ValuePair[]): string => {
  const { found, size } = pairs[0]!;
  const narrow = size === 8 && signedOf(found, 8) > 0n ? ', in 32 bits without its sign above them' : '';
  const pointers = pairs.every((pair) => pair.size === 8 && kernelRange(pair.expected) !== undefined);
  const pointer = pointers && narrow === '' ? ': an error pointer, as ERR_PTR() makes it' : '';
  return `found is -${errno}, -${ERRNO_NAMES.get(errno)}${narrow}${pointer}`;
};

const rangeOf = (offset: number, length: number): string =>
  `bytes ${offset} ${length === 2 ? 'and' : 'to'} ${offset + length - 1}`;

const describeOverwrite = (bytes: readonly number[], offset: number, pairs: readonly ValuePair[]): string => {
  const text = bytes.every(isPrintable) ? ` (ASCII "${printable(bytes)}")` : '';
  const [first = 0] = bytes;
  const fill = bytes.every((byte) => byte === first);
  const known = fill && PATTERNS.find((pattern) => pattern.fill === first && pattern.last === undefined);
  const digits = bytesText(bytes);
  const now = fill
    ? `are all ${formatByte(first)} now${known ? `, as ${known.name} is` : ''}`
    : `are ${digits}${text} now`;
  const changed = new Set(pairs.flatMap((pair) => changesOf(pair, 8).map(({ at }) => at)));
  const same = bytes.map((_, index) => offset + index).filter((at) => !changed.has(at));
  const kept = same.length === 0 ? '' : `, of which ${listOf(same)} did not change`;
  return `${rangeOf(offset, bytes.length)} ${now}${kept}; the bytes around them did not change`;
};

const UNIT: ReadonlyMap<number, string> = new Map([
  [2, '16-bit'],
  [4, '32-bit'],
  [8, '64-bit'],
]);

const sentenceOf = (
  explanation: Explanation,
  pairs: readonly ValuePair[],
  numbers: readonly number[],
): string => {
  const [pair] = pairs as readonly [ValuePair, ...ValuePair[]];
  const alone = pairs.length === 1;
  switch (explanation.kind) {
    case 'same':
      return 'the values are the same';
    case 'pattern':
      return describePattern(explanation.name, explanation.beyond);
    case 'zeroed':
      return 'found is 0: every byte is 00';
    case 'all-ones':
      return pair.size >= 4
        ? `found has every bit set: -1, which is also -EPERM${pair.size === 4 ? ' and BUFCTL_END of mm/slab.c' : ''}`
        : 'found has every bit set: -1';
    case 'errno':
      return describeErrno(explanation.errno, pairs);
    case 'value':
      return `found is ${hex(explanation.value)}, whatever was expected`;
    case 'text': {
      const { offset, length } = changedRun(pair)!;
      const { start, text, encoding, newline, nul } = textIn(changedBytes(pair, pair.found))!;
      if (!alone) return 'the changed bytes are text now';
      const end = [...(newline ? ['a newline'] : []), ...(nul ? ['NUL'] : [])].join(' and ');
      return `${rangeOf(offset, length)} are ${encoding} text now: "${text}"${start === 0 ? '' : ', after NUL'}${end === '' ? '' : `, ended by ${end}`}`;
    }
    case 'filled':
      return `every byte of found is ${formatByte(explanation.byte)}: a fill, though none that a header of the kernel names`;
    case 'same-frame':
      return alone
        ? `both are the physical address ${hex(physicalOf(pair.expected, pair.size)!)}: expected through ${addressKind(pair.expected)}, found through ${addressKind(pair.found)}`
        : 'both are the same physical address, once through the kernel image and once through the direct map';
    case 'bit-flip':
      return `a single bit flipped: bit ${explanation.bit} went from ${1 - explanation.to} to ${explanation.to}`;
    case 'bit':
      return `a single bit flipped, bit ${explanation.bit} in every one`;
    case 'one-bit':
      return `a single bit flipped, but not the same one: ${listOf([...new Set(pairs.map((one) => changesOf(one, 1)[0]!.at))])}`;
    case 'bits':
      return describeBits(explanation.mask, pairs, alone);
    case 'bits-set':
      return `bits were set and none was cleared, all of them among ${listOf(bitsOf(explanation.mask))}`;
    case 'bits-cleared':
      return `bits were cleared and none was set, all of them among ${listOf(bitsOf(explanation.mask))}`;
    case 'byte': {
      const rest =
        alone && pair.size > 1 ? `; the other ${plural(pair.size - 1, 'byte')} did not change` : '';
      return `byte ${explanation.offset}, ${formatByte(explanation.old)}, became ${formatByte(explanation.new)}${rest}`;
    }
    case 'substitution': {
      const single = pairs.every((one) => changesOf(one, 8).length === 1);
      return `${single ? 'one byte' : 'every byte that changed was'} ${formatByte(explanation.old)}${
        single ? '' : ' and'
      } became ${formatByte(explanation.new)}, ${places(pairs, numbers)}`;
    }
    case 'conversion':
      return `that happens ${CONVERSIONS.find(({ name }) => name === explanation.name)!.hint}`;
    case 'byte-becomes':
      return `one byte became ${formatByte(explanation.new)}, ${places(pairs, numbers)}`;
    case 'byte-xor':
      return `in one byte the bits ${listOf(bitsOf(BigInt(explanation.mask)))} (mask ${hex(explanation.mask)}) changed, ${places(pairs, numbers)}`;
    case 'byte-at':
      return `only byte ${explanation.offset} changed, but not each time to the same`;
    case 'one-byte':
      return `exactly one byte changed, but neither the same one nor to the same: ${places(pairs, numbers)}`;
    case 'overwrite':
      return describeOverwrite(explanation.bytes, explanation.offset, pairs);
    case 'overwrite-at': {
      const { offset, length } = explanation;
      return length === 1 ? `only byte ${offset} changed` : `only ${rangeOf(offset, length)} changed`;
    }
    case 'delta':
      return describeDelta(explanation.delta, pairs);
    case 'negation':
      return `found is expected with the other sign${alone ? `: ${signed(signedOf(pair.expected, pair.size))} became ${signed(signedOf(pair.found, pair.size))}` : ''}`;
    case 'complement':
      return 'found is the complement of expected: every bit flipped';
    case 'sign-extension':
      return `the low ${explanation.bits} bits of expected, sign-extended: bit ${explanation.bits - 1} fills the bits above`;
    case 'truncation': {
      const lost =
        alone && signedOf(pair.expected, pair.size) < 0n && (pair.found >> BigInt(explanation.bits - 1)) & 1n;
      return `expected cut to its low ${explanation.bits} bits, zeros above${lost ? '; its sign is lost' : ''}`;
    }
    case 'shift': {
      const { left } = explanation;
      const by = Math.abs(left);
      const bytes = by % 8 === 0 ? `, ${plural(by / 8, 'byte')}` : '';
      return `expected shifted ${left > 0 ? 'left' : 'right'} by ${plural(by, 'bit')}${bytes}`;
    }
    case 'arithmetic-shift':
      return `expected shifted right by ${plural(explanation.right, 'bit')}, its sign kept`;
    case 'byte-swap':
      return explanation.unit === pair.size
        ? `the bytes are in reverse order: big-endian taken for little-endian, or the other way round`
        : `the bytes of each ${UNIT.get(explanation.unit)} part are in reverse order: its endianness was mistaken`;
    case 'word-swap':
      return `the ${UNIT.get(explanation.unit)} parts are in reverse order, each of them as it was`;
    case 'rotation':
      return `expected rotated left by ${plural(explanation.left, 'bit')}`;
    case 'misaligned': {
      const by = Math.abs(explanation.bytes);
      const way = explanation.bytes > 0 ? 'further on' : 'before';
      return `the bytes of expected, shifted: as if read ${plural(by, 'byte')} ${way}`;
    }
    case 'near-null':
      return alone
        ? `a kernel pointer became ${hex(pair.found)}, which lies in the first page: NULL and an offset, or a small number`
        : 'a kernel pointer became an address in the first page';
    case 'not-canonical':
      return `a kernel pointer became no canonical address: whoever uses it gets a general protection fault, not a page fault`;
    case 'range':
      return `as an address, expected lies in ${explanation.from}, found in ${explanation.to}`;
    case 'same-page':
      return alone
        ? `both point into the same page, ${hex16(pageStart(pair.expected))}`
        : 'both point into the same page';
    case 'same-page-offset': {
      const pages = (pair.found >> 12n) - (pair.expected >> 12n);
      const count = plural(Math.abs(Number(pages)), 'page');
      const where = alone ? `, found ${count} ${pages < 0n ? 'before' : 'after'} expected` : '';
      return `both point to the same offset in a page of ${addressKind(pair.expected)}${where}`;
    }
    case 'pattern-lost':
      return `expected is ${explanation.name}, ${patternNamed(explanation.name).meaning}: somebody wrote over it`;
  }
};

/**
 * A sentence for an explanation.
 *
 * @param numbers which sample each pair is, from 0
 */
export const describeExplanation = (
  explanation: Explanation,
  pairs: readonly ValuePair[],
  numbers: readonly number[],
): string => `${capital(sentenceOf(explanation, pairs, numbers))}.`;

/** What an explanation rests on beyond the bits; null when it rests on nothing else. */
export const sourceOf = (explanation: Explanation): string | null => {
  switch (explanation.kind) {
    case 'pattern':
    case 'pattern-lost':
      return patternNamed(explanation.name).source;
    case 'errno':
      return ERRNO_SOURCE;
    case 'conversion':
      return CONVERSIONS.find(({ name }) => name === explanation.name)!.source;
    case 'not-canonical':
      return 'Intel SDM vol. 1, 3.3.7.1 "Canonical Addressing"';
    case 'range':
    case 'same-frame':
    case 'same-page-offset':
      return RANGES_SOURCE;
    default:
      return null;
  }
};
