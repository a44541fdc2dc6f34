// One run that a lesson asks about: its recording, lineage and memory, each made when it is first needed.
// Lessons share runs: a course of eight questions about one scenario replays it once.

import type { Addr } from '../base/address.js';
import type { Session } from '../crash/command.js';
import { openSession } from '../crash/run.js';
import { type Lineage, type View, lineageOf } from '../lineage/lineage.js';
import { type LocatedOutOfBounds, locateOutOfBounds } from '../reading/out-of-bounds.js';
import { RecordedState } from '../recording/state.js';
import type { NamedObject, Recording, RecordedStep } from '../recording/recording.js';
import { replay } from '../run/replay.js';
import { loadScenario } from '../scenario/scenario.js';
import type { SymbolTable } from '../kernel/symbols.js';

/** Which run, and how it is looked at. */
export interface CaseReference {
  readonly scenario: string;
  readonly set: Readonly<Record<string, string>>;
  readonly view: View;
}

/** One run. */
export class Case {
  readonly recording: Recording;
  readonly view: View;
  readonly #libraries: readonly string[];
  readonly #state: RecordedState;
  #lineage: Lineage | undefined;
  #session: Session | undefined;
  #damage: LocatedOutOfBounds[] | undefined;

  constructor(recording: Recording, view: View, libraries: readonly string[]) {
    this.recording = recording;
    this.view = view;
    this.#libraries = libraries;
    this.#state = new RecordedState(recording);
  }

  /** @throws {InputError} at an instruction that cannot be followed */
  get lineage(): Lineage {
    return (this.#lineage ??= lineageOf(this.recording, { view: this.view, libraries: this.#libraries }));
  }

  /** The crash> prompt at the end of the run. */
  get session(): Session {
    return (this.#session ??= openSession(this.recording));
  }

  get symbols(): SymbolTable {
    return this.session.dump.symbols;
  }

  /** Accesses outside of allocations. */
  get damage(): readonly LocatedOutOfBounds[] {
    return (this.#damage ??= locateOutOfBounds(this.recording));
  }

  /** Everything that the scenario names. */
  get objects(): readonly NamedObject[] {
    const { objects, world } = this.recording.header;
    return [
      ...new Map(
        [...world, ...objects].map((object) => [`${object.name} ${object.address}`, object]),
      ).values(),
    ];
  }

  /** Memory in a state. */
  stateAt(at: number): RecordedState {
    return this.#state.seek(at);
  }

  /** The state that a lesson is about unless it says another: before the instruction that trapped, else the end. */
  get last(): number {
    const { header, instructions } = this.recording;
    return header.outcome.kind === 'bug' || header.outcome.kind === 'fault'
      ? Math.max(0, instructions - 1)
      : instructions;
  }

  /** What the state of `last` is called. */
  whereIs(state: number): string {
    if (state >= this.recording.instructions) return 'the end';
    const location = this.lineage.moment(state).at;
    return location === '' ? 'the end' : location;
  }

  /**
   * The last state at a location; without one, `last`.
   *
   * @throws {InputError} when nothing ran there
   */
  at(location: string | undefined): number {
    if (location === undefined) return this.last;
    return this.lineage.statesAt(location).at(-1)!;
  }

  /** The call that a state belongs to: the last that began before it. */
  callOf(state: number): RecordedStep | undefined {
    return this.recording.header.steps.findLast(({ call, from }) => call !== null && from <= state);
  }

  /** How often the instruction at an address ran. */
  runsOf(address: Addr): number {
    let count = 0;
    let row = 0;
    for (const registers of this.recording.registerRows()) {
      if (row < this.recording.instructions && registers[16] === address) count += 1;
      row += 1;
    }
    return count;
  }
}

/** The runs of a lesson, each made once. */
export class CaseBook {
  readonly #recordings = new Map<string, Recording>();
  readonly #cases = new Map<string, Case>();

  constructor(readonly libraries: readonly string[] = []) {}

  /**
   * Run a scenario, or give the run that there is.
   *
   * @throws {InputError} when scenario or parameters are wrong
   */
  open({ scenario, set, view }: CaseReference): Case {
    const run = JSON.stringify([scenario, Object.entries(set).sort()]);
    const recording =
      this.#recordings.get(run) ??
      replay(loadScenario(scenario, this.libraries), {
        set: new Map(Object.entries(set)),
        libraries: this.libraries,
      });
    this.#recordings.set(run, recording);
    const key = `${view} ${run}`;
    const known = this.#cases.get(key) ?? new Case(recording, view, this.libraries);
    this.#cases.set(key, known);
    return known;
  }
}
