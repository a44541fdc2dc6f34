// Which place of the ledger each byte of registers and memory belongs to, now. One space of locations: the register
// file's bytes first, then those of memory. Copies and overwrites happen here.

import { HOW, type Ledger, ORIGIN } from './ledger.js';
import { type PagedMemory } from '../kernel/memory.js';

/** Locations of registers: 16 of 8 bytes. Memory follows them. */
export const REGISTER_BYTES = 128;

// No value was seen here yet: bytes of memory become a value when they are read.
const UNSEEN = 0;
/** Known bytes that belong to no value: zeroes above a 32-bit result. */
export const PLAIN = -1;
/** Bytes that the view cannot know: code that is not published may have written them. */
export const UNKNOWN = -2;

const PAGE_BITS = 12;
const PAGE = 1 << PAGE_BITS;

/** Most bytes that one operand has. */
const WIDEST = 8;

/** Tags of one machine, and the moves between them. */
export class TagMap {
  readonly #registers = new Int32Array(REGISTER_BYTES);
  readonly #pages: (Int32Array | undefined)[] = [];
  readonly #values = new Int32Array(WIDEST);
  readonly #firsts = new Int32Array(WIDEST);
  readonly #parents = new Int32Array(WIDEST);
  /** When the host wrote unseen memory, by blocks of 8 bytes. */
  readonly #writtenAt = new Map<number, number>();
  /** Unseen memory is as old as this: 0, or the last moment at which unpublished code may have written it. */
  unseenSince = 0;
  /** A place of a register ended: all of its bytes were written. Called for an observer that waits for certainty. */
  onRegister: ((register: number, step: number) => void) | undefined;

  constructor(
    private readonly ledger: Ledger,
    private readonly memory: PagedMemory,
  ) {}

  get(location: number): number {
    if (location < REGISTER_BYTES) return this.#registers[location]!;
    const at = location - REGISTER_BYTES;
    return this.#pages[at >> PAGE_BITS]?.[at & (PAGE - 1)] ?? UNSEEN;
  }

  set(location: number, tag: number): void {
    if (location < REGISTER_BYTES) {
      this.#registers[location] = tag;
      return;
    }
    const at = location - REGISTER_BYTES;
    const page = (this.#pages[at >> PAGE_BITS] ??= new Int32Array(PAGE));
    page[at & (PAGE - 1)] = tag;
  }

  /** The place that covers a register from its first byte, with the value's first byte; 0 if none does. */
  placeIn(register: number, size: number): number {
    const tag = this.#registers[register * 8]!;
    const ledger = this.ledger;
    if (tag <= 0 || ledger.start(tag) !== register * 8 || ledger.first(tag) !== 0) return 0;
    const covered = ledger.size(tag);
    if (covered >= size) return tag;
    // A 32-bit result with zeroes above is a value of the whole register.
    return covered === ledger.sizeOf(ledger.value(tag)) && this.#registers[register * 8 + covered] === PLAIN
      ? tag
      : 0;
  }

  /** All bytes of a register belong to no value, or are not known. */
  blank(register: number, tag: typeof PLAIN | typeof UNKNOWN): void {
    this.#registers.fill(tag, register * 8, register * 8 + 8);
  }

  /** The registers' tags, to compare with or to put back. */
  snapshot(): Int32Array {
    return this.#registers.slice();
  }

  /** The host wrote here: the bytes are new before instruction `step`. */
  hostWrote(location: number, size: number, step: number): void {
    for (let at = location >> 3; at <= (location + size - 1) >> 3; at += 1) this.#writtenAt.set(at, step);
    for (let index = 0; index < size; index += 1) this.set(location + index, UNSEEN);
  }

  /**
   * Give values to those of `size` locations that have none.
   *
   * @param size 1 to 8, in one page of memory
   */
  see(location: number, size: number): void {
    for (let index = 0; index < size; index += 1) {
      if (this.get(location + index) !== UNSEEN) continue;
      let end = index + 1;
      while (end < size && this.get(location + end) === UNSEEN) end += 1;
      this.#materialize(location + index, end - index);
      index = end;
    }
  }

  #materialize(location: number, size: number): void {
    const { bytes } = this.memory;
    const at = location - REGISTER_BYTES;
    let low = 0;
    let high = 0;
    for (let index = 0; index < size; index += 1) {
      const byte = bytes[at + index]!;
      if (index < 4) low |= byte << (index * 8);
      else high |= byte << ((index - 4) * 8);
    }
    const since = Math.max(this.unseenSince, this.#writtenAt.get(location >> 3) ?? 0);
    const value = this.ledger.addValue(ORIGIN.memory, size, low, high, since, -1);
    this.begin(location, size, value, 0, since, 0);
  }

  /** A place begins where nothing is any more. */
  begin(location: number, size: number, value: number, first: number, from: number, parent: number): number {
    const place = this.ledger.open(location, size, value, first, from, parent);
    for (let index = 0; index < size; index += 1) this.set(location + index, place);
    return place;
  }

  /**
   * End the places at `size` locations; the rest of a place beyond them continues as another place.
   * The tags stay as they are: the caller sets them.
   *
   * @param step the last state that has the bytes is that before this instruction
   */
  end(location: number, size: number, step: number, how: number, cause: number): void {
    if (location < REGISTER_BYTES && size >= 4) this.onRegister?.(location >> 3, step);
    for (let index = 0; index < size;) {
      const place = this.get(location + index);
      index += 1;
      if (place <= 0) continue;
      index += this.#endPlace(place, location, location + size, step, how, cause, location + index);
    }
  }

  // Gives how many locations from `next` on belong to the same place.
  #endPlace(
    place: number,
    from: number,
    to: number,
    step: number,
    how: number,
    cause: number,
    next: number,
  ): number {
    const ledger = this.ledger;
    const start = ledger.start(place);
    const end = start + ledger.size(place);
    ledger.close(place, step, how, cause);
    this.#rest(place, start, from, step);
    this.#rest(place, to, end, step);
    return Math.max(0, Math.min(end, to) - next);
  }

  #rest(place: number, from: number, to: number, step: number): void {
    if (to <= from) return;
    const ledger = this.ledger;
    const first = ledger.first(place) + from - ledger.start(place);
    this.begin(from, to - from, ledger.value(place), first, step + 1, place);
  }

  /** Take up the tags of `size` locations, to put them down elsewhere. @param offset in the operand */
  take(location: number, size: number, offset = 0): void {
    if (location >= REGISTER_BYTES) this.see(location, size);
    const ledger = this.ledger;
    for (let index = 0; index < size; index += 1) {
      const tag = this.get(location + index);
      this.#parents[offset + index] = tag;
      this.#values[offset + index] = tag > 0 ? ledger.value(tag) : 0;
      this.#firsts[offset + index] = tag > 0 ? ledger.first(tag) + location + index - ledger.start(tag) : 0;
    }
  }

  /** A copy of the tags that were taken, for an operand that changes before it is put down. */
  taken(size: number): readonly [Int32Array, Int32Array, Int32Array] {
    return [this.#parents.slice(0, size), this.#values.slice(0, size), this.#firsts.slice(0, size)];
  }

  /** Take up again what `taken` gave. */
  takeAgain([parents, values, firsts]: readonly [Int32Array, Int32Array, Int32Array]): void {
    this.#parents.set(parents);
    this.#values.set(values);
    this.#firsts.set(firsts);
  }

  /** Whether the bytes that were taken are there already. */
  isThere(location: number, size: number, offset = 0): boolean {
    const ledger = this.ledger;
    for (let index = 0; index < size; index += 1) {
      const tag = this.get(location + index);
      if (tag <= 0 || ledger.value(tag) !== this.#values[offset + index]) return false;
      const first = ledger.first(tag) + location + index - ledger.start(tag);
      if (first !== this.#firsts[offset + index]) return false;
    }
    return true;
  }

  /** Whether the bytes that were taken are those of a place of an earlier snapshot. */
  wasThere(place: number, size: number): boolean {
    const ledger = this.ledger;
    if (place <= 0 || ledger.size(place) < size) return false;
    return (
      ledger.value(place) === this.#values[0] &&
      ledger.first(place) === this.#firsts[0] &&
      this.#values[size - 1] === this.#values[0] &&
      this.#firsts[size - 1] === this.#firsts[0]! + size - 1
    );
  }

  /** Put down the bytes that were taken; `end` must have been called for the old ones. */
  put(location: number, size: number, from: number, offset = 0): void {
    for (let index = 0; index < size;) {
      const parent = this.#parents[offset + index]!;
      if (parent <= 0) {
        // Unseen bytes of a register belong to no value.
        this.set(location + index, parent === UNSEEN ? PLAIN : parent);
        index += 1;
        continue;
      }
      const value = this.#values[offset + index]!;
      const first = this.#firsts[offset + index]!;
      let length = 1;
      while (
        index + length < size &&
        this.#parents[offset + index + length] === parent &&
        this.#firsts[offset + index + length] === first + length
      ) {
        length += 1;
      }
      this.begin(location + index, length, value, first, from, parent);
      index += length;
    }
  }

  /** The values here, as parents of a value that is made of them. */
  eachValue(location: number, size: number, visit: (value: number) => void): void {
    if (location >= REGISTER_BYTES) this.see(location, size);
    for (let index = 0; index < size; index += 1) {
      const tag = this.get(location + index);
      if (tag > 0) visit(this.ledger.value(tag));
    }
  }

  /** End all places of memory that `keeps` does not cover; their bytes become unseen. */
  loseMemory(keeps: (location: number) => boolean, step: number, cause: number): void {
    for (const [number, page] of this.#pages.entries()) {
      if (page === undefined) continue;
      const base = REGISTER_BYTES + number * PAGE;
      for (let index = 0; index < PAGE;) {
        const tag = page[index]!;
        let end = index + 1;
        if (tag !== UNSEEN && !keeps(base + index)) {
          while (end < PAGE && page[end] === tag && !keeps(base + end)) end += 1;
          if (tag > 0) this.end(base + index, end - index, step, HOW['may be lost'], cause);
          page.fill(UNSEEN, index, end);
        }
        index = end;
      }
    }
  }
}
