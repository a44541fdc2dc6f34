// What a result means, by the prototype's type and the conventions of the kernel.

import { hex } from '../../base/address.js';
import { ERRNO_NAMES } from '../../forensics/patterns.js';
import type { Prototype } from '../../kernel/symbols.js';
import type { ResultKind } from './subject.js';

/** The type of a result: how it is looked at. */
export interface ResultType {
  readonly kind: ResultKind;
  /** How many of RAX's low bits count; 0 for void. Source: System V ABI, AMD64 supplement, 3.2.3 */
  readonly bits: number;
  /** The type in C: `const char *`. */
  readonly returns: string;
}

/** The largest errno. Source: MAX_ERRNO, include/linux/err.h, v3.0.101 */
const MAX_ERRNO = 4095n;

// Widths of integer types in bits; what is not here is 64 bits wide.
const WIDTHS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['char', 'u8', 's8', '__u8', '__s8'].map((name) => [name, 8])),
  ...Object.fromEntries(['short', 'u16', 's16', '__u16', '__s16', 'umode_t'].map((name) => [name, 16])),
  ...Object.fromEntries(
    [
      'int',
      'u32',
      's32',
      '__u32',
      '__s32',
      'pid_t',
      'gfp_t',
      'uid_t',
      'gid_t',
      'key_t',
      'signed',
      'unsigned',
    ].map((name) => [name, 32]),
  ),
};

const BOOLS = ['bool', '_Bool'];
const SIGNED = ['int', 'signed', 's32', '__s32', 'signed int'];

// `const unsigned short int` is `short`: the word that says the width.
const widthOf = (type: string): number => {
  const words = type.split(/\s+/u).filter((word) => word !== '' && word !== 'const' && word !== 'volatile');
  if (words.includes('long')) return 64;
  const known = ['char', 'short', ...words].find(
    (word) => words.includes(word) && WIDTHS[word] !== undefined,
  );
  return known === undefined ? 64 : WIDTHS[known]!;
};

/**
 * The type of a function's result.
 *
 * @param prototype without one the result is taken for a pointer or a long
 * @param stated what the scenario says that it is
 */
export const resultTypeOf = (prototype: Prototype | undefined, stated?: ResultKind): ResultType => {
  const type = (prototype?.returns ?? 'unsigned long').trim();
  const isPointer = type.endsWith('*');
  const bits = isPointer ? 64 : widthOf(type);
  if (stated !== undefined) {
    const natural: Partial<Record<ResultKind, number>> = {
      void: 0,
      bool: 8,
      pointer: 64,
      'pointer or ERR_PTR': 64,
    };
    return { kind: stated, bits: natural[stated] ?? (type === 'void' ? 32 : bits), returns: type };
  }
  if (type === 'void') return { kind: 'void', bits: 0, returns: type };
  if (isPointer) return { kind: 'pointer', bits: 64, returns: type };
  if (BOOLS.includes(type)) return { kind: 'bool', bits: 8, returns: type };
  return { kind: SIGNED.includes(type) ? 'errno' : 'int', bits, returns: type };
};

/** The part of RAX that is the result; an unsigned number of its width. */
export const resultValue = ({ bits }: ResultType, rax: bigint): bigint => BigInt.asUintN(bits, rax);

/** Whether a value is what ERR_PTR() or a negative errno gives, in the type's width. */
const isErrno = ({ bits }: ResultType, rax: bigint): boolean => {
  const value = BigInt.asIntN(bits, rax);
  return value < 0n && value >= -MAX_ERRNO;
};

/**
 * Whether a result says that the call failed; `undefined` where its type cannot say so.
 * A plain int that is negative counts as a failure: that is the kernel's convention (Documentation/CodingStyle, chapter
 * 16, v3.0.101).
 */
export const saysFailure = (type: ResultType, rax: bigint): boolean | undefined => {
  switch (type.kind) {
    case 'errno':
      return isErrno(type, rax);
    case 'bool':
      return resultValue(type, rax) === 0n;
    case 'pointer':
      return rax === 0n;
    case 'pointer or ERR_PTR':
      return rax === 0n || isErrno(type, rax);
    case 'void':
    case 'int':
      return undefined;
  }
};

/** An errno by its name, as `-ENOMEM`; `undefined` for a number without one. */
const errnoName = (value: bigint): string | undefined => {
  const name = ERRNO_NAMES.get(Number(-value));
  return name === undefined ? undefined : `-${name}`;
};

/** A result as its type is written: `-22 (-EINVAL)`, `NULL`, `ERR_PTR(-ENOMEM)`, `true`. */
export const formatResult = (type: ResultType, rax: bigint): string => {
  const value = resultValue(type, rax);
  const signed = BigInt.asIntN(type.bits, rax);
  switch (type.kind) {
    case 'void':
      return 'nothing';
    case 'bool':
      return value > 1n ? `${value}, which is no bool` : value === 1n ? 'true' : 'false';
    case 'pointer':
    case 'pointer or ERR_PTR':
      if (value === 0n) return 'NULL';
      return isErrno(type, rax) ? `ERR_PTR(${errnoName(signed) ?? signed})` : hex(value);
    case 'errno': {
      const name = isErrno(type, rax) ? errnoName(signed) : undefined;
      return name === undefined ? String(signed) : `${signed} (${name})`;
    }
    case 'int':
      return signed < 0n || value > 0xffffn ? `${signed} (${hex(value)})` : String(value);
  }
};
