// Values that are made up of parts of others without any instruction: one byte of a field was overwritten, and the
// field is read as a whole. Their places follow from those of their parts.

import { ALIVE, type Ledger, ORIGIN } from './ledger.js';
import type { TagMap } from './tags.js';

interface Part {
  readonly value: number;
  readonly first: number; // byte of the value
  readonly at: number; //    byte of the whole
  readonly size: number;
}

/** Where all parts of an assembled value lie side by side. */
export interface AssembledPlace {
  readonly start: number; // location
  readonly from: number;
  readonly until: number;
  /** The place of the part that ended first; its end is the whole's. */
  readonly ended: number;
  /** The place of the first part. */
  readonly lead: number;
}

export class Assembly {
  readonly #known = new Map<string, number>();
  readonly #parts = new Map<number, readonly Part[]>();

  constructor(
    private readonly ledger: Ledger,
    private readonly tags: TagMap,
  ) {}

  /** Ids of the assembled values. */
  values(): Iterable<number> {
    return this.#parts.keys();
  }

  /** The value that the parts at a location make up; 0 when some of them belong to no value, or all to one. */
  at(location: number, size: number, step: number): number {
    const parts = this.#partsAt(location, size);
    if (parts === undefined || parts.length < 2) return 0;
    const key = parts.map(({ value, first, size: length }) => `${value}:${first}:${length}`).join(' ');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const value = this.ledger.addBits(ORIGIN.assembled, size, this.#bitsOf(parts), step, -1);
    for (const part of parts) this.ledger.addParent(value, part.value);
    this.#known.set(key, value);
    this.#parts.set(value, parts);
    return value;
  }

  #bitsOf(parts: readonly Part[]): bigint {
    let bits = 0n;
    for (const { value, first, at, size } of parts) {
      const part = BigInt.asUintN(size * 8, this.ledger.bitsOf(value) >> BigInt(first * 8));
      bits |= part << BigInt(at * 8);
    }
    return bits;
  }

  #partsAt(location: number, size: number): Part[] | undefined {
    const parts: Part[] = [];
    for (let at = 0; at < size;) {
      const place = this.tags.get(location + at);
      if (place <= 0) return undefined;
      const ledger = this.ledger;
      const inside = location + at - ledger.start(place);
      const length = Math.min(size - at, ledger.size(place) - inside);
      const value = ledger.value(place);
      const first = ledger.first(place) + inside;
      const before = parts.at(-1);
      // Pieces of one value in a row are one part, however they came there.
      if (before !== undefined && before.value === value && before.first + before.size === first) {
        parts[parts.length - 1] = { ...before, size: before.size + length };
      } else parts.push({ value, first, at, size: length });
      at += length;
    }
    return parts;
  }

  /**
   * Where an assembled value lies, and when.
   *
   * @param placesOf ids of the places of a value
   */
  placesOf(value: number, placesOf: (value: number) => readonly number[]): AssembledPlace[] {
    const parts = this.#parts.get(value) ?? [];
    const ledger = this.ledger;
    const [lead, ...others] = parts;
    if (lead === undefined) return [];
    const covering = (part: Part) =>
      placesOf(part.value).filter(
        (place) =>
          ledger.isSeen(place) &&
          ledger.first(place) <= part.first &&
          ledger.first(place) + ledger.size(place) >= part.first + part.size,
      );
    let found = covering(lead).map((place): AssembledPlace => {
      const start = ledger.start(place) + lead.first - ledger.first(place);
      return { start, from: ledger.from(place), until: ledger.until(place), ended: place, lead: place };
    });
    for (const part of others) {
      const candidates = covering(part);
      found = found.flatMap((whole) => candidates.flatMap((place) => this.#both(whole, part, place)));
    }
    return found.sort((a, b) => a.from - b.from || a.start - b.start);
  }

  #both(whole: AssembledPlace, part: Part, place: number): AssembledPlace[] {
    const ledger = this.ledger;
    if (ledger.start(place) + part.first - ledger.first(place) !== whole.start + part.at) return [];
    const from = Math.max(whole.from, ledger.from(place));
    const until = ledger.until(place);
    const earlier = until !== ALIVE && (whole.until === ALIVE || until < whole.until);
    const end = earlier ? until : whole.until;
    if (end !== ALIVE && end < from) return [];
    return [{ ...whole, from, until: end, ended: earlier ? place : whole.ended }];
  }
}
