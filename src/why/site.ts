// One instruction as dependence sees it: the bytes of registers and the flags that it makes, and those that it makes
// them from. Decoded once per address; addresses and counts of one execution are in sources.ts.

import type * as Iced from 'iced-x86';
import { type Addr, u64 } from '../base/address.js';
import { type Flow, type Uses, examine, flowOf } from '../x86/disasm.js';
import { type FlagRule, flagRule } from '../x86/flag-effect.js';
import { readRegister } from '../x86/register-parts.js';
import { REGISTER_INDEX, isRegisterName } from '../x86/registers.js';
import { type Transfer, generalPart, transferOf } from '../x86/transfer.js';

/** Bytes of the register file: a register's index * 8, plus the byte in it. */
export interface RegisterBytes {
  readonly at: number;
  readonly size: number; // bytes
}

/** An operand as it is written, for telling what was compared. */
export type Operand =
  | ({ readonly kind: 'register' } & RegisterBytes)
  | { readonly kind: 'memory'; readonly size: number }
  | { readonly kind: 'immediate'; readonly value: bigint; readonly size: number };

/** One instruction, at one address. */
export interface Site {
  readonly address: Addr;
  readonly length: number; // bytes
  readonly flow: Flow;
  readonly target: Addr | undefined;
  readonly transfer: Transfer;
  /** Register bytes that it makes, zeroes above a 32-bit result included; not RSP where that moves by a constant. */
  readonly writes: readonly RegisterBytes[];
  /** Register bytes that a computed result, or its flags, are made from. */
  readonly reads: readonly RegisterBytes[];
  /** Registers that make up the addresses of its memory operands; not RSP. */
  readonly addresses: readonly RegisterBytes[];
  readonly flags: FlagRule | undefined;
  readonly operands: readonly Operand[];
  /** Bit n: some byte of register n is made. */
  readonly mask: number;
}

const RSP = REGISTER_INDEX.rsp;
const RBP = REGISTER_INDEX.rbp;
const RAX = REGISTER_INDEX.rax;

const bytesOf = (name: string): RegisterBytes | undefined => {
  const part = readRegister(name);
  if (part === undefined || !isRegisterName(part.register)) return undefined;
  return { at: REGISTER_INDEX[part.register] * 8 + part.first, size: part.size };
};

// A 32-bit result clears the upper half.
const widened = ({ at, size }: RegisterBytes): RegisterBytes => ({ at, size: size === 4 ? 8 : size });

const operandsOf = (instruction: Iced.Instruction, iced: typeof Iced): Operand[] => {
  const { OpKind } = iced;
  return Array.from({ length: Math.min(2, instruction.opCount) }, (_, index): Operand | undefined => {
    const kind = instruction.opKind(index);
    if (kind === OpKind.Register) {
      const part = generalPart(instruction.opRegister(index), iced);
      return part && { kind: 'register', ...part };
    }
    if (kind === OpKind.Memory)
      return { kind: 'memory', size: iced.MemorySizeExt.size(instruction.memorySize) };
    const immediates = [
      OpKind.Immediate8, OpKind.Immediate16, OpKind.Immediate32, OpKind.Immediate64,
      OpKind.Immediate8to16, OpKind.Immediate8to32, OpKind.Immediate8to64, OpKind.Immediate32to64,
    ]; // prettier-ignore
    if (!immediates.includes(kind)) return undefined;
    return { kind: 'immediate', value: BigInt.asUintN(64, instruction.immediate(index)), size: 8 };
  }).filter((one): one is Operand => one !== undefined);
};

const DONE_BY_KIND = ['compute', 'none', 'refused'];

// What a transfer of a kind other than these writes.
const moved = ({ kind, destination, source, size, width, writes }: Transfer): readonly RegisterBytes[] => {
  const to = destination >= 0 ? [{ at: destination, size: Math.max(size, width) }] : [];
  const from = source >= 0 ? [widened({ at: source, size })] : [];
  switch (kind) {
    case 'copy':
    case 'choose':
    case 'pop':
      return to;
    case 'leave':
      return [
        { at: RBP * 8, size: 8 },
        { at: RSP * 8, size: 8 },
      ];
    case 'exchange':
      return [...(destination >= 0 ? [widened({ at: destination, size })] : []), ...from];
    case 'exchange-add':
      return [...(destination >= 0 ? [widened({ at: destination, size })] : []), ...from];
    case 'compare-exchange':
      return [
        ...(destination >= 0 ? [widened({ at: destination, size })] : []),
        widened({ at: RAX * 8, size }),
      ];
    case 'string-load':
      return [...writes, { at: RAX * 8, size: width }];
    case 'string-move':
    case 'string-store':
    case 'string-scan':
      return writes;
    default:
      return [];
  }
};

// RSP plus a constant is RSP for dependence: every push would be a cause otherwise.
const isConstantMove = (transfer: Transfer): boolean =>
  transfer.offset !== undefined && transfer.reads.every(({ at }) => at >> 3 === RSP);

const usesNames = (uses: Uses, written: boolean): RegisterBytes[] =>
  uses.registers
    .filter((one) => (written ? one.written : one.read))
    .flatMap(({ register }) => bytesOf(register) ?? []);

// Kinds, and operations without one, of which the operands as written say everything: the library's account of uses
// takes as long as all the rest.
const PLAIN_KINDS = new Set(['copy', 'choose', 'push', 'pop', 'call', 'return', 'exchange']);
const PLAIN = /^(?:cmp|test|ud2|nop|j\w+)$/u;

type Parts = Pick<Site, 'writes' | 'reads' | 'addresses'>;

const plainParts = (transfer: Transfer, operands: readonly Operand[]): Parts => {
  const explicit = operands.flatMap((one) =>
    one.kind === 'register' ? [{ at: one.at, size: one.size }] : [],
  );
  const inMemory = operands.some(({ kind }) => kind === 'memory');
  const registers = inMemory ? [...new Set([transfer.base, transfer.index])] : [];
  return {
    writes: moved(transfer),
    reads: explicit.filter(({ at }) => at >> 3 !== RSP),
    addresses: registers
      .filter((index) => index >= 0 && index !== RSP)
      .map((index) => ({ at: index * 8, size: 8 })),
  };
};

const partsByUses = (transfer: Transfer, operands: readonly Operand[], uses: Uses): Parts => {
  const addresses = [...new Set(uses.memory.flatMap(({ base, index }) => [base, index]))]
    .flatMap((name) => (name === undefined ? [] : (bytesOf(name) ?? [])))
    .filter(({ at }) => at >> 3 !== RSP);
  const explicit = operands.flatMap((one) => (one.kind === 'register' ? [one] : []));
  const onlyAddress = (at: number): boolean =>
    addresses.some((one) => one.at >> 3 === at >> 3) && !explicit.some((one) => one.at >> 3 === at >> 3);
  const isComputed = transfer.kind === 'compute';
  const writes = isComputed
    ? transfer.writes.map(widened)
    : DONE_BY_KIND.includes(transfer.kind)
      ? usesNames(uses, true).map(widened)
      : moved(transfer);
  const reads = isComputed
    ? transfer.reads
    : usesNames(uses, false).filter(({ at }) => !onlyAddress(at) && at >> 3 !== RSP);
  return { writes, reads, addresses };
};

const lookAt = (
  instruction: Iced.Instruction,
  iced: typeof Iced,
  usesOf: () => Uses,
): Omit<Site, 'address'> => {
  const transfer = transferOf(instruction, iced, usesOf);
  const operands = operandsOf(instruction, iced);
  const isPlain =
    PLAIN_KINDS.has(transfer.kind) || (transfer.kind === 'none' && PLAIN.test(transfer.operation));
  const parts = isPlain ? plainParts(transfer, operands) : partsByUses(transfer, operands, usesOf());
  const writes = parts.writes.filter(({ at }) => at >> 3 !== RSP || !isConstantMove(transfer));
  const direct = instruction.op0Kind === iced.OpKind.NearBranch64;
  return {
    length: instruction.length,
    flow: flowOf(iced, instruction.flowControl),
    target: direct ? u64(instruction.nearBranchTarget) : undefined,
    flags: flagRule(instruction, iced),
    transfer,
    ...parts,
    writes,
    operands,
    mask: writes.reduce((bits, { at }) => bits | (1 << (at >> 3)), 0),
  };
};

const NOTHING: Omit<Site, 'address'> = {
  length: 1,
  flow: 'bad',
  target: undefined,
  flags: undefined,
  mask: 0,
  transfer: {
    kind: 'refused', length: 1, operation: '(bad)', destination: -3, source: -3, size: 0, width: 0, signTo: 0,
    constant: 0n, condition: -1, writes: [], reads: [], loads: 0, stores: 0, offset: undefined, base: -1, index: -1,
    indirect: false,
  }, // prettier-ignore
  writes: [],
  reads: [],
  addresses: [],
  operands: [],
};

/** The instruction at the start of `bytes`; one that does nothing where there is none. */
export const siteOf = (bytes: Uint8Array, address: Addr): Site => ({
  address,
  ...((bytes.length === 0 ? undefined : examine(bytes, address, lookAt)) ?? NOTHING),
});
