// The recorded accesses of one instruction, taken one after another as its operands need them.

import { type Addr, u64 } from '../base/address.js';
import type { PagedMemory } from '../kernel/memory.js';
import type { AccessLog } from '../recording/accesses.js';

/** An access that an instruction must have made is not in the recording: only in one that no recorder wrote. */
export class MissingAccessError extends Error {}

/** The accesses of one instruction, taken one after another. */
export class Accesses {
  #read: number;
  #write: number;
  #covered: { start: Addr; end: Addr }[] = [];
  #applied: number;

  constructor(
    private readonly log: AccessLog,
    private readonly first: number,
    private readonly end: number,
  ) {
    this.#read = first;
    this.#write = first;
    this.#applied = first;
  }

  #is(index: number, write: boolean): boolean {
    return this.log.isWrite(index) === write && !this.log.isFaulted(index);
  }

  #next(index: number, write: boolean): number {
    let at = index;
    while (at < this.end && !this.#is(at, write)) at += 1;
    return at;
  }

  hasReads(): boolean {
    return this.#next(this.#read, false) < this.end;
  }

  hasWrites(): boolean {
    return this.#next(this.#write, true) < this.end;
  }

  /** How many reads have a write. */
  pairs(): number {
    let reads = 0;
    let writes = 0;
    for (let index = this.first; index < this.end; index += 1) {
      if (this.#is(index, false)) reads += 1;
      else if (this.#is(index, true)) writes += 1;
    }
    return Math.min(reads, writes);
  }

  /** Address of the next read. @throws {MissingAccessError} */
  read(): Addr {
    const at = this.#next(this.#read, false);
    if (at >= this.end) throw new MissingAccessError('a read');
    this.#read = at + 1;
    return this.log.address(at);
  }

  /** Address of the next write, of `size` bytes. @throws {MissingAccessError} */
  write(size: number): Addr {
    const at = this.#next(this.#write, true);
    if (at >= this.end) throw new MissingAccessError('a write');
    this.#write = at + 1;
    const start = this.log.address(at);
    this.#covered.push({ start, end: start + BigInt(size) });
    return start;
  }

  /** The same, for a push, whose place is known. */
  writeAt(address: Addr, size: number): Addr {
    this.#write = Math.max(this.#write, this.#next(this.#write, true) + 1);
    this.#covered.push({ start: address, end: address + BigInt(size) });
    return address;
  }

  /** The bits that were written at an address. */
  written(address: Addr): bigint {
    for (let index = this.first; index < this.end; index += 1)
      if (this.#is(index, true) && this.log.address(index) === address) return this.log.at(index).new;
    return 0n;
  }

  /** Whether a write was not accounted for. */
  unusedWrite(): boolean {
    for (let index = this.first; index < this.end; index += 1) {
      if (!this.#is(index, true)) continue;
      const start = this.log.address(index);
      const last = start + BigInt(this.log.size(index));
      if (!this.#covered.some((one) => start >= one.start && last <= one.end)) return true;
    }
    return false;
  }

  /** Do the writes that were taken so far: a repeated instruction may read next what it wrote. */
  applyTo(memory: PagedMemory): void {
    for (; this.#applied < this.#write; this.#applied += 1) {
      if (!this.#is(this.#applied, true)) continue;
      const { address, size, new: bits } = this.log.at(this.#applied);
      for (let byte = 0; byte < size; byte += 1) {
        const at = memory.locate(u64(address + BigInt(byte)));
        if (at >= 0) memory.bytes[at] = Number((bits >> BigInt(byte * 8)) & 0xffn);
      }
    }
  }
}
