// The machine as it was at any instruction of a recording: registers and memory, forward and back.

import { type Addr, PAGE_SIZE } from '../base/address.js';
import { type Memory, PagedMemory, type Region } from '../kernel/memory.js';
import type { Recording } from './recording.js';

/** The regions of a recording, addresses as values. */
export const recordedRegions = (recording: Recording): Region[] =>
  recording.header.regions.map((region) => ({ ...region, start: BigInt(region.start) }));

/** A cursor on a recording; it starts at instruction 0, before the first step. */
export class RecordedState implements Memory {
  readonly #memory: PagedMemory;
  #at = 0;
  #applied = 0; // accesses that are in #memory

  constructor(readonly recording: Recording) {
    this.#memory = new PagedMemory(recordedRegions(recording));
    this.#memory.bytes.set(recording.data.memory);
    this.seek(0);
  }

  /** The state is the one before this instruction. */
  get at(): number {
    return this.#at;
  }

  /** The registers here, in the order of REGISTERS. */
  get registers(): BigUint64Array {
    return this.recording.registersAt(this.#at);
  }

  /**
   * Go to the state before instruction `at`, or to the end with `recording.instructions`. What the sandbox wrote
   * before that instruction is included.
   *
   * @throws {RangeError} outside the recording
   */
  seek(at: number): this {
    if (!Number.isInteger(at) || at < 0 || at > this.recording.instructions) {
      throw new RangeError(`no instruction ${at}: the recording has ${this.recording.instructions}`);
    }
    this.#apply(this.recording.accessesBefore(at));
    this.#at = at;
    return this;
  }

  /** Go to the end of the recording. */
  end(): this {
    return this.seek(this.recording.instructions);
  }

  #apply(target: number): void {
    while (this.#applied < target) {
      this.#put(this.#applied, 'new');
      this.#applied += 1;
    }
    while (this.#applied > target) {
      this.#applied -= 1;
      this.#put(this.#applied, 'old');
    }
  }

  // Write what an access left, or what it found.
  #put(index: number, bytes: 'new' | 'old'): void {
    const { accesses } = this.recording;
    if (!accesses.isDone(index)) return;
    const address = accesses.address(index);
    const size = Math.min(8, accesses.size(index));
    if (!this.#memory.isMapped(address, size)) return;
    let offset = this.#memory.locate(address);
    for (let done = 0; done < size; done += 1, offset += 1) {
      if (done > 0 && offset % PAGE_SIZE === 0) offset = this.#memory.locate(address + BigInt(done));
      this.#memory.bytes[offset] =
        bytes === 'new' ? accesses.newByte(index, done) : accesses.oldByte(index, done);
    }
  }

  isMapped(address: Addr, size: number): boolean {
    return this.#memory.isMapped(address, size);
  }

  read(address: Addr, size: number): Uint8Array {
    return this.#memory.read(address, size);
  }

  readU8(address: Addr): number {
    return this.#memory.readU8(address);
  }

  readU16(address: Addr): number {
    return this.#memory.readU16(address);
  }

  readU32(address: Addr): number {
    return this.#memory.readU32(address);
  }

  readU64(address: Addr): bigint {
    return this.#memory.readU64(address);
  }
}
