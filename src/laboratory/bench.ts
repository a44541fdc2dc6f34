// What lies open in the laboratory: scenarios, and runs by name, each opened once. The last runs are kept. The files of
// a page do not change, so what was read from them is read once.

import { InputError } from '../base/errors.js';
import { TemporaryLibraries } from '../check/run/temporary-library.js';
import { Case } from '../reading/case.js';
import type { Recording } from '../recording/recording.js';
import type { Release } from '../release/snippet.js';
import type { Given } from '../report/scenario-files.js';
import { replay } from '../run/replay.js';
import { type Scenario, loadControl, loadScenario } from '../scenario/scenario.js';
import { WhyCase } from '../why/why.js';
import { Classroom } from './classroom.js';
import type { RunName, Wish, WishedCode } from './run-name.js';
import { understand } from './wish.js';

const KEPT = 4; // runs

/** A run, opened for every view. */
interface OpenRun {
  readonly run: Case;
  /** What tells why; made when it is first asked for, since it takes the control. */
  readonly why: WhyCase;
}

interface BenchOptions extends Partial<Given> {
  /** Folders beside the shipped ones. */
  readonly libraries?: readonly string[];
  /** Lets the thread take other messages; awaited between the parts of long answers. */
  readonly pause?: () => Promise<void>;
}

/** The runs of a page. */
export class Bench {
  readonly libraries: readonly string[];
  readonly pause: () => Promise<void>;
  readonly classroom: Classroom;
  readonly #given: Pick<Given, 'scenarios' | 'problem'>;
  readonly #kept = new Map<string, OpenRun>();
  readonly #scenarios = new Map<string, Scenario>();
  readonly #releases = new Map<string, Release>();
  readonly #codes = new Map<string, string>(); // folders of candidates' snippets, by their texts
  readonly #temporary = new TemporaryLibraries();

  /**
   * @param recordings those that the page was made of: the first is A, the second B
   * @param options.problem why files of a user are not here: said where one would be needed
   */
  constructor(
    readonly recordings: readonly Recording[],
    { libraries = [], scenarios = {}, problem = null, pause = () => Promise.resolve() }: BenchOptions = {},
  ) {
    this.libraries = libraries;
    this.#given = { scenarios, problem };
    this.pause = pause;
    this.classroom = new Classroom(libraries);
  }

  /** A scenario, by its name or file. @throws {InputError} when there is none, or it is wrong */
  scenario(reference: string): Scenario {
    let scenario = this.#scenarios.get(reference);
    if (scenario === undefined) {
      scenario = this.#load(reference);
      this.#scenarios.set(reference, scenario);
    }
    return scenario;
  }

  /** Folders for a run with a candidate: one more where its snippets are not shipped. */
  librariesFor(candidate: WishedCode | undefined): readonly string[] {
    if (candidate === undefined || Object.keys(candidate.files).length === 0) return this.libraries;
    const key = JSON.stringify(candidate.files);
    let folder = this.#codes.get(key);
    if (folder === undefined) {
      folder = this.#temporary.write(candidate.files);
      this.#codes.set(key, folder);
    }
    return [...this.libraries, folder];
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

  /** The control of a run, with the same values for what it takes; `undefined` where the scenario has none. */
  control({ scenario: reference, candidate }: Wish, set: ReadonlyMap<string, string>): Recording | undefined {
    if (candidate !== undefined) return undefined;
    const scenario = this.scenario(reference);
    const control = loadControl(scenario, this.libraries);
    if (control === undefined) return undefined;
    const known = [...set].filter(([one]) => control.spec.parameters?.[one] !== undefined);
    return replay(control, {
      set: new Map(known),
      libraries: this.libraries,
      release: this.#release(control.ownFile, control, this.libraries),
    });
  }

  /** Remove what it has written. */
  close(): void {
    this.#temporary.close();
  }

  #load(reference: string): Scenario {
    const { scenarios, problem } = this.#given;
    try {
      return loadScenario(
        Object.hasOwn(scenarios, reference) ? scenarios[reference]! : reference,
        this.libraries,
      );
    } catch (error) {
      if (problem === null || !(error instanceof InputError)) throw error;
      throw new InputError(
        `${error.message}; the page has no files besides the shipped ones: ${problem}`,
        error.where,
      );
    }
  }

  #open(name: RunName): OpenRun {
    const libraries = typeof name === 'object' ? this.librariesFor(name.candidate) : this.libraries;
    const run = new Case(this.#recording(name), libraries);
    const controlOf = (): Recording | undefined => this.#controlOf(name);
    let why: WhyCase | undefined;
    return {
      run,
      get why() {
        if (why === undefined) {
          const control = controlOf();
          why = new WhyCase(run, control && new Case(control, libraries));
        }
        return why;
      },
    };
  }

  #release(reference: string, scenario: Scenario, libraries: readonly string[]): Release {
    const key = JSON.stringify([reference, libraries]);
    let release = this.#releases.get(key);
    if (release === undefined) {
      release = scenario.release(libraries);
      this.#releases.set(key, release);
    }
    return release;
  }

  #recording(name: RunName): Recording {
    if (typeof name === 'object') {
      const { scenario, set, libraries } = understand(this, name);
      return replay(scenario, { set, libraries, release: this.#release(name.scenario, scenario, libraries) });
    }
    const given = this.recordings[name === 'A' ? 0 : 1];
    if (given === undefined) throw new InputError(`this page has no run ${name}`, { field: 'run' });
    return given;
  }

  // B is the control of A.
  #controlOf(name: RunName): Recording | undefined {
    if (typeof name !== 'object') return name === 'A' ? this.recordings[1] : undefined;
    return this.control(name, understand(this, name).set);
  }
}
