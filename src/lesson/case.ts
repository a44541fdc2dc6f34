// One run that a lesson asks about.

import type { Addr } from '../base/address.js';
import type { Session } from '../crash/command.js';
import { sessionOf } from '../crash/run.js';
import type { Lineage } from '../lineage/lineage.js';
import type { View } from '../lineage/state.js';
import { Case } from '../reading/case.js';
import { Dump } from '../reading/dump.js';
import type { NamedObject, Recording, RecordedStep } from '../recording/recording.js';
import { REGISTER_INDEX } from '../x86/registers.js';

/** One run, with the view of its lineage that a lesson takes. */
export class LessonCase extends Case {
  #dump: Dump | undefined;
  #session: Session | undefined;
  #names: readonly NamedObject[] | undefined;

  constructor(
    recording: Recording,
    readonly view: View,
    libraries: readonly string[],
  ) {
    super(recording, libraries);
  }

  /** @throws {InputError} at an instruction that cannot be followed */
  get lineage(): Lineage {
    return this.lineageIn(this.view);
  }

  get dump(): Dump {
    return (this.#dump ??= new Dump(this));
  }

  get session(): Session {
    return (this.#session ??= sessionOf(this.dump));
  }

  /** Kept: grading asks for them at each word. */
  override get namedObjects(): readonly NamedObject[] {
    return (this.#names ??= super.namedObjects);
  }

  /** What the state of `last` is called. */
  whereIs(state: number): string {
    if (state >= this.recording.instructions) return 'the end';
    const location = this.lineage.moment(state).at;
    return location === '' ? 'the end' : location;
  }

  /** The last state at a location; without one, `last`. @throws {InputError} when nothing ran there */
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
      if (row < this.recording.instructions && registers[REGISTER_INDEX.rip] === address) count += 1;
      row += 1;
    }
    return count;
  }
}
