// Brute force against a ledger: after every instruction, which bytes of which initial word lie where, by looking at
// all bytes. Knows nothing of instructions.
import { ALIVE, ORIGIN } from '../../src/lineage/ledger.js';
import type { Lineage } from '../../src/lineage/lineage.js';
import { REGISTER_BYTES } from '../../src/lineage/tags.js';
import { RecordedState } from '../../src/recording/state.js';

/** Bytes that a window has: so many in a row are nowhere else. */
const WINDOW = 4;

/** The ledger's account of each location, state by state. */
export class LedgerStates {
  readonly #lineage: Lineage;
  readonly #opens = new Map<number, number[]>();
  readonly #closes = new Map<number, number[]>();
  readonly places: Int32Array;
  #home = new Map<number, number>();
  #ancestors = new Map<number, Set<number>>();

  constructor(lineage: Lineage) {
    this.#lineage = lineage;
    const { ledger, memory } = lineage.walk;
    this.places = new Int32Array(REGISTER_BYTES + memory.bytes.length);
    const add = (map: Map<number, number[]>, step: number, place: number): void => {
      const list = map.get(step);
      if (list === undefined) map.set(step, [place]);
      else list.push(place);
    };
    for (let place = 1; place < ledger.placeCount; place += 1) {
      if (!ledger.isSeen(place)) continue;
      add(this.#opens, ledger.from(place), place);
      if (ledger.until(place) !== ALIVE) add(this.#closes, ledger.until(place) + 1, place);
      const value = ledger.value(place);
      const origin = ledger.originOf(value);
      const original = ledger.parent(place) === 0 && (origin === ORIGIN.register || origin === ORIGIN.memory);
      if (original && !this.#home.has(value))
        this.#home.set(value, ledger.start(place) - ledger.first(place));
    }
  }

  /** Go on to a state. Gives the locations that changed. */
  advance(step: number): number[] {
    const { ledger } = this.#lineage.walk;
    const touched: number[] = [];
    const cover = (place: number, tag: number): void => {
      for (let index = 0; index < ledger.size(place); index += 1) {
        const location = ledger.start(place) + index;
        if (tag === 0 && this.places[location] !== place) continue;
        this.places[location] = tag;
        touched.push(location);
      }
    };
    for (const place of this.#closes.get(step) ?? []) cover(place, 0);
    for (const place of this.#opens.get(step) ?? []) cover(place, place);
    return touched;
  }

  /** The initial location whose byte lies here, or -1 where the ledger says that it is computed, or has no entry. */
  originOf(location: number): number {
    const place = this.places[location]!;
    if (place === 0) return -1;
    const { ledger } = this.#lineage.walk;
    const home = this.#home.get(ledger.value(place));
    return home === undefined ? -1 : home + ledger.first(place) + location - ledger.start(place);
  }

  /** Whether the byte here was computed from the value of an initial location. */
  comesFrom(location: number, initial: number): boolean {
    const place = this.places[location]!;
    if (place === 0) return false;
    return this.#initialOf(this.#lineage.walk.ledger.value(place)).has(initial);
  }

  // Every initial location whose byte a value was made of.
  #initialOf(value: number): Set<number> {
    const known = this.#ancestors.get(value);
    if (known !== undefined) return known;
    const { ledger } = this.#lineage.walk;
    const found = new Set<number>();
    this.#ancestors.set(value, found);
    const home = this.#home.get(value);
    if (home !== undefined)
      for (let index = 0; index < ledger.sizeOf(value); index += 1) found.add(home + index);
    for (const parent of ledger.parentsOf(value)) for (const one of this.#initialOf(parent)) found.add(one);
    return found;
  }
}

/** The bytes of all locations in a state. */
const bytesOf = (lineage: Lineage, step: number): Uint8Array => {
  const state = new RecordedState(lineage.recording).seek(step);
  const bytes = new Uint8Array(REGISTER_BYTES + lineage.walk.memory.bytes.length);
  bytes.set(new Uint8Array(state.registers.buffer).subarray(0, REGISTER_BYTES));
  let at = REGISTER_BYTES;
  for (const { start, size } of lineage.walk.memory.regions) {
    bytes.set(state.read(start, size), at);
    at += size;
  }
  return bytes;
};

const windowAt = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

const sameCell = (a: number, b: number): boolean => a >= REGISTER_BYTES || a >> 3 === b >> 3;

/** Locations, the second one excluded. */
export type Range = readonly [start: number, end: number];

/** How often brute force and the ledger were compared. */
export interface OracleResult {
  readonly windows: number;
  readonly copies: number;
  /** Copies in which one byte of four was not as the ledger says. */
  readonly chances: number;
  readonly problems: readonly string[];
}

/**
 * Compare a ledger with brute force in every state.
 *
 * Each byte that the ledger says is an initial one is that byte. Each run of four bytes that are those of an initial
 * word, and nothing else is, the ledger says are these, or computed from it. Only bytes that differ from the state
 * before, or that the ledger says something new of, are looked at: for the rest nothing can have changed.
 *
 * @param unique which locations hold unique bytes at the start
 */
export const compareWithBruteForce = (lineage: Lineage, unique: readonly Range[]): OracleResult => {
  const { recording } = lineage;
  const states = new LedgerStates(lineage);
  const initial = bytesOf(lineage, 0);
  const bytes = initial.slice();
  const homes = new Map<number, number>();
  for (const [start, end] of unique) {
    for (let at = start; at + WINDOW <= end; at += 1) {
      if (!sameCell(at, at + WINDOW - 1)) continue;
      const window = windowAt(initial, at);
      homes.set(window, homes.has(window) ? -1 : at);
    }
  }
  const problems: string[] = [];
  const written = new Uint8Array(initial.length);
  let windows = 0;
  let copies = 0;
  let chances = 0;
  let access = 0;
  const originOf = (at: number): number => {
    const origin = states.originOf(at);
    return origin < 0 && at >= REGISTER_BYTES && states.places[at] === 0 && written[at] === 0 ? at : origin;
  };
  const complain = (step: number, at: number, what: string): void => {
    if (problems.length >= 5) return;
    const by = step === 0 ? 'start' : lineage.textAt(step - 1);
    problems.push(`state ${step} after "${by}", location ${at}: ${what}`);
  };
  for (let step = 0; step <= recording.instructions; step += 1) {
    const dirty = new Set(states.advance(step));
    for (; access < recording.accessesBefore(step); access += 1) {
      if (!recording.accesses.isWrite(access)) continue;
      const { address, size, new: bits } = recording.access(access);
      for (let index = 0; index < size; index += 1) {
        const at = lineage.walk.memory.locate(address + BigInt(index)) + REGISTER_BYTES;
        written[at] = step > 0 ? 1 : 0; // bytes that the sandbox wrote before the start are initial
        bytes[at] = Number((bits >> BigInt(index * 8)) & 0xffn);
        dirty.add(at);
      }
    }
    const registers = new Uint8Array(recording.registersAt(step).buffer);
    for (let at = 0; at < REGISTER_BYTES; at += 1) {
      if (registers[at] !== bytes[at]) dirty.add(at);
      bytes[at] = registers[at]!;
    }
    if (step === recording.instructions)
      for (const [start, end] of unique) for (let at = start; at < end; at += 1) dirty.add(at);
    const starts = new Set<number>();
    for (const at of dirty) {
      const origin = originOf(at);
      if (origin >= 0 && bytes[at] !== initial[origin]) complain(step, at, `is not the byte of ${origin}`);
      for (let start = Math.max(0, at - WINDOW + 1); start <= at; start += 1) starts.add(start);
    }
    for (const start of starts) {
      if (start + WINDOW > bytes.length || !sameCell(start, start + WINDOW - 1)) continue;
      windows += 1;
      const home = homes.get(windowAt(bytes, start)) ?? -1;
      if (home < 0) continue;
      copies += 1;
      let chance = 0;
      for (let index = 0; index < WINDOW; index += 1) {
        const origin = originOf(start + index);
        if (origin === home + index || states.comesFrom(start + index, home + index)) continue;
        // One byte beside three may have the value by chance, one time in 256; how often is counted.
        chance += 1;
        if (chance === 1) continue;
        complain(step, start + index, `holds the byte of ${home + index}, the ledger says ${origin}`);
        break;
      }
      chances += Math.min(1, chance);
    }
  }
  // Nothing else was written: the bytes that were followed here are the whole machine.
  const end = bytesOf(lineage, recording.instructions);
  if (Buffer.compare(end, bytes) !== 0) problems.push('memory changed without a recorded access');
  return { windows, copies, chances, problems };
};
