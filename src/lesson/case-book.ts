// The runs that lessons ask about: a course of eight questions about one scenario replays it once.

import type { View } from '../lineage/state.js';
import type { Recording } from '../recording/recording.js';
import { replay } from '../run/replay.js';
import { loadScenario } from '../scenario/scenario.js';
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
}
