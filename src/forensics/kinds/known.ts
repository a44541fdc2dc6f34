// The found value, or the expected one, is known by sight: a fill, poison, an error number.

import { hex } from '../../base/address.js';
import { byteText } from '../../base/words.js';
import { type Kind, fitting, shown } from '../explanation.js';
import { allOnes, changesOf, filledWith, signedOf } from '../pair.js';
import {
  ERRNO_NAMES,
  ERRNO_SOURCE,
  type Match,
  PATTERNS,
  type Pattern,
  errnoOf,
  isKernelPointer,
  patternsOf,
} from '../patterns.js';
import { formatByte } from '../words.js';

const patternNamed = (name: string): Pattern => PATTERNS.find((pattern) => pattern.name === name)!;
const isExact = ({ beyond }: Match): boolean => beyond === 0n;

export const same: Kind<'same'> = {
  ...shown('place'),
  find: () => [],
  fits: (_, { expected, found }) => expected === found,
  say: () => 'the values are the same',
};

export const pattern: Kind<'pattern'> = {
  ...fitting('value'),
  find: ({ expected, found, size }) => {
    const before = patternsOf(expected, size).filter(isExact);
    // Any change of its first byte lies near the pattern that was expected.
    return patternsOf(found, size)
      .filter((match) => isExact(match) || before.every((one) => one.pattern !== match.pattern))
      .map(({ pattern: { name }, beyond }) => ({ kind: 'pattern', name, beyond }));
  },
  fits: ({ name, beyond }, { found, size }) =>
    patternsOf(found, size).some((match) => match.pattern.name === name && match.beyond === beyond),
  // Some forty patterns; two of them with a page beside them.
  evidence: ({ beyond }, pair) => 8 * changesOf(pair, 8).length - (beyond === 0n ? 5.3 : 13),
  say: ({ name, beyond }) => {
    const { meaning, fill, last } = patternNamed(name);
    if (beyond !== 0n)
      return `found is ${name} ${beyond < 0n ? '-' : '+'} ${hex(beyond < 0n ? -beyond : beyond)}: near ${meaning}`;
    const each = fill === undefined || last !== undefined ? '' : `, every byte ${byteText(fill)}`;
    return `found is ${name}${each}: ${meaning}`;
  },
  source: ({ name }) => patternNamed(name).source,
};

export const zeroed: Kind<'zeroed'> = {
  ...shown('value'),
  find: () => [{ kind: 'zeroed' }],
  fits: (_, { found }) => found === 0n,
  say: () => 'found is 0: every byte is 00',
};

export const ones: Kind<'all-ones'> = {
  ...shown('value'),
  find: () => [{ kind: 'all-ones' }],
  fits: (_, { found, size }) => found === allOnes(size),
  say: (_, { first: { size } }) =>
    size >= 4
      ? `found has every bit set: -1, which is also -EPERM${size === 4 ? ' and BUFCTL_END of mm/slab.c' : ''}`
      : 'found has every bit set: -1',
};

export const filled: Kind<'filled'> = {
  ...shown('value'),
  yieldsTo: ['pattern'],
  // Every byte the same, but neither all zeros nor all ones, and more than one of them new.
  find: (pair) => {
    const byte = Number(pair.found & 0xffn);
    const isNew = byte !== 0 && byte !== 0xff && changesOf(pair, 8).length > 1;
    return isNew ? [{ kind: 'filled', byte }] : [];
  },
  fits: ({ byte }, { found, size }) => found === filledWith(byte, size),
  say: ({ byte }) =>
    `every byte of found is ${formatByte(byte)}: a fill, but not one that a kernel header names`,
};

export const errno: Kind<'errno'> = {
  ...fitting('value', 7.2), // the names
  yieldsTo: ['all-ones'],
  find: ({ found, size }) => {
    const number = errnoOf(found, size);
    return number === undefined ? [] : [{ kind: 'errno', errno: number }];
  },
  fits: (explanation, { found, size }) => errnoOf(found, size) === explanation.errno,
  say: (explanation, { pairs, first: { found, size } }) => {
    const narrow = size === 8 && signedOf(found, 8) > 0n ? ', in 32 bits without its sign above them' : '';
    const pointers = pairs.every((pair) => isKernelPointer(pair.expected, pair.size));
    const pointer = pointers && narrow === '' ? ': an error pointer, as ERR_PTR() makes it' : '';
    return `found is -${explanation.errno}, -${ERRNO_NAMES.get(explanation.errno)}${narrow}${pointer}`;
  },
  source: () => ERRNO_SOURCE,
};

export const value: Kind<'value'> = {
  ...shown('value'),
  find: ({ found }, together) => (together === undefined ? [] : [{ kind: 'value', value: found }]),
  fits: (explanation, { found }) => found === explanation.value,
  say: (explanation) => `found is ${hex(explanation.value)}, whatever was expected`,
};

export const patternLost: Kind<'pattern-lost'> = {
  ...fitting('before'),
  find: ({ expected, size }) =>
    patternsOf(expected, size)
      .filter(isExact)
      .map(({ pattern: { name } }) => ({ kind: 'pattern-lost', name })),
  fits: ({ name }, { expected, size }) =>
    patternsOf(expected, size).some((match) => match.pattern.name === name && isExact(match)),
  evidence: (_, { size }) => 8 * size - 5.3,
  say: ({ name }) => `expected is ${name}, ${patternNamed(name).meaning}: it was overwritten`,
  source: ({ name }) => patternNamed(name).source,
};
