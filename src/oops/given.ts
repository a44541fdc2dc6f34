// Facts of an oops that never were in the machine: stated by a scenario, kept in its recording, printed as stated.

import { parseUnsigned } from '../base/address.js';
import { findInvisible } from '../base/visible-text.js';
import { InputError } from '../base/errors.js';
import { type Form, optional, record } from '../base/form.js';

type Stated = string | number | boolean | readonly string[];

/** A fact that an oops prints. */
interface Fact<T> {
  /** Completes the sentence that begins with "should be". */
  readonly should: string;
  /** The fact's value, or `undefined` where it is not what it should be. */
  readonly read: (stated: Stated) => T | undefined;
}

/** A fact that an oops cannot do without, and what it is where it is not stated. */
interface Needed<T> extends Fact<T> {
  readonly otherwise: T;
}

const otherwise = <T>(value: T, fact: Fact<T>): Needed<T> => ({ ...fact, otherwise: value });

const isLine = (text: string): boolean => findInvisible(text) === undefined;

const textOf = (stated: Stated): string | undefined =>
  typeof stated === 'string' || typeof stated === 'number' ? String(stated) : undefined;

const line: Fact<string> = {
  should: 'a line of text without control or invisible characters',
  read: (stated) => {
    const text = textOf(stated);
    return text !== undefined && isLine(text) ? text : undefined;
  },
};

export const taintFact: Fact<string> = {
  should: '"Not tainted" or "Tainted: " and flags',
  read: (stated) => (/^(?:Not tainted|Tainted: [A-Z ]+)$/u.test(String(stated)) ? String(stated) : undefined),
};

const names: Fact<readonly string[]> = {
  should: 'a list of names, each a line of text',
  read: (stated) => (Array.isArray(stated) && stated.every(isLine) ? (stated as string[]) : undefined),
};

const flag: Fact<boolean> = {
  should: 'true or false',
  read: (stated) => (typeof stated === 'boolean' ? stated : undefined),
};

const value: Fact<bigint> = {
  should: 'a number, at least 0, or 0x…',
  read: (stated) => parseUnsigned(textOf(stated) ?? ''),
};

const number: Fact<number> = {
  ...value,
  read: (stated) => {
    const found = value.read(stated);
    return found === undefined ? undefined : Number(found);
  },
};

const FACTS = {
  /** With flags, as printed: `cifs(X)`. */
  modules: otherwise([], names),
  lastUnloaded: line,
  /** SUSE's line without its label: `Yes, External`. */
  supported: line,
  pid: otherwise(0, number),
  comm: otherwise('unknown', line),
  /** `Tainted: …` with its blanks, or `Not tainted`. */
  taint: otherwise('Not tainted', taintFact),
  /** That of the run unless given. */
  release: line,
  /** What `uname -v` says; an oops prints it up to its first blank. */
  version: otherwise('#1', line),
  vendor: otherwise('unknown', line),
  product: otherwise('unknown', line),
  board: line,
  fs: otherwise(0n, value),
  knlGs: otherwise(0n, value),
  fsIndex: number, // 0 unless given
  gsIndex: number, // 0 unless given
  cs: number, // 0x10 unless given
  ds: otherwise(0, number),
  es: otherwise(0, number),
  cr0: otherwise(0n, value),
  /** Of a page fault, the trap's address is printed instead. */
  cr2: otherwise(0n, value),
  cr3: otherwise(0n, value),
  cr4: otherwise(0n, value),
  dr0: otherwise(0n, value),
  dr1: otherwise(0n, value),
  dr2: otherwise(0n, value),
  dr3: otherwise(0n, value),
  dr6: otherwise(0n, value),
  dr7: otherwise(0n, value),
  dieCounter: number, // 1 unless given
  smp: flag, // true unless given
  preempt: flag, // false unless given
  /** For a page fault: the line `PGD … PUD … `; the sandbox has no page tables. `PGD 0 ` unless given. */
  pageTable: line,
  /** Id of the line `end trace`; without it the line is left out. */
  endTrace: value,
};

type Facts = typeof FACTS;

/** Facts as they are stated; null is as if one were not. */
type StatedFacts = { readonly [Name in keyof Facts]?: Stated | null };

/** The form of stated facts, each of them optional and of the form `stated`: no oops prints any other. */
export const statedFactsOf = <T>(stated: Form<T>) => {
  const names = Object.keys(FACTS) as (keyof Facts)[];
  type Fields = Readonly<Record<keyof Facts, ReturnType<typeof optional<T>>>>;
  return record(Object.fromEntries(names.map((name) => [name, optional(stated)])) as Fields);
};

type NeededName = { [Name in keyof Facts]: Facts[Name] extends Needed<unknown> ? Name : never }[keyof Facts];
type FactOf<Name extends keyof Facts> = Facts[Name] extends Fact<infer T> ? T : never;

export type GivenFacts = { readonly release: string } & {
  readonly [Name in NeededName]: FactOf<Name>;
} & { readonly [Name in Exclude<keyof Facts, NeededName | 'release'>]?: FactOf<Name> };

/** A fact that an oops cannot print. */
interface GivenProblem {
  readonly name: string;
  /** What would be right, and what was found. */
  readonly message: string;
}

/** The first stated fact that an oops cannot print. */
export const findGivenProblem = (given: StatedFacts): GivenProblem | undefined => {
  for (const [name, fact] of Object.entries<Fact<unknown>>(FACTS)) {
    const stated = given[name as keyof Facts] ?? null;
    if (stated === null || fact.read(stated) !== undefined) continue;
    return { name, message: `should be ${fact.should}, found ${JSON.stringify(stated)}` };
  }
  return undefined;
};

/**
 * The facts of a report, with defaults for those that are not stated.
 *
 * @param release that of the run
 * @throws {InputError} when one is not what the report prints there
 */
export const readGivenFacts = (given: StatedFacts, release: string): GivenFacts => {
  const problem = findGivenProblem(given);
  if (problem !== undefined) throw new InputError(problem.message, { field: `given.${problem.name}` });
  const facts = Object.entries<Fact<unknown> & Partial<Needed<unknown>>>(FACTS).flatMap(([name, fact]) => {
    const stated = given[name as keyof Facts] ?? null;
    const found = stated === null ? fact.otherwise : fact.read(stated);
    return found === undefined ? [] : [[name, found] as const];
  });
  return { release, ...(Object.fromEntries(facts) as Omit<GivenFacts, 'release'>) };
};
