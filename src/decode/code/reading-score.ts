// How well bytes read as an instruction of a kernel: compilers choose among encodings and operands in few ways, and the
// bytes of other instructions, read from a wrong start, in all ways.

import type * as Iced from 'iced-x86';
import { examine } from '../../x86/disasm.js';
import { MAX_INSTRUCTION } from '../../x86/fetch.js';

/** What one start of an instruction gives. */
interface Reading {
  readonly length: number; // bytes
  /** The logarithm of how much more often true instructions are like it than wrong readings. */
  readonly score: number;
  /** Where a direct jump goes, as a distance from its start. */
  readonly jump?: number;
}

/** Where the bytes lie in their function, if that is known. */
export interface InFunction {
  readonly offset: number; // of the first byte
  readonly size: number;
}

// Logarithms of ratios, of 255,000 instructions of 3,000 functions in modules of a 6.1 kernel and of 359,000 wrong starts in
// them, with the encodings below apart; rounded. `ret`, `leave`, `sti` and their like, which modules of that kernel do not
// have, are judged by the kernel's source.
const MNEMONICS: readonly (readonly [score: number, names: string])[] = [
  [
    -6,
    'sal clc cmc stc std loop loope loopne retf enter int into int1 iretd iretq insb insd outsb outsd lodsb lodsd scasb scasd ' +
      'cmpsd jp jnp jrcxz jecxz xlatb sahf lahf rcl rcr wait sldt jno',
  ],
  [-4, 'adc xchg jo cld movsd movsb stosb cmpsb'],
  [-3, 'in out cli sti hlt pushfq popfq cwde stosd'],
  [-2, 'sbb jl ror cdq movq'],
  [-1, 'and jge inc dec idiv or rol int3'],
  [0.5, 'push btr sub shr pxor pslld movsxd jle jae bts ret leave'],
  [1, 'xadd cmpxchg test pop not neg movsq stosq mov cmp jbe shl lea bt'],
  [1.5, 'cmove movsx xor jb xorps ja cmovne cmovbe cmovb cmova'],
  [2, 'cmovg cmovae bswap movzx'],
  [2.5, 'jmp je'],
  [3, 'call jne sete setne cdqe ud2 movaps movdqa movdqu'],
];

const SCORES: ReadonlyMap<string, number> = new Map(
  MNEMONICS.flatMap(([score, names]) => names.split(' ').map((name) => [name, score] as const)),
);

const PREFIXES: ReadonlySet<number> = new Set([
  0x66, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x67, 0xf0,
]);
const REPEATED = /^(?:movs|stos|lods|scas|cmps)[bwdq]$/u;
const BYTE_ALU: ReadonlySet<string> = new Set(['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor']);
// These are never done with one register twice; `xor` and `test` are.
const POINTLESS_TWICE: ReadonlySet<string> = new Set(['cmp', 'or', 'sub', 'and', 'xchg']);

// Arithmetic in one byte is done in registers of four; comparisons, shifts and set… are not.
const BYTE_RARE: ReadonlyMap<string, number> = new Map([
  ...['add', 'adc', 'sbb', 'imul', 'xchg'].map((name) => [name, -6] as const),
  ...['and', 'mov', 'xor', 'sub'].map((name) => [name, -4] as const),
  ['or', -3],
]);
// Prefixes and first bytes that many instructions have: the last byte of a constant or a displacement is seldom one.
const REX_LIKE: ReadonlySet<number> = new Set([0x41, 0x44, 0x45, 0x48, 0x49, 0x4c, 0x4d]);
const OPCODE_LIKE: ReadonlySet<number> = new Set([0x0f, 0x83, 0x89, 0x8b, 0xe8]);

// First bytes after a REX prefix, by what of it they have no use for: the extension of a register, and the 64 bits.
const inRange = (byte: number, from: number, end: number): boolean => byte >= from && byte <= end;
const usesNoRegister = (opcode: number): boolean =>
  inRange(opcode, 0x50, 0x5f) ||
  inRange(opcode, 0x80, 0x83) ||
  inRange(opcode, 0xb0, 0xbf) ||
  [0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xf6, 0xf7, 0xfe, 0xff].includes(opcode);
const hasOneWidth = (opcode: number): boolean =>
  inRange(opcode, 0x50, 0x5f) ||
  inRange(opcode, 0xb0, 0xb7) ||
  [0x00, 0x02, 0x08, 0x0a, 0x20, 0x22, 0x28, 0x2a, 0x30, 0x32, 0x38, 0x3a].includes(opcode) ||
  [0x80, 0x84, 0x88, 0x8a, 0xc6, 0xf6, 0xfe].includes(opcode);
const isBranch = (opcode: number): boolean =>
  inRange(opcode, 0x70, 0x7f) || [0xc3, 0xe8, 0xe9, 0xeb].includes(opcode);

const LEAST = -8;
const NEAR_END = 0x7f000000; // of what 32 bits reach: kernel and modules lie closer together
const UP_END = 0x20000000;

/** Scores of an instruction that are not of its name. */
class Encoding {
  readonly kinds: readonly Iced.OpKind[];
  readonly registers: readonly Iced.Register[];

  constructor(
    readonly instruction: Iced.Instruction,
    readonly iced: typeof Iced,
    readonly bytes: Uint8Array,
    readonly name: string,
  ) {
    this.kinds = Array.from({ length: instruction.opCount }, (_, at) => instruction.opKind(at));
    this.registers = this.kinds.flatMap((kind, at) =>
      kind === iced.OpKind.Register ? [instruction.opRegister(at)] : [],
    );
  }

  get hasMemory(): boolean {
    return this.kinds.includes(this.iced.OpKind.Memory);
  }

  prefixes(): number {
    const { bytes, iced, name } = this;
    let at = 0;
    let score = 0;
    let repeats = false;
    for (; PREFIXES.has(bytes[at]!); at += 1) {
      const byte = bytes[at]!;
      if (byte === 0x66) score += 1;
      else if (byte === 0x65) score += 2;
      else if (byte === 0xf0) score += 1.5;
      else if (byte === 0xf2 || byte === 0xf3) repeats = true;
      else if (byte === 0x64 || byte === 0x67) score -= 6;
      else if (name !== 'nop') score -= 3; // segments that have no base
    }
    if (REPEATED.test(name)) score += repeats ? 5 : -2;
    // Elsewhere the prefix is a part of the name of what begins with 0f, of `pause` and of `rep ret`.
    else if (repeats && !this.#isNamedByRepeat(at)) score -= 6;
    const rex = bytes[at]!;
    if ((rex & 0xf0) !== 0x40) return score;
    const { Register } = iced;
    const low = [Register.SPL, Register.BPL, Register.SIL, Register.DIL];
    // A prefix that changes nothing.
    if ((rex & 15) === 0 && !this.registers.some((one) => low.includes(one))) score -= 6;
    if ((rex & 2) !== 0 && !(this.hasMemory && this.instruction.memoryIndex !== Register.None)) score -= 6;
    const opcode = bytes[at + 1]!;
    if ((rex & 4) !== 0 && usesNoRegister(opcode)) score -= 6;
    if ((rex & 8) !== 0 && hasOneWidth(opcode)) score -= 6;
    return isBranch(opcode) ? score - 6 : score;
  }

  #isNamedByRepeat(at: number): boolean {
    const { bytes } = this;
    const opcode = (bytes[at]! & 0xf0) === 0x40 ? bytes[at + 1] : bytes[at];
    return opcode === 0x0f || opcode === 0x90 || opcode === 0xc3;
  }

  operands(): number {
    const { iced, registers, name } = this;
    const { Register } = iced;
    let score = 0;
    const isHigh = registers.some((one) => one >= Register.AH && one <= Register.BH);
    if (isHigh) score -= this.#highByte();
    const isByte = !isHigh && !this.hasMemory && registers.some((one) => iced.RegisterExt.isGPR8(one));
    if (isByte) score += BYTE_RARE.get(name) ?? 0;
    if (!this.hasMemory && registers.some((one) => iced.RegisterExt.isGPR16(one))) score -= 1;
    // The stack pointer is whole, and is neither pushed nor popped.
    if ([Register.ESP, Register.SP, Register.SPL].some((one) => registers.includes(one))) score -= 8;
    if (registers.includes(Register.RSP) && (name === 'pop' || name === 'push')) score -= 6;
    if (registers.length === 2 && registers[0] === registers[1] && POINTLESS_TWICE.has(name)) score -= 5;
    return score;
  }

  // Compilers set, clear and test bits 8 to 15 in place, move them out, and little else.
  #highByte(): number {
    const { OpKind } = this.iced;
    const withConstant = this.kinds[1] === OpKind.Immediate8;
    if (this.hasMemory) return 5;
    if (['or', 'and', 'test', 'xor', 'cmp'].includes(this.name) && withConstant) return 0.5;
    return ['movzx', 'mov'].includes(this.name) ? 2 : 4;
  }

  memory(): number {
    if (!this.hasMemory) return 0;
    const { instruction, iced, registers, name } = this;
    const { Register } = iced;
    const { memoryBase: base, memoryIndex: index, memoryDisplSize: width } = instruction;
    const distance = BigInt.asIntN(64, instruction.memoryDisplacement);
    let score = 0;
    if (iced.MemorySizeExt.size(instruction.memorySize) === 1 && BYTE_ALU.has(name) && registers.length > 0)
      score -= 6.5;
    if (instruction.isIpRelMemoryOperand)
      return score + (distance > NEAR_END || distance < -NEAR_END ? -6 : 1);
    const hasBase = base !== Register.None;
    const hasIndex = index !== Register.None;
    if (name === 'lea' && registers.some((one) => iced.RegisterExt.isGPR32(one)))
      score -= distance === 0n && !hasIndex ? 5 : 0.5;
    const isAddress = distance >= -0x80000000n && distance < -0x1000000n;
    // A displacement of four bytes where one is enough, and one of a byte that is not needed.
    if (width > 1 && hasBase && distance >= -128n && distance <= 127n && name !== 'nop') score -= 5;
    if (width === 1 && distance === 0n && base !== Register.RBP && base !== Register.R13 && name !== 'nop')
      score -= 5;
    if (width > 1 && (distance > 0x10000n || distance < -0x10000n))
      score -= isAddress ? (hasIndex ? 0 : hasBase ? 2.5 : 0) : 3.5;
    if (hasIndex && name !== 'lea' && name !== 'nop') score -= index === base ? 3 : 1.5;
    if (base === Register.RSP && !hasIndex) score += 1;
    return score;
  }

  constants(): number {
    const { kinds, iced, instruction, name } = this;
    const { OpKind } = iced;
    const at = kinds.findIndex((kind) => kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64);
    if (at < 0) return 0;
    const kind = kinds[at]!;
    const value = BigInt.asIntN(64, instruction.immediate(at));
    const bits = kind === OpKind.Immediate16 ? 16 : 32;
    const short = BigInt.asIntN(bits, value);
    const isWide =
      kind === OpKind.Immediate16 || kind === OpKind.Immediate32 || kind === OpKind.Immediate32to64;
    let score = 0;
    // A constant of four bytes where one is enough.
    if (isWide && short >= -128n && short <= 127n && !['mov', 'test', 'push'].includes(name)) score -= 6;
    if (kind === OpKind.Immediate32to64 && value > 0x10000000n) score -= 2;
    return score;
  }

  /** What the last byte of a constant, a displacement or a distance looks like. */
  tail(): number {
    const { instruction, kinds, iced, bytes } = this;
    const { OpKind } = iced;
    const has =
      instruction.memoryDisplSize > 0 ||
      instruction.op0Kind === OpKind.NearBranch64 ||
      kinds.some((kind) => kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64);
    if (!has) return 0;
    const last = bytes[instruction.length - 1]!;
    return REX_LIKE.has(last) ? -2 : OPCODE_LIKE.has(last) ? -3 : 0;
  }

  branches(at: number, place: InFunction | undefined): { score: number; jump?: number } {
    const { instruction, iced, name } = this;
    // The score of its name is that of direct ones.
    if (instruction.op0Kind !== iced.OpKind.NearBranch64)
      return { score: name === 'call' || name === 'jmp' ? -2.5 : 0 };
    const distance = Number(BigInt.asIntN(64, instruction.nearBranchTarget));
    const long = instruction.length >= 5;
    const target = place === undefined ? undefined : place.offset + at + distance;
    const isInside = target === undefined ? undefined : target >= 0 && target < place!.size;
    const past = distance - instruction.length;
    // Modules lie above the kernel, which calls them through pointers.
    const isFar = past > UP_END || past < -NEAR_END;
    if (name === 'call') return { score: (isInside === true && target !== 0) || isFar ? -4 : 0 };
    if (isFar) return { score: -4 };
    if (long && past >= -128 && past <= 127) return { score: -2, jump: distance };
    if (isInside === undefined)
      return { score: long ? (Math.abs(past) < 0x10000 ? 2 : -1) : 0, jump: distance };
    if (!long) return { score: isInside ? 0.5 : -6, jump: distance };
    return { score: isInside ? 2.5 : name === 'jmp' ? 0 : 0.5, jump: distance };
  }
}

/**
 * How the bytes from an offset on read as an instruction; `undefined` where they are none.
 *
 * @param bytes of a function
 * @param place where `bytes` lies in it
 */
export const readingAt = (
  bytes: Uint8Array,
  at: number,
  place: InFunction | undefined,
): Reading | undefined => {
  const own = bytes.subarray(at, at + MAX_INSTRUCTION);
  return examine(own, 0n, (instruction, iced): Reading => {
    const name = iced.Mnemonic[instruction.mnemonic]!.toLowerCase();
    const { length } = instruction;
    if (name.startsWith('f')) return { length, score: LEAST };
    const encoding = new Encoding(instruction, iced, own, name);
    const branch = encoding.branches(at, place);
    const score =
      (SCORES.get(name) ?? -0.5) +
      encoding.prefixes() +
      encoding.operands() +
      encoding.memory() +
      encoding.constants() +
      encoding.tail() +
      branch.score;
    return {
      length,
      score: Math.max(LEAST, score),
      ...(branch.jump === undefined ? {} : { jump: branch.jump }),
    };
  });
};
