// The registers that a trap saved: pt_regs in guest memory as a register file. Works on any memory.

import type { Addr } from '../base/address.js';
import type { Memory } from './memory.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';

/** pt_regs in its order; null for words that are not in the register file. Source: arch/x86/include/asm/ptrace.h, v3.0.101 */
export const PT_REGS_ORDER = [
  'r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi', null, 'rip', null, 'rflags', 'rsp',
] as const; // prettier-ignore

/** The register file in a pt_regs in guest memory, in the order of REGISTERS. */
export const savedRegisters = (memory: Memory, regs: Addr): BigUint64Array => {
  const values = new BigUint64Array(REGISTER_COUNT);
  PT_REGS_ORDER.forEach((name, index) => {
    if (name !== null) values[REGISTER_INDEX[name]] = memory.readU64(regs + BigInt(index * 8));
  });
  return values;
};
