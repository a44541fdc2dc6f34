// One CPU of Unicorn, however its library is called: what unicorn.ts is written against.

import type { Addr } from '../base/address.js';
import type { PagedMemory } from '../kernel/memory.js';
import type { GuestRange } from './engine.js';

/** A CPU's state, kept by the library. */
export type SavedState = number;

/** What is called during a run. None of them throws, and none calls the CPU except for `readPc`, `stop` and `readRegisters`. */
export interface AccessHandlers {
  /** Addresses and values in unsigned 32-bit halves. */
  readonly read: (low: number, high: number, size: number) => void;
  readonly write: (low: number, high: number, size: number, valueLow: number, valueHigh: number) => void;
}

/** The first of them that a run meets is why it ends. */
export interface InvalidAccess {
  /** A MEM_… of the library. */
  readonly kind: number;
  readonly address: Addr;
  readonly size: number; // bytes
}

/** A CPU on a guest memory, with the memory's regions mapped. Every refusal of the library is an EngineError. */
export interface UnicornCpu {
  readonly registers: BigUint64Array;
  readonly vectors: Uint8Array;
  readRegisters(): void;
  writeRegisters(): void;
  readVectors(): void;
  writeVectors(): void;
  readPc(): Addr;
  setSegmentBase(segment: 'fs' | 'gs', base: Addr): void;
  saveState(): SavedState;
  restoreState(state: SavedState): void;
  freeState(state: SavedState): void;
  /** Map a page of code that is not the memory's. */
  mapCode(page: Addr, bytes: Uint8Array): void;
  /** End runs at these addresses; from now on the end of a run counts only as one of them. */
  setExits(exits: readonly Addr[]): void;
  forget(address: Addr): void;
  forgetAll(): void;
  /** @returns an ERR_… of the library */
  start(pc: Addr, end: Addr, budget: number): number;
  stop(): void;
  /** Note where a run ends with an invalid access to data. */
  onInvalid(note: (access: InvalidAccess) => void): void;
  /** Before each instruction. */
  onInstruction(handler: () => void): void;
  onAccess(handlers: AccessHandlers): void;
  /** Accesses that touch ranges; more of them may be told. */
  onAccessIn(ranges: readonly GuestRange[], handlers: AccessHandlers): void;
  /** At least when a block of code is about to run for the first time since it was translated. */
  onNewBlock(handler: () => void): void;
  skip(access: 'read' | 'write', ranges: readonly GuestRange[]): void;
  /**
   * Where a write was refused only because writes are tracked: let the guest write there, and mark it.
   *
   * @returns whether there is such a place
   */
  open(address: Addr, size: number): boolean;
  /** @returns what an ERR_… means */
  describe(status: number): string;
  close(): void;
}

/** Makes a CPU. */
export type OpenCpu = (memory: PagedMemory, trackWrites: boolean) => UnicornCpu;
