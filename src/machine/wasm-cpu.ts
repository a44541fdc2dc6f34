// The compiled CPU of assembly/, loaded: what it exports, and what it is given.

import { readBytes } from '../base/read-file.js';
import { compiledFile } from '../base/package-folder.js';
import { type WasmGlobal, type WasmMemory, orTooLittleMemory, webAssembly } from './web-assembly.js';

/** Why a run ended, and the rest of assembly/state.ts that the host must know. */
export const END = {
  until: 1,
  budget: 2,
  invalidOpcode: 3,
  exception: 4,
  halted: 5,
  dataFault: 6,
  fetchFault: 7,
  aborted: 8,
  unsupported: 9,
} as const;

/** Where the register file is: 16 registers, RIP and RFLAGS, then the bases of FS and GS. Bytes. */
export const STATE = 1024;
/** Where the page table is: PAGE_ENTRY bytes for each entry. */
export const TABLE = 0x70000;
export const PAGE_ENTRY = 16;

/** Of a page in the table. */
export const READ = 1;
export const WRITE = 2;
export const EXECUTE = 4;

/** Which accesses are told of. */
export const OBSERVED = 1;
export const WATCHED = 2;
/** What an observer would be told is logged. */
export const LOGGED = 4;

/** Where the registers are as the log has them last, 8 bytes each. */
export const LAST = 0x600;

/** What `classify` gives for an instruction that the CPU does not know. */
export const UNSUPPORTED = 0;

/** What the CPU calls. */
interface CpuImports {
  /** @param whom OBSERVED, WATCHED, or both */
  read(whom: number, low: number, high: number, size: number): void;
  write(whom: number, low: number, high: number, size: number, valueLow: number, valueHigh: number): void;
  instruction(): void;
  /**
   * It comes to an instruction that it does not know yet. 0: goes on; 1: the run ends before it; 2: as an invalid opcode;
   * 3: its bytes have changed.
   */
  comesTo(low: number, high: number, length: number): number;
  /** The log has too little room for the next row. */
  takeLog(): void;
}

/** One CPU. Addresses are signed 64-bit values, places are offsets in its memory. */
export interface CpuExports {
  readonly faultAddress: WasmGlobal<bigint>;
  readonly faultSize: WasmGlobal<number>;
  readonly faultIsWrite: WasmGlobal<number>;
  readonly rowsAt: WasmGlobal<number>;
  readonly accessesAt: WasmGlobal<number>;
  readonly logged: WasmGlobal<number>;
  setPages(mask: number, mode: number): void;
  setMarks(at: number, guest: number): void;
  setRights(at: number, guest: number): void;
  setMode(mode: number): void;
  setRanges(at: number, count: number): void;
  setSkipped(isWrite: number, at: number, count: number): void;
  setLog(rows: number, endOfRows: number, accesses: number, endOfAccesses: number, done: number): void;
  forgetAll(): void;
  forget(address: bigint): void;
  classify(at: number, count: number): number;
  run(until: bigint, budget: number): number;
  abort(): void;
}

const CPU_FILE = { what: 'the CPU of the engine "wasm"', max: 1 << 20 };

let compiled: object | undefined;

/**
 * Take the CPU from memory, where there are no files, as in a page: before the first one is made.
 *
 * @param bytes those of dist/machine/cpu.wasm
 * @throws {HostError} where the host has no WebAssembly
 */
export const provideCpu = (bytes: Uint8Array): void => {
  compiled = orTooLittleMemory(
    'the code of the engine needs its bytes',
    () => new (webAssembly().Module)(bytes),
  );
};

const cpuModule = (): object => {
  if (compiled === undefined) provideCpu(readBytes(compiledFile('machine/cpu.wasm'), CPU_FILE));
  return compiled!;
};

/**
 * A new CPU.
 *
 * @throws {HostError} where this Node was started without WebAssembly
 */
export const makeCpu = (memory: WasmMemory, calls: CpuImports): CpuExports => {
  const { read: tellRead, write: tellWrite, instruction, comesTo, takeLog } = calls;
  // By the name of the file that declares them.
  const imports = {
    env: { memory },
    memory: { tellRead, tellWrite },
    cpu: { instruction, comesTo },
    log: { takeLog },
  };
  const cpu = cpuModule();
  const { exports } = orTooLittleMemory(
    'the engine needs its bytes',
    () => new (webAssembly().Instance)(cpu, imports),
  );
  return exports as unknown as CpuExports;
};
