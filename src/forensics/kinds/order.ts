// The bytes or larger units of the value are in another order or at another place.

import { plural } from '../../base/words.js';
import { type Kind, fitting } from '../explanation.js';
import { bytesOf, unsignedOf, valueOf } from '../pair.js';
import { anyDistance } from './arithmetic.js';

const UNITS: ReadonlyMap<number, string> = new Map([
  [2, '16-bit'],
  [4, '32-bit'],
  [8, '64-bit'],
]);

/** Cut bytes into units, reverse their order, and join them again. */
const reverseUnits = (bytes: readonly number[], unit: number): number[] => {
  const units: (readonly number[])[] = [];
  for (let at = 0; at < bytes.length; at += unit) units.push(bytes.slice(at, at + unit));
  return units.reverse().flat();
};

export const byteSwap: Kind<'byte-swap'> = {
  ...fitting('order', 2.4),
  find: () => [...UNITS.keys()].map((unit) => ({ kind: 'byte-swap', unit })),
  fits: ({ unit }, { expected, found, size }) =>
    unit <= size && found === valueOf(reverseUnits(bytesOf(expected, size).reverse(), unit)),
  say: ({ unit }, { first }) =>
    unit === first.size
      ? 'the bytes are in reverse order: big-endian taken for little-endian, or the other way round'
      : `the bytes of each ${UNITS.get(unit)} part are in reverse order: its endianness was mistaken`,
};

export const wordSwap: Kind<'word-swap'> = {
  ...fitting('order', 2.4),
  find: () => [...UNITS.keys()].map((unit) => ({ kind: 'word-swap', unit })),
  fits: ({ unit }, { expected, found, size }) =>
    found === valueOf(reverseUnits(bytesOf(expected, size), unit)),
  say: ({ unit }) => `the ${UNITS.get(unit)} parts are in reverse order, each of them unchanged`,
};

export const rotation: Kind<'rotation'> = {
  ...fitting('order', anyDistance),
  yieldsTo: ['byte-swap', 'word-swap', 'shift', 'arithmetic-shift'],
  find: (pair) => {
    for (let left = 1; left < 8 * pair.size; left++)
      if (rotation.fits({ kind: 'rotation', left }, pair)) return [{ kind: 'rotation', left }];
    return [];
  },
  fits: ({ left }, { expected, found, size }) => {
    const [by, width] = [BigInt(left), BigInt(8 * size)];
    return by < width && found === unsignedOf((expected << by) | (expected >> (width - by)), size);
  },
  say: ({ left }) => `expected rotated left by ${plural(left, 'bit')}`,
};

export const misaligned: Kind<'misaligned'> = {
  ...fitting('order'),
  yieldsTo: ['byte-swap', 'word-swap', 'rotation', 'shift', 'arithmetic-shift'],
  // At least half of the bytes must be seen again, and not be all alike.
  find: (pair) => {
    const old = bytesOf(pair.expected, pair.size);
    for (let by = 1; by <= pair.size / 2; by++) {
      for (const bytes of [by, -by]) {
        const kept = old.slice(Math.max(0, bytes), pair.size + Math.min(0, bytes));
        const explanation = { kind: 'misaligned', bytes } as const;
        if (new Set(kept).size >= 3 && misaligned.fits(explanation, pair)) return [explanation];
      }
    }
    return [];
  },
  fits: ({ bytes: by }, { expected, found, size }) => {
    const [old, now] = [bytesOf(expected, size), bytesOf(found, size)];
    return now.every((byte, index) => index + by < 0 || index + by >= size || byte === old[index + by]);
  },
  evidence: ({ bytes }, { size }) => 8 * (size - Math.abs(bytes)) - 3,
  say: ({ bytes }) =>
    `the bytes of expected, shifted: as if read ${plural(Math.abs(bytes), 'byte')} too ${bytes > 0 ? 'late' : 'early'}`,
};
