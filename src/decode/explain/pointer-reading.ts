// What is wrong with a value that was used as a pointer: NULL, an error code, a poison, text, a bit. A reading of the
// bits, never a proof of where they come from.

import { hex, u64 } from '../../base/address.js';
import { isPrintable, printable } from '../../base/words.js';
import { ERRNO_NAMES, patternsOf } from '../../forensics/patterns.js';
import type { Sure } from '../code/sure.js';
import { FIRST_PAGE } from './accesses.js';
import type { BadKind } from './bad-value.js';
import { nearListPoison } from './list-poison.js';

export interface PointerReading {
  readonly kind: BadKind;
  readonly sure: Sure;
  /** Completes "it is". */
  readonly detail: string;
}

/** Errors that a pointer may carry. Source: MAX_ERRNO, include/linux/err.h, v6.14 */
const MAX_ERRNO = 4095n;

/** How far a fill may be from a value that was computed from it. */
const FILL_REACH = 0x10000n;

const distance = (beyond: bigint): string =>
  beyond === 0n ? '' : ` ${beyond < 0n ? '-' : '+'} ${hex(beyond < 0n ? -beyond : beyond)}`;

const small = (value: bigint): PointerReading | undefined => {
  if (value === 0n) return { kind: 'NULL', sure: 'likely', detail: 'NULL' };
  if (value >= FIRST_PAGE) return undefined;
  const detail = `${hex(value)}, near NULL: the address of a field of a NULL pointer, or a small number`;
  return { kind: 'near NULL', sure: 'likely', detail };
};

// -16 is -EBUSY and container_of(NULL, …, member at 16): the address that was accessed decides where it is NULL itself.
const negative = (value: bigint, address: bigint | undefined): PointerReading | undefined => {
  const number = -BigInt.asIntN(64, value);
  if (number <= 0n || number > MAX_ERRNO) return undefined;
  const name = ERRNO_NAMES.get(Number(number));
  const member = number % 8n === 0n;
  const container = `container_of(NULL, member at ${hex(number)})`;
  if (member && (address === 0n || address === 8n || name === undefined))
    return { kind: 'container of NULL', sure: address === 0n ? 'likely' : 'possible', detail: container };
  if (name === undefined) return undefined;
  const error = `ERR_PTR(-${name}), the error ${-number}`;
  // container_of() of an error: the address that was accessed is the error itself.
  const other = address === undefined ? 0n : -BigInt.asIntN(64, address);
  const direct = other > 0n && other < number ? ERRNO_NAMES.get(Number(other)) : undefined;
  if (direct !== undefined)
    return {
      kind: 'error pointer',
      sure: 'possible',
      detail: `${error}, or container_of(ERR_PTR(-${direct}), member at ${hex(number - other)})`,
    };
  return member
    ? { kind: 'error pointer', sure: 'possible', detail: `${error}, or ${container}` }
    : { kind: 'error pointer', sure: number === 1n ? 'possible' : 'likely', detail: error }; // -1 is also all ones
};

const listPoison = (
  value: bigint,
  address: bigint | undefined,
  release: string | undefined,
): PointerReading | undefined => {
  const near = nearListPoison(value, address, release);
  if (near === undefined) return undefined;
  const { name, beyond } = near;
  const from =
    name === 'LIST_POISON1'
      ? 'which list_del() leaves in the next of an entry that it removed'
      : 'which list_del() leaves in the prev (pprev in an hlist) of an entry that it removed';
  if (beyond < 0n && beyond % 8n === 0n)
    return {
      kind: 'list poison',
      sure: 'likely',
      detail: `container_of(${name}, member at ${hex(-beyond)}): ${name} is what list_del() leaves in an entry that it removed`,
    };
  return { kind: 'list poison', sure: 'likely', detail: `${name}${distance(beyond)}, ${from}` };
};

const FREED = /^(?:POISON_|SLUB_RED|PAGE_POISON|POOL_POISON|JBD)/u;

const pattern = (value: bigint, address: bigint | undefined): PointerReading | undefined => {
  if (value === 0n) return undefined;
  const narrow = value >> 32n === 0n;
  const [match] = patternsOf(value, narrow ? 4 : 8);
  if (match !== undefined && match.pattern.name !== 'ATM_POISON_FREE') {
    const { name, meaning, fill, last } = match.pattern;
    const kind = name.startsWith('LIST_POISON')
      ? 'list poison'
      : FREED.test(name)
        ? 'freed pattern'
        : 'other poison';
    const filled = fill !== undefined && last === undefined;
    const sure: Sure =
      narrow && (filled || match.beyond !== 0n) ? 'possible' : narrow ? 'possible' : 'likely';
    return { kind, sure, detail: `${name}${distance(match.beyond)}, ${meaning}` };
  }
  if (narrow) return undefined;
  // A magic number beside another field: the pointer was read where an object of another type is.
  for (const [half, where] of [
    [value >> 32n, 'upper'],
    [value & 0xffffffffn, 'lower'],
  ] as const) {
    const magic = patternsOf(half, 4).find(
      ({ pattern: one, beyond }) => one.value === half && beyond === 0n && half > 0xffffffn,
    );
    if (magic !== undefined)
      return {
        kind: 'other poison',
        sure: 'likely',
        detail: `${magic.pattern.name} in its ${where} half, ${magic.pattern.meaning}: an object of another type is there`,
      };
  }
  for (const [byte, name, meaning] of [
    [0x6bn, 'POISON_FREE', 'the fill of freed slab objects'],
    [0x5an, 'POISON_INUSE', 'the fill of uninitialised slab objects'],
    [0xbbn, 'SLUB_RED_INACTIVE', 'the red zone of a free SLUB object'],
    [0xccn, 'SLUB_RED_ACTIVE', 'the red zone of an allocated SLUB object'],
  ] as const) {
    const fill = byte * 0x0101010101010101n;
    const beyond = BigInt.asIntN(64, value - fill);
    const reached = address === fill;
    if (reached || (beyond > -FILL_REACH && beyond < FILL_REACH))
      return { kind: 'freed pattern', sure: 'likely', detail: `${name}${distance(beyond)}, ${meaning}` };
  }
  return undefined;
};

const bytesOf = (value: bigint): number[] =>
  Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(at * 8)) & 0xffn));

// In bytes that are not an address, so many in a row are seldom there by chance.
const WORD = /[\w./-]{5,8}/u;

const text = (value: bigint): PointerReading | undefined => {
  const bytes = bytesOf(value);
  const quoted = (some: readonly number[]): string => JSON.stringify(printable(some));
  if (bytes.every((byte, at) => (at % 2 === 0 ? isPrintable(byte) : byte === 0)))
    return {
      kind: 'text',
      sure: 'possible',
      detail: `the characters ${quoted(bytes.filter((_, at) => at % 2 === 0))} in UTF-16`,
    };
  const word = value >> 63n === value >> 47n ? null : WORD.exec(Buffer.from(bytes).toString('latin1'));
  const end = bytes.indexOf(0);
  const used = end < 0 ? bytes : bytes.slice(0, end);
  if (used.length < 4 || bytes.slice(used.length).some((byte) => byte !== 0) || !used.every(isPrintable))
    return word === null
      ? undefined
      : { kind: 'text', sure: 'possible', detail: `bytes with the characters ${JSON.stringify(word[0])}` };
  return {
    kind: 'text',
    sure: used.length === 8 ? 'likely' : 'possible',
    detail: `the characters ${quoted(used)}`,
  };
};

/**
 * What is wrong with a value that was used as a pointer, by its bits alone.
 *
 * @param address the address that was accessed through it
 * @returns `undefined` for a value that may be a pointer, and for one that looks like nothing
 */
export const readPointer = (
  value: bigint,
  address?: bigint,
  release?: string,
): PointerReading | undefined => {
  const bits = u64(value);
  return (
    small(bits) ??
    negative(bits, address) ??
    listPoison(bits, address, release) ??
    pattern(bits, address) ??
    text(bits)
  );
};
