// Relocations of x86-64: the address of a symbol, put into the bytes of a section.

import { type Addr, hex, u64 } from '../base/address.js';
import type { ElfSymbol, Relocation } from './elf.js';

// Source: System V ABI for AMD64, table 4.9
const NONE = 0;
const SUPPORTED: Readonly<Record<number, Width>> = {
  1: { name: 'R_X86_64_64', size: 8, signed: false, relative: false },
  2: { name: 'R_X86_64_PC32', size: 4, signed: true, relative: true },
  4: { name: 'R_X86_64_PLT32', size: 4, signed: true, relative: true },
  10: { name: 'R_X86_64_32', size: 4, signed: false, relative: false },
  11: { name: 'R_X86_64_32S', size: 4, signed: true, relative: false },
  24: { name: 'R_X86_64_PC64', size: 8, signed: true, relative: true },
};

interface Width {
  readonly name: string;
  readonly size: 4 | 8;
  readonly signed: boolean;
  readonly relative: boolean; // to the place itself
}

const REFUSED: Readonly<Record<number, string>> = {
  3: 'R_X86_64_GOT32, position-independent code; compile with -fno-pic -fno-pie',
  9: 'R_X86_64_GOTPCREL, position-independent code; compile with -fno-pic -fno-pie',
  12: 'R_X86_64_16, an address in 16 bits',
  13: 'R_X86_64_PC16, a distance in 16 bits',
  14: 'R_X86_64_8, an address in 8 bits',
  15: 'R_X86_64_PC8, a distance in 8 bits',
  18: 'R_X86_64_TPOFF64, a thread-local variable',
  19: 'R_X86_64_TLSGD, a thread-local variable',
  20: 'R_X86_64_TLSLD, a thread-local variable',
  22: 'R_X86_64_GOTTPOFF, a thread-local variable',
  23: 'R_X86_64_TPOFF32, a thread-local variable',
  25: 'R_X86_64_GOTOFF64, position-independent code; compile with -fno-pic -fno-pie',
  26: 'R_X86_64_GOTPC32, position-independent code; compile with -fno-pic -fno-pie',
  41: 'R_X86_64_GOTPCRELX, position-independent code; compile with -fno-pic -fno-pie',
  42: 'R_X86_64_REX_GOTPCRELX, position-independent code; compile with -fno-pic -fno-pie',
};

const fits = (value: bigint, { size, signed }: Width): boolean => {
  if (size === 8) return true; // wraps, as addresses do
  return signed
    ? BigInt.asIntN(64, value) === BigInt.asIntN(32, value)
    : u64(value) === BigInt.asUintN(32, value);
};

/**
 * Relocate the bytes of one section.
 *
 * @param bytes changed in place
 * @param base address of the first byte
 * @param addressOf a symbol's address
 * @param fail throws the error for one relocation
 */
export const relocate = (
  bytes: Uint8Array,
  base: Addr,
  relocations: Iterable<Relocation>,
  addressOf: (symbol: ElfSymbol, relocation: Relocation) => Addr,
  fail: (relocation: Relocation, problem: string) => never,
): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const relocation of relocations) {
    const { offset, type, symbol, addend } = relocation;
    if (type === NONE) continue;
    const width = SUPPORTED[type];
    if (width === undefined) {
      const what = REFUSED[type] ?? `number ${type}`;
      fail(relocation, `needs a relocation that is not supported: ${what}`);
    }
    if (offset + width.size > bytes.length)
      fail(relocation, `needs ${width.name} past the end of its section`);
    const to = u64(addressOf(symbol, relocation) + addend);
    const value = width.relative ? to - u64(base + BigInt(offset)) : to;
    if (!fits(value, width))
      fail(
        relocation,
        `refers to ${hex(to)}, which does not fit into ${width.name} there; -mcmodel=kernel does`,
      );
    if (width.size === 8) view.setBigUint64(offset, u64(value), true);
    else view.setInt32(offset, Number(BigInt.asIntN(32, value)), true);
  }
};
