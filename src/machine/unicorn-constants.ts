// The constants of Unicorn 2.0 and 2.1, in C and in JavaScript.

import type { Protection } from '../kernel/memory.js';
import type { RegisterName } from '../x86/registers.js';

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
export const HOOK_BLOCK = 1 << 3;
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
