// String instructions: what one step of them accesses, and how many steps are left.

import type { RegisterSet } from '../read/report.js';

/** `rep movsq`, `scasb`. */
export interface StringMove {
  readonly name: 'movs' | 'cmps' | 'stos' | 'lods' | 'scas' | 'ins' | 'outs';
  /** Bytes of one element. */
  readonly size: number;
  /** With `rep`, `repz` or `repnz`: RCX counts. */
  readonly repeated: boolean;
}

// Source: Intel SDM vol. 2, appendix A: opcodes 6c to 6f, a4 to a7, aa to af
const NAMES = new Map<number, StringMove['name']>([
  [0x6c, 'ins'],
  [0x6e, 'outs'],
  [0xa4, 'movs'],
  [0xa6, 'cmps'],
  [0xaa, 'stos'],
  [0xac, 'lods'],
  [0xae, 'scas'],
]);

/** The string instruction at the start of `bytes`; `undefined` for another. */
export const stringMoveOf = (bytes: Uint8Array): StringMove | undefined => {
  let at = 0;
  let repeated = false;
  let narrow = false;
  let wide = false;
  for (; at < 6; at += 1) {
    const byte = bytes[at];
    if (byte === 0xf3 || byte === 0xf2) repeated = true;
    else if (byte === 0x66) narrow = true;
    else if (byte !== 0x67) break;
  }
  const rex = bytes[at];
  if (rex !== undefined && (rex & 0xf0) === 0x40) {
    wide = (rex & 8) !== 0;
    at += 1;
  }
  const opcode = bytes[at];
  if (opcode === undefined) return undefined;
  const name = NAMES.get(opcode & 0xfe);
  if (name === undefined) return undefined;
  // ins and outs have no form of 64 bits.
  const large = wide && name !== 'ins' && name !== 'outs' ? 8 : narrow ? 2 : 4;
  return { name, size: (opcode & 1) === 0 ? 1 : large, repeated };
};

/** RFLAGS.DF: addresses go down. Source: Intel SDM vol. 1, 3.4.3.2 */
const DF = 0x400n;

/** Whether addresses go down; `undefined` without EFLAGS. */
export const goesDown = ({ values }: RegisterSet): boolean | undefined => {
  const flags = values.get('rflags');
  return flags === undefined ? undefined : (flags & DF) !== 0n;
};
