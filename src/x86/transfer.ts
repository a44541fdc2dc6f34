// The effect of one instruction on values: which it copies where, and which it computes from which.
// Decoded once per address. No recording, no tags and no names here; the flags only where a copy depends on them.

import type * as Iced from 'iced-x86';
import type { Addr } from '../base/address.js';
import { type Uses, examine } from './disasm.js';
import { REGISTER_INDEX, isRegisterName } from './registers.js';

/** A memory operand as a place of a value. Other places are bytes of the register file: index * 8 + offset. */
export const MEMORY = -1;
/** The value is in the instruction itself. */
export const IMMEDIATE = -2;
/** There is no such operand. */
export const ABSENT = -3;

// A register or a part of one.
interface RegisterPart {
  readonly at: number; //   byte of the register file: index * 8, plus 1 for ah and its like
  readonly size: number; // bytes
}

/**
 * How values move.
 *
 * `none`: no register and no memory changes. `copy`: source to destination. `choose`: a copy if `condition` holds.
 * `push`, `pop`, `call`, `return`, `leave`: the stack. `exchange`: both ways. `exchange-add`: the old destination to
 * the source, the sum to the destination. `compare-exchange`: depends on ZF afterwards. `string-…`: per element, with
 * counters. `compute`: everything written is new, made from the values that are read. `refused`: not supported.
 */
export type TransferKind =
  | 'none'
  | 'copy'
  | 'choose'
  | 'push'
  | 'pop'
  | 'call'
  | 'return'
  | 'leave'
  | 'exchange'
  | 'exchange-add'
  | 'compare-exchange'
  | 'string-move'
  | 'string-store'
  | 'string-load'
  | 'string-scan'
  | 'compute'
  | 'refused';

/** What an instruction does to values. */
export interface Transfer {
  readonly kind: TransferKind;
  readonly length: number; // bytes of the instruction
  readonly operation: string; // the mnemonic, lower case, without size
  readonly destination: number;
  readonly source: number;
  /** Bytes that are copied. */
  readonly size: number;
  /** Bytes of the destination; more than `size` for movzx, movsx and 32-bit registers. */
  readonly width: number;
  /** The sign fills the bytes from `size` up to this; zeroes fill those from there to `width`. */
  readonly signTo: number;
  /** The immediate, extended to 64 bits. */
  readonly constant: bigint;
  /** Number as of the encoding: 0 `o` to 15 `g`; -1 without. */
  readonly condition: number;
  /** Registers that `compute` and string instructions write, and those that they take values from. */
  readonly writes: readonly RegisterPart[];
  readonly reads: readonly RegisterPart[];
  /** Bytes of memory that it computes with, and that it writes; 0 for none. */
  readonly loads: number;
  readonly stores: number;
  /** The result is the first read plus this; absent where it is not that simple. */
  readonly offset: bigint | undefined;
  /** Register indices that make up the address of the memory operand, -1 for none. */
  readonly base: number;
  readonly index: number;
  /** A call or jump that is not direct takes its target from memory or a register. */
  readonly indirect: boolean;
}

const NOTHING = new Set([
  'cmp', 'test', 'bt', 'nop', 'clc', 'stc', 'cmc', 'cld', 'std', 'cli', 'sti', 'ud2', 'int3', 'hlt', 'pause', 'lfence',
  'mfence', 'sfence', 'endbr64', 'clflush', 'clac', 'stac', 'wbinvd', 'sahf',
]); // prettier-ignore

const COMPUTED = new Set([
  'add', 'adc', 'sub', 'sbb', 'and', 'or', 'xor', 'not', 'neg', 'inc', 'dec', 'shl', 'sal', 'shr', 'sar', 'rol', 'ror', 'rcl',
  'rcr', 'shld', 'shrd', 'imul', 'mul', 'div', 'idiv', 'bts', 'btr', 'btc', 'bsf', 'bsr', 'popcnt', 'lzcnt', 'tzcnt', 'bswap',
  'movbe', 'cdq', 'cqo', 'cwd', 'andn', 'bextr', 'blsi', 'blsr', 'blsmsk', 'bzhi', 'pdep', 'pext', 'sarx', 'shlx', 'shrx', 'rorx',
  'mulx', 'adcx', 'adox', 'crc32', 'lahf', 'rdtsc', 'rdtscp', 'cpuid', 'rdrand', 'rdseed', 'xlatb', 'lea',
]); // prettier-ignore

const IN_PLACE: Readonly<Record<string, readonly [from: number, to: number]>> = {
  cbw: [1, 2],
  cwde: [2, 4],
  cdqe: [4, 8],
};

const STRING = /^(movs|stos|lods|scas|cmps)([bwdq])$/u;
const STRING_SIZE: Readonly<Record<string, number>> = { b: 1, w: 2, d: 4, q: 8 };

const indexOf = (name: string): number => (isRegisterName(name) ? REGISTER_INDEX[name] : -1);

// By the library's register: each question to it is a call into WebAssembly, and every operand asks three.
const parts = new Map<Iced.Register, RegisterPart | undefined>();

/** What a register of the library is of a general one; `undefined` for all others. */
export const generalPart = (register: Iced.Register, iced: typeof Iced): RegisterPart | undefined => {
  if (parts.has(register)) return parts.get(register);
  const { RegisterExt, Register } = iced;
  const index = indexOf(Register[RegisterExt.fullRegister(register)]!.toLowerCase());
  const high = register >= Register.AH && register <= Register.BH ? 1 : 0;
  const part = RegisterExt.isGPR(register)
    ? { at: index * 8 + high, size: RegisterExt.size(register) }
    : undefined;
  parts.set(register, part);
  return part;
};

/** Reads the operands of one instruction. */
class Reader {
  readonly operation: string;

  constructor(
    readonly instruction: Iced.Instruction,
    readonly iced: typeof Iced,
  ) {
    this.operation = iced.Mnemonic[instruction.mnemonic]!.toLowerCase();
  }

  /** The general register of an operand. */
  part(operand: number): RegisterPart | undefined {
    const { iced, instruction } = this;
    if (operand >= instruction.opCount || instruction.opKind(operand) !== iced.OpKind.Register)
      return undefined;
    return this.partOf(instruction.opRegister(operand));
  }

  partOf(register: Iced.Register): RegisterPart | undefined {
    return generalPart(register, this.iced);
  }

  isMemory(operand: number): boolean {
    const { iced, instruction } = this;
    return operand < instruction.opCount && instruction.opKind(operand) === iced.OpKind.Memory;
  }

  get memorySize(): number {
    return this.iced.MemorySizeExt.size(this.instruction.memorySize);
  }

  /** Whether an operand is a register that is tracked, memory, or an immediate. */
  isPlain(operand: number): boolean {
    const { iced, instruction } = this;
    return instruction.opKind(operand) !== iced.OpKind.Register || this.part(operand) !== undefined;
  }

  immediate(operand: number): bigint | undefined {
    const { iced, instruction } = this;
    if (operand >= instruction.opCount) return undefined;
    const kind = instruction.opKind(operand);
    const { Immediate8, Immediate8_2nd, Immediate16, Immediate32, Immediate64 } = iced.OpKind;
    const { Immediate8to16, Immediate8to32, Immediate8to64, Immediate32to64 } = iced.OpKind;
    const kinds = [Immediate8, Immediate8_2nd, Immediate16, Immediate32, Immediate64];
    const extended = [Immediate8to16, Immediate8to32, Immediate8to64, Immediate32to64];
    if (![...kinds, ...extended].includes(kind)) return undefined;
    return BigInt.asUintN(64, instruction.immediate(operand));
  }

  register(register: Iced.Register): number {
    const part = this.partOf(register);
    return part === undefined ? -1 : part.at >> 3;
  }
}

const EMPTY: Omit<Transfer, 'length' | 'operation' | 'base' | 'index'> = {
  kind: 'none',
  destination: ABSENT,
  source: ABSENT,
  size: 0,
  width: 0,
  signTo: 0,
  constant: 0n,
  condition: -1,
  writes: [],
  reads: [],
  loads: 0,
  stores: 0,
  offset: undefined,
  indirect: false,
};

type Part = Partial<Transfer> & { readonly kind: TransferKind };

/** Where an operand lies, and how wide it is. */
const place = (reader: Reader, operand: number): { at: number; size: number } | undefined => {
  if (reader.isMemory(operand)) return { at: MEMORY, size: reader.memorySize };
  return reader.part(operand);
};

const REFUSED: Part = { kind: 'refused' };

// Destination and source of an instruction with two operands.
const pair = (reader: Reader, kind: TransferKind, more: Partial<Transfer> = {}): Part => {
  const destination = place(reader, 0);
  if (destination === undefined) return REFUSED;
  // A 32-bit register takes its upper half along: it becomes zero.
  const width = destination.at !== MEMORY && destination.size === 4 ? 8 : destination.size;
  const constant = reader.immediate(1);
  if (constant !== undefined) {
    const value = BigInt.asUintN(destination.size * 8, constant);
    const common = { destination: destination.at, source: IMMEDIATE, constant: value, width };
    return { kind, ...common, size: destination.size, ...more };
  }
  const source = place(reader, 1);
  if (source === undefined) return REFUSED;
  return {
    kind,
    destination: destination.at,
    source: source.at,
    size: Math.min(source.size, destination.size),
    width,
    ...more,
  };
};

const stack = (reader: Reader): Part | undefined => {
  const { operation, instruction, iced } = reader;
  switch (operation) {
    case 'push': {
      const constant = reader.immediate(0);
      const source = place(reader, 0);
      const size = Math.abs(instruction.stackPointerIncrement);
      if (size !== 8) return REFUSED;
      if (constant !== undefined) return { kind: 'push', source: IMMEDIATE, constant, size };
      return source === undefined ? REFUSED : { kind: 'push', source: source.at, size };
    }
    case 'pushfq':
      return { kind: 'push', source: ABSENT, size: 8 };
    case 'popfq':
      return { kind: 'pop', destination: ABSENT, size: 8 };
    case 'pop': {
      const destination = place(reader, 0);
      if (destination === undefined || destination.size !== 8) return REFUSED;
      return { kind: 'pop', destination: destination.at, size: 8, width: 8 };
    }
    case 'call':
      if (instruction.flowControl === iced.FlowControl.Call) return { kind: 'call', size: 8 };
      if (!reader.isPlain(0) || instruction.isCallFarIndirect) return REFUSED;
      return { kind: 'call', size: 8, indirect: true };
    case 'ret':
      return instruction.stackPointerIncrement < 8 ? REFUSED : { kind: 'return', size: 8 };
    case 'leave':
      return instruction.opCount === 0 ? { kind: 'leave', size: 8 } : REFUSED;
    default:
      return undefined;
  }
};

const string = ({ operation }: Reader): Part | undefined => {
  const [, name, letter] = STRING.exec(operation) ?? [];
  if (name === undefined) return undefined;
  const size = STRING_SIZE[letter!]!;
  const counters: RegisterPart[] = ['rcx', 'rsi', 'rdi'].map((register) => ({
    at: indexOf(register) * 8,
    size: 8,
  }));
  const kind = ({ movs: 'string-move', stos: 'string-store', lods: 'string-load' } as const)[name];
  return { kind: kind ?? 'string-scan', size, width: size === 4 ? 8 : size, writes: counters };
};

const sameRegister = (reader: Reader): boolean => {
  const [first, second] = [reader.part(0), reader.part(1)];
  return first !== undefined && first.at === second?.at && first.size === second.size;
};

// Everything else that writes: explicit operands by their width, implicit ones as whole registers.
const compute = (reader: Reader, usesOf: () => Uses): Part => {
  const { instruction, operation } = reader;
  const operands = Array.from({ length: instruction.opCount }, (_, index) => index);
  if (!operands.every((operand) => reader.isPlain(operand))) return REFUSED;
  const uses = usesOf();
  const parts = operands.flatMap((operand) => reader.part(operand) ?? []);
  const explicit = (full: string) => parts.filter(({ at }) => at >> 3 === indexOf(full));
  const addresses = new Set(
    operation === 'lea' ? [] : uses.memory.flatMap(({ base, index }) => [base, index]),
  );
  const implicit = /^(?:i?mul|i?div)$/u.test(operation) ? ['rax', 'rdx'] : [];
  const whole = (full: string): RegisterPart => ({ at: indexOf(full) * 8, size: 8 });
  const named = uses.registers.filter(({ full }) => indexOf(full) >= 0);
  const writes = named
    .filter(({ written }) => written)
    .flatMap(({ full }) => (explicit(full).length === 0 ? [whole(full)] : explicit(full).slice(0, 1)));
  const reads = named
    .filter(({ read, full }) => {
      return read && (!addresses.has(full) || explicit(full).length > 0 || implicit.includes(full));
    })
    .flatMap(({ full }) => (explicit(full).length === 0 ? [whole(full)] : explicit(full)));
  const memory = reader.isMemory(0) || reader.isMemory(1) || reader.isMemory(2) || operation === 'xlatb';
  const size = operation === 'xlatb' ? 1 : reader.memorySize;
  const touched = operation === 'lea' || !memory ? [] : uses.memory;
  return {
    kind: 'compute',
    writes,
    reads,
    loads: touched.some(({ read }) => read) ? size : 0,
    stores: touched.some(({ written }) => written) ? size : 0,
    offset: offsetOf(reader),
  };
};

// The constant distance between the one value that goes in and the one that comes out.
const offsetOf = (reader: Reader): bigint | undefined => {
  const { instruction, operation, iced } = reader;
  if (operation === 'lea') {
    const { memoryBase: base, memoryIndex: index } = instruction;
    const simple = index === iced.Register.None && reader.partOf(base)?.size === 8;
    return simple && reader.part(0)?.size === 8
      ? BigInt.asIntN(64, instruction.memoryDisplacement)
      : undefined;
  }
  const immediate = reader.immediate(1);
  const signed = immediate === undefined ? undefined : BigInt.asIntN(64, immediate);
  if (operation === 'add') return signed;
  if (operation === 'sub') return signed === undefined ? undefined : -signed;
  return operation === 'inc' ? 1n : operation === 'dec' ? -1n : undefined;
};

const partOf = (reader: Reader, uses: () => Uses): Part => {
  const { operation, instruction, iced } = reader;
  const flow = instruction.flowControl;
  const { ConditionalBranch, UnconditionalBranch, IndirectBranch } = iced.FlowControl;
  if (flow === ConditionalBranch || flow === UnconditionalBranch) {
    if (!operation.startsWith('loop')) return { kind: 'none' };
    return { kind: 'compute', writes: [{ at: 8, size: 8 }], reads: [{ at: 8, size: 8 }], offset: -1n };
  }
  if (flow === IndirectBranch) return { kind: 'none', indirect: true };
  if (NOTHING.has(operation) || operation.startsWith('prefetch')) return { kind: 'none' };
  // movsd is also a name of SSE2: that one has vector operands.
  const vector = Array.from({ length: instruction.opCount }, (_, operand) => operand).some(
    (operand) => !reader.isPlain(operand),
  );
  if (vector) return REFUSED;
  const special = stack(reader) ?? string(reader);
  if (special !== undefined) return special;
  const inPlace = IN_PLACE[operation];
  if (inPlace !== undefined) {
    const [size, signTo] = inPlace;
    return { kind: 'copy', destination: 0, source: 0, size, signTo, width: signTo === 4 ? 8 : signTo };
  }
  if (operation === 'mov' || operation === 'movnti' || operation === 'movzx') return pair(reader, 'copy');
  if (operation === 'movsx' || operation === 'movsxd') {
    return pair(reader, 'copy', { signTo: reader.part(0)?.size ?? 0 });
  }
  if (operation.startsWith('cmov'))
    return pair(reader, 'choose', { condition: instruction.conditionCode - 1 });
  if (operation === 'xchg') return pair(reader, 'exchange');
  if (operation === 'xadd') return pair(reader, 'exchange-add');
  if (operation === 'cmpxchg') return pair(reader, 'compare-exchange');
  if ((operation === 'xor' || operation === 'sub') && sameRegister(reader)) {
    const { at, size } = reader.part(0)!;
    const width = size === 4 ? 8 : size;
    return { kind: 'copy', destination: at, source: IMMEDIATE, constant: 0n, size, width };
  }
  // lea without a displacement is a mov.
  if (operation === 'lea' && offsetOf(reader) === 0n) {
    const source = reader.partOf(instruction.memoryBase)!.at;
    return { kind: 'copy', destination: reader.part(0)!.at, source, size: 8, width: 8 };
  }
  if (COMPUTED.has(operation) || operation.startsWith('set')) return compute(reader, uses);
  return REFUSED;
};

/** The effect on values of an instruction that `examine` looks at. */
export const transferOf = (instruction: Iced.Instruction, iced: typeof Iced, uses: () => Uses): Transfer => {
  const reader = new Reader(instruction, iced);
  const part = partOf(reader, uses);
  return {
    ...EMPTY,
    length: instruction.length,
    operation: reader.operation,
    base: reader.register(instruction.memoryBase),
    index: reader.register(instruction.memoryIndex),
    ...part,
  };
};

/**
 * The effect on values of the instruction at the start of `bytes`.
 *
 * @returns kind `refused` where it is not supported: vector, segment and control registers, far and 16-bit stack
 *   operations, and everything that is not known to be harmless
 */
export const decodeTransfer = (bytes: Uint8Array, address: Addr): Transfer =>
  examine(bytes, address, transferOf) ?? {
    ...EMPTY,
    kind: 'refused',
    length: 1,
    operation: '(bad)',
    base: -1,
    index: -1,
  };

const CF = 0x1;
const PF = 0x4;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;

/** Whether ZF is set. */
export const isZero = (flags: number): boolean => (flags & ZF) !== 0;

/**
 * Whether a condition holds.
 *
 * @param condition 0 `o`, 1 `no`, 2 `b`, … 15 `g`, as the encodings of jcc, setcc and cmovcc count
 * @param flags the low half of RFLAGS
 * Source: Intel SDM vol. 1, appendix B "EFLAGS Condition Codes"
 */
export const conditionHolds = (condition: number, flags: number): boolean => {
  const is = (bit: number): boolean => (flags & bit) !== 0;
  const holds = [
    is(OF),
    is(CF),
    is(ZF),
    is(CF) || is(ZF),
    is(SF),
    is(PF),
    is(SF) !== is(OF),
    is(ZF) || is(SF) !== is(OF),
  ][condition >> 1]!;
  return (condition & 1) === 0 ? holds : !holds;
};
