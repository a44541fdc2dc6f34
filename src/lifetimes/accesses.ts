// The recorded accesses of one instruction, taken one after another as its operands need them. Addresses are signed.

import type { AccessLog } from '../recording/accesses.js';
import { addressOf } from './locations.js';
import { ACCESS, ROW } from '../recording/accesses.js';

/** One for a whole walk: `begin` before each instruction. */
export class InstructionAccesses {
  #end = 0;
  #first = 0;
  #read = 0;
  #write = 0;
  /** Bytes of the write that was taken last. */
  lastSize = 0;

  constructor(private readonly log: AccessLog) {}

  /** The accesses from `first` to `end`, excluded. */
  begin(first: number, end: number): void {
    this.#first = first;
    this.#read = first;
    this.#write = first;
    this.#end = end;
  }

  #next(from: number, wanted: number): number {
    let at = from;
    while (at < this.#end && (this.log.flags(at) & (ACCESS.write | ACCESS.faulted)) !== wanted) at += 1;
    return at;
  }

  #address(index: number): number {
    const { words } = this.log;
    const at = index * ROW.words + ROW.address;
    return addressOf(words[at]!, words[at + 1]!);
  }

  /** Address of the first read, not a number without one; takes none. */
  firstRead(): number {
    const at = this.#next(this.#first, 0);
    return at < this.#end ? this.#address(at) : Number.NaN;
  }

  /** The same of the first write. */
  firstWrite(): number {
    const at = this.#next(this.#first, ACCESS.write);
    return at < this.#end ? this.#address(at) : Number.NaN;
  }

  hasReads(): boolean {
    return this.#next(this.#read, 0) < this.#end;
  }

  hasWrites(): boolean {
    return this.#next(this.#write, ACCESS.write) < this.#end;
  }

  /** How many reads have a write. */
  pairs(): number {
    let reads = 0;
    let writes = 0;
    for (let at = this.#next(this.#first, 0); at < this.#end; at = this.#next(at + 1, 0)) reads += 1;
    for (
      let at = this.#next(this.#first, ACCESS.write);
      at < this.#end;
      at = this.#next(at + 1, ACCESS.write)
    )
      writes += 1;
    return Math.min(reads, writes);
  }

  /** Address of the next read; not a number where there is none, in a recording that no recorder wrote. */
  read(): number {
    const at = this.#next(this.#read, 0);
    if (at >= this.#end) return Number.NaN;
    this.#read = at + 1;
    return this.#address(at);
  }

  /** Address of the next write; not a number where there is none. */
  write(): number {
    const at = this.#next(this.#write, ACCESS.write);
    if (at >= this.#end) return Number.NaN;
    this.#write = at + 1;
    this.lastSize = this.log.size(at);
    return this.#address(at);
  }

  /** What the write at an address left, as a signed number. */
  written(address: number): number {
    const { words } = this.log;
    for (let at = this.#first; at < this.#end; at += 1) {
      if ((this.log.flags(at) & ACCESS.write) === 0 || this.#address(at) !== address) continue;
      const from = at * ROW.words + ROW.new;
      return addressOf(words[from]!, words[from + 1]!);
    }
    return 0;
  }
}
