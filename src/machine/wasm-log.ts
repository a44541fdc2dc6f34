// The rows that the CPU in WebAssembly writes into its own memory: where they lie, and how they are taken over.

import { REGISTER_COUNT } from '../x86/registers.js';
import type { EngineLog } from './engine.js';
import { type CpuExports, LAST } from './wasm-cpu.js';

/** 32-bit words of a block: so many for the rows of instructions, and as many for those of accesses. */
export const LOG_BLOCK = 1 << 15;

const WORD = Uint32Array.BYTES_PER_ELEMENT;

/** Bytes that both blocks take. */
export const logSize = (block: number): number => 2 * block * WORD;

/** Two blocks, which the CPU fills and the host hands on. */
export class WasmLog {
  readonly #words: Uint32Array; // the CPU's memory
  readonly #last: Uint32Array;
  readonly #rows: number; // offsets in words
  readonly #accesses: number;

  /** @param at where the blocks lie in memory, a multiple of 8 */
  constructor(
    private readonly log: EngineLog,
    memory: ArrayBuffer,
    at: number,
    private readonly block: number,
  ) {
    this.#words = new Uint32Array(memory);
    this.#last = new Uint32Array(memory, LAST, REGISTER_COUNT * 2);
    this.#rows = at / WORD;
    this.#accesses = this.#rows + block;
  }

  /** Let the CPU write from the start of the blocks: at most what is still taken. */
  offer(cpu: CpuExports): void {
    const { log, block } = this;
    this.#last.set(log.last);
    const rows = this.#rows * WORD;
    const accesses = this.#accesses * WORD;
    const endOfRows = rows + Math.min(block, log.rowRoom) * WORD;
    cpu.setLog(
      rows,
      endOfRows,
      accesses,
      accesses + Math.min(block, log.accessRoom) * WORD,
      log.instructions,
    );
  }

  /** Hand on what was written since the offer. @throws whatever the log does */
  take(cpu: CpuExports): void {
    const { log } = this;
    const rows = this.#words.subarray(this.#rows, cpu.rowsAt.value / WORD);
    const accesses = this.#words.subarray(this.#accesses, cpu.accessesAt.value / WORD);
    log.last.set(this.#last);
    log.take(rows, accesses, cpu.logged.value >>> 0);
  }
}
