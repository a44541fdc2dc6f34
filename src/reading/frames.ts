// Which function's frame a word of the stack lies in: the kernel's own way up the stack, from any state.

import type { Addr } from '../base/address.js';
import type { Memory } from '../kernel/memory.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { pt_regs } from '../kernel/structs/task.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { unwind } from '../kernel/stack.js';

/** A function's part of the stack, up to its return address. */
export interface Frame {
  readonly function: string;
  /** Where its return address lies. */
  readonly slot: Addr;
}

const REGS: Addr = 0n; // where a state's registers are made to lie: no kernel memory is there

// The memory, with pt_regs of the registers at REGS.
const withRegisters = (memory: Memory, registers: BigUint64Array): Memory => ({
  isMapped: (address, size) => memory.isMapped(address, size),
  read: (address, size) => memory.read(address, size),
  readU8: (address) => memory.readU8(address),
  readU16: (address) => memory.readU16(address),
  readU32: (address) => memory.readU32(address),
  readU64: (address) => {
    if (address === REGS + BigInt(pt_regs.fields.sp[0])) return registers[REGISTER_INDEX.rsp]!;
    if (address === REGS + BigInt(pt_regs.fields.ip[0])) return registers[REGISTER_INDEX.rip]!;
    return memory.readU64(address);
  },
});

/**
 * The frames above RSP, innermost first, up to the first function whose frame is not described.
 *
 * @param saved guest address of a trap's pt_regs, to begin with those in place of the registers
 */
export const framesOf = (
  memory: Memory,
  symbols: SymbolTable,
  registers: BigUint64Array,
  saved: Addr | undefined,
): Frame[] => {
  const ip =
    saved === undefined
      ? registers[REGISTER_INDEX.rip]!
      : memory.readU64(saved + BigInt(pt_regs.fields.ip[0]));
  const { entries } =
    saved === undefined
      ? unwind(withRegisters(memory, registers), symbols, REGS)
      : unwind(memory, symbols, saved);
  let name = symbols.findLocation(ip)?.symbol.name ?? '';
  return entries.map(({ slot, location }) => {
    const frame = { function: name, slot };
    name = location?.symbol.name ?? '';
    return frame;
  });
};
