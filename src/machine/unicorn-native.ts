// A CPU of libunicorn, called through koffi. It runs on the memory's own bytes.

import { type Addr, PAGE_SIZE, hex, pageStart, u64 } from '../base/address.js';
import { EngineError } from '../base/errors.js';
import type { PagedMemory } from '../kernel/memory.js';
import { REGISTERS, REGISTER_COUNT } from '../x86/registers.js';
import { refuseSmallAddressSpace } from './address-space.js';
import { type GuestRange, VECTOR_REGISTERS, VECTOR_SIZE } from './engine.js';
import { HookBounds, NOWHERE } from './hook-bounds.js';
import {
  type Callback,
  type Pointer,
  type RegisterBatch,
  type RegisterTransfer,
  type Signed,
  bind,
  fromAddress,
  highOf,
  lowOf,
  makeRegisterBatch,
} from './unicorn-bindings.js';
import * as UC from './unicorn-constants.js';
import type { AccessHandlers, InvalidAccess, OpenCpu, SavedState, UnicornCpu } from './unicorn-cpu.js';

const SPARE_HOOKS = 10; // for what is left around ranges that are skipped

class NativeCpu implements UnicornCpu {
  readonly registers = new BigUint64Array(REGISTER_COUNT);
  readonly vectors = new Uint8Array(VECTOR_REGISTERS.length * VECTOR_SIZE);
  readonly #uc = bind();
  readonly #memory: PagedMemory;
  readonly #trackWrites: boolean;
  readonly #openedPages = new Set<number>(); // page indices in the memory's bytes, while writes are tracked
  readonly #callbacks: Callback[] = [];
  readonly #batch: RegisterBatch;
  readonly #vectorBatch: RegisterBatch;
  readonly #value = new BigUint64Array(1);
  readonly #bounds = new Map<'read' | 'write', HookBounds>();
  readonly #mapped: Uint8Array[] = []; // the library holds on to them
  #handle: Pointer;
  #end: Addr = 0n;
  #endAsSigned: Signed = 0;

  constructor(memory: PagedMemory, trackWrites: boolean) {
    this.#memory = memory;
    this.#trackWrites = trackWrites;
    refuseSmallAddressSpace();
    const { koffi } = this.#uc;
    const ids = REGISTERS.map((name) => UC.X86_REG[name]);
    this.#batch = makeRegisterBatch(koffi, ids, this.registers, 8);
    this.#vectorBatch = makeRegisterBatch(koffi, UC.VECTOR_REG, this.vectors, VECTOR_SIZE);
    const handle = new BigUint64Array(1);
    this.#check(this.#uc.open(UC.ARCH_X86, UC.MODE_64, handle), 'open');
    this.#handle = Number(handle[0]!);
    try {
      // 2.1 masks addresses to 52 bits unless it is set to take them as virtual; 2.0 has no such control.
      if (this.#uc.tlbMode) {
        this.#check(
          this.#uc.ctl(this.#handle, UC.CTL_TLB_TYPE_VIRTUAL, 'int', UC.TLB_VIRTUAL),
          'set the TLB mode',
        );
      }
      this.#map();
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
        this.#check(this.#uc.mapPtr(this.#handle, at, part, prot, host), `map ${name} at ${hex(at)}`);
      }
      offset += size;
    }
  }

  mapCode(page: Addr, bytes: Uint8Array): void {
    this.#mapped.push(bytes);
    this.#check(this.#uc.mapPtr(this.#handle, page, bytes.length, UC.PROT_EXEC, bytes), `map ${hex(page)}`);
  }

  open(address: Addr, size: number): boolean {
    if (!this.#trackWrites) return false;
    const { writableSize } = this.#memory;
    let opened = false;
    for (const at of [address, u64(address + BigInt(size - 1))]) {
      const offset = this.#memory.locate(at);
      if (offset < 0 || offset >= writableSize || this.#openedPages.has(offset >> 12)) continue;
      this.#check(
        this.#uc.protect(this.#handle, pageStart(at), PAGE_SIZE, UC.PROT['read-write']),
        `open ${hex(at)}`,
      );
      this.#openedPages.add(offset >> 12);
      this.#memory.markWritten(offset - (offset & (PAGE_SIZE - 1)), PAGE_SIZE);
      opened = true;
    }
    return opened;
  }

  // The library does not say which address a run stopped at, so invalid data accesses are noted here. Invalid
  // fetches are not: RIP is the address, and stubs, which stop that way, must stay free of callbacks.
  onInvalid(note: (access: InvalidAccess) => void): void {
    const callback = this.#uc.koffi.register(
      (_uc: bigint, kind: number, address: Signed, size: number): boolean => {
        note({ kind, address: u64(BigInt(address)), size });
        return false;
      },
      this.#uc.koffi.pointer(this.#uc.invalidCallback),
    );
    this.#hook(UC.HOOK_DATA_INVALID, callback);
  }

  onInstruction(handler: () => void): void {
    this.#hook(UC.HOOK_CODE, this.#uc.koffi.register(handler, this.#uc.koffi.pointer(this.#uc.codeCallback)));
  }

  onNewBlock(handler: () => void): void {
    this.#hook(
      UC.HOOK_EDGE_GENERATED,
      this.#uc.koffi.register(handler, this.#uc.koffi.pointer(this.#uc.codeCallback)),
    );
  }

  #accessCallbacks({ read, write }: AccessHandlers): { readonly reads: Callback; readonly writes: Callback } {
    const { koffi, readCallback, writeCallback } = this.#uc;
    const onRead = (_uc: number, _kind: number, address: Signed, size: number): void =>
      read(lowOf(address), highOf(address), size);
    const onWrite = (_uc: number, _kind: number, address: Signed, size: number, value: Signed): void =>
      write(lowOf(address), highOf(address), size, lowOf(value), highOf(value));
    return {
      reads: koffi.register(onRead, koffi.pointer(readCallback)),
      writes: koffi.register(onWrite, koffi.pointer(writeCallback)),
    };
  }

  onAccess(handlers: AccessHandlers): void {
    const { reads, writes } = this.#accessCallbacks(handlers);
    this.#hook(UC.HOOK_MEM_READ, reads);
    this.#hook(UC.HOOK_MEM_WRITE, writes);
  }

  onAccessIn(ranges: readonly GuestRange[], handlers: AccessHandlers): void {
    const { reads, writes } = this.#accessCallbacks(handlers);
    this.#callbacks.push(reads, writes);
    const pieces = ranges.map(({ start, size }) => ({
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
    this.#bounds.get(access)?.skip(ranges);
  }

  #hook(type: number, callback: Callback): void {
    this.#callbacks.push(callback);
    this.#addHook(type, callback, 1, 0); // begin > end: everywhere
  }

  #addHook(type: number, callback: Callback, begin: number | bigint, end: number | bigint): bigint {
    const hook = new BigUint64Array(1);
    this.#check(this.#uc.hookAdd(this.#handle, hook, type, callback, null, begin, end), 'add a hook');
    return hook[0]!;
  }

  #check(status: number, what: string): void {
    if (status === UC.ERR_OK) return;
    throw new EngineError(`libunicorn could not ${what}: ${this.#uc.strerror(status)}`, status);
  }

  readRegisters(): void {
    this.#transfer(this.#uc.regReadBatch, this.#batch, 'read registers');
  }

  writeRegisters(): void {
    this.#transfer(this.#uc.regWriteBatch, this.#batch, 'write registers');
  }

  readVectors(): void {
    this.#transfer(this.#uc.regReadBatch, this.#vectorBatch, 'read vector registers');
  }

  writeVectors(): void {
    this.#transfer(this.#uc.regWriteBatch, this.#vectorBatch, 'write vector registers');
  }

  #transfer(
    transfer: RegisterTransfer,
    { ids, idsPointer, placesPointer }: RegisterBatch,
    what: string,
  ): void {
    this.#check(transfer(this.#handle, idsPointer, placesPointer, ids.length), what);
  }

  readPc(): Addr {
    this.#check(this.#uc.regRead(this.#handle, UC.X86_REG.rip, this.#value), 'read RIP');
    return this.#value[0]!;
  }

  setSegmentBase(segment: 'fs' | 'gs', base: Addr): void {
    this.#check(
      this.#uc.regWrite(this.#handle, UC.X86_REG[`${segment}_base`], BigUint64Array.of(base)),
      'write a segment base',
    );
  }

  saveState(): SavedState {
    const context = new BigUint64Array(1);
    this.#check(this.#uc.contextAlloc(this.#handle, context), 'make a context');
    const state = Number(context[0]!);
    this.#check(this.#uc.contextSave(this.#handle, state), 'save the CPU');
    return state;
  }

  restoreState(state: SavedState): void {
    this.#check(this.#uc.contextRestore(this.#handle, state), 'restore the CPU');
  }

  freeState(state: SavedState): void {
    this.#uc.contextFree(state);
  }

  setExits(exits: readonly Addr[]): void {
    const ends = BigUint64Array.from(exits);
    this.#check(this.#uc.ctl(this.#handle, UC.CTL_USE_EXITS, 'int', 1), 'stop at more places than one');
    this.#check(
      this.#uc.ctl(this.#handle, UC.CTL_EXITS, 'void *', ends, 'size_t', ends.length),
      'set where it stops',
    );
  }

  forgetAll(): void {
    this.#check(this.#uc.ctl(this.#handle, UC.CTL_TB_FLUSH), 'flush translations');
  }

  forget(address: Addr): void {
    this.#check(
      this.#uc.ctl(this.#handle, UC.CTL_TB_REMOVE_CACHE, 'uint64_t', address, 'uint64_t', u64(address + 1n)),
      'forget a translation',
    );
  }

  start(pc: Addr, end: Addr, budget: number): number {
    if (end !== this.#end) {
      this.#end = end;
      this.#endAsSigned = fromAddress(end);
    }
    // timeout 0: a timeout starts a thread per run. A count on every run keeps RIP exact at faults.
    return this.#uc.start(this.#handle, fromAddress(pc), this.#endAsSigned, 0, budget);
  }

  stop(): void {
    this.#uc.stop(this.#handle);
  }

  describe(status: number): string {
    return this.#uc.strerror(status);
  }

  close(): void {
    this.#uc.close(this.#handle);
    for (const callback of this.#callbacks.splice(0)) this.#uc.koffi.unregister(callback);
  }
}

/**
 * A CPU of libunicorn.
 *
 * @throws {LibraryError} when libunicorn cannot be loaded
 * @throws {MemoryError} when there is no room for it
 * @throws {EngineError} when the library refuses a region
 */
export const openNativeCpu: OpenCpu = (memory, trackWrites) => new NativeCpu(memory, trackWrites);
