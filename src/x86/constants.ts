// The constant in one instruction: an immediate, or the displacement that lea adds.

import type * as Iced from 'iced-x86';
import type { Addr } from '../base/address.js';
import { examine } from './disasm.js';

/** An instruction, and its constant where it has one that values are computed or compared with. */
export interface WithConstant {
  /** Bytes of the instruction. */
  readonly length: number;
  /** `cmp`, `lea`, …; empty for bytes that are no instruction. */
  readonly operation: string;
  /** Unsigned, in `bits`. */
  readonly constant: bigint | undefined;
  /** The width of the operand that it is used with. */
  readonly bits: number;
}

const USES = new Set([
  'cmp', 'test', 'sub', 'add', 'and', 'or', 'xor', 'adc', 'sbb', 'imul', 'mov', 'bt', 'bts', 'btr', 'btc', 'shl', 'shr', 'sar', 'push',
]); // prettier-ignore

const look = (instruction: Iced.Instruction, iced: typeof Iced): WithConstant => {
  const { OpKind, Register, RegisterExt, MemorySizeExt } = iced;
  const operation = iced.Mnemonic[instruction.mnemonic]!.toLowerCase();
  const isRegister = instruction.opCount > 0 && instruction.opKind(0) === OpKind.Register;
  const first = isRegister ? instruction.opRegister(0) : Register.None;
  const size = isRegister ? RegisterExt.size(first) : MemorySizeExt.size(instruction.memorySize);
  const bits = Math.max(8, Math.min(64, (size === 0 ? 8 : size) * 8));
  const none: WithConstant = { length: instruction.length, operation, constant: undefined, bits };
  // The size of a frame, and places in it, are nobody's values.
  if (first === Register.RSP) return none;
  if (operation === 'lea') {
    const isPlace = [Register.RSP, Register.RIP, Register.None].includes(instruction.memoryBase);
    if (isPlace) return none;
    return { ...none, constant: BigInt.asUintN(bits, instruction.memoryDisplacement) };
  }
  if (!USES.has(operation)) return none;
  for (let operand = 0; operand < instruction.opCount; operand += 1) {
    const kind = instruction.opKind(operand);
    if (kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64)
      return { ...none, constant: BigInt.asUintN(bits, instruction.immediate(operand)) };
  }
  return none;
};

/** The constant of the instruction at the start of `bytes`; of length 1 and without one for bytes that are none. */
export const constantOf = (bytes: Uint8Array, address: Addr): WithConstant =>
  examine(bytes, address, look) ?? { length: 1, operation: '', constant: undefined, bits: 8 };
