// Writes a recording while a machine runs.

import { type Addr, IN_PAGE, PAGE_SIZE, fromHalves, hex, u64 } from '../base/address.js';
import type { Access, EngineLog, Stop } from '../machine/engine.js';
import type { MachineObserver, Trap } from '../machine/machine.js';
import type { PagedMemory } from '../kernel/memory.js';
import { ACCESS, ROW, wide } from '../recording/accesses.js';
import type { RecordedEvent, RecordingData } from '../recording/recording.js';
import { type GrowingWords, LIMITS, type RecorderLimits, tooLong } from './growing-words.js';
import { RecordedRows } from './recorded-rows.js';

// An event before its place is known.
type EventBody = RecordedEvent extends infer Event
  ? Event extends RecordedEvent
    ? Omit<Event, 'at' | 'accesses'>
    : never
  : never;

// Runs of known bytes, as [from, to).
const partsOf = (bytes: readonly (number | undefined)[]): [number, number][] => {
  const parts: [number, number][] = [];
  bytes.forEach((byte, index) => {
    if (byte === undefined) return;
    const last = parts.at(-1);
    if (last?.[1] === index) last[1] += 1;
    else parts.push([index, index + 1]);
  });
  return parts;
};

const lowOf = (address: Addr): number => Number(BigInt.asUintN(32, address));
const highOf = (address: Addr): number => Number(BigInt.asUintN(32, address >> 32n));

/** Observes one machine and its memory. Start it when the world is built; `finish` gives the data. */
export class Recorder implements MachineObserver {
  readonly events: RecordedEvent[] = [];
  readonly #limits: RecorderLimits;
  readonly #memory: PagedMemory;
  readonly #initial: Uint8Array;
  readonly #rows: RecordedRows;
  readonly #accesses: GrowingWords; // of the rows

  /**
   * Starts to record `memory`'s host writes; its present contents are the initial state.
   *
   * Its methods throw an InputError at the first register row, access or event that is too many.
   *
   * @param limits in place of those of a recording: for tests
   */
  constructor(memory: PagedMemory, limits: Partial<RecorderLimits> = {}) {
    this.#memory = memory;
    this.#limits = { ...LIMITS, ...limits };
    this.#rows = new RecordedRows(this.#limits);
    this.#accesses = this.#rows.accesses;
    this.#initial = memory.bytes.slice();
    memory.onHostWrite = (address, bytes) => this.#hostWrite(address, bytes);
  }

  /** Instructions recorded so far. */
  get instructions(): number {
    return this.#rows.instructions;
  }

  get room(): number {
    return this.#limits.instructions - this.instructions;
  }

  /** The rows, for an engine that writes them by itself. */
  get log(): EngineLog {
    return this.#rows;
  }

  instruction(registers: BigUint64Array): void {
    this.#rows.addInstruction(registers);
  }

  read(low: number, high: number, size: number): void {
    this.#rows.addAccess(low, high, size);
  }

  write(low: number, high: number, size: number, valueLow: number, valueHigh: number): void {
    const row = this.#rows.addAccess(low, high, size | ACCESS.write);
    const { data } = this.#accesses;
    const target = fromHalves(low, high);
    const offset = this.#memory.locate(target);
    if (offset >= 0 && (offset & IN_PAGE) + size <= PAGE_SIZE) {
      const { bytes } = this.#memory;
      for (let index = 0; index < size; index += 1) {
        data[row + ROW.old + (index >> 2)]! |= bytes[offset + index]! << ((index & 3) * 8);
      }
    } else {
      for (let index = 0; index < size; index += 1) {
        const at = this.#memory.locate(u64(target + BigInt(index)));
        if (at >= 0) data[row + ROW.old + (index >> 2)]! |= this.#memory.bytes[at]! << ((index & 3) * 8);
      }
    }
    data[row + ROW.new] = valueLow;
    data[row + ROW.new + 1] = valueHigh;
    if (size < 8) {
      data[row + ROW.new + 1]! &= size > 4 ? 2 ** ((size - 4) * 8) - 1 : 0;
      if (size < 4) data[row + ROW.new]! &= 2 ** (size * 8) - 1;
    }
  }

  #storeBytes(data: Uint32Array, offset: number, bytes: Uint8Array): void {
    bytes.forEach((byte, index) => {
      data[offset + (index >> 2)]! |= byte << ((index & 3) * 8);
    });
  }

  #hostWrite(address: Addr, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; done += 8) {
      const size = Math.min(8, bytes.length - done);
      const at = u64(address + BigInt(done));
      const row = this.#rows.addAccess(lowOf(at), highOf(at), size | ACCESS.write | ACCESS.host);
      const { data } = this.#accesses;
      this.#storeBytes(data, row + ROW.old, this.#memory.read(at, size));
      this.#storeBytes(data, row + ROW.new, bytes.subarray(done, done + size));
    }
  }

  /** Add an event at this point of the run. */
  event(body: EventBody): void {
    if (this.events.length >= this.#limits.events) tooLong(this.#limits.events, 'events');
    this.events.push({
      at: this.instructions,
      accesses: this.#accesses.length / ROW.words,
      ...body,
    } as RecordedEvent);
  }

  stub(): void {
    // its effects are recorded as they happen
  }

  stubReturned(symbol: string, result: bigint | undefined): void {
    this.event({ kind: 'stub', symbol, result: result === undefined ? null : hex(result) });
  }

  trap(trap: Trap, stop: Stop): void {
    if (stop.reason === 'fault' && stop.access !== 'fetch') this.#settle(stop);
    this.event({
      kind: 'trap',
      trap: trap.kind,
      errorCode: trap.errorCode,
      address: trap.address === undefined ? null : hex(trap.address),
      regs: trap.regs === undefined ? null : hex(trap.regs),
    });
  }

  // Make the accesses of an instruction that did not complete agree with memory. An engine may report an access before it
  // checks the mapping; after one that faults it may go on with the instruction's other stores; and it may write a part
  // of a store that crosses the end of writable memory.
  #settle(fault?: { readonly access: Access; readonly address: Addr }): void {
    const { data, length } = this.#accesses;
    let first = length;
    while (first > 0 && this.#isUnsettled(first - ROW.words)) first -= ROW.words;
    const accesses: Uint32Array[] = [];
    for (let row = first; row < length; row += ROW.words) accesses.push(data.slice(row, row + ROW.words));
    const before = new Map<number, number>(); // what bytes held before the stores after the present one, by offset
    const settled = accesses.toReversed().flatMap((words) => this.#settleOne(words, before).toReversed());
    this.#markFaulted(settled, fault);
    this.#accesses.length = first;
    for (const words of settled.toReversed()) this.#accesses.append(words);
  }

  // An engine may also report the instruction after the one that faulted, before it stops.
  #isUnsettled(row: number): boolean {
    const { data } = this.#accesses;
    return (
      data[row + ROW.instruction]! >= this.instructions - 2 && (data[row + ROW.flags]! & ACCESS.host) === 0
    );
  }

  // One access as it happened: itself, itself as one that faulted, or the parts of it that were written before that.
  #settleOne(words: Uint32Array, before: Map<number, number>): Uint32Array[] {
    if ((words[ROW.flags]! & ACCESS.write) === 0) return [words];
    const { bytes, writableSize } = this.#memory;
    const old = new Uint8Array(words.buffer, ROW.old * 4, 8);
    const written = new Uint8Array(words.buffer, ROW.new * 4, 8);
    const address = wide(words, ROW.address);
    const size = Math.min(8, words[ROW.flags]! & 0xff);
    const offsets = Array.from({ length: size }, (_, index) => {
      const offset = this.#memory.locate(u64(address + BigInt(index)));
      return offset < writableSize ? offset : -1;
    });
    const now = offsets.map((offset) => before.get(offset) ?? bytes[offset]);
    offsets.forEach((offset, index) => offset >= 0 && before.set(offset, old[index]!));
    if (now.every((byte, index) => byte === written[index])) return [words];
    const settled = now.every((byte, index) => byte === undefined || byte === old[index])
      ? []
      : partsOf(now).map(([from, to]) => {
          const part = words.slice();
          part[ROW.flags] = (words[ROW.flags]! & ~0xff) | (to - from);
          part[ROW.address] = lowOf(address + BigInt(from));
          part[ROW.address + 1] = highOf(address + BigInt(from));
          part.fill(0, ROW.old);
          this.#storeBytes(part, ROW.old, old.subarray(from, to));
          this.#storeBytes(part, ROW.new, Uint8Array.from(now.slice(from, to) as number[]));
          return part;
        });
    if (settled.length === 1 && !now.includes(undefined)) return settled;
    words[ROW.flags]! |= ACCESS.faulted;
    return [...settled, words];
  }

  // The access that made the fault, the last one first.
  #markFaulted(
    accesses: readonly Uint32Array[],
    fault?: { readonly access: Access; readonly address: Addr },
  ): void {
    if (fault === undefined) return;
    const flag = fault.access === 'write' ? ACCESS.write : 0;
    const found = accesses.find((words) => {
      const from = wide(words, ROW.address);
      const inside = fault.address >= from && fault.address < from + BigInt(words[ROW.flags]! & 0xff);
      return inside && (words[ROW.flags]! & ACCESS.write) === flag;
    });
    if (found !== undefined) found[ROW.flags]! |= ACCESS.faulted;
  }

  /** Stop recording. @param registers the state at the end */
  finish(registers: BigUint64Array): RecordingData {
    this.#memory.onHostWrite = undefined;
    this.#settle();
    this.#rows.addState(registers);
    return {
      memory: this.#initial,
      registers: this.#rows.registers.finish(),
      accesses: this.#accesses.finish(),
    };
  }
}
