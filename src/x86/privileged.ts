// Instructions that have no place in a function which the kernel calls: what changes the state of the CPU beyond registers,
// flags and memory, talks to devices, changes the privilege level, or traps on purpose. Only reads and the interrupt
// flag are left out: what a function leaves in that flag is a matter of the calling convention.

import { isPrefix } from './encoding.js';

// What an instruction is, and what it does.
interface Forbidden {
  readonly trap: 'privileged instruction' | 'software interrupt' | 'breakpoint' | 'debug trap';
  readonly does: string; // completes "it …": `halts the CPU`
}

// What follows the prefixes.
interface Parts {
  readonly rep: number; // f2, f3 or 0
  readonly word: boolean; // 66
  readonly opcode: number;
  readonly next: number;
  readonly third: number;
}

const partsOf = (bytes: Uint8Array): Parts | undefined => {
  const at = bytes.findIndex((byte) => !isPrefix(byte));
  if (at < 0) return undefined;
  const prefixes = bytes.subarray(0, at);
  const [opcode = 0, next = 0, third = 0] = bytes.subarray(at);
  return {
    rep: prefixes.findLast((byte) => byte === 0xf2 || byte === 0xf3) ?? 0,
    word: prefixes.includes(0x66),
    opcode,
    next,
    third,
  };
};

const field = (modrm: number): number => (modrm >> 3) & 7;
const isRegister = (modrm: number): boolean => modrm >= 0xc0;

const FAR = 'goes on in another code segment';
const SEGMENT = "loads a segment register, which holds what the user's program had in it";
const TABLE = 'loads a descriptor table';
const VIRTUAL = 'is for a hypervisor';
const USER = 'changes the privilege level, as only entry code does';

// Source of the encodings: Intel SDM vol. 2, appendix A.3, "One, two, and three-byte opcode maps"
const ONE_BYTE: Readonly<Record<number, string>> = {
  0x6c: 'reads a port of a device',
  0x6d: 'reads a port of a device',
  0x6e: 'writes to a port of a device',
  0x6f: 'writes to a port of a device',
  0x8e: SEGMENT,
  0xca: FAR,
  0xcb: FAR,
  0xcf: USER,
  0xe4: 'reads a port of a device',
  0xe5: 'reads a port of a device',
  0xe6: 'writes to a port of a device',
  0xe7: 'writes to a port of a device',
  0xec: 'reads a port of a device',
  0xed: 'reads a port of a device',
  0xee: 'writes to a port of a device',
  0xef: 'writes to a port of a device',
  0xf4: 'halts the CPU',
};

// After 0f.
const TWO_BYTES: Readonly<Record<number, string>> = {
  0x05: USER,
  0x06: 'changes a control register',
  0x07: USER,
  0x08: 'throws away what the caches hold',
  0x09: 'writes back what the caches hold',
  0x22: 'changes a control register',
  0x23: 'changes a debug register',
  0x30: 'changes a model-specific register',
  0x33: 'reads a performance counter',
  0x34: USER,
  0x35: USER,
  0x37: VIRTUAL,
  0xa1: SEGMENT,
  0xa9: SEGMENT,
  0xaa: 'leaves system management mode',
  0xb2: SEGMENT,
  0xb4: SEGMENT,
  0xb5: SEGMENT,
};

// 0f 01 with a register in ModRM: each is an instruction of its own.
const GROUP_7: Readonly<Record<number, string>> = {
  ...Object.fromEntries([0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xcf, 0xd4].map((modrm) => [modrm, VIRTUAL])),
  ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [0xd8 + index, VIRTUAL])),
  0xc8: 'waits for a store of another CPU',
  0xc9: 'halts the CPU',
  0xca: "changes whether pages of the user's program may be accessed",
  0xcb: "changes whether pages of the user's program may be accessed",
  0xd1: 'changes a control register',
  0xf8: 'exchanges the base of GS, where the per-CPU data is',
};

const doesAfter0f = ({ rep, word, next, third }: Parts, fourth: number): string | undefined => {
  const plain = TWO_BYTES[next];
  if (plain !== undefined)
    return (next === 0xb2 || next === 0xb4 || next === 0xb5) && isRegister(third) ? undefined : plain;
  const group = field(third);
  const register = isRegister(third);
  switch (next) {
    case 0x00:
      return group === 2 || group === 3 ? TABLE : undefined;
    case 0x01:
      if (group === 6) return 'changes a control register';
      if (register) return GROUP_7[third];
      if (group === 7) return 'drops a translation of an address';
      return group === 2 || group === 3 ? TABLE : undefined;
    case 0x38:
      return word && third >= 0x80 && third <= 0x82 && !isRegister(fourth) ? VIRTUAL : undefined;
    case 0x78:
    case 0x79:
      return rep === 0 && !word ? VIRTUAL : undefined;
    case 0xae:
      return rep === 0xf3 && register && (group === 2 || group === 3)
        ? 'changes the base of a segment'
        : undefined;
    case 0xc7:
      if (register) return undefined;
      if (group === 3 || group === 5) return 'saves or loads state of the supervisor';
      return group === 6 || group === 7 ? VIRTUAL : undefined;
    default:
      return undefined;
  }
};

/**
 * What an instruction does that no function does which the kernel calls, and that a run must therefore not go past.
 *
 * @param bytes from its first byte on, more may follow
 * @returns `undefined` for others, and for bytes that are not an instruction
 */
export const findForbidden = (bytes: Uint8Array): Forbidden | undefined => {
  const parts = partsOf(bytes);
  if (parts === undefined) return undefined;
  const { opcode, next } = parts;
  if (opcode === 0xcc) return { trap: 'breakpoint', does: 'stops for a debugger' };
  if (opcode === 0xf1) return { trap: 'debug trap', does: 'stops for a debugger' };
  if (opcode === 0xcd)
    return next === 3
      ? { trap: 'breakpoint', does: 'stops for a debugger' }
      : { trap: 'software interrupt', does: 'enters the kernel as a program does' };
  const does = doesOf(parts, bytes);
  return does === undefined ? undefined : { trap: 'privileged instruction', does };
};

const doesOf = (parts: Parts, bytes: Uint8Array): string | undefined => {
  const { opcode, next } = parts;
  if (opcode === 0x0f) return doesAfter0f(parts, bytes[bytes.indexOf(0x0f) + 3] ?? 0);
  if (opcode === 0xff) return !isRegister(next) && (field(next) === 3 || field(next) === 5) ? FAR : undefined;
  if (opcode === 0x8e) return [0, 2, 3, 4, 5].includes(field(next)) ? SEGMENT : undefined; // not CS, which is invalid
  return ONE_BYTE[opcode];
};
