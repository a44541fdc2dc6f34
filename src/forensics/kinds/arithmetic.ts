// Arithmetic on the whole value.

import { hex } from '../../base/address.js';
import { plural } from '../../base/words.js';
import { type Kind, fitting } from '../explanation.js';
import { type ValuePair, allOnes, changesOf, differenceOf, signedOf, unsignedOf } from '../pair.js';

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const isPowerOfTwo = (value: bigint): boolean => (value & (value - 1n)) === 0n;

/** A difference that has a name: one, a few, a power of two, or whole words less than a page away. */
export const isNotable = (delta: bigint): boolean => {
  const size = magnitude(delta);
  return size <= 16n || (size <= 4096n && (isPowerOfTwo(size) || size % 8n === 0n));
};

/** Every value becomes zero when shifted far enough, and every negative one all ones. */
const isTrivial = ({ expected, found, size }: ValuePair): boolean =>
  found === 0n || found === allOnes(size) || expected === 0n;

/** Any difference, if all pairs have it. */
export const delta: Kind<'delta'> = {
  ...fitting('place'),
  find: (pair, together) => (together === undefined ? [] : [{ kind: 'delta', delta: differenceOf(pair) }]),
  fits: (explanation, { expected, found, size }) => found === unsignedOf(expected + explanation.delta, size),
  evidence: (explanation, pair) => {
    const size = magnitude(explanation.delta);
    return 8 * changesOf(pair, 8).length - (size === 1n ? 1 : size <= 16n ? 5 : 10.1); // 32 small ones; 1100 words and powers
  },
  say: (explanation, { pairs }) => {
    const size = magnitude(explanation.delta);
    const isMore = explanation.delta > 0n;
    const sum = `${size === 1n ? 'off by one: ' : ''}found is expected ${isMore ? '+' : '-'} ${size}`;
    const inHex = size > 9n ? ` (${hex(size)})` : '';
    const wraps = pairs.some(({ expected, found }) => found > expected !== isMore);
    const words =
      size > 1n && isPowerOfTwo(size)
        ? ', a power of two'
        : size > 16n && size % 8n === 0n && size <= 4096n
          ? `, ${size / 8n} words of 8 bytes`
          : '';
    return `${sum}${inHex}${words}${wraps ? ', wrapped around' : ''}`;
  },
};

/** A difference that is telling by itself. */
export const step: Kind<'delta'> = {
  ...delta,
  family: 'arithmetic',
  find: (pair) => {
    const difference = differenceOf(pair);
    return isNotable(difference) ? [{ kind: 'delta', delta: difference }] : [];
  },
};

export const negation: Kind<'negation'> = {
  ...fitting('arithmetic'),
  find: () => [{ kind: 'negation' }],
  fits: (_, { expected, found, size }) => found === unsignedOf(-expected, size),
  say: (_, { alone, first: { expected, found, size } }) => {
    const signed = (value: bigint): string => (value < 0n ? String(value) : `+${value}`);
    const values = `: ${signed(signedOf(expected, size))} became ${signed(signedOf(found, size))}`;
    return `found is expected with the opposite sign${alone ? values : ''}`;
  },
};

export const complement: Kind<'complement'> = {
  ...fitting('arithmetic'),
  find: () => [{ kind: 'complement' }],
  fits: (_, { expected, found, size }) => found === unsignedOf(~expected, size),
  say: () => 'found is the complement of expected: every bit flipped',
};

/** The widest number of bits that fits: a small value fits in all of them. */
const widest = (pair: ValuePair, fits: (bits: number) => boolean): readonly number[] =>
  isTrivial(pair) ? [] : [32, 16, 8].filter(fits).slice(0, 1);

export const truncation: Kind<'truncation'> = {
  ...fitting('arithmetic', 2.6),
  find: (pair) =>
    widest(pair, (bits) => truncation.fits({ kind: 'truncation', bits }, pair)).map((bits) => ({
      kind: 'truncation',
      bits,
    })),
  fits: ({ bits }, { expected, found }) => found === BigInt.asUintN(bits, expected),
  say: ({ bits }, { alone, first: { expected, found, size } }) => {
    const isLost = alone && signedOf(expected, size) < 0n && (found >> BigInt(bits - 1)) & 1n;
    return `expected cut to its low ${bits} bits, zeros above${isLost ? '; its sign is lost' : ''}`;
  },
};

export const signExtension: Kind<'sign-extension'> = {
  ...fitting('arithmetic', 2.6),
  yieldsTo: ['truncation'], // without the sign bit, both give the same
  find: (pair) =>
    widest(pair, (bits) => signExtension.fits({ kind: 'sign-extension', bits }, pair)).map((bits) => ({
      kind: 'sign-extension',
      bits,
    })),
  fits: ({ bits }, { expected, found, size }) => found === unsignedOf(BigInt.asIntN(bits, expected), size),
  say: ({ bits }) => `the low ${bits} bits of expected, sign-extended: bit ${bits - 1} fills the bits above`,
};

/** Bits of choice: to the left, to the right or with the sign, by any number of bits. */
export const anyDistance = ({ size }: ValuePair): number => Math.log2(24 * size);

/** The distances that a value can be shifted by, 1 to its bits less one. */
const distances = (pair: ValuePair): readonly number[] =>
  isTrivial(pair) ? [] : Array.from({ length: 8 * pair.size - 1 }, (_, index) => index + 1);

export const shift: Kind<'shift'> = {
  ...fitting('arithmetic', anyDistance),
  find: (pair) =>
    distances(pair).flatMap((by) => [
      { kind: 'shift', left: by },
      { kind: 'shift', left: -by },
    ]),
  fits: ({ left }, { expected, found, size }) =>
    found === (left >= 0 ? unsignedOf(expected << BigInt(left), size) : expected >> BigInt(-left)),
  say: ({ left }) => {
    const by = Math.abs(left);
    const bytes = by % 8 === 0 ? `, ${plural(by / 8, 'byte')}` : '';
    return `expected shifted ${left > 0 ? 'left' : 'right'} by ${plural(by, 'bit')}${bytes}`;
  },
};

export const arithmeticShift: Kind<'arithmetic-shift'> = {
  ...fitting('arithmetic', anyDistance),
  // Of a positive value it is a plain shift.
  find: (pair) =>
    signedOf(pair.expected, pair.size) < 0n
      ? distances(pair).map((right) => ({ kind: 'arithmetic-shift', right }))
      : [],
  fits: ({ right }, { expected, found, size }) =>
    found === unsignedOf(signedOf(expected, size) >> BigInt(right), size),
  say: ({ right }) => `expected shifted right by ${plural(right, 'bit')}, its sign kept`,
};
