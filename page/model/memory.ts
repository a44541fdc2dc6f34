// The shown memory at any state: a copy that writes are applied to and taken back from. Knows no screen.

import type { PageRun } from '../../src/report/page-data.js';
import { lastAtMost, sumsOf } from './tracks.js';

const bytesOf = (hex: string): Uint8Array => {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let index = 0; index < bytes.length; index += 1)
    bytes[index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  return bytes;
};

/** A place in shown memory. */
export interface Place {
  readonly region: number;
  readonly offset: number; // bytes
}

/** A write to shown memory. */
export interface Write extends Place {
  /** The first state that has it. */
  readonly state: number;
  readonly old: Uint8Array;
  readonly new: Uint8Array;
  /** Done by the sandbox. */
  readonly host: boolean;
}

const NO_WRITE: Write = {
  state: -1,
  region: -1,
  offset: 0,
  old: new Uint8Array(),
  new: new Uint8Array(),
  host: true,
};

/** A cursor on the memory of a run. */
export class MemoryCursor {
  readonly #regions: readonly { readonly start: bigint; readonly bytes: Uint8Array }[];
  readonly #states: Int32Array;
  readonly #write: (index: number) => Write;
  #applied = 0;

  constructor({ regions, writes, words }: PageRun) {
    this.#regions = regions.map(({ start, size, initial }) => {
      const bytes = new Uint8Array(size);
      for (const [offset, hex] of initial) bytes.set(bytesOf(hex), offset);
      return { start: BigInt(start), bytes };
    });
    this.#states = sumsOf(writes.gaps);
    const decoded = new Map<number, Uint8Array>();
    const bytes = (word: number): Uint8Array => {
      const known = decoded.get(word);
      if (known !== undefined) return known;
      const made = bytesOf(words[word]!);
      decoded.set(word, made);
      return made;
    };
    this.#write = (index) => ({
      state: this.#states[index]!,
      region: writes.region[index]!,
      offset: writes.offset[index]!,
      old: bytes(writes.old[index]!),
      new: bytes(writes.new[index]!),
      host: writes.host[index] === 1,
    });
  }

  /** Go to a state. */
  seek(state: number): this {
    const target = lastAtMost(this.#states, state) + 1;
    while (this.#applied < target) {
      const { region, offset, new: made } = this.#write(this.#applied);
      this.#regions[region]!.bytes.set(made, offset);
      this.#applied += 1;
    }
    while (this.#applied > target) {
      this.#applied -= 1;
      const { region, offset, old } = this.#write(this.#applied);
      this.#regions[region]!.bytes.set(old, offset);
    }
    return this;
  }

  /** The bytes at a place in the state of the last `seek`; fewer where the region ends. */
  read({ region, offset }: Place, size: number): Uint8Array {
    return this.#regions[region]?.bytes.slice(offset, offset + size) ?? new Uint8Array();
  }

  /** Where an address lies in shown memory. */
  find(address: bigint): Place | undefined {
    const region = this.#regions.findIndex(
      ({ start, bytes }) => address >= start && address < start + BigInt(bytes.length),
    );
    return region < 0 ? undefined : { region, offset: Number(address - this.#regions[region]!.start) };
  }

  /** The address of a place. */
  addressOf({ region, offset }: Place): bigint {
    return (this.#regions[region]?.start ?? 0n) + BigInt(offset);
  }

  /** Index of the last write that a state has; -1 for none. */
  lastWrite(state: number): number {
    return lastAtMost(this.#states, state);
  }

  /** A write by its index; before the first one, one of state -1. */
  writeAt(index: number): Write {
    return index < 0 ? NO_WRITE : this.#write(index);
  }

  /** The writes that a state is the first to have. */
  writesAt(state: number): Write[] {
    const found: Write[] = [];
    for (let index = lastAtMost(this.#states, state); index >= 0; index -= 1) {
      if (this.#states[index]! < state) break;
      found.unshift(this.#write(index));
    }
    return found;
  }
}
