// Instructions that change an operand in memory: a CPU asks for it to write, before it has read it.

import { isPrefix } from './encoding.js';

const field = (modrm: number): number => (modrm >> 3) & 7;

// By opcode, which of the eight of a group. Source: Intel SDM vol. 2, appendix A, "Opcode Map".
const ALL = [0, 1, 2, 3, 4, 5, 6, 7];
const ONE_BYTE: Readonly<Record<number, readonly number[]>> = {
  ...Object.fromEntries([0, 1, 8, 9, 0x10, 0x11, 0x18, 0x19, 0x20, 0x21, 0x28, 0x29, 0x30, 0x31].map((at) => [at, ALL])),
  ...Object.fromEntries([0x80, 0x81, 0x83].map((at) => [at, [0, 1, 2, 3, 4, 5, 6]])), // not cmp
  ...Object.fromEntries([0x86, 0x87, 0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3].map((at) => [at, ALL])),
  0xf6: [2, 3],
  0xf7: [2, 3],
  0xfe: [0, 1],
  0xff: [0, 1],
}; // prettier-ignore
const AFTER_0F: Readonly<Record<number, readonly number[]>> = {
  ...Object.fromEntries([0xa4, 0xa5, 0xab, 0xac, 0xad, 0xb0, 0xb1, 0xb3, 0xbb, 0xc0, 0xc1].map((at) => [at, ALL])),
  0xba: [5, 6, 7],
  0xc7: [1],
}; // prettier-ignore

/** Whether the instruction that begins these bytes reads a value in memory, changes it and writes it back. */
export const changesMemory = (bytes: Uint8Array): boolean => {
  const at = bytes.findIndex((byte) => !isPrefix(byte));
  if (at < 0) return false;
  const [opcode = 0, next = 0, third = 0] = bytes.subarray(at);
  const [rows, modrm] = opcode === 0x0f ? [AFTER_0F[next], third] : [ONE_BYTE[opcode], next];
  return modrm < 0xc0 && (rows?.includes(field(modrm)) ?? false);
};
