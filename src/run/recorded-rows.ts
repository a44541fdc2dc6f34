// The rows of a recording while it is written: of each instruction the registers that changed, and of each access.

import type { EngineLog } from '../machine/engine.js';
import { ACCESS, ROW } from '../recording/accesses.js';
import { REGISTER_COUNT } from '../x86/registers.js';
import { GrowingWords, type RecorderLimits, tooLong } from './growing-words.js';

/** Rows, one after another; an engine may bring them in blocks. */
export class RecordedRows implements EngineLog {
  /** Instructions recorded so far. */
  instructions = 0;
  readonly last = new Uint32Array(REGISTER_COUNT * 2);
  /** A mask for each instruction, then the words of each register that differs from the row before. */
  readonly registers: GrowingWords;
  /** ROW.words for each access. */
  readonly accesses: GrowingWords;
  #view: Uint32Array | undefined;

  /** Its methods throw an InputError at the first row that is too many. */
  constructor({ registerWords, accesses }: RecorderLimits) {
    this.registers = new GrowingWords(registerWords, () => tooLong(registerWords, 'words of registers'));
    this.accesses = new GrowingWords(accesses * ROW.words, () => tooLong(accesses, 'accesses to memory'));
  }

  get rowRoom(): number {
    return this.registers.room;
  }

  get accessRoom(): number {
    return this.accesses.room;
  }

  take(rows: Uint32Array, accesses: Uint32Array, instructions: number): void {
    this.registers.append(rows);
    this.accesses.append(accesses);
    this.instructions = instructions;
  }

  /** Add the state before an instruction. */
  addInstruction(registers: BigUint64Array): void {
    this.addState(registers);
    this.instructions += 1;
  }

  /** Add a state after which nothing is executed. */
  addState(registers: BigUint64Array): void {
    if (this.#view?.buffer !== registers.buffer) {
      this.#view = new Uint32Array(registers.buffer, registers.byteOffset, REGISTER_COUNT * 2);
    }
    const view = this.#view;
    const last = this.last;
    const rows = this.registers;
    rows.reserve(1 + REGISTER_COUNT * 2);
    const { data } = rows;
    let offset = rows.length + 1;
    let mask = 0;
    for (let index = 0; index < REGISTER_COUNT; index += 1) {
      const low = view[index * 2]!;
      const high = view[index * 2 + 1]!;
      if (low === last[index * 2] && high === last[index * 2 + 1]) continue;
      mask |= 1 << index;
      data[offset] = low;
      data[offset + 1] = high;
      last[index * 2] = low;
      last[index * 2 + 1] = high;
      offset += 2;
    }
    data[rows.length] = mask;
    rows.length = offset;
  }

  /** Add an access without its values. @returns the offset of its row in `accesses` */
  addAccess(low: number, high: number, flags: number): number {
    const accesses = this.accesses;
    accesses.reserve(ROW.words);
    const { data, length } = accesses;
    data[length + ROW.instruction] = (flags & ACCESS.host) === 0 ? this.instructions - 1 : this.instructions;
    data[length + ROW.flags] = flags;
    data[length + ROW.address] = low;
    data[length + ROW.address + 1] = high;
    data.fill(0, length + ROW.old, length + ROW.words);
    accesses.length += ROW.words;
    return length;
  }
}
