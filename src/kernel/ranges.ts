// Where things of a world lie: every range is checked to its end, against what the sandbox lays out itself, and against
// the most memory that a world has. What is wrong is said by whoever asked for the range, with its place.

import { type Addr, PAGE_SIZE, hex, isCanonical, pageStart, u64 } from '../base/address.js';
import { InputError } from '../base/errors.js';
import type { Protection, Region } from './memory.js';

/**
 * Most bytes of guest memory that a world has. A recording keeps all of it and its reader takes four times as much,
 * views copy it several times; the shipped worlds have about 1 MiB.
 */
export const MAX_WORLD = 256 << 20;

/** A range that somebody wants. */
export interface Range {
  readonly start: Addr;
  readonly size: number; // bytes, at least 1
  /** What it is, as a sentence begins: `kernel stack`. */
  readonly what: string;
  /** Says what is wrong with it, with its place. */
  readonly fail: (problem: string) => never;
}

/** Memory that the sandbox itself lays out. */
export interface Reserved {
  readonly start: Addr;
  readonly size: number; // bytes
  readonly name: string;
}

/** Complains at a place of a manifest. */
export const failIn =
  (file: string, field: string) =>
  (problem: string): never => {
    throw new InputError(problem, { file, field });
  };

/** Refuse a range that does not lie in one half of the canonical addresses, to its last byte. */
export const refuseNonCanonical = ({ start, size, what, fail }: Range): void => {
  const last = start + BigInt(size) - 1n;
  if (isCanonical(start) && isCanonical(last) && last === u64(last) && start >> 63n === last >> 63n) return;
  if (start < 0n) fail(`${what} would begin below address 0`);
  if (start !== u64(start)) fail(`${what} would lie over the top of the address space`);
  if (!isCanonical(start))
    fail(`${hex(start)} is not canonical: bits 63 to 47 of an x86-64 address are equal`);
  const end =
    last === u64(last) ? `at ${hex(last)}, which is not canonical` : 'over the top of the address space';
  fail(`${what} from ${hex(start)} on has ${size} bytes and would end ${end}`);
};

/** Refuse a range that overlaps what the sandbox lays out. */
export const refuseReserved = (reserved: readonly Reserved[], { start, size, what, fail }: Range): void => {
  const end = start + BigInt(size);
  const other = reserved.find((one) => start < one.start + BigInt(one.size) && one.start < end);
  if (other === undefined) return;
  fail(`${what} overlaps the ${other.name} at ${hex(other.start)}; choose another place`);
};

/** Collects whole pages and makes regions of neighbours. */
export class Pages {
  readonly #pages = new Map<Addr, { protection: Protection; name: string }>();

  /** Add the pages of a range; those that are there already stay what they are. */
  add(range: Range, protection: Protection, name: string): void {
    refuseNonCanonical(range);
    const { start, size, fail } = range;
    for (let page = pageStart(start); page < start + BigInt(size); page += BigInt(PAGE_SIZE)) {
      if (this.#pages.has(page)) continue;
      if (this.#pages.size * PAGE_SIZE >= MAX_WORLD)
        fail(`the world would have more than ${MAX_WORLD} bytes of memory`);
      this.#pages.set(page, { protection, name });
    }
  }

  regions(): Region[] {
    const regions: { start: Addr; size: number; protection: Protection; name: string }[] = [];
    const sorted = [...this.#pages].toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [page, { protection, name }] of sorted) {
      const last = regions.at(-1);
      const joins = last !== undefined && last.protection === protection && last.name === name;
      if (joins && last.start + BigInt(last.size) === page) last.size += PAGE_SIZE;
      else regions.push({ start: page, size: PAGE_SIZE, protection, name });
    }
    return regions;
  }
}
