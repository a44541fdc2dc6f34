// Where guest addresses lie in a memory's bytes, for walks over millions of accesses: addresses are signed numbers here.

import { PAGE_SIZE } from '../base/address.js';
import type { PagedMemory } from '../kernel/memory.js';
import { signedAddress } from '../recording/live-allocations.js';

// Entries of the direct-mapped cache before the page table; a power of two.
const CACHED = 256;

/** An address of two unsigned halves, as a signed number. */
export const addressOf = (low: number, high: number): number => (high | 0) * 0x1_0000_0000 + low;

/** The pages of a memory. */
export class Locations {
  readonly #offsets = new Map<number, number>(); // by page
  readonly #pages = new Float64Array(CACHED).fill(Number.NaN);
  readonly #found = new Int32Array(CACHED);

  constructor(memory: PagedMemory) {
    for (const { start, size } of memory.regions) {
      const first = Math.floor(signedAddress(start) / PAGE_SIZE);
      const offset = memory.locate(start);
      for (let done = 0; done < size; done += PAGE_SIZE)
        this.#offsets.set(first + done / PAGE_SIZE, offset + done);
    }
  }

  /** Offset in the memory's bytes, -1 where nothing is mapped; valid up to the end of the page. */
  find(address: number): number {
    const page = Math.floor(address / PAGE_SIZE);
    const slot = page & (CACHED - 1);
    if (this.#pages[slot] === page) return this.#found[slot]! + (address - page * PAGE_SIZE);
    const offset = this.#offsets.get(page);
    if (offset === undefined) return -1;
    this.#pages[slot] = page;
    this.#found[slot] = offset;
    return offset + (address - page * PAGE_SIZE);
  }
}
