// What can turn one value into another: the kinds of damage, and whether one fits a pair. No words here.

import { ERRNO_NAMES, CONVERSIONS, addressKind, kernelRange, patternsOf } from './value-patterns.js';
import {
  type Change,
  type ValuePair,
  type ValueSize,
  bytesOf,
  changedBytes,
  changedRun,
  changesOf,
  differenceOf,
  filledWith,
  isPrintable,
  signedOf,
  unsignedOf,
  valueOf,
} from './value-pair.js';
import { isCanonical } from './address.js';

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
  | { readonly kind: 'near-null' }
  | { readonly kind: 'not-canonical' }
  | { readonly kind: 'range'; readonly from: string; readonly to: string }
  | { readonly kind: 'same-page' }
  | { readonly kind: 'same-page-offset' }
  | { readonly kind: 'pattern-lost'; readonly name: string };

/** The kinds of `Explanation`. */
export type ExplanationKind = Explanation['kind'];

const allOnes = (size: ValueSize): bigint => filledWith(0xff, size);

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

/** How many characters of text bytes are; 0 unless all of them but NULs at the end are printable. */
export const textLength = (bytes: readonly number[]): number => {
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  return bytes.slice(0, end).every(isPrintable) ? end : 0;
};

/** The error number that a value is, also when it was widened from 32 bits without its sign. */
export const errnoOf = (value: bigint, size: ValueSize): number | undefined => {
  if (size < 4) return undefined;
  const number = -Number(signedOf(value, size === 8 && value >> 32n === 0n ? 4 : size));
  return number > 0 && ERRNO_NAMES.has(number) ? number : undefined;
};

const isKernelPointer = (value: bigint, size: ValueSize): boolean =>
  size === 8 && kernelRange(value) !== undefined;

/** Whether `old` lies in `now`, shifted by whole bytes. */
const isMisaligned = ({ expected, found, size }: ValuePair, by: number): boolean => {
  const [old, now] = [bytesOf(expected, size), bytesOf(found, size)];
  return now.every((byte, index) => index + by < 0 || index + by >= size || byte === old[index + by]);
};

// Names of the conversions that do to every changed byte what happened to it.
const conversionsOf = (pair: ValuePair): string[] => {
  const changes = changesOf(pair, 8);
  return CONVERSIONS.filter(
    ({ of, once }) => (once !== true || changes.length === 1) && changes.every((one) => of(one.old, one.new)),
  ).map(({ name }) => name);
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
        (expected & 0xfffn) === (found & 0xfffn)
      );
    case 'pattern-lost':
      return patternsOf(expected, size).some(
        ({ pattern, beyond }) => pattern.name === explanation.name && beyond === 0n,
      );
    default:
      return apply(explanation, expected, size) === found;
  }
};

// --- what fits one pair ------------------------------------------------------------------------------------------

const findKnown = ({ expected, found, size }: ValuePair): Explanation[] => {
  const errno = errnoOf(found, size);
  const before = patternsOf(expected, size).filter(({ beyond }) => beyond === 0n);
  // Beside the pattern that was expected lies anything that changed its first byte.
  const after = patternsOf(found, size).filter(
    ({ pattern, beyond }) => beyond === 0n || before.every((match) => match.pattern !== pattern),
  );
  return [
    ...after.map(({ pattern, beyond }): Explanation => ({
      kind: 'pattern',
      name: pattern.name,
      beyond,
    })),
    ...(found === 0n ? [{ kind: 'zeroed' } as const] : []),
    ...(found === allOnes(size) ? [{ kind: 'all-ones' } as const] : []),
    ...(errno === undefined || found === allOnes(size) ? [] : [{ kind: 'errno', errno } as const]),
    ...before.map(({ pattern }): Explanation => ({ kind: 'pattern-lost', name: pattern.name })),
  ];
};

/** Text of fewer characters than this is no text: every third byte is printable. */
const TEXT = 3;

const isTextWritten = (pair: ValuePair): boolean => {
  const bytes = changedBytes(pair, pair.found);
  const written = textLength(bytes);
  if (written < TEXT || textLength(changedBytes(pair, pair.expected)) >= written) return false;
  // A fill such as 6b, a `k`, is no text.
  return new Set(bytes).size > 2 && patternsOf(pair.found, pair.size).length === 0;
};

// The same byte, each time replaced by the same one. Leading zeros or sign bytes that change together are no bytes of
// text, but the width of a number.
const isSubstitution = (changes: readonly Change[]): boolean => {
  const [first] = changes;
  if (first === undefined || !changes.every(({ old, new: now }) => old === first.old && now === first.new))
    return false;
  return changes.length === 1 || (first.old !== 0 && first.old !== 0xff);
};

const FEW = 4; // bits that differ and are still worth numbering as an explanation

const findPlaces = (pair: ValuePair): Explanation[] => {
  const found: Explanation[] = [];
  const bits = changesOf(pair, 1);
  const bytes = changesOf(pair, 8);
  const [first] = bytes;
  if (bits.length === 1) found.push({ kind: 'bit-flip', bit: bits[0]!.at, to: bits[0]!.new });
  else if (bits.length <= FEW) found.push({ kind: 'bits', mask: pair.expected ^ pair.found });
  if (first === undefined) return found;
  const { old, new: now } = first;
  if (bytes.length === 1) found.push({ kind: 'byte', offset: first.at, old, new: now });
  else if (isSubstitution(bytes)) found.push({ kind: 'substitution', old, new: now });
  for (const name of conversionsOf(pair)) found.push({ kind: 'conversion', name });
  const run = changedRun(pair)!;
  if (bytes.length > 1 && bytes.length > run.length / 2 && run.length < pair.size) {
    found.push({ kind: 'overwrite', offset: run.offset, bytes: changedBytes(pair, pair.found) });
  }
  return found;
};

/** A difference that has a name: one, a few, a power of two, or whole words less than a page away. */
export const isNotable = (delta: bigint): boolean => {
  const size = delta < 0n ? -delta : delta;
  return size <= 16n || (size <= 4096n && ((size & (size - 1n)) === 0n || size % 8n === 0n));
};

// Widened or narrowed from 32, 16 or 8 bits: the widest that fits, as a small value fits in all of them. Without the
// sign bit, both give the same; then it is a truncation.
const findWidth = (pair: ValuePair): Explanation[] => {
  for (const bits of [32, 16, 8]) {
    const truncation = { kind: 'truncation', bits } as const;
    if (holds(truncation, pair)) return [truncation];
    const extension = { kind: 'sign-extension', bits } as const;
    if (holds(extension, pair)) return [extension];
  }
  return [];
};

const findArithmetic = (pair: ValuePair): Explanation[] => {
  const { expected, found, size } = pair;
  const delta = differenceOf(pair);
  const trivial = found === 0n || found === allOnes(size) || expected === 0n;
  const candidates: Explanation[] = [
    ...(isNotable(delta) ? [{ kind: 'delta', delta } as const] : []),
    { kind: 'negation' },
    { kind: 'complement' },
  ];
  // Zero is every value shifted far enough, and all ones every negative one.
  if (!trivial) {
    candidates.push(...findWidth(pair));
    for (let by = 1; by < 8 * size; by++) {
      candidates.push({ kind: 'shift', left: by }, { kind: 'shift', left: -by });
      if (expected >> BigInt(8 * size - 1) === 1n) candidates.push({ kind: 'arithmetic-shift', right: by });
    }
  }
  return candidates.filter((candidate) => holds(candidate, pair));
};

const findOrder = (pair: ValuePair): Explanation[] => {
  const { expected, size } = pair;
  const swaps: Explanation[] = [2, 4, 8].flatMap((unit): Explanation[] => [
    { kind: 'byte-swap', unit },
    ...(unit < size ? [{ kind: 'word-swap', unit } as const] : []),
  ]);
  const fitting = swaps.filter((candidate) => holds(candidate, pair));
  if (fitting.length > 0) return fitting;
  for (let left = 1; left < 8 * size; left++) fitting.push({ kind: 'rotation', left });
  const rotation = fitting.find((candidate) => holds(candidate, pair));
  if (rotation !== undefined) return [rotation];
  // At least half of the bytes must be seen again, and not be all alike.
  for (let by = 1; by <= size / 2; by++) {
    for (const bytes of [by, -by]) {
      const kept = bytesOf(expected, size).slice(Math.max(0, bytes), size + Math.min(0, bytes));
      if (new Set(kept).size >= 3 && isMisaligned(pair, bytes)) return [{ kind: 'misaligned', bytes }];
    }
  }
  return [];
};

const findPointers = (pair: ValuePair): Explanation[] => {
  const { expected, found, size } = pair;
  if (!isKernelPointer(expected, size) || found === 0n) return [];
  const [from, to] = [addressKind(expected), addressKind(found)];
  const candidates: Explanation[] = [
    { kind: 'near-null' },
    { kind: 'not-canonical' },
    ...(from === to || !isCanonical(found) || found < 0x1000n || errnoOf(found, size) !== undefined
      ? []
      : [{ kind: 'range', from, to } as const]),
    { kind: 'same-page' },
    // Where one byte differs, that says all.
    ...(changesOf(pair, 8).length > 1 ? [{ kind: 'same-page-offset' } as const] : []),
  ];
  return candidates.filter((candidate) => holds(candidate, pair));
};

/** Every explanation that fits one pair and says something, in no order. */
export const explain = (pair: ValuePair): Explanation[] => {
  if (pair.expected === pair.found) return [{ kind: 'same' }];
  const ordered = findOrder(pair);
  const arithmetic = findArithmetic(pair);
  const shifted = arithmetic.some(({ kind }) => kind === 'shift' || kind === 'arithmetic-shift');
  return [
    ...findKnown(pair),
    ...(isTextWritten(pair) ? [{ kind: 'text' } as const] : []),
    ...findPlaces(pair),
    ...arithmetic,
    // A shift is also a misaligned reading or, without bits that fall out, a rotation; it says more.
    ...ordered.filter(({ kind }) => !(shifted && (kind === 'misaligned' || kind === 'rotation'))),
    ...findPointers(pair),
  ];
};

/** Weaker explanations that fit one pair and could fit others too. */
export const generalise = (pair: ValuePair): Explanation[] => {
  const mask = pair.expected ^ pair.found;
  if (mask === 0n) return [];
  const bits = changesOf(pair, 1);
  const bytes = changesOf(pair, 8);
  const run = changedRun(pair)!;
  const { old, new: now } = bytes[0]!;
  return [
    { kind: 'value', value: pair.found },
    { kind: 'bits', mask },
    { kind: 'delta', delta: differenceOf(pair) },
    ...(run.length < pair.size ? [{ kind: 'overwrite-at', ...run } as const] : []),
    ...(bits.length === 1 ? [{ kind: 'bit', bit: bits[0]!.at } as const, { kind: 'one-bit' } as const] : []),
    ...(isSubstitution(bytes) ? [{ kind: 'substitution', old, new: now } as const] : []),
    ...(bytes.length === 1
      ? [
          { kind: 'byte-becomes', new: now } as const,
          { kind: 'byte-xor', mask: old ^ now } as const,
          { kind: 'byte-at', offset: bytes[0]!.at } as const,
          { kind: 'one-byte' } as const,
        ]
      : []),
  ];
};
