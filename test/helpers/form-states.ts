// States to start an instruction in: its operands over the edges of pages, values at the ends of their ranges, any flags.
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';
import { flagRuleOf } from '../../src/x86/flag-effect.js';
import { REGISTERS, REGISTER_INDEX, isRegisterName } from '../../src/x86/registers.js';
import { CODE, EDGES, MIDDLES, page } from './form-memory.js';
import type { FormState } from './form-runs.js';

const iced = createRequire(import.meta.url)('iced-x86') as typeof Iced;

type Below = (bound: number) => number;

/** An instruction as it is tried. */
export interface Form {
  readonly code: string; // as iced-x86 names it
  readonly length: number;
  readonly isString: boolean;
  readonly isRepeated: boolean;
  readonly usesStack: boolean;
  readonly isBranch: boolean;
  readonly isFarBitTest: boolean; // a bit number in a register, an operand in memory
  readonly memory: MemoryOperand | undefined;
  readonly bitOffset: number; // index of the register with the bit number
  readonly patchSize: number; // bytes of the displacement at patchAt
}

interface MemoryOperand {
  readonly base: number; // index of REGISTERS; -1 for none
  readonly index: number;
  readonly scale: bigint;
  readonly displacement: bigint;
  readonly isGs: boolean;
  readonly isNarrow: boolean; // an address of 32 bits
  readonly isRelative: boolean; // to RIP
  readonly patchAt: number; // where its displacement of 4 or 8 bytes lies, when it has no register
  readonly size: number;
}

const indexOf = (register: Iced.Register): number => {
  if (register === iced.Register.None || register === iced.Register.RIP || register === iced.Register.EIP)
    return -1;
  const name = iced.Register[iced.RegisterExt.fullRegister(register)]!.toLowerCase();
  return isRegisterName(name) ? REGISTER_INDEX[name] : -1;
};

/** Decode what is needed of one. */
export const readForm = (bytes: Uint8Array): Form => {
  const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
  const instruction = decoder.decode();
  const offsets = decoder.getConstantOffsets(instruction);
  try {
    const { Register, OpKind, FlowControl } = iced;
    const kinds = Array.from({ length: instruction.opCount }, (_, index) => instruction.opKind(index));
    const base = indexOf(instruction.memoryBase);
    const index = indexOf(instruction.memoryIndex);
    const memory: MemoryOperand | undefined = kinds.includes(OpKind.Memory)
      ? {
          base,
          index,
          scale: BigInt(instruction.memoryIndexScale),
          displacement: instruction.isIpRelMemoryOperand
            ? 0n
            : BigInt.asUintN(64, instruction.memoryDisplacement),
          isGs: instruction.segmentPrefix === Register.GS,
          isNarrow: bytes.subarray(0, 4).includes(0x67) && iced.RegisterExt.isGPR32(instruction.memoryBase),
          isRelative: instruction.isIpRelMemoryOperand,
          patchAt: base < 0 && index < 0 && offsets.displacementSize >= 4 ? offsets.displacementOffset : -1,
          size: Math.max(1, iced.MemorySizeExt.size(instruction.memorySize)),
        }
      : undefined;
    const code = iced.Code[instruction.code]!;
    const isFarBitTest = memory !== undefined && /^Bt[rsc]?_rm\d+_r\d+$/u.test(code);
    return {
      code,
      length: instruction.length,
      isString: instruction.isStringInstruction,
      isRepeated: instruction.hasRepPrefix || instruction.hasRepnePrefix,
      usesStack: instruction.isStackInstruction,
      isBranch: instruction.flowControl !== FlowControl.Next,
      isFarBitTest,
      memory,
      patchSize: offsets.displacementSize,
      bitOffset: isFarBitTest ? indexOf(instruction.op1Register) : -1,
    };
  } finally {
    offsets.free();
    instruction.free();
    decoder.free();
  }
};

const U64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const VALUES = [0n, 1n, 2n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n] as const; // prettier-ignore
const NOT_CANONICAL = [
  0x8000_0000_0010n,
  0xffff_7fff_ffff_fff0n,
  0x6b6b_6b6b_6b6b_6b6bn,
  0x8000_6200_1000_0000n,
] as const;
const BIT_OFFSETS = [0n, 7n, 31n, 32n, 63n, 64n, 1000n, -1n, -8n, -64n, -65n, -9000n, 0x1_0000n] as const;

/** Where an operand of `size` bytes can lie. */
const drawPlace = (below: Below, size: number): bigint => {
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const turn = below(16);
  if (turn < 8) return one(EDGES) - BigInt(below(size + 1)); // over an edge, right before it, or right after it
  if (turn < 9) return one(NOT_CANONICAL);
  return turn < 13 ? one(MIDDLES.slice(0, 3)) + BigInt(below(64)) : one(MIDDLES) + BigInt(below(8));
};

/** The address that a displacement without registers is filled in with, as linking would. */
export const drawLinked = (below: Below, size: number): bigint => {
  for (;;) {
    const place = drawPlace(below, size);
    if (place < 2n ** 31n) return place;
  }
};

const bytesOf = (value: bigint): Uint8Array => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

/**
 * Draw one state.
 *
 * @param at where the instruction lies
 * @param linked the address that its displacement was filled in with
 */
export const drawState = (form: Form, at: bigint, linked: bigint | undefined, below: Below): FormState => {
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const value = (): bigint => {
    const turn = below(8);
    if (turn < 3) return one(VALUES);
    if (turn < 5) return BigInt(below(70));
    if (turn < 6) return U64(-BigInt(below(300)));
    return (BigInt(below(2 ** 32)) << 32n) | BigInt(below(2 ** 32));
  };
  const registers: bigint[] = REGISTERS.map(value);
  const target = (): bigint =>
    one([CODE, CODE + 32n * BigInt(below(64)), page(3), page(1), one(NOT_CANONICAL), value()]);
  const places: bigint[] = [];
  const { rax, rcx, rdx, rsp, rbp, rsi, rdi, rip, rflags } = REGISTER_INDEX;
  if (below(2) === 0) registers[rcx] = BigInt(below(80));
  if (below(3) > 0)
    registers[rdx] = one([0n, 1n, U64(BigInt.asIntN(64, registers[rax]!) >> 63n), BigInt(below(9))]);
  registers[rip] = at;
  registers[rflags] = 0x202n | BigInt(below(0x1000) & 0x8d5) | (below(3) === 0 ? 0x400n : 0n);
  const gs = one([0n, page(1), 0x10000n, page(2) - 0x40n]);
  registers[rsp] = page(2) - 0x400n;
  if (form.usesStack || form.code.startsWith('Leave')) {
    registers[rsp] = below(2) === 0 ? drawPlace(below, 8) + one([0n, 8n]) : one(MIDDLES.slice(0, 3));
    places.push(registers[rsp]!);
  }
  if (form.code.startsWith('Leave')) places.push((registers[rbp] = drawPlace(below, 8)));
  if (form.isString) {
    registers[rsi] = drawPlace(below, 8);
    registers[rdi] = below(4) === 0 ? U64(registers[rsi]! + BigInt(below(20) - 10)) : drawPlace(below, 8);
    registers[rcx] = one([BigInt(below(5)), BigInt(below(70)), BigInt(below(1200)), one(VALUES)]);
    if (form.isRepeated && below(2) === 0) registers[rax] = 0n;
    places.push(registers[rsi]!, registers[rdi]!);
  }
  const { memory } = form;
  if (memory !== undefined) {
    const place = linked ?? drawPlace(below, memory.size);
    const segment = memory.isGs ? gs : 0n;
    let beside = memory.displacement;
    if (form.isFarBitTest) {
      registers[form.bitOffset] = below(4) === 0 ? value() : U64(one(BIT_OFFSETS));
      const signed = BigInt.asIntN(memory.size * 8, registers[form.bitOffset]!);
      if (below(8) > 0) beside += (signed >> BigInt(31 - Math.clz32(memory.size * 8))) * BigInt(memory.size);
    }
    const wanted = place - segment - beside;
    if (memory.index >= 0 && memory.index !== memory.base && memory.base >= 0) {
      if (form.isFarBitTest && memory.index === form.bitOffset) registers[form.bitOffset]! &= 0xffn;
      registers[memory.base] = U64(wanted - registers[memory.index]! * memory.scale);
    } else if (memory.base >= 0)
      registers[memory.base] = U64(wanted) / (memory.index >= 0 ? 1n + memory.scale : 1n);
    else if (memory.index >= 0) registers[memory.index] = U64(wanted) / memory.scale;
    if (memory.base === rsp) places.push(registers[rsp]!);
    places.push(place);
  }
  const held = form.isBranch || form.usesStack ? target : value;
  if (form.isBranch && memory === undefined)
    for (const index of registers.keys())
      if (![rsp, rip, rflags].includes(index)) registers[index] = target();
  const popped = form.code.startsWith('Popf') ? (): bigint => BigInt(below(0x1000) & 0xcd5) | 0x202n : held;
  return {
    registers,
    gs,
    pokes: places.filter((place) => place < 2n ** 40n).map((place) => [place, bytesOf(popped())] as const),
  };
};

/** Flags that an instruction leaves undefined when it starts with these registers: bits of RFLAGS. */
export const undefinedFlags = (bytes: Uint8Array, registers: readonly bigint[]): bigint =>
  BigInt(flagRuleOf(bytes, 0n)?.effect(registers[REGISTER_INDEX.rcx]!).leavesUndefined ?? 0);
