// Instructions that Unicorn does not run as a CPU does: those whose translation ends the process of the host, and those
// that come out differently in a recorded run, or in each run.

import { isPrefix } from '../x86/encoding.js';
import type { EngineLimits } from './engine.js';
import { type LibraryVersion, formatVersion } from './library.js';

const LOCK = 0xf0;

// What decides: the opcode after the prefixes, and the two bytes after it.
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
const enterLevel = (bytes: Uint8Array): number =>
  (bytes[bytes.findIndex((byte) => !isPrefix(byte)) + 3] ?? 0) & 31;

// Under 2.0: far calls and jumps through a register, moves to the debug registers 5 and 7, locked comparisons; under
// 2.0 and 2.1: locked bit operations on a register. A CPU raises #UD on most of them. Found by running some 300,000
// encodings of one instruction each in processes of their own, with 2.0.1 and 2.1.4; nothing else ended one.
const isFatal = ({ locked, opcode, next, third }: Parts, isNew: boolean): boolean => {
  if (locked && opcode === 0x0f && [0xa3, 0xab, 0xb3, 0xba, 0xbb].includes(next)) return isRegister(third);
  if (isNew) return false;
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
 * What a version of Unicorn does not run as a CPU does. What is wrong without being fatal was found by running some
 * 15,000 encodings with and without hooks, and twice, with 2.0.1, 2.1.1 and 2.1.4.
 */
export const unicornLimits = (version: LibraryVersion): EngineLimits => {
  const isNew = version.major > 2 || version.minor > 0;
  const unicorn = `Unicorn ${formatVersion(version)}`;
  return {
    isFatal: (bytes) => {
      const parts = partsOf(bytes);
      return parts !== undefined && isFatal(parts, isNew);
    },
    findProblem: (bytes) => {
      const parts = partsOf(bytes);
      if (parts === undefined) return undefined;
      if (isFatal(parts, isNew)) return `would end this process: ${unicorn} cannot translate it`;
      if (isRandom(parts)) return 'gives something else in each run, and runs must be equal';
      if (isNew) return undefined;
      if (hasWrongFlags(parts))
        return `would set wrong flags in a recorded run under ${unicorn}; 2.1 does it right`;
      if (parts.opcode === 0xc8 && enterLevel(bytes) > 1)
        return `would store wrong words in a recorded run under ${unicorn}; 2.1 does it right`;
      return undefined;
    },
  };
};
