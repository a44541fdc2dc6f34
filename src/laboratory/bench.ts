// What lies open in the laboratory: runs by name, each opened once. The last ones are kept.

import { InputError } from '../base/errors.js';
import { Case } from '../reading/case.js';
import type { Recording } from '../recording/recording.js';
import { replay } from '../run/replay.js';
import { loadControl, loadScenario } from '../scenario/scenario.js';
import { WhyCase } from '../why/why.js';
import { Classroom } from './classroom.js';
import type { RunName } from './questions.js';

const KEPT = 4; // runs

/** A run, opened for every view. */
interface OpenRun {
  readonly run: Case;
  readonly why: WhyCase;
}

/** The runs of a page. */
export class Bench {
  readonly #kept = new Map<string, OpenRun>();
  readonly classroom: Classroom;

  /**
   * @param recordings those that the page was made of: the first is A, the second B
   * @param libraries folders beside the shipped ones
   */
  constructor(
    readonly recordings: readonly Recording[],
    readonly libraries: readonly string[] = [],
  ) {
    this.classroom = new Classroom(libraries);
  }

  /** Open a run. @throws {InputError} when there is none of the name, or its parameters are wrong */
  open(name: RunName): OpenRun {
    const key = JSON.stringify(name);
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const opened = known ?? this.#open(name);
    this.#kept.set(key, opened);
    for (const old of [...this.#kept.keys()].slice(0, -KEPT)) this.#kept.delete(old);
    return opened;
  }

  #open(name: RunName): OpenRun {
    const run = new Case(this.#recording(name), this.libraries);
    const control = this.#controlOf(name);
    return { run, why: new WhyCase(run, control && new Case(control, this.libraries)) };
  }

  #recording(name: RunName): Recording {
    if (typeof name === 'object') {
      const set = new Map(Object.entries(name.set));
      return replay(loadScenario(name.scenario, this.libraries), { set, libraries: this.libraries });
    }
    const given = this.recordings[name === 'A' ? 0 : 1];
    if (given === undefined) throw new InputError(`this page has no run ${name}`, { field: 'run' });
    return given;
  }

  // B is the control of A.
  #controlOf(name: RunName): Recording | undefined {
    if (typeof name !== 'object') return name === 'A' ? this.recordings[1] : undefined;
    const control = loadControl(loadScenario(name.scenario, this.libraries), this.libraries);
    if (control === undefined) return undefined;
    const known = Object.entries(name.set).filter(([one]) => control.spec.parameters?.[one] !== undefined);
    return replay(control, { set: new Map(known), libraries: this.libraries });
  }
}
