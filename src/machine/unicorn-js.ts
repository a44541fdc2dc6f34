// A CPU of unicorn.js. It runs on a copy of the guest's memory: its API has no way to give it the host's bytes.

import { type Addr, u64 } from '../base/address.js';
import { EngineError } from '../base/errors.js';
import type { PagedMemory } from '../kernel/memory.js';
import { REGISTERS, REGISTER_COUNT } from '../x86/registers.js';
import { type GuestRange, VECTOR_REGISTERS, VECTOR_SIZE } from './engine.js';
import { MemoryCopy } from './memory-copy.js';
import * as UC from './unicorn-constants.js';
import type { AccessHandlers, InvalidAccess, OpenCpu, SavedState, UnicornCpu } from './unicorn-cpu.js';
import type { UnicornJs, UnicornJsCpu } from './unicorn-js-api.js';

// size_t there, and one more than all of them would be never.
const MAX_COUNT = 0xffff_fffe;
const NO_DATA = {};
const REGISTER_IDS = REGISTERS.map((name) => UC.X86_REG[name]);

const lowOf = (value: bigint): number => Number(BigInt.asUintN(32, value));
const highOf = (value: bigint): number => Number(BigInt.asUintN(32, value >> 32n));

// The documents have this form: "Unicorn.js: Function uc_NAME failed with code N:", and words on the next line.
const statusOf = (thrown: unknown): number | undefined => {
  const code = typeof thrown === 'string' ? /\bfailed with code (\d+)/u.exec(thrown)?.[1] : undefined;
  return code === undefined ? undefined : Number(code);
};

const wordsOf = (thrown: unknown): string => {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const lines = text.trim().split('\n');
  return (statusOf(thrown) === undefined ? lines[0] : lines.at(-1)) ?? '';
};

type MemoryHook = (
  cpu: unknown,
  kind: number,
  address: bigint,
  size: number,
  value: bigint,
) => boolean | void;

class UnicornJsAdapter implements UnicornCpu {
  readonly registers = new BigUint64Array(REGISTER_COUNT);
  readonly vectors = new Uint8Array(VECTOR_REGISTERS.length * VECTOR_SIZE);
  readonly #module: UnicornJs;
  readonly #cpu: UnicornJsCpu;
  readonly #copy: MemoryCopy;
  readonly #hooks: object[] = [];
  readonly #writes: AccessHandlers['write'][] = []; // who is told of each write
  readonly #seen = new Set<Addr>(); // blocks that were told of
  #isTold = false; // whether someone looks at memory during a run
  #usesExits = false;

  constructor(module: UnicornJs, memory: PagedMemory, trackWrites: boolean) {
    this.#module = module;
    this.#cpu = this.#do('open', () => new module.Unicorn(UC.ARCH_X86, UC.MODE_64));
    try {
      // It masks addresses to 52 bits unless it is set to take them as virtual.
      this.#do('set the TLB mode', () => this.#cpu.ctl_tlb_mode(UC.TLB_VIRTUAL));
      for (const { start, size, protection, name } of memory.regions)
        this.#do(`map ${name}`, () => this.#cpu.mem_map(start, size, UC.PROT[protection]));
      this.#copy = new MemoryCopy(memory, {
        read: (address, size) => this.#do('read memory', () => this.#cpu.mem_read(address, size)),
        write: (address, bytes) => this.#do('write memory', () => this.#cpu.mem_write(address, bytes)),
      });
      this.#onMemory(UC.HOOK_MEM_WRITE, (_cpu, _kind, address, size, value) => {
        if (this.#isTold) this.#copy.pull();
        for (const tell of this.#writes)
          tell(lowOf(address), highOf(address), size, lowOf(value), highOf(value));
        this.#copy.willWrite(u64(address), size, trackWrites);
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  // A string is what the API throws; anything else is a fault of the module, such as an abort.
  #do<Result>(what: string, call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      throw new EngineError(`unicorn.js could not ${what}: ${wordsOf(error)}`, statusOf(error));
    }
  }

  #hook(type: number, callback: (...values: never[]) => boolean | void, begin = 1n, end = 0n): void {
    this.#hooks.push(this.#do('add a hook', () => this.#cpu.hook_add(type, callback, NO_DATA, begin, end)));
  }

  #onMemory(type: number, callback: MemoryHook, begin?: bigint, end?: bigint): void {
    this.#hook(type, callback, begin, end);
  }

  onInvalid(note: (access: InvalidAccess) => void): void {
    this.#onMemory(UC.HOOK_DATA_INVALID, (_cpu, kind, address, size) => {
      note({ kind, address: u64(address), size });
      return false;
    });
  }

  onInstruction(handler: () => void): void {
    this.#isTold = true;
    this.#hook(UC.HOOK_CODE, () => {
      this.#copy.pull();
      handler();
    });
  }

  onAccess({ read, write }: AccessHandlers): void {
    this.#onReads(read);
    this.#isTold = true;
    this.#writes.push(write);
  }

  #onReads(read: AccessHandlers['read'], begin?: bigint, end?: bigint): void {
    const tell: MemoryHook = (_cpu, _kind, address, size) => {
      this.#copy.pull();
      read(lowOf(address), highOf(address), size);
    };
    this.#onMemory(UC.HOOK_MEM_READ, tell, begin, end);
  }

  onAccessIn(ranges: readonly GuestRange[], { read, write }: AccessHandlers): void {
    this.#isTold = true;
    // An access that begins before a range and reaches into it must be seen; the widest is 64 bytes.
    const pieces = ranges.map(({ start, size }) => ({
      begin: u64(start - 63n),
      end: u64(start + BigInt(size) - 1n),
    }));
    for (const { begin, end } of pieces) this.#onReads(read, begin, end);
    this.#writes.push((low, high, size, valueLow, valueHigh) => {
      const address = (BigInt(high) << 32n) | BigInt(low);
      for (const { begin, end } of pieces)
        if (address >= begin && address <= end) write(low, high, size, valueLow, valueHigh);
    });
  }

  /** It reports more. */
  skip(): void {
    // nothing is skipped
  }

  // The API has no hook for a block that is translated; this one is called at each block that runs.
  onNewBlock(handler: () => void): void {
    this.#hook(UC.HOOK_BLOCK, (_cpu: unknown, address: bigint) => {
      if (this.#seen.has(address)) return;
      this.#seen.add(address);
      handler();
    });
  }

  readRegisters(): void {
    for (const [index, id] of REGISTER_IDS.entries())
      this.registers[index] = this.#do('read a register', () => this.#cpu.reg_read_i64(id));
  }

  writeRegisters(): void {
    for (const [index, id] of REGISTER_IDS.entries())
      this.#do('write a register', () => this.#cpu.reg_write_i64(id, this.registers[index]!));
  }

  readVectors(): void {
    for (const [index, id] of UC.VECTOR_REG.entries())
      this.vectors.set(
        this.#do('read a vector register', () => this.#cpu.reg_read(id, VECTOR_SIZE)),
        index * VECTOR_SIZE,
      );
  }

  writeVectors(): void {
    for (const [index, id] of UC.VECTOR_REG.entries()) {
      const bytes = this.vectors.subarray(index * VECTOR_SIZE, (index + 1) * VECTOR_SIZE);
      this.#do('write a vector register', () => this.#cpu.reg_write(id, bytes));
    }
  }

  readPc(): Addr {
    return u64(this.#do('read RIP', () => this.#cpu.reg_read_i64(UC.X86_REG.rip)));
  }

  setSegmentBase(segment: 'fs' | 'gs', base: Addr): void {
    const id = UC.X86_REG[`${segment}_base`];
    this.#do('write a segment base', () => this.#cpu.reg_write_i64(id, base));
  }

  saveState(): SavedState {
    return this.#do('save the CPU', () => {
      const context = this.#cpu.context_alloc();
      this.#cpu.context_save(context);
      return context;
    });
  }

  restoreState(state: SavedState): void {
    this.#do('restore the CPU', () => this.#cpu.context_restore(state));
  }

  freeState(state: SavedState): void {
    this.#do('free a context', () => this.#cpu.context_free(state));
  }

  mapCode(page: Addr, bytes: Uint8Array): void {
    this.#do('map a page', () => {
      this.#cpu.mem_map(page, bytes.length, UC.PROT_EXEC);
      this.#cpu.mem_write(page, bytes);
    });
  }

  setExits(exits: readonly Addr[]): void {
    this.#do('set where it stops', () => {
      if (!this.#usesExits) this.#cpu.ctl_exits_enable();
      this.#usesExits = true;
      this.#cpu.ctl_set_exits(exits);
    });
  }

  forgetAll(): void {
    this.#seen.clear();
    this.#do('flush translations', () => this.#cpu.ctl_flush_tb());
  }

  forget(address: Addr): void {
    this.#seen.clear();
    this.#do('forget a translation', () => this.#cpu.ctl_remove_cache(address, u64(address + 1n)));
  }

  /** Every write is seen, so none is refused. */
  open(): boolean {
    return false;
  }

  start(pc: Addr, end: Addr, budget: number): number {
    this.#copy.push();
    try {
      this.#cpu.emu_start(pc, end, 0, Math.min(budget, MAX_COUNT));
      return UC.ERR_OK;
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined) throw new EngineError(`unicorn.js ended a run: ${wordsOf(error)}`);
      return status;
    } finally {
      this.#copy.pull();
    }
  }

  stop(): void {
    this.#do('stop', () => this.#cpu.emu_stop());
  }

  describe(status: number): string {
    return this.#module.strerror(status);
  }

  close(): void {
    for (const hook of this.#hooks.splice(0)) this.#do('remove a hook', () => this.#cpu.hook_del(hook));
    this.#do('close', () => this.#cpu.close());
  }
}

/** @returns what makes CPUs of a module that was loaded */
export const cpusOf =
  (module: UnicornJs): OpenCpu =>
  (memory, trackWrites) =>
    new UnicornJsAdapter(module, memory, trackWrites);
