// Instructions whose translation ends the process of the host instead of trapping. Under Unicorn 2.0: far calls and
// jumps through a register, moves to the debug registers 5 and 7, locked comparisons; under 2.0 and 2.1: locked bit
// operations on a register. A CPU raises #UD on most of them. Found by running some 300,000 encodings of one
// instruction each in processes of their own, with 2.0.1 and 2.1.4; nothing else ended one.
// Shipped snippets have none, as a test says; those that a user brings are checked here.
// Not covered: a guest that jumps into the middle of an instruction, onto bytes that make one of these.

import { hex } from './address.js';
import { decode } from './disasm.js';
import { InputError } from './errors.js';
import { type LibraryVersion, formatVersion } from './library.js';
import type { Snippet } from './snippet.js';

const LOCK = 0xf0;

const isPrefix = (byte: number): boolean =>
  (byte >= 0x40 && byte <= 0x4f) || // REX
  [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, LOCK, 0xf2, 0xf3].includes(byte);

/** Whether this Unicorn would end the process on the instruction that `bytes` start with. */
export const isFatal = (bytes: Uint8Array, { major, minor }: LibraryVersion): boolean => {
  const at = bytes.findIndex((byte) => !isPrefix(byte));
  if (at < 0) return false;
  const locked = bytes.subarray(0, at).includes(LOCK);
  const [opcode = 0, next = 0, third = 0] = bytes.subarray(at);
  const field = (modrm: number): number => (modrm >> 3) & 7;
  const isRegister = (modrm: number): boolean => modrm >= 0xc0;
  if (locked && opcode === 0x0f && [0xa3, 0xab, 0xb3, 0xba, 0xbb].includes(next)) return isRegister(third);
  if (major > 2 || minor > 0) return false;
  if (opcode === 0xff) return isRegister(next) && (field(next) === 3 || field(next) === 5);
  if (opcode === 0x0f && next === 0x23) return field(third) === 5 || field(third) === 7;
  if (!locked) return false;
  if ([0x80, 0x81, 0x83].includes(opcode)) return !isRegister(next) && field(next) === 7; // cmp
  if ([0x38, 0x39].includes(opcode)) return !isRegister(next); // cmp
  return opcode === 0xa6 || opcode === 0xa7; // cmps
};

/**
 * Refuse a snippet that libunicorn would not survive.
 *
 * @throws {InputError} with the snippet's file and the instruction
 */
export const refuseFatalCode = ({ name, bytes, start, file }: Snippet, version: LibraryVersion): void => {
  let offset = 0;
  for (const { length } of decode(bytes, start)) {
    // not the decoded length: what is no instruction is decoded as one bad byte
    const rest = bytes.subarray(offset, offset + 15);
    if (isFatal(rest, version)) {
      const digits = Buffer.from(rest.subarray(0, Math.max(length, 3))).toString('hex');
      throw new InputError(
        `the instruction at ${name}+${hex(offset)} (${digits}) would end this process: Unicorn ${formatVersion(version)} cannot translate it`,
        { file, field: 'bytes' },
      );
    }
    offset += length;
  }
};
