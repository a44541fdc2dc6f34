// Finds the places of a ledger: by value, and by location and state. Places of values that are made up of parts of
// others have negative numbers, from -1 on.

import { firstWhere } from '../base/bisect.js';
import type { AssembledPlace, Assembly } from './assembly.js';
import { ALIVE, type Ledger } from './ledger.js';

// A place, assembled or not: then it is its own part.
interface PlaceRow extends AssembledPlace {
  readonly value: number;
  /** Which byte of the value lies first. */
  readonly first: number;
  readonly size: number;
}

/** Assembled places of one byte that are looked at, the last that began: one for each size would do. */
const LAST_ASSEMBLED = 32;

const addTo = (lists: Map<number, number[]>, key: number, item: number): void => {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
};

/** The places of a walk that has ended. */
export class PlaceIndex {
  readonly #assembled: PlaceRow[] = [];
  readonly #assembledByStart = new Map<number, number[]>(); // then by their first state
  #byValue: ReadonlyMap<number, readonly number[]> | undefined;
  #byStart: Int32Array | undefined; // then in the order in which they began

  constructor(
    private readonly ledger: Ledger,
    private readonly assembly: Assembly,
  ) {}

  /** The places of a value that are in any state, in the order in which they began. */
  of(value: number): readonly number[] {
    return (this.#byValue ??= this.#index()).get(value) ?? [];
  }

  #index(): ReadonlyMap<number, readonly number[]> {
    const ledger = this.ledger;
    const byValue = new Map<number, number[]>();
    for (let id = 1; id < ledger.placeCount; id += 1)
      if (ledger.isSeen(id)) addTo(byValue, ledger.value(id), id);
    for (const value of this.assembly.values()) {
      const size = ledger.sizeOf(value);
      const rows = this.assembly.placesOf(value, (part) => byValue.get(part) ?? []);
      const ids = rows.map((row) => -this.#assembled.push({ ...row, value, first: 0, size }));
      byValue.set(value, ids);
      rows.forEach(({ start }, index) => addTo(this.#assembledByStart, start, ids[index]!));
    }
    for (const ids of this.#assembledByStart.values())
      ids.sort((a, b) => this.#row(a).from - this.#row(b).from);
    return byValue;
  }

  #row(id: number): PlaceRow {
    return this.#assembled[-id - 1]!;
  }

  /** @throws {RangeError} when there is no such place */
  row(id: number): PlaceRow {
    const ledger = this.ledger;
    if (id < 0) this.of(0); // makes them
    if (id < -this.#assembled.length || id === 0 || !(id < ledger.placeCount))
      throw new RangeError(`no place ${id}`);
    if (id < 0) return this.#row(id);
    return {
      start: ledger.start(id),
      size: ledger.size(id),
      value: ledger.value(id),
      first: ledger.first(id),
      from: ledger.from(id),
      until: ledger.until(id),
      ended: id,
      lead: id,
    };
  }

  /** The place that a place was copied from; 0 for none. */
  sourceOf(id: number): number {
    if (id < 0) return this.#sourceOfAssembled(id);
    const ledger = this.ledger;
    // The rest of a place that was partly overwritten came from where the whole came from.
    let parent = ledger.parent(id);
    while (parent > 0 && this.#overlap(parent, id)) parent = ledger.parent(parent);
    return parent;
  }

  /** The place that a place is the rest of, or the stale bytes; itself when it is neither. */
  rootOf(id: number): number {
    const ledger = this.ledger;
    let root = id;
    while (ledger.parent(root) > 0 && this.#overlap(ledger.parent(root), root)) root = ledger.parent(root);
    return root;
  }

  #overlap(a: number, b: number): boolean {
    const ledger = this.ledger;
    return (
      ledger.start(a) < ledger.start(b) + ledger.size(b) && ledger.start(b) < ledger.start(a) + ledger.size(a)
    );
  }

  // The place of the same value that holds the source of the first part.
  #sourceOfAssembled(id: number): number {
    const ledger = this.ledger;
    const { value, lead, start, from } = this.#row(id);
    let parent = ledger.parent(lead);
    while (parent > 0 && ledger.start(parent) === ledger.start(lead)) parent = ledger.parent(parent);
    if (parent === 0) return 0;
    const source = ledger.start(parent);
    const other = this.#assembled.findIndex(
      (row) => row.value === value && row.start === source && row.start !== start && row.from <= from,
    );
    return other < 0 ? 0 : -other - 1;
  }

  /** Whether a place is in a state between two, both included. */
  isAlive(id: number, from: number, to = from): boolean {
    const last = id > 0 ? this.ledger.until(id) : this.#row(id).until;
    const first = id > 0 ? this.ledger.from(id) : this.#row(id).from;
    return first <= to && (last === ALIVE || last >= from);
  }

  /** The places that have bytes at the locations from `start` to `end`, excluded; then the assembled ones within. */
  at(start: number, end: number, step: number): number[] {
    const ledger = this.ledger;
    const whole = this.#near(start, end, step).filter(
      (id) => ledger.start(id) < end && ledger.start(id) + ledger.size(id) > start,
    );
    return [...whole, ...this.#assembledWithin(start, end, step)];
  }

  // Places that are alive in a state and begin at most 8 bytes before a location. Of those that begin at the same
  // byte, at most one is alive, since a byte has one place at a time: it is among the last that began.
  #near(start: number, end: number, step: number): number[] {
    const ledger = this.ledger;
    const sorted = (this.#byStart ??= Int32Array.from(
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
        if (this.isAlive(id, step)) found.push(id);
        else if (!ledger.isSeen(id)) continue; // began and ended between two states
        break;
      }
    }
    return found;
  }

  #assembledWithin(start: number, end: number, step: number): number[] {
    this.of(0); // makes them
    const found: number[] = [];
    for (let first = start; first < end; first += 1) {
      const ids = this.#assembledByStart.get(first) ?? [];
      const after = firstWhere(ids.length, (index) => this.#row(ids[index]!).from > step);
      for (const id of ids.slice(Math.max(0, after - LAST_ASSEMBLED), after).toReversed())
        if (first + this.#row(id).size <= end && this.isAlive(id, step)) found.push(id);
    }
    return found;
  }
}
