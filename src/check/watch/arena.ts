// One candidate, ready to be run in world after world.

import { FastReplay } from '../../run/fast-replay.js';
import type { Parameters } from '../../scenario/parameters.js';
import { Scenario } from '../../scenario/scenario.js';
import type { Coverage } from './coverage.js';
import type { Flaky } from './flaky.js';
import { Inspector } from './inspector.js';
import { Reference } from '../world/reference.js';
import { type Subject, readSubject } from '../world/subject.js';
import type { Violation } from '../property/properties.js';

/** A version of the checked function: which variants of which functions make it. */
export interface CandidateCode {
  readonly name: string;
  /** Function to variant; empty for the functions as they are. */
  readonly variants: Readonly<Record<string, string>>;
}

/** How a candidate is run. */
export interface ArenaOptions {
  /** Folders with user snippets. */
  readonly libraries?: readonly string[];
  /** False to leave the guest's accesses unwatched: for benchmarks, since properties about them are then blind. */
  readonly watched?: boolean;
  /** Instructions for a world that uses up the scenario's budget, when it is run again. */
  readonly budget?: number;
  /** Whether second runs and observation are for all worlds, not for a share of them. */
  readonly thorough?: boolean;
}

/** The scenario with the candidate's code in it. */
export const scenarioWith = (scenario: Scenario, { variants }: CandidateCode): Scenario =>
  scenario.with({ variants: { ...scenario.spec.variants, ...variants } });

/** Runs one candidate. Every run starts from the same state. */
export class Arena {
  readonly subject: Subject;
  /** Whether the last run used up its budget, and no state came back: slow, or endless in a way that does not show. */
  slow = false;
  /** What made the last run differ from an equal one; then its violations mean nothing. */
  flaky: Flaky | undefined;
  /** What of the candidate's code has run so far, in all worlds; undefined where it is not watched. */
  coverage: Coverage | undefined;
  /** Whether a run that uses up the scenario's budget is run again with a larger one, and looked at for a state that comes back. */
  raises = true;
  readonly #replay: FastReplay;
  readonly #reference: Reference | undefined;
  #inspector: Inspector | undefined;

  /**
   * @param scenario has a `check`
   * @throws {InputError} when the scenario has none, or the candidate's code is not there
   * @throws {LibraryError} when libunicorn cannot be loaded
   */
  constructor(
    scenario: Scenario,
    candidate: CandidateCode,
    { libraries = [], watched = true }: ArenaOptions = {},
  ) {
    const whole = scenarioWith(scenario, candidate);
    const subject = readSubject(whole);
    this.subject = subject;
    const reference =
      subject.like === undefined
        ? undefined
        : new Reference(scenario.with({ variants: subject.like }), subject, libraries);
    this.#reference = reference;
    const expected = reference === undefined ? undefined : (world: Parameters) => reference.run(world);
    this.#replay = new FastReplay(whole, {
      from: subject.step,
      libraries,
      watcher: (world) => (this.#inspector = new Inspector(world, subject, expected, watched)),
    });
  }

  /**
   * Run one world.
   *
   * @param whole whether the steps after the checked call run too when it broke nothing
   * @returns what it broke, in the order in which it happened, at most one violation of each property
   */
  run(world: Parameters, whole = true): readonly Violation[] {
    const inspector = this.#inspector!; // made with the machine
    inspector.parameters = world;
    inspector.goesOn = whole;
    this.#replay.watch(world);
    return this.#inspector!.violations; // preparing a run can have made another inspector
  }

  close(): void {
    this.#replay.close();
    this.#reference?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
