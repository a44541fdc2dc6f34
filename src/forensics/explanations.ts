// What can turn one value into another: the kinds of damage, and whether one fits a pair. No words here.
// Over 300 lines because each kind has its fields, its check and what it makes of a value side by side.

import { ERRNO_NAMES, CONVERSIONS, addressKind, kernelRange, patternsOf } from './patterns.js';
import {
  type ValuePair,
  type ValueSize,
  bytesOf,
  changedBytes,
  changedRun,
  changesOf,
  filledWith,
  signedOf,
  unsignedOf,
  valueOf,
} from './pair.js';
import { isCanonical, pageOffset } from '../base/address.js';
import { isPrintable } from '../base/words.js';

/**
 * One way to get from the expected value to the found one. Bits count from the least significant, byte offsets from
 * the first byte in memory, which is the least significant one.
 */
export type Explanation =
  | { readonly kind: 'same' }
  // The found value is something known, whatever was expected.
  | { readonly kind: 'pattern'; readonly name: string; readonly beyond: bigint }
  | { readonly kind: 'zeroed' }
  | { readonly kind: 'all-ones' }
  | { readonly kind: 'filled'; readonly byte: number }
  | { readonly kind: 'errno'; readonly errno: number }
  | { readonly kind: 'value'; readonly value: bigint }
  | { readonly kind: 'text' }
  // Some bits or bytes changed, the others did not.
  | { readonly kind: 'bit-flip'; readonly bit: number; readonly to: number }
  | { readonly kind: 'bit'; readonly bit: number }
  | { readonly kind: 'one-bit' }
  | { readonly kind: 'bits'; readonly mask: bigint }
  | { readonly kind: 'bits-set'; readonly mask: bigint }
  | { readonly kind: 'bits-cleared'; readonly mask: bigint }
  | { readonly kind: 'byte'; readonly offset: number; readonly old: number; readonly new: number }
  | { readonly kind: 'substitution'; readonly old: number; readonly new: number }
  | { readonly kind: 'conversion'; readonly name: string }
  | { readonly kind: 'byte-becomes'; readonly new: number }
  | { readonly kind: 'byte-xor'; readonly mask: number }
  | { readonly kind: 'byte-at'; readonly offset: number }
  | { readonly kind: 'one-byte' }
  | { readonly kind: 'overwrite'; readonly offset: number; readonly bytes: readonly number[] }
  | { readonly kind: 'overwrite-at'; readonly offset: number; readonly length: number }
  // Arithmetic on the whole value.
  | { readonly kind: 'delta'; readonly delta: bigint }
  | { readonly kind: 'negation' }
  | { readonly kind: 'complement' }
  | { readonly kind: 'sign-extension'; readonly bits: number }
  | { readonly kind: 'truncation'; readonly bits: number }
  | { readonly kind: 'shift'; readonly left: number } //   negative: right, zeros from the left
  | { readonly kind: 'arithmetic-shift'; readonly right: number } // sign bits from the left
  // The order of its parts.
  | { readonly kind: 'byte-swap'; readonly unit: number } //  the bytes of every unit reversed
  | { readonly kind: 'word-swap'; readonly unit: number } //  the units reversed, each as it was
  | { readonly kind: 'rotation'; readonly left: number }
  | { readonly kind: 'misaligned'; readonly bytes: number } // read so many bytes further on; negative: before
  // What the values are as addresses, or as memory of the allocator.
  | { readonly kind: 'same-frame' } // the same physical address, through another mapping
  | { readonly kind: 'near-null' }
  | { readonly kind: 'not-canonical' }
  | { readonly kind: 'range'; readonly from: string; readonly to: string }
  | { readonly kind: 'same-page' }
  | { readonly kind: 'same-page-offset' }
  | { readonly kind: 'pattern-lost'; readonly name: string };

/** The kinds of `Explanation`. */
export type ExplanationKind = Explanation['kind'];

/** The value of a size with every bit set. */
export const allOnes = (size: ValueSize): bigint => filledWith(0xff, size);

/** Cut a value into parts of `unit` bytes, reverse their order, and join them again. */
const reverseUnits = (bytes: readonly number[], unit: number): number[] => {
  const units: (readonly number[])[] = [];
  for (let at = 0; at < bytes.length; at += unit) units.push(bytes.slice(at, at + unit));
  return units.reverse().flat();
};

const reverseWithin = (bytes: readonly number[], unit: number): number[] =>
  reverseUnits(reverseUnits(bytes, unit), 1);

/**
 * The only value that an explanation lets `expected` become; `undefined` when it allows several, or when it does not
 * go together with `expected`.
 */
export const apply = (explanation: Explanation, expected: bigint, size: ValueSize): bigint | undefined => {
  const width = BigInt(8 * size);
  const wrap = (value: bigint): bigint => unsignedOf(value, size);
  switch (explanation.kind) {
    case 'same':
      return expected;
    case 'zeroed':
      return 0n;
    case 'all-ones':
      return allOnes(size);
    case 'filled':
      return filledWith(explanation.byte, size);
    case 'value':
      return explanation.value;
    case 'bit-flip': {
      const bit = 1n << BigInt(explanation.bit);
      const now = explanation.to === 1 ? expected | bit : expected & ~bit;
      return bit <= allOnes(size) && now !== expected ? now : undefined;
    }
    case 'bit':
      return explanation.bit < 8 * size ? expected ^ (1n << BigInt(explanation.bit)) : undefined;
    case 'bits':
      return explanation.mask <= allOnes(size) ? expected ^ explanation.mask : undefined;
    case 'bits-set':
      return explanation.mask <= allOnes(size) ? expected | explanation.mask : undefined;
    case 'bits-cleared':
      return expected & ~explanation.mask;
    case 'byte': {
      const bytes = bytesOf(expected, size);
      if (bytes[explanation.offset] !== explanation.old) return undefined;
      return valueOf(bytes.with(explanation.offset, explanation.new));
    }
    case 'overwrite': {
      const bytes = bytesOf(expected, size);
      if (explanation.offset + explanation.bytes.length > size) return undefined;
      bytes.splice(explanation.offset, explanation.bytes.length, ...explanation.bytes);
      return valueOf(bytes);
    }
    case 'delta':
      return wrap(expected + explanation.delta);
    case 'negation':
      return wrap(-expected);
    case 'complement':
      return wrap(~expected);
    case 'sign-extension':
      return explanation.bits < 8 * size ? wrap(BigInt.asIntN(explanation.bits, expected)) : undefined;
    case 'truncation':
      return BigInt.asUintN(explanation.bits, expected);
    case 'shift':
      return explanation.left >= 0
        ? wrap(expected << BigInt(explanation.left))
        : expected >> BigInt(-explanation.left);
    case 'arithmetic-shift':
      return wrap(signedOf(expected, size) >> BigInt(explanation.right));
    case 'byte-swap':
      return explanation.unit > size
        ? undefined
        : valueOf(reverseWithin(bytesOf(expected, size), explanation.unit));
    case 'word-swap':
      return explanation.unit >= size
        ? undefined
        : valueOf(reverseUnits(bytesOf(expected, size), explanation.unit));
    case 'rotation': {
      const left = BigInt(explanation.left);
      return left < width ? wrap((expected << left) | (expected >> (width - left))) : undefined;
    }
    default:
      return undefined;
  }
};

/** Text that bytes hold, from first to last but for NULs around it. */
export interface TextIn {
  readonly start: number; // of its first character
  readonly text: string; // without the newline at its end
  readonly encoding: 'ASCII' | 'UTF-16';
  readonly newline: boolean;
  readonly nul: boolean; // behind it
}

/** The text that bytes hold; `undefined` unless all of them but NULs around it, and a newline at its end, are printable. */
export const textIn = (bytes: readonly number[]): TextIn | undefined => {
  const start = bytes.findIndex((byte) => byte !== 0);
  if (start < 0) return undefined;
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  const core = bytes.slice(start, end);
  // The second byte of a character is 0 in UTF-16, as long as there is nothing but ASCII.
  const wide = core.length > 2 && core.every((byte, index) => index % 2 === 0 || byte === 0);
  const characters = wide ? core.filter((_, index) => index % 2 === 0) : core;
  const newline = characters.length > 1 && characters.at(-1) === 0x0a;
  const rest = newline ? characters.slice(0, characters.at(-2) === 0x0d ? -2 : -1) : characters;
  if (rest.length === 0 || !rest.every(isPrintable)) return undefined;
  return {
    start,
    text: String.fromCharCode(...rest),
    encoding: wide ? 'UTF-16' : 'ASCII',
    newline,
    nul: bytes.length - end > (wide ? 1 : 0),
  };
};

/** The error number that a value is, also when it was widened from 32 bits without its sign. */
export const errnoOf = (value: bigint, size: ValueSize): number | undefined => {
  if (size < 4) return undefined;
  const number = -Number(signedOf(value, size === 8 && value >> 32n === 0n ? 4 : size));
  return number > 0 && ERRNO_NAMES.has(number) ? number : undefined;
};

/** Whether a value is an address in one of the kernel's ranges. */
export const isKernelPointer = (value: bigint, size: ValueSize): boolean =>
  size === 8 && kernelRange(value) !== undefined;

/**
 * The physical address behind one of the kernel's two mappings of it; `undefined` for other addresses.
 * Source: Documentation/x86/x86_64/mm.txt, v3.0.101, for a kernel that runs where it was linked (phys_base 0)
 */
export const physicalOf = (value: bigint, size: ValueSize): bigint | undefined => {
  const range = size === 8 ? kernelRange(value) : undefined;
  return range?.name === 'the direct map' || range?.name === 'the kernel image'
    ? value - range.start
    : undefined;
};

/** Whether found is what one reads `by` bytes behind expected, as far as expected reaches. */
export const isMisaligned = ({ expected, found, size }: ValuePair, by: number): boolean => {
  const [old, now] = [bytesOf(expected, size), bytesOf(found, size)];
  return now.every((byte, index) => index + by < 0 || index + by >= size || byte === old[index + by]);
};

/** Names of the conversions that do to every changed byte what happened to it. */
export const conversionsOf = (pair: ValuePair): string[] => {
  const changes = changesOf(pair, 8);
  return CONVERSIONS.filter(
    ({ of, once }) => (once !== true || changes.length === 1) && changes.every((one) => of(one.old, one.new)),
  ).map(({ name }) => name);
};

// Fewer characters are no text: every third byte is printable.
const TEXT = 3;

/** Whether the bytes that changed are text now and were not before. */
export const isTextWritten = (pair: ValuePair): boolean => {
  const bytes = changedBytes(pair, pair.found);
  const written = textIn(bytes);
  if (written === undefined || written.text.length < TEXT) return false;
  if ((textIn(changedBytes(pair, pair.expected))?.text.length ?? 0) >= written.text.length) return false;
  // A fill such as 6b, a `k`, is no text.
  return (
    new Set(written.text).size > 1 &&
    new Set(bytes).size > 2 &&
    patternsOf(pair.found, pair.size).length === 0
  );
};

/** Whether an explanation takes the expected value of a pair to the found one. */
export const holds = (explanation: Explanation, pair: ValuePair): boolean => {
  const { expected, found, size } = pair;
  if (expected === found) return explanation.kind === 'same';
  const bytes = () => changesOf(pair, 8);
  switch (explanation.kind) {
    case 'pattern':
      return patternsOf(found, size).some(
        ({ pattern, beyond }) => pattern.name === explanation.name && beyond === explanation.beyond,
      );
    case 'errno':
      return errnoOf(found, size) === explanation.errno;
    case 'text':
      return isTextWritten(pair);
    case 'one-bit':
      return changesOf(pair, 1).length === 1;
    case 'substitution':
      return bytes().every((change) => change.old === explanation.old && change.new === explanation.new);
    case 'conversion':
      return conversionsOf(pair).includes(explanation.name);
    case 'byte-becomes':
      return bytes().length === 1 && bytes()[0]!.new === explanation.new;
    case 'byte-xor':
      return bytes().length === 1 && (bytes()[0]!.old ^ bytes()[0]!.new) === explanation.mask;
    case 'byte-at':
      return bytes().length === 1 && bytes()[0]!.at === explanation.offset;
    case 'one-byte':
      return bytes().length === 1;
    case 'overwrite-at': {
      const run = changedRun(pair)!;
      return run.offset === explanation.offset && run.length === explanation.length;
    }
    case 'misaligned':
      return isMisaligned(pair, explanation.bytes);
    case 'same-frame': {
      const [from, to] = [physicalOf(expected, size), physicalOf(found, size)];
      return from !== undefined && from === to;
    }
    case 'near-null':
      return isKernelPointer(expected, size) && found !== 0n && found < 0x1000n;
    case 'not-canonical':
      return isKernelPointer(expected, size) && !isCanonical(found);
    case 'range':
      return (
        size === 8 && addressKind(expected) === explanation.from && addressKind(found) === explanation.to
      );
    case 'same-page':
      return isKernelPointer(expected, size) && expected >> 12n === found >> 12n;
    case 'same-page-offset':
      return (
        isKernelPointer(expected, size) &&
        addressKind(expected) === addressKind(found) &&
        pageOffset(expected) === pageOffset(found)
      );
    case 'pattern-lost':
      return patternsOf(expected, size).some(
        ({ pattern, beyond }) => pattern.name === explanation.name && beyond === 0n,
      );
    default:
      return apply(explanation, expected, size) === found;
  }
};
