// Instructions that this emulator does not run as a CPU does: those whose translation ends the process of the host,
// and those that come out differently in a recorded run, or in each run. Shipped snippets have none, as a test says;
// those that a user brings are checked here, at the instructions that a sweep from their start finds. Bytes in between
// that would end the process if a guest jumped to them are found, not refused: two calls in a row can have them.

import { hex } from '../base/address.js';
import { decode } from '../x86/disasm.js';
import { isPrefix } from '../x86/encoding.js';
import { InputError } from '../base/errors.js';
import { type LibraryVersion, formatVersion } from '../machine/library.js';
import type { Snippet } from './snippet.js';

const LOCK = 0xf0;
const MAX_INSTRUCTION = 15; // bytes
const INVALID = 0x06; // what the sandbox fills text with between snippets

/** What decides: the opcode behind the prefixes, and the two bytes after it. */
interface Parts {
  readonly locked: boolean;
  readonly opcode: number;
  readonly next: number;
  readonly third: number;
}

const partsOf = (bytes: Uint8Array): Parts | undefined => {
  const at = bytes.findIndex((byte) => !isPrefix(byte));
  if (at < 0) return undefined;
  const [opcode = 0, next = 0, third = 0] = bytes.subarray(at);
  return { locked: bytes.subarray(0, at).includes(LOCK), opcode, next, third };
};

const field = (modrm: number): number => (modrm >> 3) & 7;
const isRegister = (modrm: number): boolean => modrm >= 0xc0;

/**
 * Whether this Unicorn would end the process on the instruction that `bytes` start with. Under 2.0: far calls and jumps
 * through a register, moves to the debug registers 5 and 7, locked comparisons; under 2.0 and 2.1: locked bit operations
 * on a register. A CPU raises #UD on most of them. Found by running some 300,000 encodings of one instruction each in
 * processes of their own, with 2.0.1 and 2.1.4; nothing else ended one.
 */
export const isFatal = (bytes: Uint8Array, { major, minor }: LibraryVersion): boolean => {
  const parts = partsOf(bytes);
  if (parts === undefined) return false;
  const { locked, opcode, next, third } = parts;
  if (locked && opcode === 0x0f && [0xa3, 0xab, 0xb3, 0xba, 0xbb].includes(next)) return isRegister(third);
  if (major > 2 || minor > 0) return false;
  if (opcode === 0xff) return isRegister(next) && (field(next) === 3 || field(next) === 5);
  if (opcode === 0x0f && next === 0x23) return field(third) === 5 || field(third) === 7;
  if (!locked) return false;
  if ([0x80, 0x81, 0x83].includes(opcode)) return !isRegister(next) && field(next) === 7; // cmp
  if ([0x38, 0x39].includes(opcode)) return !isRegister(next); // cmp
  return opcode === 0xa6 || opcode === 0xa7; // cmps
};

// Shifts in memory by %cl, and double shifts in memory: with memory hooks 2.0 computes their flags from what it wrote.
const hasWrongFlags = ({ opcode, next, third }: Parts): boolean => {
  if (opcode === 0xd2 || opcode === 0xd3) return !isRegister(next) && field(next) >= 4;
  return opcode === 0x0f && [0xa4, 0xa5, 0xac, 0xad].includes(next) && !isRegister(third);
};

// rdtsc, rdtscp, rdrand, rdseed
const isRandom = ({ opcode, next, third }: Parts): boolean =>
  opcode === 0x0f &&
  (next === 0x31 ||
    (next === 0x01 && third === 0xf9) ||
    (next === 0xc7 && isRegister(third) && (field(third) === 6 || field(third) === 7)));

/**
 * Why a user's code must not hold the instruction that `bytes` start with, completing "the instruction at …"; `undefined`
 * where it may. Found by running some 15,000 encodings with and without hooks, and twice, with 2.0.1, 2.1.1 and 2.1.4.
 */
export const findRefusal = (bytes: Uint8Array, version: LibraryVersion): string | undefined => {
  const parts = partsOf(bytes);
  if (parts === undefined) return undefined;
  const unicorn = `Unicorn ${formatVersion(version)}`;
  if (isFatal(bytes, version)) return `would end this process: ${unicorn} cannot translate it`;
  if (isRandom(parts)) return 'gives something else in each run, and runs must be equal';
  if (version.major > 2 || version.minor > 0) return undefined;
  if (hasWrongFlags(parts))
    return `would set wrong flags in a recorded run under ${unicorn}; 2.1 does it right`;
  const isDeepEnter = parts.opcode === 0xc8 && enterLevel(bytes) > 1;
  if (isDeepEnter) return `would store wrong words in a recorded run under ${unicorn}; 2.1 does it right`;
  return undefined;
};

const enterLevel = (bytes: Uint8Array): number =>
  (bytes[bytes.findIndex((byte) => !isPrefix(byte)) + 3] ?? 0) & 31;

/**
 * Refuse a snippet with an instruction that this emulator does not run as a CPU does.
 *
 * @throws {InputError} with the snippet's file, the instruction and the reason
 */
export const refuseCode = (snippet: Snippet, version: LibraryVersion): void => {
  // What lies in no part is data: its bytes mean nothing as instructions.
  const parts = snippet.manifest.parts.map(({ from, to }) => ({ from, to }));
  const code = parts.length === 0 ? [{ from: 0, to: snippet.bytes.length }] : parts;
  for (const { from, to } of code) refuseSweep(snippet, from, to, version);
};

const refuseSweep = (
  { name, bytes, start, file }: Snippet,
  from: number,
  to: number,
  version: LibraryVersion,
): void => {
  let offset = from;
  for (const { length, flow } of decode(bytes.subarray(from, to), start + BigInt(from))) {
    // not the decoded length: what is no instruction is decoded as one bad byte
    const rest = bytes.subarray(offset, offset + MAX_INSTRUCTION);
    const reason = findRefusal(rest, version);
    if (reason !== undefined) {
      const digits = Buffer.from(rest.subarray(0, flow === 'bad' ? 3 : length)).toString('hex');
      throw new InputError(`the instruction at ${name}+${hex(offset)} (${digits}) ${reason}`, {
        file,
        field: 'bytes',
      });
    }
    offset += length;
  }
};

/** Bytes of a snippet that would end the process if a guest jumped to them. */
export interface FatalPlace {
  readonly snippet: Snippet;
  /** From the snippet's start. Mostly inside an instruction; a sweep finds no instruction there. */
  readonly offset: number;
}

/**
 * Where among these snippets, which lie in memory together, a jump into the middle of an instruction would be fatal.
 *
 * @param snippets sorted by address
 */
export const findFatalPlaces = (snippets: readonly Snippet[], version: LibraryVersion): FatalPlace[] =>
  snippets.flatMap((snippet, index) => {
    const { bytes, end } = snippet;
    const text = new Uint8Array(bytes.length + MAX_INSTRUCTION).fill(INVALID);
    text.set(bytes);
    for (const { start: at, bytes: next } of snippets.slice(index + 1)) {
      if (at >= end + BigInt(MAX_INSTRUCTION)) break;
      const from = bytes.length + Number(at - end);
      text.set(next.subarray(0, text.length - from), from);
    }
    return [...bytes.keys()]
      .filter((offset) => isFatal(text.subarray(offset, offset + MAX_INSTRUCTION), version))
      .map((offset) => ({ snippet, offset }));
  });

/** `guest+0x1 and guest+0x7`, with at most a few of them. */
export const formatFatalPlaces = (places: readonly FatalPlace[]): string => {
  const names = places.map(({ snippet, offset }) => `${snippet.name}+${hex(offset)}`);
  const rest = names.length - 8;
  return rest > 0 ? `${names.slice(0, 8).join(', ')} and ${rest} more` : names.join(', ');
};
