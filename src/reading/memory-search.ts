// Finds values in all memory of a dump.

import type { Addr } from '../base/address.js';
import { InputError } from '../base/errors.js';
import type { Dump } from './dump.js';

export const MAX_HITS = 10_000;

/** One past the last address. */
export const END = 1n << 64n;

/** @throws {InputError} always */
export const tooManyHits = (): never => {
  throw new InputError(`over ${MAX_HITS} hits: narrow the range with -s and -e`, { field: 'search' });
};

/** A hit: where, and the value as it is there. */
interface Hit {
  readonly address: Addr;
  readonly value: bigint;
}

/**
 * Find values in all memory that is mapped, at addresses that are multiples of `size`.
 *
 * @param size of a unit, in bytes: 8, 4 or 2
 * @param mask bits that do not matter
 * @param from first address; `to` is past the last
 * @throws {InputError} at too many hits
 */
export const searchMemory = (
  dump: Dump,
  values: readonly bigint[],
  {
    size = 8,
    mask = 0n,
    from = 0n,
    to = END,
  }: { size?: 8 | 4 | 2; mask?: bigint; from?: Addr; to?: Addr } = {},
): Hit[] => {
  const hits: Hit[] = [];
  const keep = BigInt.asUintN(size * 8, ~mask);
  const wanted = new Set(values.map((value) => value & keep));
  // Low halves first: most words fail there, and that takes no bigint.
  const lowKeep = Number(keep & 0xffff_ffffn) >>> 0;
  const lows = new Set([...wanted].map((value) => Number(value & 0xffff_ffffn)));
  for (const { start, size: length } of dump.regions.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    if (start >= to || start + BigInt(length) <= from) continue;
    const bytes = dump.memory.read(start, length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    for (let offset = 0; offset + size <= length; offset += size) {
      const low = size === 2 ? view.getUint16(offset, true) : view.getUint32(offset, true);
      if (!lows.has((low & lowKeep) >>> 0)) continue;
      const value = size === 8 ? view.getBigUint64(offset, true) : BigInt(low);
      const address = start + BigInt(offset);
      if (address < from || address >= to || !wanted.has(value & keep)) continue;
      hits.push({ address, value });
      if (hits.length > MAX_HITS) return tooManyHits();
    }
  }
  return hits;
};
