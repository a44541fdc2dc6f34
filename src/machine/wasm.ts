// The engine of our own: an interpreter in WebAssembly, whose memory holds the guest's. Long, since one class has the
// interface of an engine, and all of it works on the same memory and layout.

import { type Addr, PAGE_SIZE, fromHalves, isCanonical, u64 } from '../base/address.js';
import { EngineError } from '../base/errors.js';
import { type PagedMemory, WRITTEN_BLOCK } from '../kernel/memory.js';
import { MAX_INSTRUCTION, fetchCode } from '../x86/fetch.js';
import { changesMemory } from '../x86/read-modify-write.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';
import { surveyCode } from '../x86/survey.js';
import {
  type AccessObserver,
  type CpuContext,
  type Engine,
  type EngineObserver,
  type EngineOptions,
  type GuestRange,
  type Stop,
  type StopReason,
  VECTOR_REGISTERS,
  VECTOR_SIZE,
} from './engine.js';
import {
  type CpuExports,
  END,
  EXECUTE,
  LOGGED,
  OBSERVED,
  PAGE_ENTRY,
  READ,
  STATE,
  TABLE,
  WATCHED,
  WRITE,
  makeCpu,
} from './wasm-cpu.js';
import { LOG_BLOCK, WasmLog, logSize } from './wasm-log.js';
import { WASM_PAGE, makeWasmMemory } from './web-assembly.js';

const RANGE_SIZE = 16; // an address and a size
const MOST_SKIPPED = 64; // ranges of each kind that are announced; the rest is reported
const ADDED = 2; // the bases of FS and GS, after the registers

// Where the lists and the guest's bytes are in the CPU's memory.
interface Layout {
  readonly entries: number;
  readonly ranges: number;
  readonly skippedReads: number;
  readonly skippedWrites: number;
  readonly marks: number;
  readonly log: number;
  readonly guest: number;
  readonly rights: number;
  readonly size: number; // bytes, whole pages of WebAssembly
}

const upTo = (value: number, step: number): number => Math.ceil(value / step) * step;

const layOut = (guestSize: number, rangeCount: number, logged: number, hasRights: boolean): Layout => {
  const entries = 2 ** Math.ceil(Math.log2(Math.max(1024, (2 * guestSize) / PAGE_SIZE)));
  const ranges = TABLE + entries * PAGE_ENTRY;
  const skippedReads = ranges + rangeCount * RANGE_SIZE;
  const skippedWrites = skippedReads + MOST_SKIPPED * RANGE_SIZE;
  const marks = skippedWrites + MOST_SKIPPED * RANGE_SIZE;
  const log = upTo(marks + guestSize / WRITTEN_BLOCK, 8);
  const guest = upTo(log + logged, PAGE_SIZE);
  const rights = guest + guestSize + PAGE_SIZE;
  return {
    entries,
    ranges,
    skippedReads,
    skippedWrites,
    marks,
    log,
    guest,
    rights,
    size: upTo(rights + (hasRights ? guestSize : 0), WASM_PAGE),
  };
};

// As a CPU has them after a reset. Source: Intel SDM vol. 3, table 9-1.
const RESET: Readonly<Record<string, number>> = { mxcsr: 0x1f80, fcw: 0x37f, ftw: 0xffff };

const signed = (address: Addr): bigint => BigInt.asIntN(64, address);

/** How the engine runs. */
interface WasmOptions extends EngineOptions {
  /** Words of a block of the log, at least 1: for tests. */
  readonly logBlock?: number;
}

/** One CPU of our own. What it tells an observer it tells from inside of a run. */
export class Wasm implements Engine {
  readonly registers: BigUint64Array;
  readonly vectors: Uint8Array = new Uint8Array(VECTOR_REGISTERS.length * VECTOR_SIZE);
  starts = 0;
  readonly #memory: PagedMemory;
  readonly #layout: Layout;
  readonly #cpu: CpuExports;
  readonly #view: DataView;
  readonly #state: BigUint64Array; // registers and bases
  readonly #vectorState = new Uint8Array(VECTOR_REGISTERS.length * VECTOR_SIZE);
  readonly #contexts = new Map<CpuContext, { state: BigUint64Array; vectors: Uint8Array }>();
  readonly #stops = new Map<Addr, StopReason>();
  readonly #observer: EngineObserver | undefined;
  readonly #accesses: AccessObserver | undefined;
  readonly #comesTo: EngineOptions['comesTo'];
  readonly #log: WasmLog | undefined;
  readonly #mode: number; // what is told of whoever watches
  #running = false;
  #isClosed = false;
  #failure: { error: unknown } | undefined;

  /**
   * @param memory its bytes move into the CPU's memory; it serves one engine
   * @throws {MemoryError} when there is no room for it
   * @throws {HostError} where this Node was started without WebAssembly
   */
  constructor(
    memory: PagedMemory,
    observer?: EngineObserver,
    { accesses, comesTo, logBlock = LOG_BLOCK }: WasmOptions = {},
  ) {
    this.#memory = memory;
    this.#comesTo = comesTo;
    this.#observer = observer;
    this.#accesses = accesses;
    const ranges = accesses?.ranges ?? [];
    // Who watches accesses may ask the observer, who must have seen them: then each is told.
    const log = accesses === undefined ? observer?.log : undefined;
    const logged = log === undefined ? 0 : logSize(logBlock);
    const rights = accesses?.rights;
    this.#layout = layOut(memory.bytes.length, ranges.length, logged, rights !== undefined);
    const own = makeWasmMemory(this.#layout.size, 'the memory of the guest');
    memory.moveTo(own.buffer, this.#layout.guest, this.#layout.marks);
    this.#log = log && new WasmLog(log, own.buffer, this.#layout.log, logBlock);
    this.#view = new DataView(own.buffer);
    this.#state = new BigUint64Array(own.buffer, STATE, REGISTER_COUNT + ADDED);
    this.registers = new BigUint64Array(own.buffer, STATE, REGISTER_COUNT);
    this.registers[REGISTER_INDEX.rflags] = 2n;
    for (const [index, name] of VECTOR_REGISTERS.entries())
      new DataView(this.#vectorState.buffer).setUint32(index * VECTOR_SIZE, RESET[name] ?? 0, true);
    this.#cpu = makeCpu(own, {
      read: (whom, low, high, size) => this.#guard(() => this.#read(whom, low >>> 0, high >>> 0, size)),
      write: (whom, low, high, size, valueLow, valueHigh) =>
        this.#guard(() => this.#write(whom, low >>> 0, high >>> 0, size, valueLow >>> 0, valueHigh >>> 0)),
      instruction: () => this.#guard(() => this.#instruction()),
      comesTo: (low, high, length) => this.#comesToNew(fromHalves(low >>> 0, high >>> 0), length),
      takeLog: () => this.#guard(() => this.#takeLog()),
    });
    this.#fillTable();
    this.#putRanges(this.#layout.ranges, ranges);
    this.#mode = (observer === undefined ? 0 : OBSERVED) | (log === undefined ? 0 : LOGGED);
    this.#cpu.setPages(this.#layout.entries - 1, this.#mode);
    this.#cpu.setMarks(this.#layout.marks, this.#layout.guest);
    this.#cpu.setRanges(this.#layout.ranges, ranges.length);
    if (rights === undefined) return;
    rights.moveTo(own.buffer, this.#layout.rights);
    this.#cpu.setRights(this.#layout.rights, this.#layout.guest);
  }

  #fillTable(): void {
    const { entries, guest } = this.#layout;
    const mask = entries - 1;
    let offset = guest;
    for (const { start, size, protection } of this.#memory.regions) {
      const allowed =
        READ | (protection === 'read-write' ? WRITE : protection === 'read-execute' ? EXECUTE : 0);
      for (let done = 0; done < size; done += PAGE_SIZE) {
        const page = (start + BigInt(done)) >> 12n;
        let index = Number(BigInt.asUintN(32, page ^ (page >> 9n))) & mask;
        while (this.#view.getUint32(TABLE + index * PAGE_ENTRY + 12, true) !== 0) index = (index + 1) & mask;
        const entry = TABLE + index * PAGE_ENTRY;
        this.#view.setBigUint64(entry, page, true);
        this.#view.setUint32(entry + 8, offset + done, true);
        this.#view.setUint32(entry + 12, allowed, true);
      }
      offset += size;
    }
  }

  #putRanges(at: number, ranges: readonly GuestRange[]): void {
    for (const [index, { start, size }] of ranges.entries()) {
      this.#view.setBigUint64(at + index * RANGE_SIZE, start, true);
      this.#view.setBigUint64(at + index * RANGE_SIZE + 8, BigInt(size), true);
    }
  }

  // An exception must not leave the CPU in the middle of an instruction: it waits until the run has returned.
  #guard(tell: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      tell();
    } catch (error) {
      this.#failure = { error };
      this.#cpu.abort();
    }
  }

  readonly #pc = (): Addr => this.registers[REGISTER_INDEX.rip]!;

  #instruction(): void {
    this.#observer?.instruction(this.registers);
    this.#log?.offer(this.#cpu);
  }

  #read(whom: number, low: number, high: number, size: number): void {
    if ((whom & OBSERVED) !== 0) this.#observer?.read(low, high, size);
    if ((whom & WATCHED) !== 0) this.#accesses?.read(low, high, size, this.#pc);
    this.#log?.offer(this.#cpu);
  }

  #write(whom: number, low: number, high: number, size: number, valueLow: number, valueHigh: number): void {
    if ((whom & OBSERVED) !== 0) this.#observer?.write(low, high, size, valueLow, valueHigh);
    if ((whom & WATCHED) !== 0) this.#accesses?.write(low, high, size, valueLow, valueHigh, this.#pc);
    this.#log?.offer(this.#cpu);
  }

  // What was logged so far is the observer's now.
  #takeLog(): void {
    this.#log?.take(this.#cpu);
    this.#log?.offer(this.#cpu);
  }

  // What the CPU must know of an instruction before it first runs: as CpuImports has it.
  #comesToNew(address: Addr, length: number): number {
    const reason = this.#stops.get(address);
    if (reason !== undefined) return reason === 'exception' ? 1 : 2;
    const changed = this.#comesTo?.([address, u64(address + BigInt(length))]) ?? [];
    for (const at of changed) this.#cpu.forget(signed(at));
    return changed.length > 0 ? 3 : 0;
  }

  // What an observer may not do.
  #idle(): void {
    if (this.#running) throw new EngineError('the engine is running: an observer cannot use it');
    if (this.#isClosed) throw new EngineError('the engine is closed');
  }

  get running(): boolean {
    return this.#running;
  }

  readRegisters(): void {
    this.#idle();
  }

  writeRegisters(): void {
    this.#idle();
  }

  readVectors(): void {
    this.#idle();
    this.vectors.set(this.#vectorState);
  }

  writeVectors(): void {
    this.#idle();
    this.#vectorState.set(this.vectors);
  }

  setSegmentBase(segment: 'fs' | 'gs', base: Addr): void {
    this.#idle();
    this.#state[REGISTER_COUNT + (segment === 'fs' ? 0 : 1)] = base;
  }

  saveContext(): CpuContext {
    this.#idle();
    const context = {} as CpuContext;
    this.#contexts.set(context, { state: this.#state.slice(), vectors: this.#vectorState.slice() });
    return context;
  }

  restoreContext(context: CpuContext): void {
    this.#idle();
    const saved = this.#contexts.get(context);
    if (saved === undefined) throw new EngineError('not a context of this engine');
    this.#state.set(saved.state);
    this.#vectorState.set(saved.vectors);
  }

  dropContext(context: CpuContext): void {
    if (this.#running) this.#idle();
    this.#contexts.delete(context);
  }

  /** A stop costs nothing here. */
  expectStop(): void {
    this.#idle();
  }

  stopBefore(address: Addr, reason: StopReason = 'exception'): void {
    this.#idle();
    this.#stops.set(address, reason);
    this.#cpu.forget(signed(address));
  }

  skip(access: 'read' | 'write', ranges: readonly GuestRange[]): void {
    this.#idle();
    const at = access === 'read' ? this.#layout.skippedReads : this.#layout.skippedWrites;
    const known = ranges.slice(0, MOST_SKIPPED);
    this.#putRanges(at, known);
    this.#cpu.setSkipped(access === 'read' ? 0 : 1, at, known.length);
  }

  flushTranslations(): void {
    this.#idle();
    this.#cpu.forgetAll();
  }

  forgetTranslation(address: Addr): void {
    this.#idle();
    this.#cpu.forget(signed(address));
  }

  run(pc: Addr, until: Addr, budget: number): Stop {
    this.#idle();
    if (!Number.isSafeInteger(budget) || budget < 1) throw new EngineError(`budget ${budget}: not 1 or more`);
    if (pc === until) return { reason: 'until', pc };
    this.registers[REGISTER_INDEX.rip] = pc;
    this.starts += 1;
    const isWatched = this.#accesses !== undefined && this.#accesses.watching !== false;
    this.#cpu.setMode(isWatched ? this.#mode | WATCHED : this.#mode);
    this.#log?.offer(this.#cpu);
    this.#running = true;
    let end: number;
    try {
      end = this.#cpu.run(signed(until), Math.min(budget, 0xffff_ffff) | 0);
      if (this.#failure === undefined) this.#log?.take(this.#cpu);
    } finally {
      this.#running = false;
    }
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      throw error;
    }
    return this.#stopOf(end);
  }

  #stopOf(end: number): Stop {
    const pc = this.#pc();
    switch (end) {
      case END.until:
        return { reason: 'until', pc };
      case END.budget:
        return { reason: 'budget', pc };
      case END.invalidOpcode:
        return { reason: 'invalid-opcode', pc };
      case END.exception:
        return { reason: 'exception', pc };
      case END.halted:
        return { reason: 'halted', pc };
      case END.dataFault: {
        const address = u64(this.#cpu.faultAddress.value);
        const size = this.#cpu.faultSize.value;
        const isWrite = this.#cpu.faultIsWrite.value !== 0 || changesMemory(fetchCode(this.#memory, pc));
        const access = isWrite ? 'write' : 'read';
        return { reason: 'fault', pc, access, address, size, cause: this.#causeAt(address) };
      }
      default:
        return this.#unknownStop(pc);
    }
  }

  #isCode(address: Addr): boolean {
    return this.#memory.regions.some(
      ({ start, size, protection }) => protection === 'read-execute' && u64(address - start) < BigInt(size),
    );
  }

  // An instruction that cannot be fetched as a whole; or that this engine does not know, where nobody announced a stop: it is
  // too long, or nobody looked at this code.
  #unknownStop(pc: Addr): Stop {
    const fault = (address: Addr): Stop => ({
      reason: 'fault', pc, access: 'fetch', address, size: 1, cause: this.#causeAt(address),
    }); // prettier-ignore
    if (!this.#isCode(pc)) return fault(pc);
    let size = MAX_INSTRUCTION;
    while (!this.#isCode(u64(pc + BigInt(size - 1)))) size -= 1;
    let kind: number | undefined;
    surveyCode(this.#memory.read(pc, size), 1, (_, found) => (kind = found));
    if (kind === 0) return { reason: 'invalid-opcode', pc };
    const isCutOff = kind === undefined && size < MAX_INSTRUCTION;
    return isCutOff ? fault(u64(pc + BigInt(size))) : { reason: 'exception', pc };
  }

  #causeAt(address: Addr): 'unmapped' | 'protection' | 'not canonical' {
    if (!isCanonical(address)) return 'not canonical';
    return this.#memory.isMapped(address, 1) ? 'protection' : 'unmapped';
  }

  close(): void {
    if (this.#running) throw new EngineError('the engine is running');
    this.#isClosed = true;
    this.#contexts.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
