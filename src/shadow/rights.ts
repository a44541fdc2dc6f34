// Which bytes of guest memory a checked call may read and change, byte for byte. Knows ranges and rights only.

import type { Addr } from '../base/address.js';

/** May be read. */
export const READ = 1;
/** May be read and changed. */
export const WRITE = 3;

interface Segment {
  readonly start: number; // signed address
  readonly size: number; // bytes
  readonly at: number; // in the rights
}

/** A range of guest memory. */
interface ShadowedRange {
  readonly start: Addr;
  readonly size: number; // bytes
  /** Where its bytes are among those that have rights; after those of the range before, without it. */
  readonly at?: number;
}

const signed = (address: Addr): number => Number(BigInt.asIntN(64, address));

const segmentsOf = (ranges: readonly ShadowedRange[]): Segment[] => {
  let end = 0;
  return ranges.map(({ start, size, at = end }) => {
    end = at + size;
    return { start: signed(start), size, at };
  });
};

const NOWHERE: Segment = { start: 0, size: 0, at: 0 };

/**
 * A shadow over some ranges of guest memory. Without a grant no byte in them may be touched. Bytes outside all
 * ranges are not watched: everything may be done with them.
 */
export class Shadow {
  #rights: Uint8Array;
  readonly #segments: readonly Segment[];
  readonly #granted: number[] = []; // to take back: where each grant begins and ends in the rights
  #last: Segment;
  /** Whether somebody else looks up the rights, so that accesses come only where one is missing. */
  isLookedUp = false;

  /**
   * @param ranges not overlapping; addresses below the middle of the canonical hole or above it
   * @param size how many bytes have rights; those of the ranges without it
   */
  constructor(ranges: readonly ShadowedRange[], size?: number) {
    this.#segments = segmentsOf(ranges);
    this.#last = this.#segments[0] ?? NOWHERE;
    this.#rights = new Uint8Array(size ?? this.#segments.reduce((sum, one) => sum + one.size, 0));
    this.#rights.fill(WRITE);
    for (const one of this.#segments) this.#rights.fill(0, one.at, one.at + one.size);
  }

  /** Keep the rights in another buffer from now on, where somebody looks them up. */
  moveTo(buffer: ArrayBuffer, offset: number): void {
    const moved = new Uint8Array(buffer, offset, this.#rights.length);
    moved.set(this.#rights);
    this.#rights = moved;
    this.isLookedUp = true;
  }

  /** Nothing may be touched. */
  clear(): void {
    const granted = this.#granted;
    for (let index = 0; index < granted.length; index += 2)
      this.#rights.fill(0, granted[index], granted[index + 1]);
    granted.length = 0;
  }

  /** Allow what `rights` says for `size` bytes, where they are in the ranges. */
  grant(address: Addr, size: number, rights: typeof READ | typeof WRITE): void {
    if (size > 0) this.#set(signed(address), size, rights);
  }

  /** Allow nothing any more for `size` bytes. */
  revoke(address: Addr, size: number): void {
    if (size > 0) this.#set(signed(address), size, 0);
  }

  #set(at: number, size: number, rights: number): void {
    const whole = this.#find(at);
    if (whole !== undefined && at + size <= whole.start + whole.size)
      return this.#put(whole.at + at - whole.start, size, rights);
    for (const { start, size: room, at: place } of this.#segments) {
      const from = Math.max(0, at - start);
      const to = Math.min(room, at + size - start);
      if (from < to) this.#put(place + from, to - from, rights);
    }
    return undefined;
  }

  #put(from: number, size: number, rights: number): void {
    this.#rights.fill(rights, from, from + size);
    if (rights !== 0) this.#granted.push(from, from + size);
  }

  // The segment of an address.
  #find(at: number): Segment | undefined {
    const last = this.#last;
    if (at >= last.start && at < last.start + last.size) return last;
    for (let index = 0; index < this.#segments.length; index += 1) {
      const one = this.#segments[index]!;
      if (at >= one.start && at < one.start + one.size) return (this.#last = one);
    }
    return undefined;
  }

  /**
   * How many of an access's bytes, from its first, may be touched that way: `size` when all may. The address comes in
   * halves, as an engine reports it.
   *
   * @param wanted READ or WRITE
   */
  allowed(low: number, high: number, size: number, wanted: number): number {
    const at = (high | 0) * 0x1_0000_0000 + low; // signed; exact: the ranges lie where addresses fit in a number
    const segment = this.#find(at);
    if (segment === undefined || at + size > segment.start + segment.size)
      return this.#allowedEach(at, size, wanted);
    const place = segment.at + at - segment.start;
    for (let index = 0; index < size; index += 1)
      if ((this.#rights[place + index]! & wanted) !== wanted) return index;
    return size;
  }

  // The same for one that leaves a range.
  #allowedEach(at: number, size: number, wanted: number): number {
    for (let index = 0; index < size; index += 1) {
      const segment = this.#find(at + index);
      if (segment === undefined) continue;
      if ((this.#rights[segment.at + at + index - segment.start]! & wanted) !== wanted) return index;
    }
    return size;
  }

  /** The rights of one byte; `undefined` outside all ranges. */
  rightsOf(address: Addr): number | undefined {
    const at = signed(address);
    const segment = this.#find(at);
    return segment === undefined ? undefined : this.#rights[segment.at + at - segment.start];
  }
}
