// The matcher `expect(code).toHold()`, for vitest and for what takes matchers of the same form, as jest does. It imports
// neither.

import type { CompileOptions } from '../../candidate/compile.js';
import { type Scenario, loadScenario } from '../../scenario/scenario.js';
import { escapeInvisible } from '../../base/visible-text.js';
import { type CheckOptions, DEFAULT_SEED, checkCandidate } from '../run/check-candidate.js';
import { TemporaryLibraries, writeLibrary } from '../run/temporary-library.js';
import { readKept, refuseUnkeepable } from '../tell/keep.js';
import { contendingOf } from './contender.js';
import { failureText, unbrokenText } from './failure.js';

/** How `toHold()` checks. */
export interface ToHoldOptions extends Omit<CheckOptions, 'kept' | 'watched'> {
  /** A scenario with a `check`, its name or its file; `mount-arena` without it. */
  readonly scenario?: string | Scenario;
  /** How a source is compiled. */
  readonly compile?: CompileOptions;
  /** A folder in which counterexamples are kept, and from which they are tried first the next time. */
  readonly counterexamples?: string;
  /** Whether it fails too where some of the code never ran, or not all worlds were tried. */
  readonly requireComplete?: boolean;
}

/** The result of a matcher. */
interface Matched {
  readonly pass: boolean;
  readonly message: () => string;
}

const DEFAULT_SCENARIO = 'mount-arena';

/**
 * `expect(code).toHold()`: no world breaks it; `expect(code).not.toHold()`: a world does. It runs in this process, and
 * code that ends the process ends the tests: what may do so is for the command line.
 *
 * @param received a Checkable
 * @throws {InputError} when it is nothing that can be checked, cannot be compiled, or counterexamples cannot be kept
 * @throws {LibraryError} when libunicorn cannot be loaded
 */
function toHold(this: { readonly isNot?: boolean }, received: unknown, options: ToHoldOptions = {}): Matched {
  const {
    scenario: named = DEFAULT_SCENARIO,
    libraries = [],
    compile = {},
    counterexamples,
    requireComplete = false,
    ...how
  } = options;
  if (counterexamples !== undefined) refuseUnkeepable(counterexamples);
  const scenario = typeof named === 'string' ? loadScenario(named, libraries) : named;
  const temporary = new TemporaryLibraries();
  try {
    const contending = contendingOf(received, { scenario, libraries, temporary, compile });
    const place = {
      scenario,
      ...(typeof named === 'string' ? { reference: named } : {}),
      libraries: contending.libraries,
      folder: counterexamples ?? null,
    };
    const { code, files } = contending;
    const kept =
      counterexamples === undefined ? [] : readKept({ ...place, folder: counterexamples }, code.name);
    const result = checkCandidate(scenario, code, {
      ...how,
      libraries: contending.libraries,
      kept: kept.map(({ world }) => world),
    });
    const { seed = DEFAULT_SEED } = how;
    const { verdict } = result;
    const isWhole = result.complete || !requireComplete;
    // Where it should not hold, a world that breaks it is all that will do.
    if (this.isNot === true ? verdict !== 'breaks' : verdict === 'holds' && isWhole) {
      const text = escapeInvisible(unbrokenText(result, `${scenario.name} (seed ${seed})`));
      return { pass: true, message: () => text };
    }
    if (this.isNot === true) return { pass: false, message: () => '' }; // nobody reads it
    if (counterexamples !== undefined) writeLibrary(counterexamples, files);
    const text = escapeInvisible(failureText(result, contending, place, seed));
    return { pass: false, message: () => text };
  } finally {
    temporary.close();
  }
}

/** Matchers for `expect.extend(matchers)`. */
export const matchers = { toHold };
