// Finds out which blocks of code run, at no cost once they have: the first byte of a block that has not run yet is no
// instruction, so the run that reaches it stops there, the byte is put back, and the run starts over.
// Blocks that begin inside another instruction get no trap (check/watch/code-coverage.ts). One thing is left: an indirect
// jump into the middle of an instruction before a block can decode that byte as part of another instruction, which was
// not surveyed (release/code-stops.ts). Recordings have no such bytes.

import type { Addr } from '../base/address.js';
import type { PagedMemory } from '../kernel/memory.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';

/** The traps of one memory. */
export class CodeTraps {
  readonly #memory: PagedMemory;
  readonly #unseen: Set<Addr>;
  readonly #bytes = new Map<Addr, { readonly offset: number; readonly byte: number }>();

  /**
   * @param unseen where the blocks begin that have not run yet; what runs is taken out of it
   */
  constructor(memory: PagedMemory, unseen: Set<Addr>) {
    this.#memory = memory;
    this.#unseen = unseen;
    for (const address of unseen) {
      const offset = memory.locate(address);
      if (offset >= 0) this.#bytes.set(address, { offset, byte: memory.bytes[offset]! });
    }
    this.apply();
  }

  /** Write the bytes as they must be now. @returns where they were not */
  apply(): Addr[] {
    const changed: Addr[] = [];
    for (const [address, { offset, byte }] of this.#bytes) {
      const wanted = this.#unseen.has(address) ? NO_INSTRUCTION : byte;
      if (this.#memory.bytes[offset] !== wanted) changed.push(address);
      this.#memory.bytes[offset] = wanted;
    }
    return changed;
  }

  /** Whether a stop at `address` is one of these; then the block can run, once translations are flushed. */
  take(address: Addr): boolean {
    const place = this.#bytes.get(address);
    if (place === undefined || this.#memory.bytes[place.offset] !== NO_INSTRUCTION) return false;
    if (place.byte === NO_INSTRUCTION && !this.#unseen.has(address)) return false;
    this.#unseen.delete(address);
    this.#memory.bytes[place.offset] = place.byte;
    return true;
  }
}
