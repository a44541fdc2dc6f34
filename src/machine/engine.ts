// The port to an emulated CPU: what every engine offers. unicorn.ts is one; engines.ts lists them.

import type { Addr } from '../base/address.js';
import type { PagedMemory } from '../kernel/memory.js';

/** What kind of access the guest tried. */
export type Access = 'read' | 'write' | 'fetch';

/** A stop that says no more than where. */
type PlainStop<Reason> = Reason extends string ? { readonly reason: Reason; readonly pc: Addr } : never;

/**
 * Why the guest stopped. Misuse by the host throws instead. `pc` is the instruction that did not complete.
 * `halted` is certain with an observer only: an engine may not tell hlt from a used-up budget, and then a budget that
 * ends right after a byte f4 is taken for hlt.
 */
export type Stop =
  | PlainStop<'until' | 'budget' | 'invalid-opcode' | 'exception' | 'halted'>
  | {
      readonly reason: 'fault';
      readonly pc: Addr;
      readonly access: Access;
      readonly address: Addr;
      readonly size: number; // bytes; 1 for a fetch
      /** Why: nothing is mapped there, the mapping forbids it, or the address is not canonical. */
      readonly cause: 'unmapped' | 'protection' | 'not canonical';
    };

/** What a run says that ended before an instruction which it must not go past; `exception` unless it is said. */
export type StopReason = 'exception' | 'invalid-opcode';

/**
 * What a recording sees. Addresses and values come as two unsigned 32-bit halves, so that no bigint is made per access;
 * `fromHalves` joins them.
 */
export interface EngineObserver {
  /** Before each instruction; `registers` is the engine's own array, valid during the call only. */
  instruction(registers: BigUint64Array): void;
  /** Before each read. The access may fault afterwards. */
  read(low: number, high: number, size: number): void;
  /** Before each write; only the low `size` bytes of the value count. The old bytes are still in memory. */
  write(low: number, high: number, size: number, valueLow: number, valueHigh: number): void;
  /** For an engine that can write down by itself what it would call the methods above for. */
  readonly log?: EngineLog;
}

/**
 * Takes what an engine has written down in place of calls, in blocks of 32-bit words. For each instruction a row of its own
 * length: a mask of the registers that differ from the row before, bit 0 the first of REGISTERS, then the low and the high
 * word of each of them, in that order. For each access a row as ROW in recording/accesses.ts has it: `instruction` is how many
 * were logged before the one that does it, and the bytes that a write replaces are 0 where nothing is mapped.
 *
 * The engine hands over all of them before its run returns or throws. Where there is too little room for a row, in words, it
 * calls the observer's method instead, which may throw.
 */
export interface EngineLog {
  /** Instructions so far. */
  readonly instructions: number;
  /** The registers as the row before has them, in halves. An engine begins with them, and leaves here those of its last row. */
  readonly last: Uint32Array;
  /** Words of rows of instructions that it still takes. */
  readonly rowRoom: number;
  /** Words of rows of accesses that it still takes. */
  readonly accessRoom: number;
  /**
   * @param rows whole rows, which fit into `rowRoom`; valid during the call only
   * @param accesses the same
   * @param instructions how many there are now
   */
  take(rows: Uint32Array, accesses: Uint32Array, instructions: number): void;
}

/**
 * Sees the guest's accesses to some of its memory, without the cost of a whole observer. An access that it sees can fault
 * afterwards; it may also see accesses that end shortly before a range.
 */
export interface AccessObserver {
  /** The guest memory to look at: addresses, sizes in bytes. */
  readonly ranges: readonly GuestRange[];
  /** False while it need not see anything; looked at when a run begins. */
  readonly watching?: boolean;
  /** What it lets pass. An engine that takes them tells of no access to bytes that have the right to it. */
  readonly rights?: AccessRights;
  /** Before each read that touches a range. `pc` gives the instruction's address. */
  read(low: number, high: number, size: number, pc: () => Addr): void;
  /** Before each write that touches a range; only the low `size` bytes of the value count. */
  write(low: number, high: number, size: number, valueLow: number, valueHigh: number, pc: () => Addr): void;
}

/** What the guest may do with its memory, as one byte for each of the memory's `bytes`: bit 0 to read it, bit 1 to change it. */
interface AccessRights {
  /** From now on they are the bytes of a buffer, for an engine that looks them up by itself. @param offset of the first */
  moveTo(buffer: ArrayBuffer, offset: number): void;
}

/** A range of guest memory. */
export interface GuestRange {
  readonly start: Addr;
  readonly size: number; // bytes
}

/**
 * Thrown out of a run by an engine that had to interrupt an instruction to track writes. The page that the guest was
 * about to write to is marked in the memory's `written`; the run must start over from a known state.
 */
export class StartOver extends Error {}

/** The registers that belong to the user while the kernel runs: a byte range of VECTOR_SIZE bytes each, in this order. */
export const VECTOR_REGISTERS: readonly string[] = [
  ...Array.from({ length: 16 }, (_, index) => `xmm${index}`),
  'mxcsr',
  'fcw',
  'fsw',
  'ftw',
  ...Array.from({ length: 8 }, (_, index) => `st${index}`),
];

/** Bytes that each of them takes in `Engine.vectors`. */
export const VECTOR_SIZE = 16;

declare const cpuContext: unique symbol;

/** The whole state of a CPU, vector and system registers included. Only the engine that made it can read it. */
export interface CpuContext {
  readonly [cpuContext]: true;
}

/** How an engine runs. */
export interface EngineOptions {
  /**
   * Mark in the memory's `written` what the guest writes to: its block each time, or its whole page for good at the first
   * write. An engine that cannot do so in passing ends the run with a StartOver at the first write to a page.
   */
  readonly trackWrites?: boolean;
  /** Works alone, or along with an observer. */
  readonly accesses?: AccessObserver;
  /**
   * Told of code that is about to run for the first time: where its instructions begin, and where the last of them ends. It
   * gives where it changed the code; then the run ends with a StartOver. For engines that track writes, without an observer.
   */
  readonly comesTo?: (boundaries: readonly Addr[]) => readonly Addr[];
}

/**
 * One emulated CPU on one guest memory. The guest executes the memory's own bytes: the host writes to them directly.
 * Every method throws an EngineError after `close()`, and when an observer calls it during a run.
 */
export interface Engine {
  /** The register file that `readRegisters` fills and `writeRegisters` takes, in the order of REGISTERS. */
  readonly registers: BigUint64Array;
  /** How many runs were started. */
  readonly starts: number;
  /** Whether a run is going on: then the caller is an observer. */
  readonly running: boolean;
  /** Fill `registers` from the CPU. */
  readRegisters(): void;
  /** Set the CPU from `registers`. */
  writeRegisters(): void;
  /** What `readVectors` fills and `writeVectors` takes: VECTOR_SIZE bytes for each of VECTOR_REGISTERS. */
  readonly vectors: Uint8Array;
  /** Fill `vectors` from the CPU. */
  readVectors(): void;
  /** Set the registers of x87 and SSE from `vectors`. */
  writeVectors(): void;
  /** Set the base of a segment, as its MSR does. */
  setSegmentBase(segment: 'fs' | 'gs', base: Addr): void;
  /** Keep the whole CPU; memory is not part of it. */
  saveContext(): CpuContext;
  /** Put the CPU back as it was. @throws {EngineError} for a context of another engine, or a dropped one */
  restoreContext(context: CpuContext): void;
  /** Free a context; `close` frees those that are left. */
  dropContext(context: CpuContext): void;
  /** Announce that the guest will often stop at `address`, where nothing is mapped. Only the speed may change. */
  expectStop(address: Addr): void;
  /**
   * End each run before the instruction at `address`, which is not even decoded. An observer sees it begin, as it does
   * one that traps.
   */
  stopBefore(address: Addr, reason?: StopReason): void;
  /**
   * Announce memory whose reads, or writes, the access observer need not see, until the next announcement. An access that
   * leaves such a range is reported all the same. Only the speed may change: an engine may report more.
   */
  skip(access: 'read' | 'write', ranges: readonly GuestRange[]): void;
  /** Forget translated code: after the host changed bytes that have run. */
  flushTranslations(): void;
  /** Forget translated code that contains the byte at `address`; much cheaper than all of it. */
  forgetTranslation(address: Addr): void;
  /**
   * Run from `pc` until `until` is reached (not executed), a trap, a fault, or `budget` instructions.
   * Afterwards `registers` holds the CPU's state.
   *
   * @param budget at most this many instructions, 1 or more
   * @throws whatever the observer threw, after the run has ended
   * @throws {StartOver} when writes are tracked
   */
  run(pc: Addr, until: Addr, budget: number): Stop;
  /** Free the CPU. A second close does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

/**
 * Why a run must not come to an instruction: a CPU raises #UD there, and the engine may not; or `refused`, since the
 * engine does not run it as a CPU does, with the reason, which completes "the instruction at …".
 */
export type CodeProblem =
  { readonly kind: 'invalid' } | { readonly kind: 'refused'; readonly reason: string };

/** Code that an engine does not run as a CPU does. */
export interface EngineLimits {
  /** What the answers depend on: equal names give equal answers. */
  readonly name: string;
  /**
   * What is wrong with the instructions that begin at the first `count` bytes, each of which code can jump to.
   *
   * @param bytes code, and what lies in memory after it: memory ends where they end
   * @returns by offset; nothing where nothing is wrong
   */
  findProblems(bytes: Uint8Array, count: number): ReadonlyMap<number, CodeProblem>;
}

/** A kind of engine. What it needs is loaded when one of its functions is first called. */
export interface EngineKind {
  readonly name: string;
  /**
   * Where it is there: what must have been awaited before the other functions are called.
   *
   * @throws {LibraryError} when the engine cannot be loaded
   */
  load?(): Promise<void>;
  /** @throws {LibraryError} when the engine cannot be loaded */
  limits(): EngineLimits;
  /**
   * @param memory its regions are mapped; the engine keeps it alive
   * @throws {LibraryError} when the engine cannot be loaded
   * @throws {EngineError} when it refuses a region
   */
  open(memory: PagedMemory, observer?: EngineObserver, options?: EngineOptions): Engine;
}
