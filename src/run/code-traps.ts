// Finds out which blocks of code run, at no cost once they have: the first byte of a block that has not run yet is no
// instruction, so the run that reaches it stops there, the byte is put back, and the run starts over.
// Blocks that begin inside another instruction get no trap (check/watch/code-coverage.ts), and where code turns out to run
// that has such a byte inside an instruction, as after an indirect jump, the trap gives way before it runs.

import type { Addr } from '../base/address.js';
import type { PagedMemory } from '../kernel/memory.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';

/** The traps of one memory. */
export class CodeTraps {
  readonly #memory: PagedMemory;
  readonly #unseen: Set<Addr>;
  readonly #givenWay = new Set<Addr>();
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
      const isSet = this.#unseen.has(address) && !this.#givenWay.has(address);
      const wanted = isSet ? NO_INSTRUCTION : byte;
      if (this.#memory.bytes[offset] !== wanted) changed.push(address);
      this.#memory.bytes[offset] = wanted;
    }
    return changed;
  }

  /** Write the bytes anew, after blocks were put into `unseen` again. @returns where they were not as they must be */
  applyAll(): Addr[] {
    this.#givenWay.clear();
    return this.apply();
  }

  /**
   * Put back what lies inside an instruction. Then nothing says whether such a block has run, until `applyAll`.
   *
   * @param boundaries where instructions begin that are about to run, one after the other, and where the last one ends
   * @returns where the bytes were
   */
  giveWay(boundaries: readonly Addr[]): Addr[] {
    const given: Addr[] = [];
    if (this.#unseen.size === 0) return given;
    for (let index = 1; index < boundaries.length; index += 1) {
      for (let at = boundaries[index - 1]! + 1n; at < boundaries[index]!; at += 1n) {
        const place = this.#bytes.get(at);
        if (place === undefined || this.#memory.bytes[place.offset] === place.byte) continue;
        this.#givenWay.add(at);
        this.#memory.bytes[place.offset] = place.byte;
        given.push(at);
      }
    }
    return given;
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
