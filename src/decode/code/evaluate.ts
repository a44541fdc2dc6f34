// What one instruction makes of register values that are all known, and the flags of comparisons.

import type * as Iced from 'iced-x86';
import { type Addr, u64 } from '../../base/address.js';
import { examine } from '../../x86/disasm.js';
import { conditionHolds, generalPart } from '../../x86/transfer.js';

/** An operand whose value does not come from memory. */
type Operand =
  | { readonly kind: 'register'; readonly register: number; readonly first: number; readonly size: number }
  | { readonly kind: 'immediate'; readonly value: bigint }
  | { readonly kind: 'other' };

export interface Address {
  readonly base: number; // register index; -1 for none
  readonly index: number;
  readonly scale: number;
  /** RIP-relative ones are resolved: this is the address then. */
  readonly displacement: bigint;
  readonly segment: 'fs' | 'gs' | undefined;
  readonly size: number; // bytes
  readonly ripRelative: boolean;
  /** Set where the address has 32 bits: the low half of the sum (`0x8(%edi)`). */
  readonly narrow?: true;
  /** Set for RIP-relative ones where the address of the code is not known: what the displacement is counted from. */
  readonly origin?: string;
  /** Set where a linker fills the displacement in, with what is not known. */
  readonly open?: true;
}

/** What `evaluate` needs of an instruction. */
export interface Operation {
  readonly name: string; // lower case, without size
  readonly operands: readonly Operand[];
  readonly address: Address | undefined;
  /** Bytes that the result has. */
  readonly size: number;
  /** As the encoding counts conditions, 0 `o` to 15 `g`; -1 for none. */
  readonly condition: number;
  readonly writesFlags: boolean;
}

/** Known values of registers by index. */
export type Known = ReadonlyMap<number, bigint>;

const readOperand = (instruction: Iced.Instruction, iced: typeof Iced, operand: number): Operand => {
  const { OpKind } = iced;
  const kind = instruction.opKind(operand);
  if (kind === OpKind.Register) {
    const part = generalPart(instruction.opRegister(operand), iced);
    if (part === undefined) return { kind: 'other' };
    return { kind: 'register', register: part.at >> 3, first: part.at & 7, size: part.size };
  }
  if (kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64)
    return { kind: 'immediate', value: BigInt.asUintN(64, instruction.immediate(operand)) };
  return { kind: 'other' };
};

const readAddress = (instruction: Iced.Instruction, iced: typeof Iced): Address | undefined => {
  const { OpKind, Register, MemorySizeExt } = iced;
  const kinds = Array.from({ length: instruction.opCount }, (_, at) => instruction.opKind(at));
  if (!kinds.includes(OpKind.Memory)) return undefined;
  const indexOf = (register: Iced.Register): number => {
    const part = generalPart(register, iced);
    return part === undefined ? -1 : part.at >> 3;
  };
  const narrow = [instruction.memoryBase, instruction.memoryIndex].some(
    (register) => generalPart(register, iced)?.size === 4,
  );
  const segment = instruction.memorySegment;
  const ripRelative = instruction.memoryBase === Register.RIP;
  return {
    base: ripRelative ? -1 : indexOf(instruction.memoryBase),
    index: indexOf(instruction.memoryIndex),
    scale: instruction.memoryIndexScale,
    displacement: u64(instruction.memoryDisplacement),
    segment: segment === Register.FS ? 'fs' : segment === Register.GS ? 'gs' : undefined,
    size: MemorySizeExt.size(instruction.memorySize),
    ripRelative,
    ...(narrow ? { narrow } : {}),
  };
};

/** The operation of an instruction that `examine` looks at. */
export const operationOf = (instruction: Iced.Instruction, iced: typeof Iced): Operation => {
  const operands = Array.from({ length: instruction.opCount }, (_, at) => readOperand(instruction, iced, at));
  const [first] = operands;
  return {
    name: iced.Mnemonic[instruction.mnemonic]!.toLowerCase(),
    operands,
    address: readAddress(instruction, iced),
    size: first?.kind === 'register' ? first.size : 0,
    condition: instruction.conditionCode - 1,
    writesFlags: instruction.rflagsModified !== 0,
  };
};

/** The operation at the start of `bytes`; `undefined` for bytes that are not an instruction. */
export const readOperation = (bytes: Uint8Array, address: Addr): Operation | undefined =>
  examine(bytes, address, operationOf);

/** The value of an operand where it is known, unsigned in `size` bytes. */
export const valueOf = (operand: Operand | undefined, known: Known, size: number): bigint | undefined => {
  if (operand?.kind === 'immediate') return BigInt.asUintN(size * 8, operand.value);
  if (operand?.kind !== 'register') return undefined;
  const value = known.get(operand.register);
  return value === undefined
    ? undefined
    : BigInt.asUintN(operand.size * 8, value >> BigInt(operand.first * 8));
};

/** The address that a memory operand means, where all parts of it are known; segment bases are taken as 0. */
export const addressOf = (address: Address, known: Known): Addr | undefined => {
  if (address.origin !== undefined || address.open === true) return undefined;
  const base = address.base < 0 ? 0n : known.get(address.base);
  const index = address.index < 0 ? 0n : known.get(address.index);
  if (base === undefined || index === undefined) return undefined;
  const sum = base + index * BigInt(address.scale) + address.displacement;
  return BigInt.asUintN(address.narrow === true ? 32 : 64, sum);
};

const arithmetic = (name: string, a: bigint, b: bigint, size: number): bigint | undefined => {
  const bits = BigInt(size * 8);
  const count = b & (size === 8 ? 63n : 31n);
  switch (name) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
    case 'sal':
      return a << count;
    case 'shr':
      return a >> count;
    case 'sar':
      return BigInt.asIntN(Number(bits), a) >> count;
    default:
      return undefined;
  }
};

/**
 * The full 64-bit value that the instruction leaves in its first operand, a whole register of 4 or 8 bytes, when
 * what it reads is known; `undefined` when that is not determined.
 */
export const evaluate = (operation: Operation, known: Known): bigint | undefined => {
  const { name, operands, address, size } = operation;
  const [first, second] = operands;
  if (first?.kind !== 'register' || size < 4) return undefined;
  const wrap = (value: bigint): bigint => BigInt.asUintN(size * 8, value);
  if (name === 'lea') {
    const value = address === undefined ? undefined : addressOf(address, known);
    return value === undefined ? undefined : wrap(value);
  }
  const old = valueOf(first, known, size);
  if (operands.length === 1) {
    if (old === undefined) return undefined;
    if (name === 'inc') return wrap(old + 1n);
    if (name === 'dec') return wrap(old - 1n);
    if (name === 'neg') return wrap(-old);
    return name === 'not' ? wrap(~old) : undefined;
  }
  const other = valueOf(second, known, size);
  if (old === undefined || other === undefined || operands.length !== 2) return undefined;
  const result = arithmetic(name, old, other, size);
  return result === undefined ? undefined : wrap(result);
};

/** The earlier value of the first operand, where the result determines it: for operations that can be undone. */
export const undo = (operation: Operation, result: bigint, known: Known): bigint | undefined => {
  const { name, operands, size } = operation;
  const [first, second] = operands;
  if (first?.kind !== 'register' || size !== 8) return undefined;
  if (operands.length === 1) {
    if (name === 'inc') return u64(result - 1n);
    if (name === 'dec') return u64(result + 1n);
    if (name === 'neg') return u64(-result);
    return name === 'not' ? u64(~result) : undefined;
  }
  if (second?.kind === 'register' && second.register === first.register) return undefined;
  const other = valueOf(second, known, size);
  if (other === undefined || operands.length !== 2) return undefined;
  if (name === 'add') return u64(result - other);
  if (name === 'sub') return u64(result + other);
  return name === 'xor' ? result ^ other : undefined;
};

const flagsOf = (name: string, a: bigint, b: bigint, size: number): number => {
  const bits = BigInt(size * 8);
  const sign = 1n << (bits - 1n);
  const result = BigInt.asUintN(size * 8, name === 'cmp' ? a - b : a & b);
  let ones = 0;
  for (let low = Number(result & 0xffn); low > 0; low >>= 1) ones += low & 1;
  const carry = name === 'cmp' && a < b;
  const overflow = name === 'cmp' && ((a ^ b) & (a ^ result) & sign) !== 0n;
  return (
    (carry ? 1 : 0) |
    (ones % 2 === 0 ? 4 : 0) |
    (result === 0n ? 0x40 : 0) |
    ((result & sign) !== 0n ? 0x80 : 0) |
    (overflow ? 0x800 : 0)
  );
};

/** Whether a condition holds after a cmp or test whose operands are known; `undefined` when that is not determined. */
export const decide = (setter: Operation, condition: number, known: Known): boolean | undefined => {
  const [first, second] = setter.operands;
  if (setter.name !== 'cmp' && setter.name !== 'test') return undefined;
  const size = first?.kind === 'register' ? first.size : 0;
  const a = valueOf(first, known, size);
  const b = valueOf(second, known, size);
  if (size === 0 || a === undefined || b === undefined) return undefined;
  return conditionHolds(condition, flagsOf(setter.name, a, b, size));
};
