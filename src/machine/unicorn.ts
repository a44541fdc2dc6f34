// Unicorn 2.0 and 2.1 as an engine.
// Over 300 lines because the stops and the calls of the library that lead to them share one state.

import { type Addr, PAGE_SIZE, hex, isCanonical, pageStart, u64 } from '../base/address.js';
import { EngineError } from '../base/errors.js';
import { MAX_INSTRUCTION, fetchCode } from '../x86/fetch.js';
import type { PagedMemory } from '../kernel/memory.js';
import { NO_INSTRUCTION, isPrefix } from '../x86/encoding.js';
import { changesMemory } from '../x86/read-modify-write.js';
import { straightLine } from '../x86/straight-line.js';
import { REGISTERS, REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';
import {
  type AccessObserver,
  type CpuContext,
  type Engine,
  type EngineObserver,
  type EngineOptions,
  type GuestRange,
  StartOver,
  type Stop,
  type StopReason,
  VECTOR_REGISTERS,
  VECTOR_SIZE,
} from './engine.js';
import { refuseSmallAddressSpace } from './address-space.js';
import { type CodeEnds, findCodeEnds } from './code-ends.js';
import { HookBounds, NOWHERE } from './hook-bounds.js';
import { endsProcess } from './unicorn-limits.js';
import * as UC from './unicorn-bindings.js';
import { type Callback, type Pointer, type Signed, bind } from './unicorn-bindings.js';

// Canonical addresses fit in a number when they are signed; koffi takes that faster than a bigint.
const fromAddress = (address: Addr): Signed => {
  const signed = BigInt.asIntN(64, address);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
};

// The halves of a 64-bit value, without making a bigint where koffi gave a number.
const lowOf = (value: Signed): number =>
  typeof value === 'number' ? value >>> 0 : Number(BigInt.asUintN(32, value));
const highOf = (value: Signed): number =>
  typeof value === 'number'
    ? Math.floor(value / 0x1_0000_0000) >>> 0
    : Number(BigInt.asUintN(32, value >> 32n));

const HLT = 0xf4;
const MAX_STOP_PAGES = 64;
const MAX_ENTRIES = 10_000;
// Bytes of a block: the library ends one with the instruction that reaches 32 bytes less than a page, whatever page that
// is on.
const MAX_BLOCK = PAGE_SIZE - 32 + MAX_INSTRUCTION;
const SPARE_HOOKS = 10; // for what is left around ranges that are skipped
// The end address of a run that must end by a stop: no guest has anything there.
const NEVER: Addr = 0x8000_0000_0000_0000n;
const NEVER_REACHED = fromAddress(NEVER);

// What was found about code that is about to run.
interface Ahead {
  readonly changed: boolean; // it must be translated anew
  readonly next: Addr | undefined; // where it goes on without going elsewhere
}

/** One CPU of libunicorn. Without an observer no callback runs on the guest's ordinary path. */
export class Unicorn implements Engine {
  readonly registers: BigUint64Array = new BigUint64Array(REGISTER_COUNT);
  readonly vectors: Uint8Array = new Uint8Array(VECTOR_REGISTERS.length * VECTOR_SIZE);
  starts = 0;
  readonly #uc = bind();
  readonly #memory: PagedMemory;
  readonly #trackWrites: boolean;
  readonly #openedPages = new Set<number>(); // page indices in the memory's bytes, while writes are tracked
  readonly #callbacks: Callback[] = [];
  readonly #registerIds = Int32Array.from(REGISTERS.map((name) => UC.X86_REG[name]));
  readonly #registerPointers = new BigUint64Array(REGISTER_COUNT);
  readonly #idsPointer: Pointer;
  readonly #pointersPointer: Pointer;
  readonly #vectorIds = Int32Array.from(UC.VECTOR_REG);
  readonly #vectorPointers = new BigUint64Array(UC.VECTOR_REG.length);
  readonly #vectorIdsPointer: Pointer;
  readonly #vectorPointersPointer: Pointer;
  readonly #bounds = new Map<'read' | 'write', HookBounds>();
  readonly #contexts = new Map<CpuContext, Pointer>();
  readonly #observer: EngineObserver | undefined;
  readonly #stopPages = new Set<Addr>();
  #stopFiller: Uint8Array | undefined; // the library holds on to it
  #lastUntil: Addr | undefined;
  #end: Signed = 0;
  #handle: Pointer | undefined;
  #running = false;
  #invalid: { kind: number; address: Signed; size: number } | undefined;
  // Where a run ends before an instruction.
  readonly #stops = new Map<Addr, StopReason>();
  // Those that the library knows of: it translates nothing there. Each costs a translation in every run where a block
  // contains the byte before it, so what may run again learns of the others when code that leads to them is translated.
  readonly #exits = new Set<Addr>();
  readonly #findsStops: boolean;
  readonly #codeEnds: CodeEnds;
  readonly #comesTo: EngineOptions['comesTo'];
  readonly #entries = new Set<Addr>(); // whose code was looked at
  #exitsChanged = false;
  readonly #toForget = new Set<Addr>(); // where a translation may be of other places to stop at
  // The CPU as it was at first; what an exception leaves in the library is undone with it.
  #pristine: Pointer = 0;
  #afterException = false;
  readonly #segmentBases = new Map<'fs' | 'gs', Addr>();
  #observerError: { error: unknown } | undefined;

  /**
   * @param memory its regions are mapped; the engine keeps it alive
   * @throws {LibraryError} when libunicorn cannot be loaded
   * @throws {MemoryError} when there is no room for it
   * @throws {EngineError} when the library refuses a region
   */
  constructor(
    memory: PagedMemory,
    observer?: EngineObserver,
    { trackWrites = false, accesses, comesTo }: EngineOptions = {},
  ) {
    this.#memory = memory;
    this.#trackWrites = trackWrites;
    this.#observer = observer;
    this.#findsStops = trackWrites && observer === undefined;
    this.#comesTo = comesTo;
    this.#codeEnds = findCodeEnds(memory);
    for (const address of this.#codeEnds.faults.keys()) this.#addExit(address);
    refuseSmallAddressSpace();
    const handle = new BigUint64Array(1);
    this.#check(this.#uc.open(UC.ARCH_X86, UC.MODE_64, handle), 'open');
    this.#handle = Number(handle[0]!);
    const base = this.#uc.koffi.address(this.registers);
    for (let index = 0; index < REGISTER_COUNT; index += 1) {
      this.#registerPointers[index] = base + BigInt(index * 8);
    }
    const vectorBase = this.#uc.koffi.address(this.vectors);
    for (let index = 0; index < this.#vectorPointers.length; index += 1)
      this.#vectorPointers[index] = vectorBase + BigInt(index * VECTOR_SIZE);
    this.#vectorIdsPointer = Number(this.#uc.koffi.address(this.#vectorIds));
    this.#vectorPointersPointer = Number(this.#uc.koffi.address(this.#vectorPointers));
    this.#idsPointer = Number(this.#uc.koffi.address(this.#registerIds));
    this.#pointersPointer = Number(this.#uc.koffi.address(this.#registerPointers));
    try {
      // 2.1 masks addresses to 52 bits unless it is set to take them as virtual; 2.0 has no such control.
      if (this.#uc.tlbMode) {
        this.#check(
          this.#uc.ctl(this.#handle, UC.CTL_TLB_TYPE_VIRTUAL, 'int', UC.TLB_VIRTUAL),
          'set the TLB mode',
        );
      }
      this.#map();
      this.#pristine = this.#newContext();
      this.#watchInvalid();
      if (observer !== undefined) this.#observe(observer);
      if (accesses !== undefined) this.#watch(accesses);
      if (this.#findsStops) this.#watchTranslations();
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
        const prot = UC.PROT[tracked ? 'read' : protection];
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
        this.#uc.protect(this.#open(), pageStart(at), PAGE_SIZE, UC.PROT['read-write']),
        `open ${hex(at)}`,
      );
      this.#openedPages.add(offset >> 12);
      this.#memory.markWritten(offset - (offset & (PAGE_SIZE - 1)), PAGE_SIZE);
      opened = true;
    }
    if (opened) throw new StartOver('first write to a page');
  }

  // The library does not say which address a run stopped at, so invalid data accesses are noted here. Invalid
  // fetches are not: RIP is the address, and stubs, which stop that way, must stay free of callbacks.
  #watchInvalid(): void {
    const callback = this.#uc.koffi.register(
      (_uc: bigint, kind: number, address: Signed, size: number): boolean => {
        this.#invalid ??= { kind, address, size };
        return false;
      },
      this.#uc.koffi.pointer(this.#uc.invalidCallback),
    );
    this.#hook(UC.HOOK_DATA_INVALID, callback);
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
    const read = (_uc: number, _kind: number, address: Signed, size: number): void => {
      if (this.#observerError !== undefined) return;
      try {
        observer.read(lowOf(address), highOf(address), size);
      } catch (error) {
        failed(error);
      }
    };
    const write = (_uc: number, _kind: number, address: Signed, size: number, value: Signed): void => {
      if (this.#observerError !== undefined) return;
      try {
        observer.write(lowOf(address), highOf(address), size, lowOf(value), highOf(value));
      } catch (error) {
        failed(error);
      }
    };
    this.#hook(
      UC.HOOK_CODE,
      this.#uc.koffi.register(instruction, this.#uc.koffi.pointer(this.#uc.codeCallback)),
    );
    this.#hook(
      UC.HOOK_MEM_READ,
      this.#uc.koffi.register(read, this.#uc.koffi.pointer(this.#uc.readCallback)),
    );
    this.#hook(
      UC.HOOK_MEM_WRITE,
      this.#uc.koffi.register(write, this.#uc.koffi.pointer(this.#uc.writeCallback)),
    );
  }

  #watch(accesses: AccessObserver): void {
    const { regRead } = this.#uc;
    const handle = this.#idle();
    const value = new BigUint64Array(1);
    const pc = (): Addr => {
      this.#check(regRead(handle, UC.X86_REG.rip, value), 'read RIP');
      return value[0]!;
    };
    const failed = (error: unknown): void => {
      this.#observerError ??= { error };
      this.#uc.stop(handle);
    };
    const read = (_uc: number, _kind: number, address: Signed, size: number): void => {
      try {
        accesses.read(lowOf(address), highOf(address), size, pc);
      } catch (error) {
        failed(error);
      }
    };
    const write = (_uc: number, _kind: number, address: Signed, size: number, stored: Signed): void => {
      try {
        accesses.write(lowOf(address), highOf(address), size, lowOf(stored), highOf(stored), pc);
      } catch (error) {
        failed(error);
      }
    };
    const reads = this.#uc.koffi.register(read, this.#uc.koffi.pointer(this.#uc.readCallback));
    const writes = this.#uc.koffi.register(write, this.#uc.koffi.pointer(this.#uc.writeCallback));
    this.#callbacks.push(reads, writes);
    const pieces = accesses.ranges.map(({ start, size }) => ({
      // An access that begins before a range and reaches into it must be seen; the widest is 64 bytes.
      begin: u64(start - 63n),
      end: u64(start + BigInt(size) - 1n),
    }));
    for (const [access, type, callback] of [
      ['read', UC.HOOK_MEM_READ, reads],
      ['write', UC.HOOK_MEM_WRITE, writes],
    ] as const) {
      const hooks = [...pieces, ...Array.from({ length: SPARE_HOOKS }, () => NOWHERE)].map(({ begin, end }) =>
        this.#addHook(type, callback, begin, end),
      );
      this.#bounds.set(access, new HookBounds(this.#uc.koffi, pieces, hooks));
    }
  }

  skip(access: 'read' | 'write', ranges: readonly GuestRange[]): void {
    this.#idle();
    this.#bounds.get(access)?.skip(ranges);
  }

  #hook(type: number, callback: Callback): void {
    this.#callbacks.push(callback);
    this.#addHook(type, callback, 1, 0); // begin > end: everywhere
  }

  #addHook(type: number, callback: Callback, begin: number | bigint, end: number | bigint): bigint {
    const hook = new BigUint64Array(1);
    this.#check(this.#uc.hookAdd(this.#open(), hook, type, callback, null, begin, end), 'add a hook');
    return hook[0]!;
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
    if (status === UC.ERR_OK) return;
    throw new EngineError(`libunicorn could not ${what}: ${this.#uc.strerror(status)}`, status);
  }

  get running(): boolean {
    return this.#running;
  }

  readRegisters(): void {
    this.#check(
      this.#uc.regReadBatch(this.#idle(), this.#idsPointer, this.#pointersPointer, REGISTER_COUNT),
      'read registers',
    );
  }

  writeRegisters(): void {
    this.#check(
      this.#uc.regWriteBatch(this.#idle(), this.#idsPointer, this.#pointersPointer, REGISTER_COUNT),
      'write registers',
    );
  }

  readVectors(): void {
    const { length } = this.#vectorIds;
    this.#check(
      this.#uc.regReadBatch(this.#idle(), this.#vectorIdsPointer, this.#vectorPointersPointer, length),
      'read vector registers',
    );
  }

  writeVectors(): void {
    const { length } = this.#vectorIds;
    this.#check(
      this.#uc.regWriteBatch(this.#idle(), this.#vectorIdsPointer, this.#vectorPointersPointer, length),
      'write vector registers',
    );
  }

  setSegmentBase(segment: 'fs' | 'gs', base: Addr): void {
    this.#segmentBases.set(segment, base);
    this.#check(
      this.#uc.regWrite(this.#idle(), UC.X86_REG[`${segment}_base`], BigUint64Array.of(base)),
      'write a segment base',
    );
  }

  saveContext(): CpuContext {
    this.#idle();
    this.#forgetException();
    const saved = {} as CpuContext;
    this.#contexts.set(saved, this.#newContext());
    return saved;
  }

  #newContext(): Pointer {
    const context = new BigUint64Array(1);
    this.#check(this.#uc.contextAlloc(this.#open(), context), 'make a context');
    const pointer = Number(context[0]!);
    this.#check(this.#uc.contextSave(this.#open(), pointer), 'save the CPU');
    return pointer;
  }

  // The library goes on as if an exception that ended a run were being delivered: the next one is a double fault, and
  // the third one shuts the CPU down, which looks like a used-up budget. Vector registers start anew, too.
  #forgetException(): void {
    if (!this.#afterException) return;
    this.#afterException = false;
    this.readRegisters();
    this.#check(this.#uc.contextRestore(this.#open(), this.#pristine), 'restore the CPU');
    this.writeRegisters();
    for (const [segment, base] of this.#segmentBases) this.setSegmentBase(segment, base);
  }

  restoreContext(context: CpuContext): void {
    const handle = this.#idle();
    const pointer = this.#contexts.get(context);
    if (pointer === undefined) throw new EngineError('not a context of this engine');
    this.#check(this.#uc.contextRestore(handle, pointer), 'restore the CPU');
    this.#afterException = false;
  }

  dropContext(context: CpuContext): void {
    if (this.#running) this.#idle();
    const pointer = this.#contexts.get(context);
    if (pointer === undefined) return;
    this.#contexts.delete(context);
    this.#uc.contextFree(pointer);
  }

  // That makes the stop cost a quarter: the library gets a page of invalid instructions there, and whatever the guest
  // does with it is reported as a fault all the same.
  expectStop(address: Addr): void {
    const handle = this.#idle();
    const page = pageStart(address);
    const known = this.#stopPages.has(page) || this.#stopPages.size >= MAX_STOP_PAGES;
    // An observer would see an instruction there; one that began on the page before would not fault.
    if (known || this.#observer !== undefined || !isCanonical(address)) return;
    if (this.#memory.isMapped(page, 1) || this.#memory.isMapped(u64(page - 1n), 1)) return;
    const filler = (this.#stopFiller ??= new Uint8Array(PAGE_SIZE).fill(NO_INSTRUCTION));
    this.#check(this.#uc.mapPtr(handle, page, PAGE_SIZE, UC.PROT_EXEC, filler), `map ${hex(page)}`);
    this.#stopPages.add(page);
    this.#lastUntil = undefined;
  }

  stopBefore(address: Addr, reason: StopReason = 'exception'): void {
    this.#idle();
    this.#stops.set(address, reason);
    if (!this.#findsStops || this.#codeEnds.isNear(address) || endsProcess(fetchCode(this.#memory, address)))
      this.#addExit(address); // before the library translates anything there: it would end the process, or fault
  }

  #addExit(address: Addr): void {
    this.#exits.add(address);
    this.#toForget.add(address);
    this.#exitsChanged = true;
  }

  // Each block of code when it is translated, before it runs for the first time.
  #watchTranslations(): void {
    const { regRead } = this.#uc;
    const handle = this.#open();
    const value = new BigUint64Array(1);
    const translated = (): void => {
      if (!this.#looksAhead || this.#observerError !== undefined) return;
      try {
        this.#check(regRead(handle, UC.X86_REG.rip, value), 'read RIP');
        if (this.#lookAhead(value[0]!).changed) throw new StartOver('code that is other than it seemed');
      } catch (error) {
        this.#observerError = { error };
        this.#uc.stop(handle);
      }
    };
    this.#hook(
      UC.HOOK_EDGE_GENERATED,
      this.#uc.koffi.register(translated, this.#uc.koffi.pointer(this.#uc.codeCallback)),
    );
  }

  get #looksAhead(): boolean {
    return this.#stops.size > 0 || this.#comesTo !== undefined;
  }

  // Look at the code at `pc`, one block of it: the stops that it leads to become exits.
  #lookAhead(pc: Addr): Ahead {
    const { offsets, end, goesOn } = straightLine(this.#blockAt(pc));
    const at = (offset: number): Addr => u64(pc + BigInt(offset));
    const boundaries = [...offsets, end].map(at);
    const before = this.#exits.size;
    for (const address of boundaries.slice(0, -1))
      if (this.#stops.has(address) && !this.#exits.has(address)) this.#addExit(address);
    const others = this.#comesTo?.(boundaries) ?? [];
    for (const address of others) this.#toForget.add(address);
    return {
      changed: others.length > 0 || this.#exits.size > before,
      next: goesOn === undefined || goesOn === 0 ? undefined : at(goesOn),
    };
  }

  // As much of the code at `pc` as the library can take for one block.
  #blockAt(pc: Addr): Uint8Array {
    let size = MAX_BLOCK;
    if (!this.#memory.isMapped(pc, size)) size = PAGE_SIZE - Number(pc - pageStart(pc)); // pages are mapped as a whole
    return this.#memory.isMapped(pc, size) ? this.#memory.read(pc, size) : new Uint8Array(0);
  }

  // With places to stop at, the library takes the end of a run as one of them.
  #announceExits(): void {
    this.#exitsChanged = false;
    const handle = this.#open();
    const ends = BigUint64Array.from([...this.#exits, BigInt(this.#end)]);
    this.#check(this.#uc.ctl(handle, UC.CTL_USE_EXITS, 'int', 1), 'stop at more places than one');
    this.#check(
      this.#uc.ctl(handle, UC.CTL_EXITS, 'void *', ends, 'size_t', ends.length),
      'set where it stops',
    );
  }

  // Code that has run may have been translated without the new places, or with an end that is none any more. Before
  // the first run there is none, and a flush is not cheap: the library clears all of its 1 GiB.
  #forgetOldEnds(): void {
    if (this.starts > 0) for (const address of this.#toForget) this.#forget(address);
    this.#toForget.clear();
  }

  flushTranslations(): void {
    this.#entries.clear();
    this.#check(this.#uc.ctl(this.#idle(), UC.CTL_TB_FLUSH), 'flush translations');
  }

  forgetTranslation(address: Addr): void {
    this.#idle();
    this.#entries.clear(); // other bytes may be there now
    this.#forget(address);
  }

  #forget(address: Addr): void {
    this.#check(
      this.#uc.ctl(this.#open(), UC.CTL_TB_REMOVE_CACHE, 'uint64_t', address, 'uint64_t', u64(address + 1n)),
      'forget a translation',
    );
  }

  run(pc: Addr, until: Addr, budget: number): Stop {
    const handle = this.#idle();
    if (!Number.isSafeInteger(budget) || budget < 1) throw new EngineError(`budget ${budget}: not 1 or more`);
    if (pc === until) return { reason: 'until', pc };
    this.#forgetException();
    this.#invalid = undefined;
    if (until !== this.#lastUntil) this.#chooseEnd(until);
    if (this.#findsStops && !this.#entries.has(pc)) this.#enter(pc);
    if (this.#exitsChanged) this.#announceExits();
    if (this.#toForget.size > 0) this.#forgetOldEnds();
    this.#running = true;
    this.starts += 1;
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
    const last =
      this.#observer !== undefined && status === UC.ERR_OK ? this.registers[REGISTER_INDEX.rip]! : undefined;
    this.readRegisters();
    const at = this.registers[REGISTER_INDEX.rip]!;
    if (status === UC.ERR_OK && at !== until) {
      const stop = this.#stops.get(at);
      if (stop !== undefined) {
        this.#observer?.instruction(this.registers);
        return { reason: stop, pc: at };
      }
      const fault = this.#codeEnds.faults.get(at);
      if (fault !== undefined) return { ...fault, pc: at };
    }
    if (this.#stopPages.size > 0) {
      const stopped = status === UC.ERR_INSN_INVALID || status === UC.ERR_OK;
      if (stopped && this.#stopPages.has(pageStart(at))) return this.#stopOf(UC.ERR_FETCH_UNMAPPED, until);
      if (at === NEVER && this.#end === NEVER_REACHED) return this.#stopOf(UC.ERR_FETCH_UNMAPPED, until);
    }
    return this.#stopOf(status, until, last);
  }

  // What an engine runs first is translated without a word, up to the end of the first block that does not leave the
  // library's loop, as pause does.
  #enter(pc: Addr): void {
    if (this.#entries.size >= MAX_ENTRIES) this.#entries.clear();
    this.#entries.add(pc);
    if (!this.#looksAhead) return;
    for (let at: Addr | undefined = pc; at !== undefined;) {
      const ahead: Ahead = this.#lookAhead(at);
      if (!ahead.changed) at = ahead.next;
    }
  }

  // Where the library must end a run: reaching an end costs more than trapping at it.
  #chooseEnd(until: Addr): void {
    this.#lastUntil = until;
    const before = this.#end;
    this.#end = this.#stopPages.has(pageStart(until)) ? NEVER_REACHED : fromAddress(until);
    if (this.#end === before) return;
    for (const end of [before, this.#end]) if (end !== NEVER_REACHED) this.#toForget.add(u64(BigInt(end)));
    if (this.#exits.size > 0) this.#exitsChanged = true;
  }

  #stopOf(status: number, until: Addr, last?: Addr): Stop {
    const pc = this.registers[REGISTER_INDEX.rip]!;
    switch (status) {
      case UC.ERR_OK:
        if (pc === until) return { reason: 'until', pc };
        return { reason: this.#isHalt(pc, last) ? 'halted' : 'budget', pc };
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
    const address = u64(BigInt(this.#invalid.address));
    // The library reads first; a CPU asks for what it will change to write at once.
    const isWrite =
      kind === UC.MEM_WRITE_UNMAPPED ||
      kind === UC.MEM_WRITE_PROT ||
      changesMemory(fetchCode(this.#memory, pc));
    const access = isWrite ? 'write' : 'read';
    if (this.#trackWrites && kind === UC.MEM_WRITE_PROT) this.#openPages(address, size);
    const cause = !isCanonical(address)
      ? 'not canonical'
      : this.#memory.isMapped(address, 1)
        ? 'protection'
        : 'unmapped';
    return { reason: 'fault', pc, access, address, size, cause };
  }

  close(): void {
    if (this.#running) throw new EngineError('the engine is running');
    for (const context of this.#contexts.keys()) this.dropContext(context);
    if (this.#pristine !== 0) this.#uc.contextFree(this.#pristine);
    this.#pristine = 0;
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle !== undefined) this.#uc.close(handle);
    for (const callback of this.#callbacks.splice(0)) this.#uc.koffi.unregister(callback);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
