// Unicorn 2.0 and 2.1 as an engine.

import { type Addr, isCanonical, u64 } from '../base/address.js';
import { EngineError } from '../base/errors.js';
import type { PagedMemory } from '../kernel/memory.js';
import { isPrefix } from '../x86/encoding.js';
import { MAX_INSTRUCTION, fetchCode } from '../x86/fetch.js';
import { changesMemory } from '../x86/read-modify-write.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import {
  type CpuContext,
  type Engine,
  type EngineObserver,
  type EngineOptions,
  type GuestRange,
  StartOver,
  type Stop,
  type StopReason,
} from './engine.js';
import * as UC from './unicorn-constants.js';
import type { InvalidAccess, OpenCpu, SavedState, UnicornCpu } from './unicorn-cpu.js';
import { UnicornObservers } from './unicorn-observers.js';
import { UnicornStops } from './unicorn-stops.js';

const HLT = 0xf4;

const byteAt = (memory: PagedMemory, address: Addr): number =>
  memory.isMapped(address, 1) ? memory.readU8(address) : 0;

// Whether a run that ended before `pc` ended on a hlt; `last`, where it is known, is the last instruction.
const isHalt = (memory: PagedMemory, pc: Addr, last: Addr | undefined): boolean => {
  if (byteAt(memory, u64(pc - 1n)) !== HLT) return false;
  if (last === undefined) return true;
  const prefixes = Number(BigInt.asIntN(64, pc - 1n - last));
  if (prefixes < 0 || prefixes >= MAX_INSTRUCTION) return false;
  for (let index = 0; index < prefixes; index += 1) {
    if (!isPrefix(byteAt(memory, last + BigInt(index)))) return false;
  }
  return true;
};

/** One CPU of Unicorn. Without an observer no callback runs on the guest's ordinary path. */
export class Unicorn implements Engine {
  readonly registers: BigUint64Array;
  readonly vectors: Uint8Array;
  starts = 0;
  readonly #memory: PagedMemory;
  readonly #cpu: UnicornCpu;
  readonly #stops: UnicornStops;
  readonly #told: UnicornObservers;
  readonly #observer: EngineObserver | undefined;
  readonly #contexts = new Map<CpuContext, SavedState>();
  #isOpen = true;
  #running = false;
  #invalid: InvalidAccess | undefined;
  // The CPU as it was at first; what an exception leaves in the library is undone with it.
  #pristine: SavedState | undefined;
  #afterException = false;
  readonly #segmentBases = new Map<'fs' | 'gs', Addr>();

  /**
   * @param memory its regions are mapped; the engine keeps it alive
   * @param openCpu makes the CPU
   * @throws {LibraryError} when the library cannot be loaded
   * @throws {MemoryError} when there is no room for it
   * @throws {EngineError} when the library refuses a region
   */
  constructor(
    memory: PagedMemory,
    openCpu: OpenCpu,
    observer?: EngineObserver,
    { trackWrites = false, accesses, comesTo }: EngineOptions = {},
  ) {
    this.#memory = memory;
    this.#observer = observer;
    const cpu = openCpu(memory, trackWrites);
    this.#cpu = cpu;
    this.registers = cpu.registers;
    this.vectors = cpu.vectors;
    const findsStops = trackWrites && observer === undefined;
    try {
      this.#stops = new UnicornStops(memory, cpu, findsStops, comesTo);
      this.#pristine = cpu.saveState();
      cpu.onInvalid((access) => {
        this.#invalid ??= access;
      });
      this.#told = new UnicornObservers(cpu);
      if (observer !== undefined) this.#told.observe(observer);
      if (accesses !== undefined) this.#told.watch(accesses);
      if (findsStops) this.#told.lookAhead(this.#stops);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  skip(access: 'read' | 'write', ranges: readonly GuestRange[]): void {
    this.#idle().skip(access, ranges);
  }

  // What an observer may not do: the library would translate code that is running, or worse.
  #idle(): UnicornCpu {
    if (this.#running) throw new EngineError('the engine is running: an observer cannot use it');
    if (!this.#isOpen) throw new EngineError('the engine is closed');
    return this.#cpu;
  }

  get running(): boolean {
    return this.#running;
  }

  readRegisters(): void {
    this.#idle().readRegisters();
  }

  writeRegisters(): void {
    this.#idle().writeRegisters();
  }

  readVectors(): void {
    this.#idle().readVectors();
  }

  writeVectors(): void {
    this.#idle().writeVectors();
  }

  setSegmentBase(segment: 'fs' | 'gs', base: Addr): void {
    this.#segmentBases.set(segment, base);
    this.#idle().setSegmentBase(segment, base);
  }

  saveContext(): CpuContext {
    const cpu = this.#idle();
    this.#forgetException();
    const saved = {} as CpuContext;
    this.#contexts.set(saved, cpu.saveState());
    return saved;
  }

  // The library goes on as if an exception that ended a run were being delivered: the next one is a double fault, and
  // the third one shuts the CPU down, which looks like a used-up budget. Vector registers start anew, too.
  #forgetException(): void {
    if (!this.#afterException) return;
    this.#afterException = false;
    const cpu = this.#cpu;
    cpu.readRegisters();
    if (this.#pristine !== undefined) cpu.restoreState(this.#pristine);
    cpu.writeRegisters();
    for (const [segment, base] of this.#segmentBases) cpu.setSegmentBase(segment, base);
  }

  restoreContext(context: CpuContext): void {
    const cpu = this.#idle();
    const state = this.#contexts.get(context);
    if (state === undefined) throw new EngineError('not a context of this engine');
    cpu.restoreState(state);
    this.#afterException = false;
  }

  dropContext(context: CpuContext): void {
    if (this.#running) this.#idle();
    const state = this.#contexts.get(context);
    if (state === undefined) return;
    this.#contexts.delete(context);
    this.#cpu.freeState(state);
  }

  expectStop(address: Addr): void {
    this.#idle();
    // An observer would see an instruction there; one that began on the page before would not fault.
    if (this.#observer === undefined) this.#stops.expect(address);
  }

  stopBefore(address: Addr, reason: StopReason = 'exception'): void {
    this.#idle();
    this.#stops.add(address, reason);
  }

  flushTranslations(): void {
    const cpu = this.#idle();
    this.#stops.lookAgain();
    cpu.forgetAll();
  }

  forgetTranslation(address: Addr): void {
    const cpu = this.#idle();
    this.#stops.lookAgain(); // other bytes may be there now
    cpu.forget(address);
  }

  run(pc: Addr, until: Addr, budget: number): Stop {
    const cpu = this.#idle();
    if (!Number.isSafeInteger(budget) || budget < 1) throw new EngineError(`budget ${budget}: not 1 or more`);
    if (pc === until) return { reason: 'until', pc };
    this.#forgetException();
    this.#invalid = undefined;
    const end = this.#stops.prepare(pc, until, this.starts === 0);
    this.#running = true;
    this.starts += 1;
    let status: number;
    try {
      status = cpu.start(pc, end, budget);
    } finally {
      this.#running = false;
    }
    this.#told.rethrow();
    // Until it is filled anew, the register file is what the observer saw before the last instruction.
    const last =
      this.#observer !== undefined && status === UC.ERR_OK ? this.registers[REGISTER_INDEX.rip]! : undefined;
    cpu.readRegisters();
    const at = this.registers[REGISTER_INDEX.rip]!;
    if (status === UC.ERR_OK && at !== until) {
      const stop = this.#stops.stopAt(at);
      if (typeof stop === 'object') return stop;
      if (stop !== undefined) {
        this.#observer?.instruction(this.registers);
        return { reason: stop, pc: at };
      }
    }
    const isEnd = status === UC.ERR_INSN_INVALID || status === UC.ERR_OK;
    if (this.#stops.isExpected(at, isEnd)) return this.#stopOf(UC.ERR_FETCH_UNMAPPED, until);
    return this.#stopOf(status, until, last);
  }

  #stopOf(status: number, until: Addr, last?: Addr): Stop {
    const pc = this.registers[REGISTER_INDEX.rip]!;
    switch (status) {
      case UC.ERR_OK:
        if (pc === until) return { reason: 'until', pc };
        return { reason: isHalt(this.#memory, pc, last) ? 'halted' : 'budget', pc };
      case UC.ERR_INSN_INVALID:
        return { reason: 'invalid-opcode', pc };
      case UC.ERR_EXCEPTION:
        this.#afterException = true;
        return { reason: 'exception', pc };
      case UC.ERR_READ_UNMAPPED:
      case UC.ERR_READ_PROT:
      case UC.ERR_WRITE_UNMAPPED:
      case UC.ERR_WRITE_PROT:
        return this.#dataFault(pc);
      case UC.ERR_FETCH_UNMAPPED:
      case UC.ERR_FETCH_PROT: {
        if (pc === until) return { reason: 'until', pc };
        const cause =
          status === UC.ERR_FETCH_PROT ? 'protection' : isCanonical(pc) ? 'unmapped' : 'not canonical';
        return { reason: 'fault', pc, access: 'fetch', address: pc, size: 1, cause };
      }
      default:
        throw new EngineError(`the run ended with: ${this.#cpu.describe(status)}`, status);
    }
  }

  #dataFault(pc: Addr): Stop {
    if (this.#invalid === undefined)
      throw new EngineError('the library reported a fault without its address');
    const { kind, size, address } = this.#invalid;
    // The library reads first; a CPU asks for what it will change to write at once.
    const isWrite =
      kind === UC.MEM_WRITE_UNMAPPED ||
      kind === UC.MEM_WRITE_PROT ||
      changesMemory(fetchCode(this.#memory, pc));
    const access = isWrite ? 'write' : 'read';
    if (kind === UC.MEM_WRITE_PROT && this.#cpu.open(address, size))
      throw new StartOver('first write to a page');
    const cause = !isCanonical(address)
      ? 'not canonical'
      : this.#memory.isMapped(address, 1)
        ? 'protection'
        : 'unmapped';
    return { reason: 'fault', pc, access, address, size, cause };
  }

  close(): void {
    if (this.#running) throw new EngineError('the engine is running');
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const context of this.#contexts.keys()) this.dropContext(context);
    if (this.#pristine !== undefined) this.#cpu.freeState(this.#pristine);
    this.#cpu.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
