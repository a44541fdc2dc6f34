// Machine code whose translation ends the process of the host under Unicorn 2.0: far calls and jumps through a
// register, moves to the debug registers 5 and 7, and some locked comparisons. A real CPU traps on most of them.
// Found by running some 300,000 encodings of one instruction each in processes of their own (Unicorn 2.0.1).
// Bytes only: no engine here.

import { type Addr, PAGE_SIZE } from './address.js';
import type { PagedMemory } from './memory.js';

const MAX_LENGTH = 15; // bytes of an instruction
const LOCK = 0xf0;

const isPrefix = (byte: number | undefined): boolean =>
  byte !== undefined &&
  ((byte >= 0x40 && byte <= 0x4f) || // REX
    [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, LOCK, 0xf2, 0xf3].includes(byte));

// Whether the opcode at `at` is one of them, `locked` if a lock prefix stands before it.
const isRefused = (bytes: Uint8Array, at: number, locked: boolean): boolean => {
  const opcode = bytes[at]!;
  const next = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  const field = (modrm: number): number => (modrm >> 3) & 7;
  const isRegister = (modrm: number): boolean => modrm >= 0xc0;
  if (opcode === 0xff) return isRegister(next) && (field(next) === 3 || field(next) === 5);
  if (opcode === 0x0f && next === 0x23) return field(third) === 5 || field(third) === 7;
  if (!locked) return false;
  if (opcode === 0x0f) return [0xa3, 0xab, 0xb3, 0xba, 0xbb].includes(next) && isRegister(third);
  if ([0x80, 0x81, 0x83].includes(opcode)) return !isRegister(next) && field(next) === 7; // cmp
  if ([0x38, 0x39].includes(opcode)) return !isRegister(next); // cmp
  return opcode === 0xa6 || opcode === 0xa7; // cmps
};

/** Where such an instruction lies. */
export interface RefusedInstruction {
  readonly address: Addr;
  readonly bytes: Uint8Array;
}

/** The first such instruction of executable memory, at whatever offset code might be entered. */
export const findRefusedInstruction = (memory: PagedMemory): RefusedInstruction | undefined => {
  for (const { start, size, protection } of memory.regions) {
    if (protection !== 'read-execute') continue;
    const beyond = memory.isMapped(start + BigInt(size), PAGE_SIZE) ? MAX_LENGTH : 0;
    const bytes = memory.read(start, size + beyond);
    for (let at = 0; at < size + Math.min(beyond, MAX_LENGTH - 1); at += 1) {
      let first = at;
      while (isPrefix(bytes[first - 1]) && at - first < MAX_LENGTH - 1) first -= 1;
      const locked = bytes.subarray(first, at).includes(LOCK);
      if (first < size && isRefused(bytes, at, locked)) {
        return { address: start + BigInt(first), bytes: bytes.slice(first, at + 3) };
      }
    }
  }
  return undefined;
};
