// What the two values are as addresses.

import { hex, hex16, isCanonical, pageOffset, pageStart } from '../../base/address.js';
import { plural } from '../../base/words.js';
import { type Kind, fitting, shown } from '../explanation.js';
import { changesOf } from '../pair.js';
import { RANGES_SOURCE, addressKind, errnoOf, isKernelPointer, physicalOf } from '../patterns.js';

export const sameFrame: Kind<'same-frame'> = {
  ...fitting('frame'),
  find: () => [{ kind: 'same-frame' }],
  fits: (_, { expected, found, size }) => {
    const [from, to] = [physicalOf(expected, size), physicalOf(found, size)];
    return from !== undefined && from === to;
  },
  say: (_, { alone, first: { expected, found, size } }) =>
    alone
      ? `both are the physical address ${hex(physicalOf(expected, size)!)}: expected through ${addressKind(expected)}, found through ${addressKind(found)}`
      : 'both are the same physical address, once through the kernel image and once through the direct map',
  source: () => RANGES_SOURCE,
};

export const nearNull: Kind<'near-null'> = {
  ...shown('pointer'),
  find: () => [{ kind: 'near-null' }],
  fits: (_, { expected, found, size }) => isKernelPointer(expected, size) && found !== 0n && found < 0x1000n,
  say: (_, { alone, first: { found } }) =>
    alone
      ? `a kernel pointer became ${hex(found)}, which lies in the first page: NULL and an offset, or a small number`
      : 'a kernel pointer became an address in the first page',
};

export const notCanonical: Kind<'not-canonical'> = {
  ...shown('pointer'),
  find: () => [{ kind: 'not-canonical' }],
  fits: (_, { expected, found, size }) => isKernelPointer(expected, size) && !isCanonical(found),
  say: () =>
    'a kernel pointer became a non-canonical address: an access through it is a general protection fault, not a page fault',
  source: () => 'Intel SDM vol. 1, 3.3.7.1 "Canonical Addressing"',
};

export const range: Kind<'range'> = {
  ...shown('pointer'),
  // Not beside the other kinds of address and number, which say more.
  find: ({ expected, found, size }) => {
    const [from, to] = [addressKind(expected), addressKind(found)];
    const isOther =
      from === to || !isCanonical(found) || found < 0x1000n || errnoOf(found, size) !== undefined;
    return isOther || !isKernelPointer(expected, size) ? [] : [{ kind: 'range', from, to }];
  },
  fits: ({ from, to }, { expected, found, size }) =>
    size === 8 && addressKind(expected) === from && addressKind(found) === to,
  say: ({ from, to }) => `as an address, expected lies in ${from}, found in ${to}`,
  source: () => RANGES_SOURCE,
};

export const samePage: Kind<'same-page'> = {
  ...fitting('pointer'),
  find: () => [{ kind: 'same-page' }],
  fits: (_, { expected, found, size }) =>
    isKernelPointer(expected, size) && pageStart(expected) === pageStart(found),
  evidence: () => 0,
  say: (_, { alone, first: { expected } }) =>
    `both point into the same page${alone ? `, ${hex16(pageStart(expected))}` : ''}`,
};

export const samePageOffset: Kind<'same-page-offset'> = {
  ...fitting('pointer'),
  find: (pair) => (changesOf(pair, 8).length > 1 ? [{ kind: 'same-page-offset' }] : []), // one byte says it all
  fits: (_, { expected, found, size }) =>
    isKernelPointer(expected, size) &&
    addressKind(expected) === addressKind(found) &&
    pageOffset(expected) === pageOffset(found),
  evidence: () => 0,
  say: (_, { alone, first: { expected, found } }) => {
    const pages = (found >> 12n) - (expected >> 12n);
    const count = plural(Math.abs(Number(pages)), 'page');
    const where = alone ? `, found ${count} ${pages < 0n ? 'before' : 'after'} expected` : '';
    return `both point to the same offset in a page of ${addressKind(expected)}${where}`;
  },
  source: () => RANGES_SOURCE,
};
