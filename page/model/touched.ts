// What the instruction that runs next reads and writes: registers by its operands, shown memory by the recording. Knows
// no screen.

import type { PageReads } from '../../src/report/page-data.js';
import { firstWhere } from '../../src/base/bisect.js';
import type { Run } from './run.js';
import { lastAtMost, sumsOf } from './tracks.js';

/** Touches of slab pages that are looked at for the object in question: some are of the slab's own management. */
const MOST_BACK = 64;

const lastOf = (count: number, isOne: (index: number) => boolean): Int32Array => {
  const found = new Int32Array(count);
  let last = -1;
  for (let index = 0; index < count; index += 1) {
    if (isOne(index)) last = index;
    found[index] = last;
  }
  return found;
};

/** Bytes of shown memory. */
export interface Stretch {
  readonly address: bigint;
  readonly size: number; // bytes
}

/** What one instruction touches. */
export interface Touched {
  readonly reads: readonly Stretch[];
  readonly writes: readonly Stretch[];
  readonly registersRead: readonly string[];
  readonly registersWritten: readonly string[];
}

/** How a place is touched. */
export type Touch = 'reads' | 'writes' | 'reads and writes';

const touch = (reads: boolean, writes: boolean): Touch | undefined =>
  reads && writes ? 'reads and writes' : reads ? 'reads' : writes ? 'writes' : undefined;

/** How the instruction touches a register. */
export const touchOfRegister = (
  { registersRead, registersWritten }: Touched,
  name: string,
): Touch | undefined => touch(registersRead.includes(name), registersWritten.includes(name));

const meets = (stretches: readonly Stretch[], address: bigint, size: number): boolean =>
  stretches.some((one) => one.address < address + BigInt(size) && address < one.address + BigInt(one.size));

/** How it touches bytes of memory. */
export const touchOfBytes = (touched: Touched, address: bigint, size: number): Touch | undefined =>
  touch(meets(touched.reads, address, size), meets(touched.writes, address, size));

/** The touches of one run. */
export class Touches {
  readonly #instructions: Int32Array;
  readonly #reads: PageReads;
  // Of each read, and of each write, the last one up to it that touches a region with slab pages; -1 for none.
  readonly #slabReads: Int32Array;
  readonly #slabWrites: Int32Array;

  constructor(private readonly run: Run) {
    const { reads, writes, slabs } = run.data;
    this.#reads = reads;
    this.#instructions = sumsOf(reads.gaps);
    const regions = new Set(slabs.map(({ region }) => region));
    this.#slabReads = lastOf(reads.region.length, (index) => regions.has(reads.region[index]!));
    this.#slabWrites = lastOf(
      writes.region.length,
      (index) => writes.host[index] === 0 && regions.has(writes.region[index]!),
    );
  }

  #readsOf(instruction: number): Stretch[] {
    const { region, offset, size } = this.#reads;
    const found: Stretch[] = [];
    const all = this.#instructions;
    for (
      let index = firstWhere(all.length, (one) => all[one]! >= instruction);
      all[index] === instruction;
      index += 1
    )
      found.push({
        address: this.run.memory.addressOf({ region: region[index]!, offset: offset[index]! }),
        size: size[index]!,
      });
    return found;
  }

  /**
   * What `find` gives for the last touch of a slab page up to a state for which it gives something, the instruction that
   * runs included. Only so many are looked at.
   */
  lastInSlabs<Found>(state: number, find: (address: bigint) => Found | undefined): Found | undefined {
    const { memory } = this.run;
    const reads = this.#reads;
    let read = this.#slabReads[lastAtMost(this.#instructions, state)] ?? -1;
    let write = this.#slabWrites[memory.lastWrite(state + 1)] ?? -1;
    for (let looked = 0; looked < MOST_BACK && (read >= 0 || write >= 0); looked += 1) {
      // A write is first in the state after its instruction.
      const isRead = read >= 0 && this.#instructions[read]! > memory.writeAt(write).state - 1;
      const place = isRead
        ? { region: reads.region[read]!, offset: reads.offset[read]! }
        : memory.writeAt(write);
      const found = find(memory.addressOf(place));
      if (found !== undefined) return found;
      if (isRead) read = this.#slabReads[read - 1] ?? -1;
      else write = this.#slabWrites[write - 1] ?? -1;
    }
    return undefined;
  }

  /** What the instruction that runs in a state touches; nothing at the end. */
  at(state: number): Touched {
    const { run } = this;
    const site = state < run.end ? run.siteAt(state) : undefined;
    const writes = state < run.end ? run.memory.writesAt(state + 1).filter(({ host }) => !host) : [];
    return {
      reads: this.#readsOf(state),
      writes: writes.map((write) => ({ address: run.memory.addressOf(write), size: write.new.length })),
      registersRead: site?.reads ?? [],
      registersWritten: site?.writes ?? [],
    };
  }
}
