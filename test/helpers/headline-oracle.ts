// Whether a headline is true of a recording: read back word by word, and held against the recorded accesses, events,
// registers and outcome. It uses nothing of what finds damage, tells findings or follows causes.
import { findField, type Struct } from '../../src/kernel/layout.js';
import { REGISTER_INDEX } from '../../src/x86/registers.js';
import { recordedStructs } from '../../src/recording/structs.js';
import { recordedSymbols } from '../../src/recording/trap.js';
import type { Recording } from '../../src/recording/recording.js';

interface Life {
  readonly name: string | null;
  readonly start: bigint;
  readonly size: number; // bytes, as requested
  readonly struct: string | null;
  readonly from: number; // state
  readonly until: number; // state
}

/** Reads one recording. */
export class HeadlineOracle {
  readonly #lives: Life[] = [];

  constructor(readonly recording: Recording) {
    const { world, events } = recording.header;
    for (const { name, address, size, struct, cache } of world)
      if (cache !== null)
        this.#lives.push({ name, start: BigInt(address), size, struct, from: 0, until: Infinity });
    for (const event of events) {
      if (event.kind === 'allocate') {
        const { name, address, requested: size, struct, at: from } = event;
        this.#lives.push({ name, start: BigInt(address), size, struct, from, until: Infinity });
      } else if (event.kind === 'free') {
        const index = this.#lives.findLastIndex(
          ({ start, until }) => start === BigInt(event.address) && until === Infinity,
        );
        if (index >= 0) this.#lives[index] = { ...this.#lives[index]!, until: event.at };
      }
    }
  }

  /** `f+0x12` of an instruction. */
  at(step: number): string {
    const rip = this.recording.registersAt(step)[REGISTER_INDEX.rip]!;
    return recordedSymbols(this.recording).formatLocation(rip);
  }

  #named(name: string): Life[] {
    return this.#lives.filter((one) => (one.name ?? '') === name);
  }

  #struct(name: string): Struct {
    const found = recordedStructs(this.recording.header).find(name);
    if (found === undefined) throw new Error(`the recording has no struct ${name}`);
    return found;
  }

  /** Whether an instruction wrote a byte over another one in a field of a live object, outside of all of `owner`. */
  wroteOver(step: number, made: string, old: string, field: string, owner: string): boolean {
    const [struct = '', ...path] = field.split('.');
    const place = findField(this.#struct(struct), path.join('.'))!;
    const { accesses } = this.recording;
    const [from, to] = [this.recording.accessesBefore(step), this.recording.accessesBefore(step + 1)];
    for (let index = from; index < to; index += 1) {
      if (accesses.isHost(index) && accesses.instruction(index) !== step) continue;
      for (let byte = 0; byte < accesses.size(index); byte += 1) {
        const address = accesses.address(index) + BigInt(byte);
        const [was, is] = [accesses.oldByte(index, byte), accesses.newByte(index, byte)];
        const isIt = was === Number.parseInt(old, 16) && is === Number.parseInt(made, 16);
        const isOutside = this.#named(owner).every(
          ({ start, size }) => address < start || address >= start + BigInt(size),
        );
        const isInField = this.#lives.some(
          (one) =>
            one.struct === struct &&
            one.from <= step &&
            step < one.until &&
            address >= one.start + BigInt(place.offset) &&
            address < one.start + BigInt(place.offset + place.type.size),
        );
        if (isIt && isOutside && isInField) return true;
      }
    }
    return false;
  }

  /** Whether an instruction read or wrote `size` bytes of an object that was free by then. */
  touchedFreed(step: number, size: number, object: string): boolean {
    const { accesses } = this.recording;
    const [from, to] = [this.recording.accessesBefore(step), this.recording.accessesBefore(step + 1)];
    const gone = this.#lives.filter(({ name, until }) => (name ?? '') === object && until <= step);
    for (let index = from; index < to; index += 1) {
      const address = accesses.address(index);
      if (accesses.size(index) !== size) continue;
      if (gone.some((one) => address >= one.start && address < one.start + BigInt(one.size))) return true;
    }
    return false;
  }

  /** Whether somebody else has the place of an object in a state. */
  liesNow(step: number, object: string, owner: string): boolean {
    return this.#named(object).some(({ start }) =>
      this.#named(owner).some((one) => one.start === start && one.from <= step && step < one.until),
    );
  }

  /** Whether an object was freed by an instruction, of which `by` is the place. */
  freedBy(object: string, by: string): boolean {
    return this.#named(object).some(({ until }) => until !== Infinity && this.at(until - 1) === by);
  }

  /** How often an address of an object was given to the allocator's free by a step. */
  freesOf(object: string, step: number): number {
    const starts = new Set(this.#named(object).map(({ start }) => start));
    return this.recording.header.events.filter(
      (event) =>
        event.at <= step + 1 &&
        ((event.kind === 'free' && starts.has(BigInt(event.address))) ||
          (event.kind === 'finding' && event.address !== undefined && starts.has(BigInt(event.address)))),
    ).length;
  }

  /** Whether no access wrote a field of an object between its allocation and a step. */
  neverWritten(step: number, object: string, path: string): boolean {
    const life = this.#named(object).findLast(({ from }) => from <= step)!;
    const place = path === '' ? undefined : findField(this.#struct(life.struct!), path);
    const start = life.start + BigInt(place?.offset ?? 0);
    const size = place?.type.size ?? life.size;
    const { accesses } = this.recording;
    for (
      let index = this.recording.accessesBefore(life.from);
      index < this.recording.accessesBefore(step);
      index += 1
    ) {
      const address = accesses.address(index);
      const isIn = address < start + BigInt(size) && address + BigInt(accesses.size(index)) > start;
      if (isIn && accesses.isDone(index)) return false;
    }
    return true;
  }

  /** Whether a clause of what came of the run is true. */
  ended(clause: string): boolean {
    const { outcome } = this.recording.header;
    const last = this.recording.instructions - 1;
    switch (outcome.kind) {
      case 'bug': {
        const [, name, file, line] = /^(\S+) ended in BUG at (\S+):(\d+)$/u.exec(clause) ?? [];
        return (
          outcome.at.startsWith(`${name}+0x`) &&
          outcome.file.endsWith(file ?? '?') &&
          outcome.line === Number(line)
        );
      }
      case 'fault': {
        if (outcome.access === 'fetch')
          return clause.endsWith(` went to ${outcome.address}, where no code is`);
        if (outcome.trap !== undefined)
          return clause === `${outcome.at.replace(/\+0x.*$/u, '')} ended in ${outcome.trap} at ${outcome.at}`;
        const did = outcome.access === 'write' ? 'wrote' : 'read';
        const bytes = outcome.size === 1 ? '1 byte' : `${outcome.size} bytes`;
        return (
          clause ===
          `${this.at(last).replace(/\+0x.*$/u, '')} faulted when it ${did} ${bytes} at ${outcome.address}`
        );
      }
      case 'budget':
        return clause.endsWith(` was still running after ${outcome.instructions} instructions`);
      case 'returned':
        return clause.toLowerCase() === `nothing stopped the run: it returned ${outcome.value}`;
    }
  }
}
