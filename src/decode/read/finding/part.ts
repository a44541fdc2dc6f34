// A finding while it is read: each line adds what it says, and what was said first stays.

import { defined } from '../../../base/defined.js';
import { findLocation } from '../code-location.js';
import type { CodeLocation } from '../place.js';
import type { Checker, Finding, NamedTask } from './finding.js';

/** What one line says. */
export type Part = Partial<Omit<Finding, 'line' | 'checker'>>;

/**
 * A kind of line, and what it says.
 *
 * @param found the groups of the pattern; those that took no part are undefined
 * @param so what the lines before said
 * @param line its number in the text
 */
export type Row = readonly [
  pattern: RegExp,
  read: (found: readonly (string | undefined)[], so: Part, line: number) => Part,
];

/** The lines of one checker: those that begin its text, and those that go on. */
export interface CheckerTable {
  readonly checker: Checker;
  readonly begins: readonly Row[];
  readonly adds: readonly Row[];
}

/** Hex digits, with or without `0x`, as an address. */
export const address = (digits: string | undefined): bigint | undefined =>
  digits === undefined || !/^(?:0x)?[0-9a-f]{1,16}$/iu.test(digits)
    ? undefined
    : BigInt(`0x${digits.replace(/^0x/iu, '')}`);

/**
 * An address of the kernel; `undefined` for one whose upper half is zero: since 4.15 %p prints a hash of 32 bits, which is
 * no address. Source: ptr_to_id(), lib/vsprintf.c, v4.15 to v6.14
 */
export const kernelAddress = (digits: string | undefined): bigint | undefined => {
  const value = address(digits);
  return value === undefined || value >> 32n === 0n ? undefined : value;
};

/** Decimal digits as a number that is exact; `undefined` for others. */
export const decimal = (digits: string | undefined): number | undefined => {
  const value = digits === undefined || digits === '' ? Number.NaN : Number(digits);
  return Number.isSafeInteger(value) ? value : undefined;
};

export const place = (text: string | undefined): CodeLocation | undefined =>
  text === undefined ? undefined : findLocation(text.trim())?.location;

/** `frobd/123`, `swapper/0/0`: the PID follows the last slash. */
export const namedTask = (text: string | undefined): NamedTask | undefined => {
  const found = /^(.{0,64})\/(\d{1,9})$/u.exec(text?.trim() ?? '');
  return found === null ? undefined : { comm: found[1]!, pid: Number(found[2]) };
};

/** Facts of which some may be missing; absent without any. */
export const facts = (all: Readonly<Record<string, string | undefined>>): Pick<Part, 'facts'> => {
  const said = Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
  return Object.keys(said).length === 0 ? {} : { facts: said };
};

type Object = NonNullable<Part['object']>;

const joinedObject = (first: Object, second: Object): Object => ({
  ...second,
  ...first,
  ...(first.variables && second.variables ? { variables: [...first.variables, ...second.variables] } : {}),
});

/** The parts as one: fields of the first, then those that only the second has. Accesses of both, and
 * variables, are one list. */
export const joined = (first: Part, second: Part): Part => {
  const both = { ...second, ...first };
  const nested = defined({
    object: first.object && second.object ? joinedObject(first.object, second.object) : both.object,
    allocatedBy:
      first.allocatedBy && second.allocatedBy
        ? { ...second.allocatedBy, ...first.allocatedBy }
        : both.allocatedBy,
    freedBy: first.freedBy && second.freedBy ? { ...second.freedBy, ...first.freedBy } : both.freedBy,
    facts: first.facts && second.facts ? { ...second.facts, ...first.facts } : both.facts,
    accesses: first.accesses && second.accesses ? [...first.accesses, ...second.accesses] : both.accesses,
  });
  return { ...both, ...nested };
};
