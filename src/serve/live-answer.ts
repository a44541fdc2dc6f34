// The answer to a request of the live page: one run of the scenario, in the page's form.

import { type SweptStep, findSwept, pathOfLength } from '../chart/sweep-paths.js';
import { slabPicture } from '../chart/slab-picture.js';
import { slabScene } from '../chart/slab-scene.js';
import { formatSvg } from '../chart/svg.js';
import { InputError } from '../base/errors.js';
import { type Parameters, formatParameters, readParameters } from '../scenario/parameters.js';
import { replay } from '../run/replay.js';
import { Case } from '../reading/case.js';
import { pageData } from '../report/collect.js';
import type { Scenario } from '../scenario/scenario.js';
import type { LiveAnswer, LiveParameter } from './live-data.js';
import type { LiveRequest } from './live-request.js';
import { verdictOf } from '../laboratory/verdict.js';

const sweptOf = (scenario: Scenario): SweptStep | undefined => {
  try {
    return findSwept(scenario);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
};

const lengthOf = (texts: readonly string[], parameters: Parameters): number => {
  const sizes = texts.map((name) => {
    const value = parameters.get(name);
    return value?.type === 'text' ? value.bytes.length : 0;
  });
  return sizes.at(-1) === 0 ? 0 : sizes.reduce((sum, size) => sum + size, 0);
};

/** The values of `--set` for a request. @throws {InputError} when a parameter is wrong */
const settingsOf = (
  scenario: Scenario,
  swept: SweptStep | undefined,
  { set, length }: LiveRequest,
): ReadonlyMap<string, string> => {
  if (length === undefined) return set;
  if (swept === undefined) throw new InputError(`${scenario.name} has no path`, { field: 'length' });
  const shortest = swept.texts.length;
  if (length < shortest)
    throw new InputError(`the shortest path of ${scenario.name} has ${shortest} bytes`, { field: 'length' });
  return new Map([...set, ...pathOfLength(swept.texts, readParameters(scenario, set), length)]);
};

const pictureOf = (run: Case): string | null => {
  try {
    return formatSvg(slabPicture(slabScene(run)));
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
};

/**
 * Run a request.
 *
 * @throws {InputError} when a parameter is wrong
 * @throws {LibraryError} when libunicorn cannot be loaded
 */
export const liveAnswer = (
  scenario: Scenario,
  request: LiveRequest,
  libraries: readonly string[],
): LiveAnswer => {
  const swept = sweptOf(scenario);
  const set = settingsOf(scenario, swept, request);
  const recording = replay(scenario, { set, libraries });
  const run = new Case(recording);
  const values = formatParameters(readParameters(scenario, set));
  const parameters = Object.entries(scenario.spec.parameters ?? {}).map(
    ([name, { type, help = '', choices = {}, default: own }]): LiveParameter => ({
      name,
      type,
      help,
      value: String(values[name]),
      choices: type === 'contents' ? [String(own), 'zero'] : Object.keys(choices),
    }),
  );
  return {
    ...verdictOf(run),
    scenario: scenario.name,
    parameters,
    path:
      swept === undefined
        ? null
        : {
            length: lengthOf(swept.texts, readParameters(scenario, set)),
            shortest: swept.texts.length,
            texts: swept.texts,
          },
    picture: pictureOf(run),
    page: pageData(recording, undefined, { libraries }),
  };
};
