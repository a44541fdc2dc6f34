// The accesses of a run as a recording keeps them: a row of 32-bit words each, in the order in which they happened.

import type { Addr } from '../base/address.js';
import { firstWhere } from '../base/bisect.js';

/** Where a row of the log has what, in words; addresses and bytes take two, the low one first. */
export const ROW = { instruction: 0, flags: 1, address: 2, old: 4, new: 6, words: 8 } as const;

/** Bits of a row's flags word; the low byte is the size of the access. */
export const ACCESS = { write: 0x100, host: 0x200, faulted: 0x400 } as const;

const SIZE = 0xff;

/** One access to memory. `old` and `new` are the bytes as a little-endian number, 0 for reads. */
export interface RecordedAccess {
  readonly index: number;
  /** The instruction that did it; for a host access, the next instruction. */
  readonly instruction: number;
  readonly kind: 'read' | 'write';
  /** Done by the sandbox, not by guest code. */
  readonly host: boolean;
  /** Tried, but not done: it faulted. */
  readonly faulted: boolean;
  readonly address: Addr;
  readonly size: number; // bytes, 1 to 8
  readonly old: bigint;
  readonly new: bigint;
}

/** Two words as one value. */
export const wide = (words: Uint32Array, offset: number): bigint =>
  (BigInt(words[offset + 1]!) << 32n) | BigInt(words[offset]!);

/**
 * The access rows of a recording. Every method takes the index of an access, below `count`, and does not check it:
 * loops over millions of rows read single columns without making an object.
 */
export class AccessLog {
  readonly count: number;

  /** @param words ROW.words for each access; an incomplete row at the end is ignored */
  constructor(readonly words: Uint32Array) {
    this.count = Math.floor(words.length / ROW.words);
  }

  /** The instruction that did it; for a host access, the next instruction. */
  instruction(index: number): number {
    return this.words[index * ROW.words + ROW.instruction]!;
  }

  /** The row's flags word: bits of ACCESS, and the size. */
  flags(index: number): number {
    return this.words[index * ROW.words + ROW.flags]!;
  }

  #has(index: number, flag: number): boolean {
    return (this.flags(index) & flag) !== 0;
  }

  isWrite(index: number): boolean {
    return this.#has(index, ACCESS.write);
  }

  /** Whether the sandbox did it, not guest code. */
  isHost(index: number): boolean {
    return this.#has(index, ACCESS.host);
  }

  isFaulted(index: number): boolean {
    return this.#has(index, ACCESS.faulted);
  }

  /** Whether it changed memory: a write that did not fault. */
  isDone(index: number): boolean {
    return (this.words[index * ROW.words + ROW.flags]! & (ACCESS.write | ACCESS.faulted)) === ACCESS.write;
  }

  /** Bytes; 1 to 8 in what a recorder wrote. */
  size(index: number): number {
    return this.words[index * ROW.words + ROW.flags]! & SIZE;
  }

  address(index: number): Addr {
    return wide(this.words, index * ROW.words + ROW.address);
  }

  /** The low 32 bits of the address: comparisons within a page need no bigint. */
  lowAddress(index: number): number {
    return this.words[index * ROW.words + ROW.address]!;
  }

  /** What byte `at` of the access held before it. */
  oldByte(index: number, at: number): number {
    return (this.words[index * ROW.words + ROW.old + (at >> 2)]! >>> ((at & 3) * 8)) & 0xff;
  }

  /** What byte `at` of the access holds after it. */
  newByte(index: number, at: number): number {
    return (this.words[index * ROW.words + ROW.new + (at >> 2)]! >>> ((at & 3) * 8)) & 0xff;
  }

  /** The whole row. */
  at(index: number): RecordedAccess {
    return {
      index,
      instruction: this.instruction(index),
      kind: this.isWrite(index) ? 'write' : 'read',
      host: this.isHost(index),
      faulted: this.isFaulted(index),
      address: this.address(index),
      size: this.size(index),
      old: wide(this.words, index * ROW.words + ROW.old),
      new: wide(this.words, index * ROW.words + ROW.new),
    };
  }

  /** How many accesses lie before the state at instruction `state`: host accesses before it are included. */
  countBefore(state: number): number {
    return firstWhere(this.count, (index) => this.instruction(index) + (this.isHost(index) ? 0 : 1) > state);
  }
}
