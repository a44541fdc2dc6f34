// A world that was generated, and how it is shown: one line in the notation of `--set`.

import fc from 'fast-check';
import { shellWord } from '../../base/words.js';
import { type ParameterValue, type Parameters, formatParameters } from '../../scenario/parameters.js';

/** All values of a world in one line, as a shell takes them after `--set`: `tree=x dfs=no`. */
export const worldText = (world: Parameters): string =>
  Object.entries(formatParameters(world))
    .map(([name, value]) => shellWord(`${name}=${value}`))
    .join(' ');

/** Parameters that fast-check shows as one line. */
export class GeneratedWorld extends Map<string, ParameterValue> {
  [fc.toStringMethod](): string {
    return worldText(this);
  }
}

// Equal to a plain Map with the same values, also for test runners, which compare the constructors.
Object.defineProperty(GeneratedWorld.prototype, 'constructor', { value: Map });
