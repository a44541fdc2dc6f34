// What a wish for a run means: the scenario, with the candidate's code where it names one, and the values that it runs
// with.

import { type SweptStep, findSwept, longestPath, pathOfLength } from '../chart/sweep-paths.js';
import { InputError } from '../base/errors.js';
import { scenarioWith } from '../check/watch/arena.js';
import { checkedScenario } from '../check/world/stale-parameter.js';
import { type Parameters, formatParameters, readParameters } from '../scenario/parameters.js';
import type { Scenario } from '../scenario/scenario.js';
import type { OfferedParameter, OfferedPath } from './change-questions.js';
import type { Wish, WishedCode } from './run-name.js';

/** A wish, understood. */
interface Wished {
  readonly scenario: Scenario;
  /** Values as `--set` takes them. */
  readonly set: ReadonlyMap<string, string>;
  readonly libraries: readonly string[];
}

/** Where scenarios and libraries are looked up: the shelf. */
interface Shelf {
  scenario(reference: string): Scenario;
  librariesFor(candidate: WishedCode | undefined): readonly string[];
}

/** Most parameters of a wish, and the longest path that one asks for, bytes. */
export const MAX_PARAMETERS = 64;
export const MAX_LENGTH = 1100;

const HALF = /\p{Surrogate}/u; // JSON can name one of the two that UTF-16 writes a character with

const sweptOf = (scenario: Scenario): SweptStep | undefined => {
  try {
    return findSwept(scenario);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
};

const ofLength = (
  scenario: Scenario,
  set: ReadonlyMap<string, string>,
  length: number,
): ReadonlyMap<string, string> => {
  const swept = sweptOf(scenario);
  if (swept === undefined) throw new InputError(`${scenario.name} has no path`, { field: 'length' });
  const shortest = swept.texts.length;
  if (!Number.isSafeInteger(length) || length < shortest || length > MAX_LENGTH)
    throw new InputError(`a path of ${scenario.name} has ${shortest} to ${MAX_LENGTH} bytes`, {
      field: 'length',
    });
  return new Map([...set, ...pathOfLength(swept.texts, readParameters(scenario, set), length)]);
};

/** @throws {InputError} when there is no such scenario, or a value is not allowed */
export const understand = (
  shelf: Shelf,
  { scenario: reference, set: wished, length, candidate }: Wish,
): Wished => {
  const values = Object.entries(wished);
  if (values.length > MAX_PARAMETERS)
    throw new InputError(`has ${values.length} parameters, at most ${MAX_PARAMETERS} are read`, {
      field: 'set',
    });
  if (values.flat().some((one) => HALF.test(one)))
    throw new InputError('has half a character, which no bytes stand for', { field: 'set' });
  const plain = shelf.scenario(reference);
  const scenario = candidate === undefined ? plain : scenarioWith(checkedScenario(plain), candidate);
  const given = new Map(values);
  const set = length === undefined ? given : ofLength(scenario, given, length);
  return { scenario, set, libraries: shelf.librariesFor(candidate) };
};

const lengthOf = (texts: readonly string[], parameters: Parameters): number => {
  const sizes = texts.map((name) => {
    const value = parameters.get(name);
    return value?.type === 'text' ? value.bytes.length : 0;
  });
  return sizes.at(-1) === 0 ? 0 : sizes.reduce((sum, size) => sum + size, 0);
};

/** What the reader can change, with the values that the wish has. */
export const offered = ({
  scenario,
  set,
}: Wished): { readonly parameters: readonly OfferedParameter[]; readonly path: OfferedPath | null } => {
  const read = readParameters(scenario, set);
  const values = formatParameters(read);
  const parameters = Object.entries(scenario.spec.parameters ?? {}).map(
    ([name, { type, help = '', choices = {}, default: own, like, min, max }]): OfferedParameter => ({
      name,
      type,
      help,
      value: String(values[name]),
      choices: type === 'contents' ? [...new Set([like ?? String(own), 'zero'])] : Object.keys(choices),
      min: min ?? null,
      max: max ?? null,
    }),
  );
  const swept = sweptOf(scenario);
  const path =
    swept === undefined
      ? null
      : {
          length: lengthOf(swept.texts, read),
          shortest: swept.texts.length,
          longest: Math.min(MAX_LENGTH, longestPath(swept)),
          texts: swept.texts,
        };
  return { parameters, path };
};
