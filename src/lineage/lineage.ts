// Where each value of a run lived and died: the queries on a ledger. Reads a recording only, never a machine;
// how it is printed is somebody else's business.
// Over 300 lines because all queries share the indices of one ledger.

import { type Addr, hex } from '../base/address.js';
import { decodeOne } from '../x86/disasm.js';
import { InputError } from '../base/errors.js';
import { firstWhere } from '../base/bisect.js';
import { fieldAt } from '../kernel/layout.js';
import type { AssembledPlace } from './assembly.js';
import { CodeIndex, codeFactsOf } from './code.js';
import { ALIVE, HOW, type How, ORIGIN } from './ledger.js';
import { RANK } from './names.js';
import { REGISTER_BYTES } from './tags.js';
import { type View, type WalkState } from './state.js';
import { walkRecording } from './walk.js';
import { RecordedState } from '../recording/state.js';
import type { NamedObject, RecordedStep, Recording } from '../recording/recording.js';
import { partName, readRegister } from '../x86/register-parts.js';
import { REGISTERS, REGISTER_INDEX } from '../x86/registers.js';
import { type Release, loadRelease } from '../release/snippet.js';
import { findStruct } from '../kernel/structs/all.js';
import { pt_regs } from '../kernel/structs/task.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { findTrap, recordedSymbols } from '../recording/trap.js';

export type { How } from './ledger.js';
export type { View } from './state.js';

/** What `lineageOf` can be told. */
export interface LineageOptions {
  /** `run`: what happened. `analyst`: what follows from the published bytes alone. By default `run`. */
  readonly view?: View;
  /** Where manifests are; by default the shipped release of the recording, and none if it is not shipped. */
  readonly release?: Release;
  /** Folders with a user's own snippets, when `release` is not given. */
  readonly libraries?: readonly string[];
}

/** A moment of a recording. */
export interface Moment {
  /** Counts executed instructions over the whole recording, from 0. */
  readonly step: number;
  /** `shm_close+0x3e` */
  readonly at: string;
}

/** A place that a value lived in: a register or a part of one, or memory. */
export interface Place {
  /** Negative for places of values that are made up of parts of others. */
  readonly id: number;
  /** The id of the value. */
  readonly value: number;
  /** `rdi`, `esi`, `rax bytes 1 to 7`, or an address with what it is: `0xffff88016d231a78 (vma.vm_file)`. */
  readonly place: string;
  /** 64-bit name of the register; absent for memory. */
  readonly register?: string;
  /** Absent for registers. */
  readonly address?: Addr;
  readonly size: number; // bytes
  /** Which byte of the value lies first: not 0 for the rest that a partial overwrite leaves. */
  readonly first: number;
  /** The state before this instruction is the first that has it. */
  readonly from: Moment;
  /** What made it: the instruction before, as text, or `the sandbox`; null for what was there at the start. */
  readonly made: (Moment & { readonly by: string }) | null;
  /** The place that it was copied from, by id; 0 for none. */
  readonly source: number;
  /** The state before this instruction is the last that has it; null while it is alive at the end. */
  readonly until: (Moment & { readonly by: string; readonly how: How }) | null;
  /** For `may be lost`: the instruction that overwrote it for certain, if one did. */
  readonly certain: (Moment & { readonly by: string }) | null;
}

/** A value and its places, in the order in which they began. */
export interface Value {
  readonly id: number;
  /** What the C source calls it, or an expression: `vma`, `sfd->id`, `&ns->ids[2]`, `path+0x1`. */
  readonly name: string;
  /** Its C type; empty where that is not known. */
  readonly type: string;
  readonly value: bigint;
  readonly size: number; // bytes
  /** Other names: `ids in ipc_lock`. */
  readonly also: readonly string[];
  /** `named`: the C source has it. `caller`: a register of a caller that is not followed. `derived`: computed. */
  readonly kind: 'named' | 'caller' | 'derived';
  /** Ids of the values that it was computed from. */
  readonly parents: readonly number[];
  readonly places: readonly Place[];
}

/** What lies in a place: bytes `first` to `first + size` of a value. */
export interface Content {
  readonly place: Place;
  readonly name: string | undefined;
}

/** A value that somebody still knows, with each place that has it and how it got there. */
export interface Known {
  readonly value: Value;
  readonly places: readonly { readonly place: Place; readonly history: readonly Place[] }[];
}

interface AssembledRow extends AssembledPlace {
  readonly value: number;
  readonly size: number;
}

/** Assembled places of one byte that are looked at, the last that began: one for each size would do. */
const LAST_ASSEMBLED = 32;

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
  readonly #walk: WalkState;
  readonly #symbols: SymbolTable;
  readonly #state: RecordedState;
  readonly #objects: readonly NamedObject[];
  readonly #texts = new Map<number, string>();
  readonly #addresses: (readonly [start: number, address: Addr, size: number, name: string])[] = [];
  #placesOf: ReadonlyMap<number, readonly number[]> | undefined;
  #sorted: Int32Array | undefined;
  readonly #assembled: AssembledRow[] = []; // place -1 is the first
  readonly #assembledAt = new Map<number, number[]>(); // ids by first location

  constructor(recording: Recording, walk: WalkState, view: View, symbols: SymbolTable) {
    this.recording = recording;
    this.view = view;
    this.#walk = walk;
    this.#symbols = symbols;
    this.#state = new RecordedState(recording);
    this.#objects = [...recording.header.objects, ...recording.header.world];
    let start = REGISTER_BYTES;
    for (const region of walk.memory.regions) {
      this.#addresses.push([start, region.start, region.size, region.name]);
      start += region.size;
    }
  }

  // --- values --------------------------------------------------------------------------------------------------

  /** The values that the C source names, in the order in which they were first named. */
  get values(): Value[] {
    return [...this.#walk.names.values()]
      .filter((value) => this.#walk.names.get(value)!.rank === RANK.source)
      .map((value) => this.value(value));
  }

  /** Every value that can be given a name, registers of callers and computed values included, by id. */
  allValues(): Value[] {
    const { ledger } = this.#walk;
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
    const { ledger, names } = this.#walk;
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

  // A value of an earlier call whose stale bytes are copied has a name, but none here.
  #inSource(value: number, from: number, to: number): boolean {
    return this.#idsOf(value).some((place) => {
      const [first, last] = this.#span(place);
      return first <= to && (last === ALIVE || last >= from);
    });
  }

  /** A value by its id. @throws {RangeError} when there is none */
  value(id: number): Value {
    const { ledger, names } = this.#walk;
    if (!(id > 0 && id < ledger.valueCount)) throw new RangeError(`no value ${id}`);
    const name = names.get(id);
    const places = this.#idsOf(id);
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

  /** What a value is called, or an expression for it: `path+0x1`, `and(sar(id))`. `undefined`: it has no name. */
  expression(id: number): string | undefined {
    const { ledger, names, sites } = this.#walk;
    return names.expression(id, (value) => sites[ledger.siteOf(value)]?.transfer.operation ?? 'op');
  }

  /**
   * The values of a name, newest last: a function that runs twice has two of each.
   *
   * @param step only those that are alive somewhere in the states from this step on
   */
  named(name: string): Value[] {
    return [...this.#walk.names.values()]
      .filter((value) => {
        const known = this.#walk.names.get(value)!;
        return known.name === name || known.also.some((other) => other.split(' ')[0] === name);
      })
      .map((value) => this.value(value));
  }

  // --- places --------------------------------------------------------------------------------------------------

  /** A place by its id. @throws {RangeError} when there is none */
  place(id: number): Place {
    const { ledger } = this.#walk;
    if (id < 0) return this.#assembledPlace(id);
    if (!(id > 0 && id < ledger.placeCount)) throw new RangeError(`no place ${id}`);
    const start = ledger.start(id);
    const until = ledger.until(id);
    const isRegister = start < REGISTER_BYTES;
    const from = ledger.from(id);
    const certain = ledger.certain(id);
    return {
      id,
      value: ledger.value(id),
      place: this.#describe(start, ledger.size(id), from),
      ...(isRegister ? { register: REGISTERS[start >> 3]! } : { address: this.#addressOf(start) }),
      size: ledger.size(id),
      first: ledger.first(id),
      from: this.moment(from),
      made: this.#made(id),
      source: this.#sourceOf(id),
      until:
        until === ALIVE
          ? null
          : { ...this.moment(until), by: this.#cause(id, until), how: HOW_NAMES[ledger.how(id)]! },
      certain: certain === ALIVE ? null : { ...this.moment(certain), by: this.textAt(certain) },
    };
  }

  // Built from the places of the parts.
  #assembledPlace(id: number): Place {
    const { ledger } = this.#walk;
    const found = this.#assembled[-id - 1];
    if (found === undefined) throw new RangeError(`no place ${id}`);
    const { start, from, until, ended, lead, value, size } = found;
    const isRegister = start < REGISTER_BYTES;
    return {
      ...this.place(lead),
      id,
      value,
      place: this.#describe(start, size, from),
      ...(isRegister ? { register: REGISTERS[start >> 3]! } : { address: this.#addressOf(start) }),
      size,
      first: 0,
      from: this.moment(from),
      made: from === 0 ? null : { ...this.moment(from - 1), by: this.textAt(from - 1) },
      source: this.#assembledSource(found),
      until:
        until === ALIVE
          ? null
          : { ...this.moment(until), by: this.#cause(ended, until), how: HOW_NAMES[ledger.how(ended)]! },
    };
  }

  // The place of the same value that holds what the first part was copied from.
  #assembledSource({ value, lead, start, from }: AssembledRow): number {
    const { ledger } = this.#walk;
    let parent = ledger.parent(lead);
    while (parent > 0 && ledger.start(parent) === ledger.start(lead)) parent = ledger.parent(parent);
    if (parent === 0) return 0;
    const other = this.#assembled.findIndex(
      (row) =>
        row.value === value && row.start === ledger.start(parent) && row.start !== start && row.from <= from,
    );
    return other < 0 ? 0 : -other - 1;
  }

  // What began a place: a copy, or the instruction that made the value.
  #made(id: number): Place['made'] {
    const { ledger } = this.#walk;
    // The rest of a place, and stale bytes of a freed one, were made when the whole was.
    let root = id;
    while (ledger.parent(root) > 0 && this.#overlap(ledger.parent(root), root)) root = ledger.parent(root);
    const value = ledger.value(root);
    const from = ledger.from(root);
    const original = ledger.parent(root) === 0;
    const origin = ledger.originOf(value);
    if (from === 0 || (original && (origin === ORIGIN.register || origin === ORIGIN.memory))) return null;
    // A result of code that was not followed is there thanks to its call.
    const step = original && origin === ORIGIN.result ? ledger.siteOf(value) : from - 1;
    return { ...this.moment(step), by: this.textAt(step) };
  }

  // The rest of a place that was partly overwritten came from where the whole came from.
  #sourceOf(id: number): number {
    const { ledger } = this.#walk;
    let parent = ledger.parent(id);
    while (parent > 0 && this.#overlap(parent, id)) parent = ledger.parent(parent);
    return parent;
  }

  #overlap(a: number, b: number): boolean {
    const { ledger } = this.#walk;
    return (
      ledger.start(a) < ledger.start(b) + ledger.size(b) && ledger.start(b) < ledger.start(a) + ledger.size(a)
    );
  }

  #cause(id: number, step: number): string {
    const { ledger } = this.#walk;
    const cause = ledger.cause(id);
    return cause === 0 ? this.textAt(step) : ledger.causes[cause]!;
  }

  #describe(start: number, size: number, from: number): string {
    if (start < REGISTER_BYTES) return partName(REGISTERS[start >> 3]!, start & 7, size);
    const address = this.#addressOf(start);
    return `${hex(address)} (${this.#identify(address, from)})`;
  }

  #addressOf(location: number): Addr {
    const region = this.#addresses.findLast(([start]) => start <= location)!;
    return region[1] + BigInt(location - region[0]);
  }

  /** What an address is, in a few words: `sfd.id`, `stack of shm_close`, `init_ipc_ns+0x98`. */
  #identify(address: Addr, from: number): string {
    for (const { name, address: start, size, struct } of this.#objects) {
      const offset = address - BigInt(start);
      if (offset < 0n || offset >= BigInt(size)) continue;
      const layout = struct === null ? undefined : findStruct(struct);
      const field = layout === undefined ? undefined : fieldAt(layout, Number(offset));
      if (field === undefined) return `${name}+${hex(offset)}`;
      return `${name}.${field.path}${field.within === 0 ? '' : `+${hex(field.within)}`}`;
    }
    const regs = findTrap(this.recording)?.regs ?? undefined;
    const saved = regs === undefined ? undefined : fieldAt(pt_regs, Number(address - BigInt(regs)));
    if (saved !== undefined && from === this.recording.instructions) return `pt_regs.${saved.path}`;
    const symbol = this.#symbols.findLocation(address);
    if (symbol !== undefined) return this.#symbols.formatLocation(address);
    const region = this.#addresses.find(
      ([, start, size]) => address >= start && address < start + BigInt(size),
    )!;
    if (!/stack/u.test(region[3])) return region[3];
    const site = from > 0 ? this.#walk.sites[this.#walk.siteAt[from - 1]!] : undefined;
    return site?.facts === undefined ? 'stack' : `stack of ${site.facts.name}`;
  }

  /** A state of the recording as a moment. */
  moment(step: number): Moment {
    const site = this.#walk.sites[this.#walk.siteAt[Math.max(0, step)] ?? -1];
    return { step, at: site === undefined ? '' : this.#symbols.formatLocation(site.address) };
  }

  /** The text of the instruction at a step, with single blanks. */
  textAt(step: number): string {
    const number = this.#walk.siteAt[step] ?? -1;
    const known = this.#texts.get(number);
    if (known !== undefined) return known;
    const site = this.#walk.sites[number];
    if (site === undefined || !this.#state.isMapped(site.address, site.transfer.length)) return '';
    const bytes = this.#state.read(site.address, site.transfer.length);
    const text = decodeOne(bytes, site.address, this.#symbols).text.replaceAll(/ +/gu, ' ').trim();
    this.#texts.set(number, text);
    return text;
  }

  #idsOf(value: number): readonly number[] {
    if (this.#placesOf === undefined) {
      const { ledger } = this.#walk;
      const places = new Map<number, number[]>();
      for (let place = 1; place < ledger.placeCount; place += 1) {
        if (!ledger.isSeen(place)) continue;
        const of = ledger.value(place);
        const list = places.get(of);
        if (list === undefined) places.set(of, [place]);
        else list.push(place);
      }
      this.#placesOf = places;
      this.#assemble(places);
    }
    return this.#placesOf.get(value) ?? [];
  }

  #assemble(places: Map<number, number[]>): void {
    const { assembly, ledger } = this.#walk;
    for (const value of assembly.values()) {
      const rows = assembly.placesOf(value, (part) => places.get(part) ?? []);
      const ids = rows.map((row) => -this.#assembled.push({ ...row, value, size: ledger.sizeOf(value) }));
      places.set(value, ids);
      rows.forEach(({ start }, index) => {
        const list = this.#assembledAt.get(start);
        if (list === undefined) this.#assembledAt.set(start, [ids[index]!]);
        else list.push(ids[index]!);
      });
    }
    const from = (id: number): number => this.#assembled[-id - 1]!.from;
    for (const list of this.#assembledAt.values()) list.sort((a, b) => from(a) - from(b));
  }

  // First and last state of a place, ALIVE for no last one.
  #span(id: number): readonly [from: number, until: number] {
    const { ledger } = this.#walk;
    if (id > 0) return [ledger.from(id), ledger.until(id)];
    const { from, until } = this.#assembled[-id - 1]!;
    return [from, until];
  }

  // --- questions -----------------------------------------------------------------------------------------------

  #isAlive(place: number, step: number): boolean {
    const [from, until] = this.#span(place);
    return from <= step && (until === ALIVE || until >= step);
  }

  /** Where a value is in a state. */
  whereIs(value: number, step: number): Place[] {
    return this.#idsOf(value)
      .filter((place) => this.#isAlive(place, step))
      .map((place) => this.place(place));
  }

  /**
   * What is in a place in a state: one content for each run of bytes, then the values made up of several that
   * lie in it whole.
   *
   * @param where a register or a part of one (`rax`, `esi`, `ah`), or an address
   * @param size bytes, for an address
   * @throws {InputError} when `where` is no register
   */
  contentOf(where: string | Addr, step: number, size = 8): Content[] {
    const range = this.#rangeOf(where, size);
    if (range === undefined) return [];
    const [start, end] = range;
    const { ledger } = this.#walk;
    const found: Content[] = [];
    for (const id of this.#aliveNear(start, end, step)) {
      if (ledger.start(id) >= end || ledger.start(id) + ledger.size(id) <= start) continue;
      found.push({ place: this.place(id), name: this.expression(ledger.value(id)) });
    }
    return [...found, ...this.#assembledContent(start, end, step)];
  }

  #assembledContent(start: number, end: number, step: number): Content[] {
    this.#idsOf(0); // makes them
    const found: Content[] = [];
    for (let first = start; first < end; first += 1) {
      const list = this.#assembledAt.get(first) ?? [];
      const after = firstWhere(list.length, (index) => this.#assembled[-list[index]! - 1]!.from > step);
      for (const id of list.slice(Math.max(0, after - LAST_ASSEMBLED), after).reverse()) {
        const { size, value } = this.#assembled[-id - 1]!;
        if (first + size <= end && this.#isAlive(id, step))
          found.push({ place: this.place(id), name: this.expression(value) });
      }
    }
    return found;
  }

  #rangeOf(where: string | Addr, size: number): [start: number, end: number] | undefined {
    if (typeof where === 'string') {
      const part = readRegister(where);
      if (part === undefined) throw new InputError(`${where} is no register`, { field: where });
      const start = REGISTER_INDEX[part.register as keyof typeof REGISTER_INDEX] * 8 + part.first;
      return [start, start + part.size];
    }
    const offset = this.#walk.memory.locate(where);
    return offset < 0 ? undefined : [offset + REGISTER_BYTES, offset + REGISTER_BYTES + size];
  }

  // Ids of places that are alive in a state and begin at most 8 bytes before a location. Of those that begin at the same
  // byte, at most one is alive, since a byte has one place at a time: it is among the last that began.
  #aliveNear(start: number, end: number, step: number): number[] {
    const { ledger } = this.#walk;
    const sorted = (this.#sorted ??= Int32Array.from(
      { length: ledger.placeCount - 1 },
      (_, index) => index + 1,
    ).sort((a, b) => ledger.start(a) - ledger.start(b) || a - b));
    const found: number[] = [];
    for (let first = start - 7; first < end; first += 1) {
      const after = firstWhere(sorted.length, (index) => {
        const at = ledger.start(sorted[index]!);
        return at > first || (at === first && ledger.from(sorted[index]!) > step);
      });
      for (let index = after - 1; index >= 0 && ledger.start(sorted[index]!) === first; index -= 1) {
        const id = sorted[index]!;
        if (this.#isAlive(id, step)) found.push(id);
        else if (!ledger.isSeen(id)) continue; // began and ended between two states
        break;
      }
    }
    return found;
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
    const { ledger, names } = this.#walk;
    const alive = new Map<number, number[]>();
    for (let id = 1; id < ledger.placeCount; id += 1) {
      const value = ledger.value(id);
      if (!this.#isAlive(id, step) || ledger.size(id) < ledger.sizeOf(value)) continue;
      const rank = names.get(value)?.rank ?? 0;
      if (rank < RANK.source && !(everything && this.expression(value) !== undefined)) continue;
      alive.set(value, [...(alive.get(value) ?? []), id]);
    }
    for (const value of this.#walk.assembly.values()) {
      const places = this.#idsOf(value).filter((id) => this.#isAlive(id, step));
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
      throw new InputError(`${location} is no location: symbol or symbol+0x3e, of a symbol that is known`, {
        field: location,
      });
    }
    const { siteAt, sites } = this.#walk;
    const found: number[] = [];
    siteAt.forEach((number, step) => {
      if (sites[number]?.address === address) found.push(step);
    });
    if (found.length === 0)
      throw new InputError(`${location} was not reached in this run`, { field: location });
    return found;
  }

  /** The walk behind it: for tests. */
  get walk(): WalkState {
    return this.#walk;
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
  return new Lineage(recording, walk, view, symbols);
};
