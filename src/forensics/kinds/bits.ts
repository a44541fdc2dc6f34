// Some bits changed, the others did not.

import { listOf, plural } from '../../base/words.js';
import { type Kind, shown } from '../explanation.js';
import { type ValuePair, changesOf, onlyChange } from '../pair.js';
import { bitsText } from '../words.js';

export const bitFlip: Kind<'bit-flip'> = {
  ...shown('place'),
  find: (pair) => onlyChange(pair, 1).map(({ at, new: to }) => ({ kind: 'bit-flip', bit: at, to })),
  fits: ({ bit, to }, { expected, found }) =>
    found === (to === 1 ? expected | (1n << BigInt(bit)) : expected & ~(1n << BigInt(bit))),
  say: ({ bit, to }) => `a single bit flipped: bit ${bit} went from ${1 - to} to ${to}`,
};

export const bit: Kind<'bit'> = {
  ...shown('place'),
  find: (pair, together) =>
    together === undefined ? [] : onlyChange(pair, 1).map(({ at }) => ({ kind: 'bit', bit: at })),
  fits: (explanation, { expected, found }) => (expected ^ found) === 1n << BigInt(explanation.bit),
  say: (explanation) => `a single bit flipped: bit ${explanation.bit} in every sample`,
};

export const oneBit: Kind<'one-bit'> = {
  ...shown('place'),
  find: (_, together) => (together === undefined ? [] : [{ kind: 'one-bit' }]),
  fits: (_, pair) => changesOf(pair, 1).length === 1,
  say: (_, { pairs }) =>
    `a single bit flipped, but not the same one: ${listOf([...new Set(pairs.map((pair) => changesOf(pair, 1)[0]!.at))])}`,
};

const FEW = 4; // bits that differ and are still worth numbering as an explanation

export const bits: Kind<'bits'> = {
  ...shown('place'),
  find: (pair, together) => {
    const { length } = changesOf(pair, 1);
    const isTelling = together !== undefined || (length > 1 && length <= FEW);
    return isTelling ? [{ kind: 'bits', mask: pair.expected ^ pair.found }] : [];
  },
  fits: ({ mask }, { expected, found }) => (expected ^ found) === mask,
  say: ({ mask }, { alone, first }) => {
    const changes = changesOf(first, 1);
    const inOne = (width: number): boolean =>
      new Set(changes.map(({ at }) => Math.floor(at / width))).size === 1;
    const where = inOne(4) ? ' of one nibble' : inOne(8) ? ' of one byte' : '';
    const to = new Set(changes.map((change) => change.new));
    const how = !alone || to.size > 1 ? 'changed' : to.has(1) ? 'were set' : 'were cleared';
    return `${plural(changes.length, 'bit')}${where} ${how}: ${bitsText(mask)}; no other bit changed`;
  },
};

const changedIn = (pairs: readonly ValuePair[]): bigint =>
  pairs.reduce((mask, { expected, found }) => mask | (expected ^ found), 0n);

export const bitsSet: Kind<'bits-set'> = {
  ...shown('place'),
  // Not the same bits in each pair: the mask is all of them together.
  find: (pair, together) => (pair === together?.[0] ? [{ kind: 'bits-set', mask: changedIn(together) }] : []),
  fits: ({ mask }, { expected, found }) => found === (expected | mask),
  say: ({ mask }) => `bits were set and none was cleared, all of them among ${bitsText(mask)}`,
};

export const bitsCleared: Kind<'bits-cleared'> = {
  ...shown('place'),
  find: (pair, together) =>
    pair === together?.[0] ? [{ kind: 'bits-cleared', mask: changedIn(together) }] : [],
  fits: ({ mask }, { expected, found }) => found === (expected & ~mask),
  say: ({ mask }) => `bits were cleared and none was set, all of them among ${bitsText(mask)}`,
};
