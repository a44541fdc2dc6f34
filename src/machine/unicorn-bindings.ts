// The C interface of Unicorn 2.0 and 2.1: its functions through koffi.

import type { LibraryHandle, TypeObject } from 'koffi';
import type { Addr } from '../base/address.js';
import { LibraryError } from '../base/errors.js';
import { type Koffi, loadKoffi, loadLibunicorn } from './library.js';
import type { LibraryVersion } from './library-probe.js';

/** A JavaScript function that the library can call. */
export type Callback = bigint;

/** Of the process, below 2 ** 47: exact as a number, which costs koffi less than a bigint. */
export type Pointer = number;

/** A 64-bit value as koffi hands an int64 out and takes it: signed, a number where exact, otherwise a bigint. */
export type Signed = number | bigint;

/** Canonical addresses fit in a number when they are signed; koffi takes that faster than a bigint. */
export const fromAddress = (address: Addr): Signed => {
  const signed = BigInt.asIntN(64, address);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
};

/** The low half of a 64-bit value, without making a bigint where koffi gave a number. */
export const lowOf = (value: Signed): number =>
  typeof value === 'number' ? value >>> 0 : Number(BigInt.asUintN(32, value));

/** The high half. */
export const highOf = (value: Signed): number =>
  typeof value === 'number'
    ? Math.floor(value / 0x1_0000_0000) >>> 0
    : Number(BigInt.asUintN(32, value >> 32n));

/** A register batch function of the library. */
export type RegisterTransfer = (handle: Pointer, ids: Pointer, values: Pointer, count: number) => number;

interface Bindings {
  readonly koffi: Koffi;
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
  readonly regReadBatch: RegisterTransfer;
  readonly regWriteBatch: RegisterTransfer;
  readonly start: (handle: Pointer, begin: Signed, until: Signed, timeout: number, count: number) => number;
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
  readonly ctl: (
    handle: Pointer,
    control: number,
    ...rest: (string | number | bigint | BigUint64Array)[]
  ) => number;
  readonly codeCallback: TypeObject;
  readonly readCallback: TypeObject;
  readonly writeCallback: TypeObject;
  readonly invalidCallback: TypeObject;
  /** Whether the library has the control of the TLB mode: since 2.1. */
  readonly tlbMode: boolean;
}

let bindings: Bindings | undefined;

/**
 * Load the library, once per process: koffi refuses a second declaration of a named type.
 *
 * @throws {LibraryError} when libunicorn cannot be loaded
 */
export const bind = (): Bindings => {
  if (bindings !== undefined) return bindings;
  const koffi = loadKoffi();
  const { library, version, path } = loadLibunicorn();
  try {
    bindings = declare(koffi, library, version);
  } catch (error) {
    throw new LibraryError(`is not a whole libunicorn 2 (${(error as Error).message})`, { file: path });
  }
  return bindings;
};

const declare = (koffi: Koffi, library: LibraryHandle, version: LibraryVersion): Bindings => ({
  koffi,
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
  // Fewer arguments than the library passes, and the CPU's handle as a plain int: what is not read is not decoded.
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
});

/** Registers as the library takes them in one call: their numbers, and where each value is. */
export interface RegisterBatch {
  readonly ids: Int32Array;
  readonly places: BigUint64Array; // kept, with `ids`, for as long as the pointers are used
  readonly idsPointer: Pointer;
  readonly placesPointer: Pointer;
}

/**
 * @param values where the values are, one after the other
 * @param size bytes for each
 */
export const makeRegisterBatch = (
  koffi: Koffi,
  numbers: readonly number[],
  values: BigUint64Array | Uint8Array,
  size: number,
): RegisterBatch => {
  const ids = Int32Array.from(numbers);
  const base = koffi.address(values);
  const places = BigUint64Array.from(numbers, (_, index) => base + BigInt(index * size));
  return {
    ids,
    places,
    idsPointer: Number(koffi.address(ids)),
    placesPointer: Number(koffi.address(places)),
  };
};
