// Where the code of a scenario could end this process, with the engine that would run it.

import { DEFAULT_ENGINE } from '../machine/engines.js';
import { type FatalPlace, findFatalPlaces } from '../release/refused-code.js';
import { isShipped, loadRelease } from '../release/snippet.js';
import type { Scenario } from '../scenario/scenario.js';

/** Where a jump could be fatal, in snippets of which some are the user's. Shipped ones alone have no such place. */
export const fatalPlacesOf = ({ spec }: Scenario, libraries: readonly string[]): FatalPlace[] => {
  if (libraries.length === 0) return [];
  const snippets = loadRelease(spec.release, libraries).select(spec.variants ?? {});
  if (snippets.every(isShipped)) return [];
  return findFatalPlaces(snippets, DEFAULT_ENGINE.limits());
};
