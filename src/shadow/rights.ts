// Which bytes of guest memory a checked call may read and change, byte for byte. Knows ranges and rights only.

import type { Addr } from '../base/address.js';

/** May be read. */
export const READ = 1;
/** May be read and changed. */
export const WRITE = 3;

interface Segment {
  readonly start: number; // signed address
  readonly rights: Uint8Array;
}

const signed = (address: Addr): number => Number(BigInt.asIntN(64, address));

/**
 * A shadow over some ranges of guest memory. Without a grant no byte in them may be touched. Bytes outside all
 * ranges are not watched.
 */
export class Shadow {
  readonly #segments: readonly Segment[];
  // Grants to take back.
  readonly #granted: { readonly segment: Segment; readonly from: number; readonly to: number }[] = [];
  #last: Segment;

  /** @param ranges not overlapping; sizes in bytes; addresses below the middle of the canonical hole or above it */
  constructor(ranges: readonly { readonly start: Addr; readonly size: number }[]) {
    this.#segments = ranges.map(({ start, size }) => ({
      start: signed(start),
      rights: new Uint8Array(size),
    }));
    this.#last = this.#segments[0] ?? { start: 0, rights: new Uint8Array(0) };
  }

  /** Nothing may be touched. */
  clear(): void {
    for (const { segment, from, to } of this.#granted) segment.rights.fill(0, from, to);
    this.#granted.length = 0;
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
    for (const segment of this.#segments) {
      const from = Math.max(0, at - segment.start);
      const to = Math.min(segment.rights.length, at + size - segment.start);
      if (from >= to) continue;
      segment.rights.fill(rights, from, to);
      if (rights !== 0) this.#granted.push({ segment, from, to });
    }
  }

  /**
   * How many of an access's bytes, from its first, may be touched that way: `size` when all may. The address comes in
   * halves, as an engine reports it.
   *
   * @param wanted READ or WRITE
   */
  allowed(low: number, high: number, size: number, wanted: number): number {
    const at = (high | 0) * 0x1_0000_0000 + low; // signed; exact: the ranges lie where addresses fit in a number
    let segment = this.#last;
    let offset = at - segment.start;
    if (offset < 0 || offset >= segment.rights.length) {
      const found = this.#segments.find(
        ({ start, rights }) => at + size > start && at < start + rights.length,
      );
      if (found === undefined) return size;
      segment = found;
      this.#last = found;
      offset = at - found.start;
    }
    const { rights } = segment;
    for (let index = 0; index < size; index += 1) {
      const right = rights[offset + index];
      if (right !== undefined && (right & wanted) !== wanted) return index;
    }
    return size;
  }

  /** The rights of one byte; `undefined` outside all ranges. */
  rightsOf(address: Addr): number | undefined {
    const at = signed(address);
    const segment = this.#segments.find(({ start, rights }) => at >= start && at < start + rights.length);
    return segment?.rights[at - segment.start];
  }
}
