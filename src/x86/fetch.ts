// The bytes of one instruction in memory.

import type { Addr } from '../base/address.js';

/** Most bytes that one instruction has. Source: Intel SDM vol. 3, "General Protection Exception (#GP)" */
export const MAX_INSTRUCTION = 15;

// Memory that instructions are fetched from.
interface CodeMemory {
  isMapped(address: Addr, size: number): boolean;
  read(address: Addr, size: number): Uint8Array;
}

/** The bytes from `address` on that one instruction can have: fewer than 15 where memory ends, none where it is not mapped. */
export const fetchCode = (memory: CodeMemory, address: Addr): Uint8Array => {
  let size = MAX_INSTRUCTION;
  while (size > 0 && !memory.isMapped(address, size)) size -= 1;
  return size === 0 ? new Uint8Array(0) : memory.read(address, size);
};
