// The C interface of Unicorn 2.0 and 2.1: its functions through koffi, and its constants.

import type { LibraryHandle, TypeObject } from 'koffi';
import { LibraryError } from '../base/errors.js';
import type { Protection } from '../kernel/memory.js';
import type { RegisterName } from '../x86/registers.js';
import { type Koffi, loadKoffi, loadLibunicorn } from './library.js';
import type { LibraryVersion } from './library-probe.js';

// Source of all numbers below: unicorn/unicorn.h and unicorn/x86.h of Unicorn 2.0.1 and 2.1, where each is UC_….
export const ARCH_X86 = 4;
export const MODE_64 = 8;
export const ERR_OK = 0;
export const ERR_READ_UNMAPPED = 6;
export const ERR_WRITE_UNMAPPED = 7;
export const ERR_FETCH_UNMAPPED = 8;
export const ERR_INSN_INVALID = 10;
export const ERR_WRITE_PROT = 12;
export const ERR_READ_PROT = 13;
export const ERR_FETCH_PROT = 14;
export const ERR_EXCEPTION = 21;
export const HOOK_CODE = 1 << 2;
export const HOOK_DATA_INVALID = (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8); // reads and writes, unmapped and protected
export const HOOK_MEM_READ = 1 << 10;
export const HOOK_MEM_WRITE = 1 << 11;
export const HOOK_EDGE_GENERATED = 1 << 15;
export const MEM_WRITE_UNMAPPED = 20;
export const MEM_WRITE_PROT = 22;
export const PROT: Readonly<Record<Protection, number>> = { read: 1, 'read-write': 3, 'read-execute': 5 };
export const PROT_EXEC = 4;
export const CTL_TLB_TYPE_VIRTUAL = ((12 | (1 << 26) | (1 << 30)) >>> 0) as number; // UC_CTL_WRITE(UC_CTL_TLB_TYPE, 1)
export const CTL_USE_EXITS = (4 | (1 << 26) | (1 << 30)) >>> 0; // UC_CTL_WRITE(UC_CTL_UC_USE_EXITS, 1)
export const CTL_EXITS = (6 | (2 << 26) | (1 << 30)) >>> 0; // UC_CTL_WRITE(UC_CTL_UC_EXITS, 2)
export const CTL_TB_FLUSH = ((10 | (1 << 30)) >>> 0) as number; // UC_CTL_WRITE(UC_CTL_TB_FLUSH, 0)
export const CTL_TB_REMOVE_CACHE = ((9 | (2 << 26) | (1 << 30)) >>> 0) as number; // UC_CTL_WRITE(UC_CTL_TB_REMOVE_CACHE, 2)
export const TLB_VIRTUAL = 1;
export const X86_REG: Readonly<Record<RegisterName | 'fs_base' | 'gs_base', number>> = {
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

/** The registers of x87 and SSE, in the order of VECTOR_REGISTERS: the number of each. */
export const VECTOR_REG: readonly number[] = [
  ...Array.from({ length: 16 }, (_, index) => 122 + index), // XMM0 to XMM15
  249, // MXCSR
  246, // FPCW
  31, // FPSW
  247, // FPTAG
  ...Array.from({ length: 8 }, (_, index) => 114 + index), // ST0 to ST7
];

/** A JavaScript function that the library can call. */
export type Callback = bigint;

/** Of the process, below 2 ** 47: exact as a number, which costs koffi less than a bigint. */
export type Pointer = number;

/** A 64-bit value as koffi hands an int64 out and takes it: signed, a number where exact, otherwise a bigint. */
export type Signed = number | bigint;

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
  readonly regReadBatch: (handle: Pointer, ids: Pointer, values: Pointer, count: number) => number;
  readonly regWriteBatch: (handle: Pointer, ids: Pointer, values: Pointer, count: number) => number;
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
