// What an instruction compares, and whether a conditional one does what it does: for looking at a run from outside.

import type * as Iced from 'iced-x86';
import type { Addr } from '../base/address.js';
import { examine } from './disasm.js';
import { REGISTER_INDEX, isRegisterName } from './registers.js';

/** An operand whose value can be looked up before the instruction runs. */
export type Operand =
  | { readonly kind: 'register'; readonly index: number; readonly shift: number } // of REGISTERS; bits to the right
  | { readonly kind: 'constant'; readonly value: bigint }
  | {
      readonly kind: 'memory';
      readonly base: number; // register index; -1 for none
      readonly index: number;
      readonly scale: number;
      readonly displacement: bigint;
      readonly isGs: boolean;
    };

/** An instruction that sets flags by two values, or that acts by flags. */
export interface Comparison {
  /** Bytes of the instruction. */
  readonly length: number;
  /** The values that are compared; undefined where the instruction only acts by flags. */
  readonly compared: { readonly left: Operand; readonly right: Operand; readonly bits: number } | undefined;
  /** `0` `o` to `15` `g`, as encodings count; -1 where it does not act by flags. */
  readonly condition: number;
}

const COMPARES = new Set(['cmp', 'sub', 'test', 'cmpxchg', 'scasb', 'scasw', 'scasd', 'scasq', 'bt']);

const registerOf = (
  iced: typeof Iced,
  register: Iced.Register,
): { index: number; shift: number } | undefined => {
  const { RegisterExt, Register } = iced;
  if (!RegisterExt.isGPR(register)) return undefined;
  const name = Register[RegisterExt.fullRegister(register)]!.toLowerCase();
  if (!isRegisterName(name)) return undefined;
  return {
    index: REGISTER_INDEX[name],
    shift: register >= Register.AH && register <= Register.BH ? 8 : 0,
  };
};

const operandOf = (iced: typeof Iced, instruction: Iced.Instruction, number: number): Operand | undefined => {
  const { OpKind, Register } = iced;
  const kind = instruction.opKind(number);
  if (kind === OpKind.Register) {
    const register = registerOf(iced, instruction.opRegister(number));
    return register === undefined ? undefined : { kind: 'register', ...register };
  }
  if (kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64)
    return { kind: 'constant', value: BigInt.asUintN(64, instruction.immediate(number)) };
  if (kind !== OpKind.Memory) return undefined;
  const { memoryBase, memoryIndex, memoryIndexScale, memoryDisplacement, segmentPrefix } = instruction;
  const partOf = (register: Iced.Register): number =>
    register === Register.None || register === Register.RIP ? -1 : (registerOf(iced, register)?.index ?? -1);
  return {
    kind: 'memory',
    base: partOf(memoryBase),
    index: partOf(memoryIndex),
    scale: memoryIndexScale,
    displacement: BigInt.asUintN(64, memoryDisplacement),
    isGs: segmentPrefix === Register.GS,
  };
};

const comparedOf = (iced: typeof Iced, instruction: Iced.Instruction): Comparison['compared'] => {
  const mnemonic = iced.Mnemonic[instruction.mnemonic]!.toLowerCase();
  if (!COMPARES.has(mnemonic) || instruction.opCount < 2) return undefined;
  const left = operandOf(iced, instruction, 0);
  const right = operandOf(iced, instruction, 1);
  if (left === undefined || right === undefined) return undefined;
  const { Register, RegisterExt, OpKind, MemorySizeExt } = iced;
  const register = instruction.opKind(0) === OpKind.Register ? instruction.opRegister(0) : Register.None;
  const size =
    register === Register.None ? MemorySizeExt.size(instruction.memorySize) : RegisterExt.size(register);
  return size === 0 ? undefined : { left, right, bits: size * 8 };
};

/** What the instruction at the start of `bytes` compares or acts by; undefined where it does neither. */
export const comparisonOf = (bytes: Uint8Array, address: Addr): Comparison | undefined =>
  examine(bytes, address, (instruction, iced) => {
    const compared = comparedOf(iced, instruction);
    const condition = instruction.conditionCode - 1;
    return compared === undefined && condition < 0
      ? undefined
      : { length: instruction.length, compared, condition };
  });
