// What an instruction does to the six flags of arithmetic, and which of them the manual leaves undefined after it.

import type * as Iced from 'iced-x86';
import type { Addr } from '../base/address.js';
import { examine } from './disasm.js';

/** The bits of RFLAGS. */
export const FLAG_BITS = { CF: 0x1, PF: 0x4, AF: 0x10, ZF: 0x40, SF: 0x80, OF: 0x800 } as const;
const { CF, PF, AF, ZF, SF, OF } = FLAG_BITS;
const ALL = CF | PF | AF | ZF | SF | OF;

/** What one execution does to flags; each is a set of bits of RFLAGS. */
interface FlagEffect {
  /** What it acts by, or computes with. */
  readonly reads: number;
  /** Given a value that follows from the operands. */
  readonly sets: number;
  /** Left with a value that the manual does not say. */
  readonly leavesUndefined: number;
}

/** What an instruction does to flags whenever it runs. */
export interface FlagRule {
  /** `0` `o` to `15` `g`, as encodings count; -1 where it does not act by a condition. */
  readonly condition: number;
  /** @param rcx before it */
  effect(rcx: bigint): FlagEffect;
}

// The library's bits to those of RFLAGS.
const bitsOf = ({ RflagsBits }: typeof Iced, flags: number): number => {
  let bits = 0;
  for (const [name, bit] of Object.entries(FLAG_BITS))
    if ((flags & RflagsBits[name as keyof typeof FLAG_BITS]) !== 0) bits |= bit;
  return bits;
};

const sizeOf = (iced: typeof Iced, instruction: Iced.Instruction): number =>
  instruction.op0Kind === iced.OpKind.Memory
    ? iced.MemorySizeExt.size(instruction.memorySize)
    : iced.RegisterExt.size(instruction.op0Register);

// Shifts and rotations go by their count. Source: Intel SDM vol. 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD.
const byCount = (name: string, bits: number, count: number, reads: number): FlagEffect => {
  if (count === 0) return { reads: 0, sets: 0, leavesUndefined: 0 };
  const far = count > 1 ? OF : 0;
  if (/^Rc?[lo]|^R[co]r/u.test(name)) return { reads, sets: CF | (OF & ~far), leavesUndefined: far };
  if (/^Sh[lr]d/u.test(name) && count > bits) return { reads: 0, sets: 0, leavesUndefined: ALL };
  const isLost = /^Sh[lr]$/u.test(name) && count >= bits;
  const leavesUndefined = AF | far | (isLost ? CF : 0);
  return { reads: 0, sets: ALL & ~leavesUndefined, leavesUndefined };
};

const COUNTED = /^(?:Sh[lr]d?|Sa[lr]|R[oc][lr])$/u;
const REPEATED = /^(?:Scas|Cmps)/u;
const UNTOUCHED: FlagEffect = { reads: 0, sets: 0, leavesUndefined: 0 };
// Nothing depends on a flag that is inverted or put away: an undefined one stays so.
const KEEPS = /^(?:Cmc|Lahf|Pushf[dq]?)$/u;

const effectOf = (instruction: Iced.Instruction, iced: typeof Iced, name: string): FlagRule['effect'] => {
  if (KEEPS.test(name)) return () => UNTOUCHED;
  if (COUNTED.test(name)) {
    const bits = 8 * sizeOf(iced, instruction);
    const last = instruction.opCount - 1;
    const isRegister = instruction.opKind(last) === iced.OpKind.Register;
    const given = isRegister ? undefined : Number(instruction.immediate(last));
    const carried = name.startsWith('Rc') ? CF : 0;
    return (rcx) => byCount(name, bits, (given ?? Number(rcx & 0xffn)) & (bits === 64 ? 63 : 31), carried);
  }
  const leavesUndefined = bitsOf(iced, instruction.rflagsUndefined);
  const sets = bitsOf(iced, instruction.rflagsModified) & ~leavesUndefined;
  const effect: FlagEffect = { reads: bitsOf(iced, instruction.rflagsRead), sets, leavesUndefined };
  const repeats = REPEATED.test(name) && (instruction.hasRepPrefix || instruction.hasRepnePrefix);
  return (rcx) => (repeats && rcx === 0n ? UNTOUCHED : effect);
};

/** What an instruction that `examine` looks at does to flags. */
export const flagRule = (instruction: Iced.Instruction, iced: typeof Iced): FlagRule => {
  const name = iced.Mnemonic[instruction.mnemonic] ?? '';
  return { condition: instruction.conditionCode - 1, effect: effectOf(instruction, iced, name) };
};

/** What the instruction at the start of `bytes` does to flags; undefined for bytes that are not an instruction. */
export const flagRuleOf = (bytes: Uint8Array, address: Addr): FlagRule | undefined =>
  examine(bytes, address, flagRule);
