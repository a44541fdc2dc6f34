// Ranges of guest memory that an input asks for, checked to their end. Errors name the place in the input.

import { type Addr, hex, isCanonical, u64 } from '../base/address.js';
import { InputError } from '../base/errors.js';

/** A range that a scenario or a manifest asks for. */
export interface Range {
  readonly start: Addr;
  readonly size: number; // bytes, at least 1
  /** What it is, as a sentence begins: `kernel stack`. */
  readonly what: string;
  /** Reports what is wrong with it, with its place in the input. */
  readonly fail: (problem: string) => never;
}

/** Reports errors at a field of a file. */
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
