// What happened in a run, complete: initial state, every instruction's registers, every access, every event.

import { hex } from '../base/address.js';
import { REGISTER_COUNT } from '../x86/registers.js';
import { AccessLog, type RecordedAccess, wide } from './accesses.js';
import type { NamedObject, RecordingHeader } from './form.js';

export type { NamedObject, Outcome, RecordedEvent, RecordedStep, RecordingHeader } from './form.js';

/** Version of the format; a reader takes its own only. */
export const RECORDING_VERSION = 1;

/** The bulk data of a recording. */
export interface RecordingData {
  /** The initial contents of all regions, in the header's order. */
  readonly memory: Uint8Array;
  /** Register deltas: per row a mask, then low and high word of each register that changed. */
  readonly registers: Uint32Array;
  /** ROW.words per access: what AccessLog reads. */
  readonly accesses: Uint32Array;
}

const KEYFRAME = 256; // rows between two full register files

/** A finished run. */
export class Recording {
  /** Executed instructions; register rows are this many plus one, the state at the end. */
  readonly instructions: number;
  readonly accesses: AccessLog;
  readonly #keyframes: { offset: number; values: BigUint64Array }[] = [];

  /** @throws {RangeError} when the register rows do not decode: only for data that no recorder wrote */
  constructor(
    readonly header: RecordingHeader,
    readonly data: RecordingData,
  ) {
    this.accesses = new AccessLog(data.accesses);
    this.instructions = this.#index() - 1;
  }

  #index(): number {
    const { registers } = this.data;
    const values = new BigUint64Array(REGISTER_COUNT);
    let rows = 0;
    for (let offset = 0; offset < registers.length; rows += 1) {
      if (rows % KEYFRAME === 0) this.#keyframes.push({ offset, values: values.slice() });
      offset = applyRow(registers, offset, values);
    }
    if (rows === 0) throw new RangeError('a recording without a register row');
    return rows;
  }

  /**
   * The registers before instruction `at`; `at === instructions` is the state at the end.
   *
   * @returns a new array in the order of REGISTERS
   * @throws {RangeError} outside 0 to `instructions`
   */
  registersAt(at: number): BigUint64Array {
    if (!Number.isInteger(at) || at < 0 || at > this.instructions)
      throw new RangeError(`no instruction ${at}`);
    const keyframe = this.#keyframes[Math.floor(at / KEYFRAME)]!;
    const values = keyframe.values.slice();
    let { offset } = keyframe;
    for (let row = at - (at % KEYFRAME); row <= at; row += 1) {
      offset = applyRow(this.data.registers, offset, values);
    }
    return values;
  }

  /** All register files in order, from that before instruction `from` on; the array is reused from row to row. */
  *registerRows(from = 0): Generator<BigUint64Array> {
    const keyframe = this.#keyframes[Math.floor(from / KEYFRAME)];
    if (keyframe === undefined) return;
    const values = keyframe.values.slice();
    let row = from - (from % KEYFRAME);
    for (let { offset } = keyframe; offset < this.data.registers.length; row += 1) {
      offset = applyRow(this.data.registers, offset, values);
      if (row >= from) yield values;
    }
  }

  get accessCount(): number {
    return this.accesses.count;
  }

  /** @throws {RangeError} when there is no such access */
  access(index: number): RecordedAccess {
    if (!Number.isInteger(index) || index < 0 || index >= this.accessCount) {
      throw new RangeError(`no access ${index}`);
    }
    return this.accesses.at(index);
  }

  /** How many accesses lie before the state at instruction `at`: host accesses before it are included. */
  accessesBefore(at: number): number {
    return this.accesses.countBefore(at);
  }

  /** `0x…` address of a named object at the end of the run, or `undefined`. */
  findObject(name: string): NamedObject | undefined {
    return this.header.objects.find((object) => object.name === name);
  }
}

// Apply one row of deltas. Gives the offset of the next row.
const applyRow = (rows: Uint32Array, start: number, values: BigUint64Array): number => {
  const mask = rows[start]!;
  let offset = start + 1;
  if (mask >>> REGISTER_COUNT !== 0) throw new RangeError(`register row at ${hex(start)}: mask ${hex(mask)}`);
  for (let index = 0; index < REGISTER_COUNT; index += 1) {
    if ((mask & (1 << index)) === 0) continue;
    if (offset + 2 > rows.length) throw new RangeError(`register row at ${hex(start)}: cut short`);
    values[index] = wide(rows, offset);
    offset += 2;
  }
  return offset;
};
