// Where each value of a run lived and died: the queries on the ledger of a walk.

import type { Addr } from '../base/address.js';
import { InputError } from '../base/errors.js';
import type { SymbolTable } from '../kernel/symbols.js';
import type { RecordedStep, Recording } from '../recording/recording.js';
import { RecordedState } from '../recording/state.js';
import { recordedSymbols } from '../recording/trap.js';
import { type Release, loadRelease } from '../release/snippet.js';
import { readRegister } from '../x86/register-parts.js';
import { REGISTERS, REGISTER_INDEX } from '../x86/registers.js';
import { CodeIndex, codeFactsOf } from './code.js';
import { ALIVE, HOW, type How, ORIGIN } from './ledger.js';
import { Locations } from './locations.js';
import { RANK } from './names.js';
import { PlaceIndex } from './places.js';
import type { View, WalkState } from './state.js';
import { REGISTER_BYTES } from './tags.js';
import type { Content, Known, Moment, Place, Value } from './value.js';
import { walkRecording } from './walk.js';

export interface LineageOptions {
  /** `run`: what happened. `analyst`: what follows from the published bytes alone. By default `run`. */
  readonly view?: View;
  /** Where manifests are; by default the shipped release of the recording, and none if it is not shipped. */
  readonly release?: Release;
  /** Folders with user snippets, when `release` is not given. */
  readonly libraries?: readonly string[];
}

const HOW_NAMES = Object.fromEntries(Object.entries(HOW).map(([name, number]) => [number, name])) as Record<
  number,
  How
>;

/**
 * The lineage of one recording in one view. All answers are computed from the recording and are always the same.
 *
 * States and instructions are counted as in a recording: state `n` is that before instruction `n`, and state
 * `recording.instructions` the end. A place is alive in the states from `from.step` to `until.step`, both included.
 */
export class Lineage {
  readonly recording: Recording;
  readonly view: View;
  readonly #symbols: SymbolTable;
  readonly #state: RecordedState;
  readonly #locations: Locations;
  readonly #places: PlaceIndex;

  /** @param walk the one that it is about; public for tests */
  constructor(readonly walk: WalkState) {
    this.recording = walk.recording;
    this.view = walk.view;
    this.#symbols = walk.symbols;
    this.#state = new RecordedState(walk.recording);
    this.#locations = new Locations(walk, this.#state);
    this.#places = new PlaceIndex(walk.ledger, walk.assembly);
  }

  // --- values --------------------------------------------------------------------------------------------------

  /** The values that the C source names, in the order in which they were first named. */
  get values(): Value[] {
    return [...this.walk.names.values()]
      .filter((value) => this.walk.names.get(value)!.rank === RANK.source)
      .map((value) => this.value(value));
  }

  /** Every value that can be given a name, registers of callers and computed values included, by id. */
  allValues(): Value[] {
    const { ledger } = this.walk;
    const found: Value[] = [];
    for (let value = 1; value < ledger.valueCount; value += 1) {
      if (this.expression(value) !== undefined) found.push(this.value(value));
    }
    return found;
  }

  /**
   * The values that a stretch of the run is about: those named in it, and named ones that something in it copied.
   *
   * @param from first state; `to`: last state
   */
  valuesBetween(from: number, to: number, everything = false): Value[] {
    const { ledger, names } = this.walk;
    const touched = new Set<number>();
    for (let place = 1; place < ledger.placeCount; place += 1) {
      if (ledger.isSeen(place) && ledger.from(place) >= from && ledger.from(place) <= to)
        touched.add(ledger.value(place));
    }
    for (const value of names.values()) {
      const { step } = names.get(value)!;
      if (step >= from && step <= to) touched.add(value);
    }
    const wanted = [...touched].filter((value) => {
      if (everything) return this.expression(value) !== undefined;
      const name = names.get(value);
      return name !== undefined && name.rank === RANK.source && this.#inSource(value, from, to);
    });
    const order = (value: number) => names.get(value)?.step ?? ledger.stepOf(value);
    return wanted.sort((a, b) => order(a) - order(b) || a - b).map((value) => this.value(value));
  }

  // A value of an earlier call, whose stale bytes are copied, has a name, but not in this stretch.
  #inSource(value: number, from: number, to: number): boolean {
    return this.#places.of(value).some((place) => this.#places.isAlive(place, from, to));
  }

  /** A value by its id. @throws {RangeError} when there is none */
  value(id: number): Value {
    const { ledger, names } = this.walk;
    if (!(id > 0 && id < ledger.valueCount)) throw new RangeError(`no value ${id}`);
    const name = names.get(id);
    const places = this.#places.of(id);
    return {
      id,
      name: this.expression(id) ?? `value ${id}`,
      type: name?.type ?? '',
      value: ledger.bitsOf(id),
      size: ledger.sizeOf(id),
      also: name?.also ?? [],
      kind: name === undefined ? 'derived' : name.rank === RANK.source ? 'named' : 'caller',
      parents: ledger.parentsOf(id),
      places: places.map((place) => this.place(place)),
    };
  }

  /** The name of a value, or an expression for it: `path+0x1`, `and(sar(id))`. `undefined`: it has no name. */
  expression(id: number): string | undefined {
    const { ledger, names, sites } = this.walk;
    return names.expression(id, (value) => sites[ledger.siteOf(value)]?.transfer.operation ?? 'op');
  }

  /**
   * The values of a name, newest last: a function that runs twice has two of each.
   *
   * @param step only those that are alive somewhere in the states from this step on
   */
  named(name: string): Value[] {
    return [...this.walk.names.values()]
      .filter((value) => {
        const known = this.walk.names.get(value)!;
        return known.name === name || known.also.some((other) => other.split(' ')[0] === name);
      })
      .map((value) => this.value(value));
  }

  // --- places --------------------------------------------------------------------------------------------------

  /** A place by its id. @throws {RangeError} when there is none */
  place(id: number): Place {
    const { ledger } = this.walk;
    const { start, size, value, first, from, until, ended, lead } = this.#places.row(id);
    const certain = ledger.certain(lead);
    return {
      id,
      value,
      place: this.#locations.describe(start, size, from),
      ...(start < REGISTER_BYTES
        ? { register: REGISTERS[start >> 3]! }
        : { address: this.#locations.addressOf(start) }),
      size,
      first,
      from: this.moment(from),
      made: id > 0 ? this.#made(id) : from === 0 ? null : this.#instruction(from - 1),
      source: this.#places.sourceOf(id),
      until:
        until === ALIVE
          ? null
          : { ...this.moment(until), by: this.#cause(ended, until), how: HOW_NAMES[ledger.how(ended)]! },
      certain: certain === ALIVE ? null : this.#instruction(certain),
    };
  }

  #instruction(step: number): Moment & { readonly by: string } {
    return { ...this.moment(step), by: this.textAt(step) };
  }

  // What began a place: a copy, or the instruction that made the value.
  #made(id: number): Place['made'] {
    const { ledger } = this.walk;
    // The rest of a place, and stale bytes of a freed one, were made when the whole was.
    const root = this.#places.rootOf(id);
    const value = ledger.value(root);
    const from = ledger.from(root);
    const original = ledger.parent(root) === 0;
    const origin = ledger.originOf(value);
    if (from === 0 || (original && (origin === ORIGIN.register || origin === ORIGIN.memory))) return null;
    // A result of code that was not followed is there thanks to its call.
    return this.#instruction(original && origin === ORIGIN.result ? ledger.siteOf(value) : from - 1);
  }

  #cause(id: number, step: number): string {
    const { ledger } = this.walk;
    const cause = ledger.cause(id);
    return cause === 0 ? this.textAt(step) : ledger.causes[cause]!;
  }

  moment(step: number): Moment {
    return this.#locations.moment(step);
  }

  textAt(step: number): string {
    return this.#locations.textAt(step);
  }

  // --- questions -----------------------------------------------------------------------------------------------

  whereIs(value: number, step: number): Place[] {
    return this.#places
      .of(value)
      .filter((place) => this.#places.isAlive(place, step))
      .map((place) => this.place(place));
  }

  /**
   * The contents of a place in a state: one for each run of bytes, then the values made up of several that
   * lie in it whole.
   *
   * @param where a register or a part of one (`rax`, `esi`, `ah`), or an address
   * @param size bytes, for an address
   * @throws {InputError} when `where` is not a register
   */
  contentOf(where: string | Addr, step: number, size = 8): Content[] {
    const range = this.#rangeOf(where, size);
    if (range === undefined) return [];
    const [start, end] = range;
    return this.#places.at(start, end, step).map((id) => {
      const place = this.place(id);
      return { place, name: this.expression(place.value) };
    });
  }

  #rangeOf(where: string | Addr, size: number): [start: number, end: number] | undefined {
    if (typeof where === 'string') {
      const part = readRegister(where);
      if (part === undefined) throw new InputError(`${where} is not a register`, { field: where });
      const start = REGISTER_INDEX[part.register as keyof typeof REGISTER_INDEX] * 8 + part.first;
      return [start, start + part.size];
    }
    const offset = this.walk.memory.locate(where);
    return offset < 0 ? undefined : [offset + REGISTER_BYTES, offset + REGISTER_BYTES + size];
  }

  /** The places that a place was copied from, from itself back to where the value was first seen. */
  historyOf(place: number): Place[] {
    const history: Place[] = [];
    for (let id = place; id !== 0;) {
      const one = this.place(id);
      history.push(one);
      id = one.source;
    }
    return history;
  }

  /** The named values that are alive in a state, with every place that has all of each and how it got there. */
  knownAt(step: number, everything = false): Known[] {
    const { ledger, names } = this.walk;
    const alive = new Map<number, number[]>();
    for (let id = 1; id < ledger.placeCount; id += 1) {
      const value = ledger.value(id);
      if (!this.#places.isAlive(id, step) || ledger.size(id) < ledger.sizeOf(value)) continue;
      const rank = names.get(value)?.rank ?? 0;
      if (rank < RANK.source && !(everything && this.expression(value) !== undefined)) continue;
      alive.set(value, [...(alive.get(value) ?? []), id]);
    }
    for (const value of this.walk.assembly.values()) {
      const places = this.#places.of(value).filter((id) => this.#places.isAlive(id, step));
      if (places.length > 0 && names.get(value)?.rank === RANK.source) alive.set(value, places);
    }
    return [...alive].map(([value, places]) => ({
      value: this.value(value),
      places: places.map((id) => ({ place: this.place(id), history: this.historyOf(id) })),
    }));
  }

  /** The step that a state belongs to; `undefined` outside all calls. */
  stepOf(at: number): RecordedStep | undefined {
    return this.recording.header.steps.find(({ from, to }) => at >= from && at < to);
  }

  /** The function that the sandbox's call of a state is made from, by its return address: `exit_mmap`. */
  callerAt(at: number): string | undefined {
    const step = this.recording.header.steps.findLast(({ from, call }) => from <= at && call !== null);
    if (step === undefined) return undefined;
    const rsp = this.recording.registersAt(step.from)[REGISTER_INDEX.rsp]!;
    const state = this.#state.seek(step.from);
    if (!state.isMapped(rsp, 8)) return undefined;
    return this.#symbols.findLocation(state.readU64(rsp))?.symbol.name;
  }

  /**
   * The states at a location in code, in order.
   *
   * @throws {InputError} when no symbol has that name, or nothing ran there
   */
  statesAt(location: string): number[] {
    const address = this.#symbols.parseLocation(location);
    if (address === undefined) {
      throw new InputError(`${location} is not a location: name a known symbol, or symbol+0x3e`, {
        field: location,
      });
    }
    const { siteAt, sites } = this.walk;
    const found: number[] = [];
    siteAt.forEach((number, step) => {
      if (sites[number]?.address === address) found.push(step);
    });
    if (found.length === 0)
      throw new InputError(`${location} was not reached in this run`, { field: location });
    return found;
  }
}

const releaseOf = (recording: Recording, { release, libraries }: LineageOptions): Release | undefined => {
  if (release !== undefined) return release;
  try {
    return loadRelease(recording.header.release, libraries);
  } catch (error) {
    // A recording of a release that is not here still has its symbols and their prototypes.
    if (error instanceof InputError && (libraries ?? []).length === 0) return undefined;
    throw error;
  }
};

/**
 * Follow every value of a recording.
 *
 * @throws {InputError} at the first instruction that is not supported, by its name and place; only instructions that
 *   the view follows count
 */
export const lineageOf = (recording: Recording, options: LineageOptions = {}): Lineage => {
  const { view = 'run' } = options;
  const symbols = recordedSymbols(recording);
  const text = new RecordedState(recording);
  const facts = codeFactsOf(recording, symbols.all(), releaseOf(recording, options), text);
  const walk = walkRecording(recording, new CodeIndex(facts), symbols, view);
  return new Lineage(walk);
};
