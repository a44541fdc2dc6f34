// Registers as people type them, with the width that is meant.

import { readRegister as readName } from '../x86/register-parts.js';
import { type RegisterName, isRegisterName } from '../x86/registers.js';

// A register, and how many of its bits a name means.
interface Part {
  readonly register: RegisterName;
  readonly bits: number;
}

/** `rbx` of `%RBX`; of `ebx` its 32 bits, of `bl` its 8. An oops prints r8 as `R08`. */
export const readPart = (text: string): Part | undefined => {
  const name = text
    .trim()
    .replace(/^%/u, '')
    .toLowerCase()
    .replace(/^r0(\d)/u, 'r$1');
  if (isRegisterName(name)) return { register: name, bits: 64 };
  if (name === 'eip') return { register: 'rip', bits: 32 };
  const part = readName(name);
  return part !== undefined && isRegisterName(part.register)
    ? { register: part.register, bits: part.size * 8 }
    : undefined;
};

/** The register that a name means all or a part of. */
export const readRegister = (text: string): RegisterName | undefined => readPart(text)?.register;

/** The widths in bits that hold all of a number of bytes. */
export const widthsFrom = (bytes: number): number[] => [8, 16, 32, 64].filter((bits) => bits >= 8 * bytes);
