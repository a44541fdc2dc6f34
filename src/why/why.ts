// `why`: the chain from a place, by default the trap's bad value, back to its cause.

import { InputError } from '../base/errors.js';
import type { Case } from '../reading/case.js';
import { type Asked, readPlace } from './asked.js';
import { Chain } from './chain.js';
import { Comparing } from './comparing.js';
import { Incidents } from './incidents.js';
import type { Link } from './link.js';
import { shortened } from './shorten.js';
import { type Slice, sliceOf } from './slice.js';
import { type Symptom, symptomOf } from './symptom.js';
import { RunView } from './view.js';

/** The answer. */
export interface Why {
  readonly of: string;
  /** Where it was looked at: `shm_close+0x3e`. */
  readonly at: string;
  /** First the symptom, last the cause. */
  readonly links: readonly Link[];
  /** The scenario that was compared with; `undefined` without a control. */
  readonly control: string | undefined;
}

/** One opening of a run for `why`, and of its control. */
export class WhyCase {
  readonly view: RunView;
  readonly #control: Comparing | undefined;

  /** @param control the same scenario without the cause, if there is one */
  constructor(run: Case, control?: Case) {
    this.view = new RunView(run);
    this.#control = control && new Comparing(this.view, new RunView(control, this.view));
  }

  /** The trap's bad value. @throws {InputError} when nothing trapped */
  get symptom(): Symptom {
    const found = symptomOf(this.view, this.#control);
    if (found === undefined)
      throw new InputError(
        'nothing went wrong in this run, so there is no bad value; name a place: rax, OBJECT.FIELD, result@FUNCTION',
        { field: 'PLACE' },
      );
    return found;
  }

  /** What a PLACE means in this run. @throws {InputError} */
  place(text: string): Asked {
    return readPlace(this.view, text);
  }

  /** The chain of a place; without one, of the trap. */
  explain(asked?: Asked): Why {
    const chain = new Chain(this.view, new Incidents(this.view.run), this.#control);
    const control = this.#control?.other.run.recording.header.scenario;
    if (asked !== undefined) {
      chain.ask(asked.place, asked.state);
      const at = this.view.at(Math.min(asked.state, this.view.run.recording.instructions));
      return { of: asked.name, at, links: shortened(chain.links), control };
    }
    const { symptom } = this;
    chain.begin(symptom);
    const of = chain.links[0]?.name ?? symptom.name;
    return { of, at: this.view.at(symptom.step), links: shortened(chain.links), control };
  }

  /**
   * Everything that a place depends on; without one, that the trap does.
   *
   * @param since the slice begins before this step
   */
  slice(asked?: Asked, since = 0): Slice {
    const { trace, control } = this.view;
    if (asked !== undefined) return sliceOf(trace, control, [asked.place], asked.state, undefined, since);
    const { step, places } = this.symptom;
    return sliceOf(trace, control, places, step, step, since);
  }
}
