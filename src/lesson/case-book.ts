// The runs that lessons ask about: a course of eight questions about one scenario replays it once.

import type { View } from '../lineage/state.js';
import type { Recording } from '../recording/recording.js';
import { replay } from '../run/replay.js';
import { loadControl, loadScenario } from '../scenario/scenario.js';
import { LessonCase } from './case.js';

/** Which run, and how it is looked at. */
export interface CaseReference {
  readonly scenario: string;
  readonly set: Readonly<Record<string, string>>;
  readonly view: View;
}

export class CaseBook {
  readonly #recordings = new Map<string, Recording>();
  readonly #cases = new Map<string, LessonCase>();

  readonly #controls = new Map<LessonCase, LessonCase | undefined>();

  constructor(readonly libraries: readonly string[] = []) {}

  /**
   * Run a scenario, or give the run that there is.
   *
   * @throws {InputError} when scenario or parameters are wrong
   */
  open({ scenario, set, view }: CaseReference): LessonCase {
    const run = JSON.stringify([scenario, Object.entries(set).sort()]);
    const recording =
      this.#recordings.get(run) ??
      replay(loadScenario(scenario, this.libraries), {
        set: new Map(Object.entries(set)),
        libraries: this.libraries,
      });
    this.#recordings.set(run, recording);
    const key = `${view} ${run}`;
    const known = this.#cases.get(key) ?? new LessonCase(recording, view, this.libraries);
    this.#cases.set(key, known);
    return known;
  }

  /** The control of a run, with the parameters that it knows; `undefined` where the scenario names none. */
  control(reference: CaseReference): LessonCase | undefined {
    const run = this.open(reference);
    if (!this.#controls.has(run)) {
      const { libraries } = this;
      const control = loadControl(loadScenario(reference.scenario, libraries), libraries);
      const known = Object.entries(reference.set).filter(
        ([name]) => control?.spec.parameters?.[name] !== undefined,
      );
      const made =
        control &&
        new LessonCase(replay(control, { set: new Map(known), libraries }), reference.view, libraries);
      this.#controls.set(run, made);
    }
    return this.#controls.get(run);
  }
}
