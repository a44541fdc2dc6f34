// Unicorn 2.0 and 2.1 behind one typed port: map, registers, run, observe. The only file that calls the library.
// No kernel, no heap, no symbols here.
// Over 300 lines because the bindings, their constants and the one class that may use them belong together.

import koffi, { type TypeObject } from 'koffi';
import { type Addr, PAGE_SIZE, hex, isCanonical, pageStart, u64 } from '../base/address.js';
import { EngineError } from '../base/errors.js';
import { isPrefix } from '../x86/encoding.js';
import { loadLibunicorn } from './library.js';
import type { PagedMemory, Protection } from '../kernel/memory.js';
import { REGISTERS, REGISTER_COUNT, REGISTER_INDEX, type RegisterName } from '../x86/registers.js';

/** What kind of access the guest tried. */
export type Access = 'read' | 'write' | 'fetch';

/** A stop that says no more than where. */
type PlainStop<Reason> = Reason extends string ? { readonly reason: Reason; readonly pc: Addr } : never;

/**
 * Why the guest stopped. Misuse by the host throws instead. `pc` is the instruction that did not complete.
 * `halted` is certain with an observer only: the library ends a run alike on hlt and after its budget, so without one
 * a used-up budget right behind a byte f4 is taken for hlt.
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

/**
 * What a recording sees. Addresses come as the library's signed view of them (`number` where that is exact),
 * so that no bigint is made per instruction: `toAddress` gives the guest address.
 */
export interface EngineObserver {
  /** Before each instruction; `registers` is the engine's own array, valid during the call only. */
  instruction(registers: BigUint64Array): void;
  /** Before each read. */
  read(address: SignedAddress, size: number): void;
  /** Before each write; `value` is the low `size` bytes, signed. The old bytes are still in memory. */
  write(address: SignedAddress, size: number, value: SignedAddress): void;
}

/**
 * Told of the guest's accesses to some of its memory, without the cost of a whole observer. What it is told of may not
 * complete: the access can fault after that.
 */
export interface AccessObserver {
  /** The guest memory to look at: addresses, sizes in bytes. */
  readonly ranges: readonly { readonly start: Addr; readonly size: number }[];
  /** Before each read that touches a range. `pc` gives the instruction's address. */
  read(address: SignedAddress, size: number, pc: () => Addr): void;
  /** Before each write that touches a range; `value` is the low `size` bytes, signed. */
  write(address: SignedAddress, size: number, value: SignedAddress, pc: () => Addr): void;
}

/** A 64-bit value as koffi hands out an int64: a number where exact, else a bigint. */
export type SignedAddress = number | bigint;

/** The guest address behind the library's signed view of it. */
export const toAddress = (signed: SignedAddress): Addr => u64(BigInt(signed));

/**
 * Thrown out of a run of an engine that tracks writes, when the guest writes to a page for the first time. The page
 * is noted in the memory's `written` and open from now on; the run must start over from a known state.
 */
export class FirstWrite extends Error {}

declare const cpuContext: unique symbol;

/** A CPU's state, kept by the library. */
export type CpuContext = number & { readonly [cpuContext]: true };

/** How an engine runs. */
export interface EngineOptions {
  /**
   * Note in the memory's `written` each page that the guest writes to, without a callback: writable pages are
   * mapped read-only until then, and the first write to each ends its run with a FirstWrite.
   */
  readonly trackWrites?: boolean;
  /** Watched besides, or instead of, an observer. */
  readonly accesses?: AccessObserver;
}

// Canonical addresses fit in a number when they are signed; koffi takes that faster than a bigint.
const fromAddress = (address: Addr): SignedAddress => {
  const signed = BigInt.asIntN(64, address);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
};

// Source of all numbers below: unicorn/unicorn.h and unicorn/x86.h of Unicorn 2.0.1 and 2.1.
const UC_ARCH_X86 = 4;
const UC_MODE_64 = 8;
const UC_ERR_OK = 0;
const UC_ERR_READ_UNMAPPED = 6;
const UC_ERR_WRITE_UNMAPPED = 7;
const UC_ERR_FETCH_UNMAPPED = 8;
const UC_ERR_INSN_INVALID = 10;
const UC_ERR_WRITE_PROT = 12;
const UC_ERR_READ_PROT = 13;
const UC_ERR_FETCH_PROT = 14;
const UC_ERR_EXCEPTION = 21;
const UC_HOOK_CODE = 1 << 2;
const UC_HOOK_DATA_INVALID = (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8); // reads and writes, unmapped and protected
const UC_HOOK_MEM_READ = 1 << 10;
const UC_HOOK_MEM_WRITE = 1 << 11;
const UC_MEM_WRITE_UNMAPPED = 20;
const UC_MEM_WRITE_PROT = 22;
const UC_PROT: Readonly<Record<Protection, number>> = { read: 1, 'read-write': 3, 'read-execute': 5 };
const UC_CTL_TLB_TYPE_VIRTUAL = ((12 | (1 << 26) | (1 << 30)) >>> 0) as number; // UC_CTL_WRITE(UC_CTL_TLB_TYPE, 1)
const UC_CTL_TB_FLUSH = ((10 | (1 << 30)) >>> 0) as number; // UC_CTL_WRITE(UC_CTL_TB_FLUSH, 0)
const UC_TLB_VIRTUAL = 1;
const UC_X86_REG: Readonly<Record<RegisterName | 'fs_base' | 'gs_base', number>> = {
  rax: 35,
  rbp: 36,
  rbx: 37,
  rcx: 38,
  rdi: 39,
  rdx: 40,
  rip: 41,
  rsi: 43,
  rsp: 44,
  r8: 106,
  r9: 107,
  r10: 108,
  r11: 109,
  r12: 110,
  r13: 111,
  r14: 112,
  r15: 113,
  rflags: 25,
  fs_base: 250,
  gs_base: 251,
};
const HLT = 0xf4;
const MAX_INSTRUCTION = 15; // bytes
const INVALID_INSTRUCTION = 0x06; // in 64-bit mode
const UC_PROT_EXEC = 4;
const MAX_STOP_PAGES = 64;
// Where a run ends that must end by what it meets: an address that no guest has anything at.
const NEVER: Addr = 0x8000_0000_0000_0000n;
const NEVER_REACHED = fromAddress(NEVER);

type Callback = bigint;

// Of the process, below 2 ** 47: exact as a number, which costs koffi less than a bigint.
type Pointer = number;

interface Bindings {
  readonly open: (arch: number, mode: number, handle: BigUint64Array) => number;
  readonly close: (handle: Pointer) => number;
  readonly strerror: (status: number) => string;
  readonly mapPtr: (handle: Pointer, at: bigint, size: number, prot: number, host: Uint8Array) => number;
  readonly contextAlloc: (handle: Pointer, context: BigUint64Array) => number;
  readonly contextSave: (handle: Pointer, context: Pointer) => number;
  readonly contextRestore: (handle: Pointer, context: Pointer) => number;
  readonly contextFree: (context: Pointer) => number;
  readonly protect: (handle: Pointer, at: bigint, size: number, prot: number) => number;
  readonly regWrite: (handle: Pointer, id: number, value: BigUint64Array) => number;
  readonly regRead: (handle: Pointer, id: number, value: BigUint64Array) => number;
  readonly regReadBatch: (handle: Pointer, ids: Pointer, values: Pointer, count: number) => number;
  readonly regWriteBatch: (handle: Pointer, ids: Pointer, values: Pointer, count: number) => number;
  readonly start: (
    handle: Pointer,
    begin: SignedAddress,
    until: SignedAddress,
    timeout: number,
    count: number,
  ) => number;
  readonly stop: (handle: Pointer) => number;
  readonly hookAdd: (
    handle: Pointer,
    hook: BigUint64Array,
    type: number,
    callback: bigint,
    data: null,
    begin: number | bigint,
    end: number | bigint,
  ) => number;
  readonly ctl: (handle: Pointer, control: number, ...rest: (string | number)[]) => number;
  readonly codeCallback: TypeObject;
  readonly readCallback: TypeObject;
  readonly writeCallback: TypeObject;
  readonly invalidCallback: TypeObject;
  readonly tlbMode: boolean;
}

let bindings: Bindings | undefined;

// Declared once per process: koffi refuses a second declaration of a named type.
const bind = (): Bindings => {
  if (bindings !== undefined) return bindings;
  const { library, version } = loadLibunicorn();
  bindings = {
    open: library.func('uc_open', 'int', ['int', 'int', 'void *']),
    close: library.func('uc_close', 'int', ['uintptr_t']),
    strerror: library.func('uc_strerror', 'str', ['int']),
    mapPtr: library.func('uc_mem_map_ptr', 'int', ['uintptr_t', 'uint64_t', 'size_t', 'uint32_t', 'void *']),
    contextAlloc: library.func('uc_context_alloc', 'int', ['uintptr_t', 'void *']),
    contextSave: library.func('uc_context_save', 'int', ['uintptr_t', 'uintptr_t']),
    contextRestore: library.func('uc_context_restore', 'int', ['uintptr_t', 'uintptr_t']),
    contextFree: library.func('uc_context_free', 'int', ['uintptr_t']),
    protect: library.func('uc_mem_protect', 'int', ['uintptr_t', 'uint64_t', 'size_t', 'uint32_t']),
    regWrite: library.func('uc_reg_write', 'int', ['uintptr_t', 'int', 'void *']),
    regRead: library.func('uc_reg_read', 'int', ['uintptr_t', 'int', 'void *']),
    regReadBatch: library.func('uc_reg_read_batch', 'int', ['uintptr_t', 'uintptr_t', 'uintptr_t', 'int']),
    regWriteBatch: library.func('uc_reg_write_batch', 'int', ['uintptr_t', 'uintptr_t', 'uintptr_t', 'int']),
    start: library.func('uc_emu_start', 'int', ['uintptr_t', 'int64_t', 'int64_t', 'uint64_t', 'size_t']),
    stop: library.func('uc_emu_stop', 'int', ['uintptr_t']),
    hookAdd: library.func('uc_hook_add', 'int', [
      'uintptr_t',
      'void *',
      'int',
      'uintptr_t',
      'void *',
      'uint64_t',
      'uint64_t',
      '...',
    ]),
    ctl: library.func('uc_ctl', 'int', ['uintptr_t', 'uint32_t', '...']),
    // Fewer arguments than the library passes, and the CPU's handle as a plain int: what nobody reads is not decoded.
    // Every calling convention of these systems lets the callee do that.
    codeCallback: koffi.proto('oopslab_code', 'void', []),
    readCallback: koffi.proto('oopslab_read', 'void', ['int', 'int', 'int64_t', 'int']),
    writeCallback: koffi.proto('oopslab_write', 'void', ['int', 'int', 'int64_t', 'int', 'int64_t']),
    invalidCallback: koffi.proto('oopslab_invalid', 'bool', [
      'uintptr_t',
      'int',
      'int64_t',
      'int',
      'int64_t',
      'uintptr_t',
    ]),
    tlbMode: version.major > 2 || (version.major === 2 && version.minor >= 1),
  };
  return bindings;
};

/**
 * One emulated CPU on one guest memory. Without an observer no callback runs on the guest's ordinary path.
 * Every method throws an EngineError after `close()`, and when an observer calls it during a run.
 */
export class Engine {
  /** The register file that `readRegisters` fills and `writeRegisters` takes, in the order of REGISTERS. */
  readonly registers: BigUint64Array = new BigUint64Array(REGISTER_COUNT);
  /** How often the library's run function was called. */
  starts = 0;
  readonly #uc = bind();
  readonly #memory: PagedMemory;
  readonly #trackWrites: boolean;
  readonly #openedPages = new Set<number>(); // page indices in the memory's bytes, while writes are tracked
  readonly #callbacks: Callback[] = [];
  readonly #registerIds = Int32Array.from(REGISTERS.map((name) => UC_X86_REG[name]));
  readonly #registerPointers = new BigUint64Array(REGISTER_COUNT);
  readonly #idsPointer: Pointer;
  readonly #pointersPointer: Pointer;
  readonly #contexts = new Set<CpuContext>();
  readonly #observed: boolean;
  readonly #stopPages = new Set<Addr>();
  #stopFiller: Uint8Array | undefined; // the library holds on to it
  #lastUntil: Addr | undefined;
  #end: SignedAddress = 0;
  #handle: Pointer | undefined;
  #running = false;
  #invalid: { kind: number; address: SignedAddress; size: number } | undefined;
  #observerError: { error: unknown } | undefined;

  /**
   * @param memory its regions are mapped; the engine keeps it alive
   * @throws {LibraryError} when libunicorn cannot be loaded
   * @throws {EngineError} when the library refuses a region
   */
  constructor(
    memory: PagedMemory,
    observer?: EngineObserver,
    { trackWrites = false, accesses }: EngineOptions = {},
  ) {
    this.#memory = memory;
    this.#trackWrites = trackWrites;
    this.#observed = observer !== undefined;
    const handle = new BigUint64Array(1);
    this.#check(this.#uc.open(UC_ARCH_X86, UC_MODE_64, handle), 'open');
    this.#handle = Number(handle[0]!);
    const base = koffi.address(this.registers);
    for (let index = 0; index < REGISTER_COUNT; index += 1) {
      this.#registerPointers[index] = base + BigInt(index * 8);
    }
    this.#idsPointer = Number(koffi.address(this.#registerIds));
    this.#pointersPointer = Number(koffi.address(this.#registerPointers));
    try {
      // 2.1 masks addresses to 52 bits unless told to take them as virtual; 2.0 has no such control.
      if (this.#uc.tlbMode) {
        this.#check(
          this.#uc.ctl(this.#handle, UC_CTL_TLB_TYPE_VIRTUAL, 'int', UC_TLB_VIRTUAL),
          'set the TLB mode',
        );
      }
      this.#map();
      this.#watchInvalid();
      if (observer !== undefined) this.#observe(observer);
      if (accesses !== undefined) this.#watch(accesses);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #map(): void {
    let offset = 0;
    for (const { start, size, protection, name } of this.#memory.regions) {
      const tracked = this.#trackWrites && protection === 'read-write';
      // Tracked pages are regions of their own: 2.0 loses the host's memory when it splits a region.
      const part = tracked ? PAGE_SIZE : size;
      for (let done = 0; done < size; done += part) {
        const at = start + BigInt(done);
        const host = this.#memory.bytes.subarray(offset + done, offset + done + part);
        const prot = UC_PROT[tracked ? 'read' : protection];
        this.#check(this.#uc.mapPtr(this.#open(), at, part, prot, host), `map ${name} at ${hex(at)}`);
      }
      offset += size;
    }
  }

  // Let the guest write to the pages of a write that was refused, if the memory says that it may.
  #openPages(address: Addr, size: number): void {
    const { writableSize } = this.#memory;
    let opened = false;
    for (const at of [address, u64(address + BigInt(size - 1))]) {
      const offset = this.#memory.locate(at);
      if (offset < 0 || offset >= writableSize || this.#openedPages.has(offset >> 12)) continue;
      this.#check(
        this.#uc.protect(this.#open(), pageStart(at), PAGE_SIZE, UC_PROT['read-write']),
        `open ${hex(at)}`,
      );
      this.#openedPages.add(offset >> 12);
      this.#memory.markWritten(offset - (offset & (PAGE_SIZE - 1)), PAGE_SIZE);
      opened = true;
    }
    if (opened) throw new FirstWrite('first write to a page');
  }

  // The library does not say which address a run stopped at, so invalid data accesses are noted here. Invalid
  // fetches are not: RIP is the address, and stubs, which stop that way, must stay free of callbacks.
  #watchInvalid(): void {
    const callback = koffi.register(
      (_uc: bigint, kind: number, address: SignedAddress, size: number): boolean => {
        this.#invalid ??= { kind, address, size };
        return false;
      },
      koffi.pointer(this.#uc.invalidCallback),
    );
    this.#hook(UC_HOOK_DATA_INVALID, callback);
  }

  #observe(observer: EngineObserver): void {
    const { registers } = this;
    const { regReadBatch } = this.#uc;
    const handle = this.#idle();
    const ids = this.#idsPointer;
    const pointers = this.#pointersPointer;
    // An exception must not cross the library's C frames: it waits until the run has returned.
    const failed = (error: unknown): void => {
      this.#observerError ??= { error };
      this.#uc.stop(handle);
    };
    const instruction = (): void => {
      if (this.#observerError !== undefined) return;
      try {
        this.#check(regReadBatch(handle, ids, pointers, REGISTER_COUNT), 'read registers');
        observer.instruction(registers);
      } catch (error) {
        failed(error);
      }
    };
    const read = (_uc: number, _kind: number, address: SignedAddress, size: number): void => {
      if (this.#observerError !== undefined) return;
      try {
        observer.read(address, size);
      } catch (error) {
        failed(error);
      }
    };
    const write = (
      _uc: number,
      _kind: number,
      address: SignedAddress,
      size: number,
      value: SignedAddress,
    ): void => {
      if (this.#observerError !== undefined) return;
      try {
        observer.write(address, size, value);
      } catch (error) {
        failed(error);
      }
    };
    this.#hook(UC_HOOK_CODE, koffi.register(instruction, koffi.pointer(this.#uc.codeCallback)));
    this.#hook(UC_HOOK_MEM_READ, koffi.register(read, koffi.pointer(this.#uc.readCallback)));
    this.#hook(UC_HOOK_MEM_WRITE, koffi.register(write, koffi.pointer(this.#uc.writeCallback)));
  }

  #watch(accesses: AccessObserver): void {
    const { regRead } = this.#uc;
    const handle = this.#idle();
    const value = new BigUint64Array(1);
    const pc = (): Addr => {
      this.#check(regRead(handle, UC_X86_REG.rip, value), 'read RIP');
      return value[0]!;
    };
    const failed = (error: unknown): void => {
      this.#observerError ??= { error };
      this.#uc.stop(handle);
    };
    const read = (_uc: number, _kind: number, address: SignedAddress, size: number): void => {
      try {
        accesses.read(address, size, pc);
      } catch (error) {
        failed(error);
      }
    };
    const write = (
      _uc: number,
      _kind: number,
      address: SignedAddress,
      size: number,
      stored: SignedAddress,
    ): void => {
      try {
        accesses.write(address, size, stored, pc);
      } catch (error) {
        failed(error);
      }
    };
    const reads = koffi.register(read, koffi.pointer(this.#uc.readCallback));
    const writes = koffi.register(write, koffi.pointer(this.#uc.writeCallback));
    this.#callbacks.push(reads, writes);
    for (const { start, size } of accesses.ranges) {
      // An access that begins before a range and reaches into it must be seen; the widest is 64 bytes.
      const begin = u64(start - 63n);
      const end = u64(start + BigInt(size) - 1n);
      this.#addHook(UC_HOOK_MEM_READ, reads, begin, end);
      this.#addHook(UC_HOOK_MEM_WRITE, writes, begin, end);
    }
  }

  #hook(type: number, callback: Callback): void {
    this.#callbacks.push(callback);
    this.#addHook(type, callback, 1, 0); // begin > end: everywhere
  }

  #addHook(type: number, callback: Callback, begin: number | bigint, end: number | bigint): void {
    const hook = new BigUint64Array(1);
    this.#check(this.#uc.hookAdd(this.#open(), hook, type, callback, null, begin, end), 'add a hook');
  }

  #open(): Pointer {
    if (this.#handle === undefined) throw new EngineError('the engine is closed');
    return this.#handle;
  }

  // What an observer may not do: the library would translate code that is running, or worse.
  #idle(): Pointer {
    if (this.#running) throw new EngineError('the engine is running: an observer cannot use it');
    return this.#open();
  }

  #check(status: number, what: string): void {
    if (status === UC_ERR_OK) return;
    throw new EngineError(`libunicorn could not ${what}: ${this.#uc.strerror(status)}`, status);
  }

  /** Whether a run is going on: then the caller is an observer. */
  get running(): boolean {
    return this.#running;
  }

  /** Fill `registers` from the CPU. */
  readRegisters(): void {
    this.#check(
      this.#uc.regReadBatch(this.#idle(), this.#idsPointer, this.#pointersPointer, REGISTER_COUNT),
      'read registers',
    );
  }

  /** Set the CPU from `registers`. */
  writeRegisters(): void {
    this.#check(
      this.#uc.regWriteBatch(this.#idle(), this.#idsPointer, this.#pointersPointer, REGISTER_COUNT),
      'write registers',
    );
  }

  /** Set the base of a segment, as its MSR does. */
  setSegmentBase(segment: 'fs' | 'gs', base: Addr): void {
    this.#check(
      this.#uc.regWrite(this.#idle(), UC_X86_REG[`${segment}_base`], BigUint64Array.of(base)),
      'write a segment base',
    );
  }

  /** Keep the whole CPU, vector and system registers included, in one of the engine's contexts; memory is not in it. */
  saveContext(): CpuContext {
    const context = new BigUint64Array(1);
    this.#check(this.#uc.contextAlloc(this.#idle(), context), 'make a context');
    const saved = Number(context[0]!) as CpuContext;
    this.#contexts.add(saved);
    this.#check(this.#uc.contextSave(this.#open(), saved), 'save the CPU');
    return saved;
  }

  /** Put the CPU back as it was. @throws {EngineError} for a context that is not this engine's, or dropped */
  restoreContext(context: CpuContext): void {
    const handle = this.#idle();
    if (!this.#contexts.has(context)) throw new EngineError('no context of this engine');
    this.#check(this.#uc.contextRestore(handle, context), 'restore the CPU');
  }

  /** Free a context; `close` frees those that are left. */
  dropContext(context: CpuContext): void {
    if (this.#running) this.#idle();
    if (this.#contexts.delete(context)) this.#uc.contextFree(context);
  }

  /**
   * Say that the guest will often stop at `address`, where nothing is mapped. That makes the stop cost a quarter and
   * changes nothing else: the library holds a page of an invalid instruction there, and what the guest does with it
   * is a fault all the same.
   */
  expectStop(address: Addr): void {
    const handle = this.#idle();
    const page = pageStart(address);
    const known = this.#stopPages.has(page) || this.#stopPages.size >= MAX_STOP_PAGES;
    // An observer would be told of an instruction there; one that began on the page before would not fault.
    if (known || this.#observed || !isCanonical(address)) return;
    if (this.#memory.isMapped(page, 1) || this.#memory.isMapped(u64(page - 1n), 1)) return;
    const filler = (this.#stopFiller ??= new Uint8Array(PAGE_SIZE).fill(INVALID_INSTRUCTION));
    this.#check(this.#uc.mapPtr(handle, page, PAGE_SIZE, UC_PROT_EXEC, filler), `map ${hex(page)}`);
    this.#stopPages.add(page);
    this.#lastUntil = undefined;
  }

  /** Forget translated code: after the host changed bytes that have run. */
  flushTranslations(): void {
    this.#check(this.#uc.ctl(this.#idle(), UC_CTL_TB_FLUSH), 'flush translations');
  }

  /**
   * Run from `pc` until `until` is reached (not executed), a trap, a fault, or `budget` instructions.
   * Afterwards `registers` holds the CPU's state.
   *
   * @param budget at most this many instructions, 1 or more
   * @throws whatever the observer threw, after the run has ended
   * @throws {FirstWrite} when writes are tracked
   */
  run(pc: Addr, until: Addr, budget: number): Stop {
    const handle = this.#idle();
    if (!Number.isSafeInteger(budget) || budget < 1) throw new EngineError(`budget ${budget}: not 1 or more`);
    if (pc === until) return { reason: 'until', pc };
    this.#invalid = undefined;
    this.#running = true;
    this.starts += 1;
    if (until !== this.#lastUntil) this.#chooseEnd(until);
    let status: number;
    try {
      // timeout 0: a timeout starts a thread per run. A count on every run keeps RIP exact at faults.
      status = this.#uc.start(handle, fromAddress(pc), this.#end, 0, budget);
    } finally {
      this.#running = false;
    }
    if (this.#observerError !== undefined) {
      const { error } = this.#observerError;
      this.#observerError = undefined;
      throw error;
    }
    // Until it is filled anew, the register file is what the observer saw before the last instruction.
    const last = this.#observed && status === UC_ERR_OK ? this.registers[REGISTER_INDEX.rip]! : undefined;
    this.readRegisters();
    const at = this.registers[REGISTER_INDEX.rip]!;
    if (this.#stopPages.size > 0) {
      const stopped = status === UC_ERR_INSN_INVALID || status === UC_ERR_OK;
      if (stopped && this.#stopPages.has(pageStart(at))) return this.#stopOf(UC_ERR_FETCH_UNMAPPED, until);
      if (at === NEVER && this.#end === NEVER_REACHED) return this.#stopOf(UC_ERR_FETCH_UNMAPPED, until);
    }
    return this.#stopOf(status, until, last);
  }

  // Where the library must end a run: reaching an end costs more than trapping at it.
  #chooseEnd(until: Addr): void {
    this.#lastUntil = until;
    this.#end = this.#stopPages.has(pageStart(until)) ? NEVER_REACHED : fromAddress(until);
  }

  #stopOf(status: number, until: Addr, last?: Addr): Stop {
    const pc = this.registers[REGISTER_INDEX.rip]!;
    switch (status) {
      case UC_ERR_OK:
        if (pc === until) return { reason: 'until', pc };
        return { reason: this.#isHalt(pc, last) ? 'halted' : 'budget', pc };
      case UC_ERR_INSN_INVALID:
        return { reason: 'invalid-opcode', pc };
      case UC_ERR_EXCEPTION:
        return { reason: 'exception', pc };
      case UC_ERR_READ_UNMAPPED:
      case UC_ERR_READ_PROT:
      case UC_ERR_WRITE_UNMAPPED:
      case UC_ERR_WRITE_PROT:
        return this.#dataFault(pc);
      case UC_ERR_FETCH_UNMAPPED:
      case UC_ERR_FETCH_PROT: {
        if (pc === until) return { reason: 'until', pc };
        const cause =
          status === UC_ERR_FETCH_PROT ? 'protection' : isCanonical(pc) ? 'unmapped' : 'not canonical';
        return { reason: 'fault', pc, access: 'fetch', address: pc, size: 1, cause };
      }
      default:
        throw new EngineError(`the run ended with: ${this.#uc.strerror(status)}`, status);
    }
  }

  // Whether a run that ended before `pc` ended on a hlt; `last`, where it is known, is the last instruction.
  #isHalt(pc: Addr, last: Addr | undefined): boolean {
    if (this.#byteAt(u64(pc - 1n)) !== HLT) return false;
    if (last === undefined) return true;
    const prefixes = Number(BigInt.asIntN(64, pc - 1n - last));
    if (prefixes < 0 || prefixes >= MAX_INSTRUCTION) return false;
    for (let index = 0; index < prefixes; index += 1) {
      if (!isPrefix(this.#byteAt(last + BigInt(index)))) return false;
    }
    return true;
  }

  #byteAt(address: Addr): number {
    return this.#memory.isMapped(address, 1) ? this.#memory.readU8(address) : 0;
  }

  #dataFault(pc: Addr): Stop {
    if (this.#invalid === undefined)
      throw new EngineError('the library reported a fault without its address');
    const { kind, size } = this.#invalid;
    const address = toAddress(this.#invalid.address);
    const access = kind === UC_MEM_WRITE_UNMAPPED || kind === UC_MEM_WRITE_PROT ? 'write' : 'read';
    if (this.#trackWrites && kind === UC_MEM_WRITE_PROT) this.#openPages(address, size);
    const cause = !isCanonical(address)
      ? 'not canonical'
      : this.#memory.isMapped(address, 1)
        ? 'protection'
        : 'unmapped';
    return { reason: 'fault', pc, access, address, size, cause };
  }

  /** Free the CPU. A second close does nothing. */
  close(): void {
    if (this.#running) throw new EngineError('the engine is running');
    for (const context of this.#contexts) this.dropContext(context);
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle !== undefined) this.#uc.close(handle);
    for (const callback of this.#callbacks.splice(0)) koffi.unregister(callback);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
