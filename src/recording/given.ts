// What a scenario states and an oops prints as stated: checked in one place, before anything runs, and when a recording
// is read. No machine and no file here.

import { parseUnsigned } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { type GivenFacts, isTaint } from '../oops/collect.js';
import type { GivenFacts as StatedFacts } from './recording.js';

const NUMBERS = ['pid', 'ds', 'es', 'fsIndex', 'gsIndex', 'cs', 'dieCounter'] as const;
const VALUES = [
  'fs',
  'knlGs',
  'cr0',
  'cr2',
  'cr3',
  'cr4',
  'dr0',
  'dr1',
  'dr2',
  'dr3',
  'dr6',
  'dr7',
  'endTrace',
] as const;
const TEXTS = [
  'comm',
  'taint',
  'release',
  'version',
  'vendor',
  'product',
  'board',
  'lastUnloaded',
  'supported',
  'pageTable',
] as const;
const OPTIONAL = new Set([
  'fsIndex',
  'gsIndex',
  'cs',
  'dieCounter',
  'endTrace',
  'board',
  'lastUnloaded',
  'supported',
  'pageTable',
]);
const DEFAULTS: Readonly<Record<string, string | number>> = {
  comm: 'unknown',
  taint: 'Not tainted',
  version: '#1',
  vendor: 'unknown',
  product: 'unknown',
};

/** A fact that an oops cannot print. */
export interface GivenProblem {
  readonly name: string;
  /** What would be right, and what was found. */
  readonly message: string;
}

const problemOf = (name: string, found: StatedFacts[string]): string | undefined => {
  const shown = JSON.stringify(found);
  if (name === 'modules') {
    const isList = Array.isArray(found) && found.every((one) => isLine(one));
    return isList ? undefined : `should be a list of names, each a line of text, found ${shown}`;
  }
  if (name === 'smp' || name === 'preempt')
    return typeof found === 'boolean' ? undefined : `should be true or false, found ${shown}`;
  const isNumber = [...NUMBERS, ...VALUES].some((one) => one === name);
  if (!isNumber && !TEXTS.some((one) => one === name)) return undefined; // nobody prints it
  if (isNumber) {
    const number =
      typeof found === 'string' || typeof found === 'number' ? parseUnsigned(String(found)) : undefined;
    return number === undefined ? `should be a number from 0 on, or 0x…, found ${shown}` : undefined;
  }
  if (typeof found !== 'string' && typeof found !== 'number') return `should be text, found ${shown}`;
  if (!isLine(String(found))) return `should be a line of text without control characters, found ${shown}`;
  if (name === 'taint' && !isTaint(String(found)))
    return `should be "Not tainted" or "Tainted: " and flags, found ${shown}`;
  return undefined;
};

const isLine = (text: unknown): boolean =>
  typeof text === 'string' && !/[\u0000-\u001f\u007f-\u009f]/u.test(text);

/** The first stated fact that an oops cannot print; null is as if it were not stated. */
export const findGivenProblem = (given: StatedFacts): GivenProblem | undefined => {
  for (const [name, found] of Object.entries(given)) {
    const message = found === null ? undefined : problemOf(name, found);
    if (message !== undefined) return { name, message };
  }
  return undefined;
};

/**
 * The facts of a report, with defaults for what is not stated.
 *
 * @throws {InputError} when one is not what the report prints there
 */
export const readGivenFacts = (given: StatedFacts, release: string): GivenFacts => {
  const problem = findGivenProblem(given);
  if (problem !== undefined) throw new InputError(problem.message, { field: `given.${problem.name}` });
  const facts: Record<string, unknown> = { modules: given['modules'] ?? [] };
  const value = (name: string): string | undefined => {
    const found =
      given[name] ??
      (OPTIONAL.has(name) ? undefined : (DEFAULTS[name] ?? (name === 'release' ? release : 0)));
    return found === undefined ? undefined : String(found);
  };
  for (const name of TEXTS) {
    const text = value(name);
    if (text !== undefined) facts[name] = text;
  }
  for (const name of [...NUMBERS, ...VALUES]) {
    const text = value(name);
    const number = text === undefined ? undefined : parseUnsigned(text);
    if (number === undefined) continue;
    facts[name] = (NUMBERS as readonly string[]).includes(name) ? Number(number) : number;
  }
  for (const name of ['smp', 'preempt']) if (typeof given[name] === 'boolean') facts[name] = given[name];
  return facts as unknown as GivenFacts;
};
