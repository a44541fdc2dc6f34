// Which explanations fit a pair: the telling ones for it alone, weaker ones that other pairs could share.

import { isCanonical } from '../base/address.js';
import {
  type Explanation,
  allOnes,
  conversionsOf,
  errnoOf,
  holds,
  isKernelPointer,
  isMisaligned,
  isTextWritten,
} from './explanations.js';
import {
  type Change,
  type ValuePair,
  bytesOf,
  changedBytes,
  changedRun,
  changesOf,
  differenceOf,
  filledWith,
} from './pair.js';
import { addressKind, patternsOf } from './patterns.js';

// Every byte the same, though not all zero or all ones, and more than one of them new.
const isFilled = (pair: ValuePair): boolean => {
  const { found, size } = pair;
  const byte = Number(found & 0xffn);
  if (size < 2 || byte === 0 || byte === 0xff || changesOf(pair, 8).length < 2) return false;
  return found === filledWith(byte, size);
};

const findKnown = (pair: ValuePair): Explanation[] => {
  const { expected, found, size } = pair;
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
    ...(isFilled(pair) && after.length === 0
      ? [{ kind: 'filled', byte: Number(found & 0xffn) } as const]
      : []),
    ...(errno === undefined || found === allOnes(size) ? [] : [{ kind: 'errno', errno } as const]),
    ...before.map(({ pattern }): Explanation => ({ kind: 'pattern-lost', name: pattern.name })),
  ];
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
    { kind: 'same-frame' },
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
