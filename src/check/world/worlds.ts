// Arbitraries for the worlds of a check, and for single parameters of them.

import type fc from 'fast-check';
import type { ParameterValue, Parameters } from '../../scenario/parameters.js';
import { findProblem, formatPath } from '../../base/check-form.js';
import { InputError } from '../../base/errors.js';
import { type ParameterSpec, parameter } from '../../scenario/form.js';
import { checkedScenario } from './stale-parameter.js';
import type { Scenario } from '../../scenario/scenario.js';
import { ChoiceDomain } from './choice-domain.js';
import { ContentsDomain } from './contents-domain.js';
import { NO_DICTIONARY, type Dictionary } from './dictionary.js';
import type { Domain } from './domain.js';
import { NumberDomain } from './number-domain.js';
import { TextBytes } from './text-bytes.js';
import { TextDomain } from './text-domain.js';
import { ParameterArbitrary, WorldArbitrary } from './world-arbitrary.js';

/** What is generated. */
export interface WorldOptions {
  /** Values that are not generated. */
  readonly fixed?: Parameters;
  /** Values to try besides; without it none. */
  readonly dictionary?: Dictionary;
}

// What a parameter is for, where the scenario says so.
type Role = 'fails' | 'dirty' | undefined;

const domainOf = (spec: ParameterSpec, role: Role, bytes: TextBytes, dictionary: Dictionary): Domain => {
  switch (spec.type) {
    case 'text':
      return new TextDomain(spec, bytes, dictionary);
    case 'choice':
      return new ChoiceDomain(spec, dictionary);
    case 'contents':
      return new ContentsDomain(spec, role === 'dirty', dictionary);
    case 'int32':
      return new NumberDomain(spec, role === 'fails', dictionary);
  }
};

const roleOf = ({ spec: { check, steps } }: Scenario, name: string): Role => {
  if (check?.fail === name) return 'fails';
  return Object.values(steps).some(({ call }) => call?.stack === `$${name}`) ? 'dirty' : undefined;
};

// Whoever writes tests makes specs without a scenario's file.
const checkedSpec = (spec: ParameterSpec): ParameterSpec => {
  const problem = findProblem(parameter, spec);
  const { min = -Infinity, max = Infinity } = spec ?? {};
  if (problem !== undefined) throw new InputError(problem.message, { field: formatPath(problem.path) });
  if (min > max) throw new InputError(`should be at least ${min}, found ${max}`, { field: 'max' });
  return spec;
};

// The bytes that separate parts of a scenario's texts: leads, and those that its promise replaces.
/** Bytes that separate, as a scenario's lead and promise have them. */
export const separatorsOf = ({ spec: { parameters = {}, check } }: Scenario): number[] => {
  const leads = Object.values(parameters).flatMap(({ lead }) => lead ?? []);
  const replaced = Object.values(check?.promise?.text?.replace?.choices ?? {});
  const characters = [...leads, ...replaced.flatMap(({ from, to }) => [from, to])];
  return [...new Set(characters.flatMap((character) => [...new TextEncoder().encode(character)]))];
};

/**
 * Bytes of a text parameter: of every length that it may have, short ones more often, of letters, separators, UTF-8 and
 * any other byte except NUL.
 *
 * @param spec its bounds count in bytes; a `lead` is the first byte of every text that is not empty
 * @throws {InputError} when no scenario could declare it
 */
export const textBytes = (spec: ParameterSpec): fc.Arbitrary<Uint8Array> =>
  new ParameterArbitrary(new TextDomain({ ...checkedSpec(spec), null: false })).map(({ bytes }) => bytes);

/** Values of a parameter, as its scenario declares it. @throws {InputError} when no scenario could declare it */
export const parameterArbitrary = (spec: ParameterSpec): fc.Arbitrary<ParameterValue> =>
  new ParameterArbitrary(domainOf(checkedSpec(spec), undefined, new TextBytes(), NO_DICTIONARY));

/**
 * Worlds of a scenario: values for all its parameters. A report of fast-check shows one as a line that `--set` takes.
 *
 * @throws {TypeError} when the scenario has no parameters
 */
export const worldArbitrary = (
  scenario: Scenario,
  { fixed, dictionary = NO_DICTIONARY }: WorldOptions = {},
): WorldArbitrary => {
  const checked = checkedScenario(scenario);
  const specs = Object.entries(checked.spec.parameters ?? {});
  if (specs.length === 0)
    throw new TypeError(`${scenario.name} has no parameters, so there is but one world`);
  const bytes = new TextBytes(separatorsOf(scenario), dictionary.bytes, dictionary.words);
  const parameters = specs.map(([name, spec]) => {
    const known = fixed?.get(name);
    const role = roleOf(checked, name);
    return known === undefined
      ? { name, fails: role === 'fails', domain: domainOf(spec, role, bytes, dictionary) }
      : { name, fixed: known };
  });
  return new WorldArbitrary(parameters, dictionary.lengths);
};
