// The instructions of a run, decoded once each, with what lifetimes need of them.

import type * as Iced from 'iced-x86';
import { NO_INSTRUCTION } from '../x86/encoding.js';
import type { Memory } from '../kernel/memory.js';
import { type Addr, fromHalves } from '../base/address.js';
import { examine } from '../x86/disasm.js';
import { fetchCode } from '../x86/fetch.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { type Transfer, decodeTransfer, generalPart } from '../x86/transfer.js';
import { type Arithmetic, arithmeticOf } from './pointers.js';

/** An operand: a register's bytes, memory, or a number. */
export interface Operand {
  /** Byte of the register file; -1 for others. */
  readonly at: number;
  readonly isMemory: boolean;
  readonly size: number; // bytes
  readonly value: bigint; // of a number
}

export interface Site {
  readonly number: number;
  /** The halves of its address. */
  readonly low: number;
  readonly high: number;
  readonly transfer: Transfer;
  readonly arithmetic: Arithmetic;
  /** Registers that the address of its memory operand can be derived from: base and index; -1 for none. */
  readonly base: number;
  readonly index: number;
  /** As encodings count, of conditional jumps, sets and moves; -1 without. */
  readonly condition: number;
  readonly isJump: boolean;
  /** A jump or call that takes its target from a register; -1 without. */
  readonly target: number;
  /** Flags of arithmetic that it writes, and whether it reads CF: adc, sbb, rcl. */
  readonly setsFlags: boolean;
  readonly usesCarry: boolean;
  /** Whether it has a repetition prefix. */
  readonly repeats: boolean;
  readonly operands: readonly Operand[];
  /** The instruction that came next the last time. */
  next: Site | undefined;
}

const NONE: Operand = { at: -1, isMemory: false, size: 0, value: 0n };

const operandsOf = (instruction: Iced.Instruction, iced: typeof Iced): Operand[] =>
  Array.from({ length: Math.min(3, instruction.opCount) }, (_, index) => {
    const kind = instruction.opKind(index);
    if (kind === iced.OpKind.Register) {
      const part = generalPart(instruction.opRegister(index), iced);
      return part === undefined ? NONE : { ...NONE, at: part.at, size: part.size };
    }
    if (kind === iced.OpKind.Memory)
      return { ...NONE, isMemory: true, size: iced.MemorySizeExt.size(instruction.memorySize) };
    if (kind < iced.OpKind.Immediate8 || kind > iced.OpKind.Immediate32to64) return NONE;
    return { ...NONE, value: BigInt.asUintN(64, instruction.immediate(index)) };
  });

interface Details {
  readonly scale: number;
  readonly condition: number;
  readonly isJump: boolean;
  readonly target: number;
  readonly setsFlags: boolean;
  readonly usesCarry: boolean;
  readonly repeats: boolean;
  readonly operands: readonly Operand[];
}

const STATUS = ['CF', 'PF', 'ZF', 'SF', 'OF'] as const;

const detailsOf = (instruction: Iced.Instruction, iced: typeof Iced): Details => {
  const { FlowControl, OpKind, RflagsBits } = iced;
  const flow = instruction.flowControl;
  const isIndirect = flow === FlowControl.IndirectBranch || flow === FlowControl.IndirectCall;
  const target =
    isIndirect && instruction.op0Kind === OpKind.Register
      ? (generalPart(instruction.op0Register, iced)?.at ?? -8) >> 3
      : -1;
  const status = STATUS.reduce((bits, name) => bits | RflagsBits[name], 0);
  return {
    scale: instruction.memoryIndexScale,
    condition: instruction.conditionCode - 1,
    isJump: flow === FlowControl.ConditionalBranch,
    target,
    setsFlags: (instruction.rflagsModified & status) !== 0,
    usesCarry: (instruction.rflagsRead & RflagsBits.CF) !== 0 && instruction.conditionCode === 0,
    repeats: instruction.hasRepPrefix || instruction.hasRepnePrefix,
    operands: operandsOf(instruction, iced),
  };
};

const NOTHING: Details = {
  scale: 1,
  condition: -1,
  isJump: false,
  target: -1,
  setsFlags: false,
  usesCarry: false,
  repeats: false,
  operands: [],
};

// What an instruction is depends on its bytes and its address alone. The next run of the same code, or nearly the same,
// need not decode it again: decoding is most of what following a short run takes.
type Decoded = Omit<Site, 'number' | 'low' | 'high' | 'next'>;
const decoded = new Map<string, Decoded>();
const MOST_DECODED = 4096;

const decode = (code: Uint8Array, address: Addr): Decoded => {
  const transfer = decodeTransfer(code, address);
  const { scale, ...details } = examine(code, address, detailsOf) ?? { ...NOTHING };
  return {
    transfer,
    arithmetic: arithmeticOf(transfer.operation),
    base: transfer.base === REGISTER_INDEX.rsp ? -1 : transfer.base,
    index: scale === 1 ? transfer.index : -1,
    ...details,
  };
};

const decodedOf = (code: Uint8Array, address: Addr): Decoded => {
  const key = `${address} ${code.join()}`;
  let found = decoded.get(key);
  if (found === undefined) {
    if (decoded.size >= MOST_DECODED) decoded.clear();
    found = decode(code, address);
    decoded.set(key, found);
  }
  return found;
};

/** The instructions of one memory, whose code does not change. */
export class Sites {
  readonly #byAddress = new Map<number, Site>();
  readonly #all: Site[] = [];

  constructor(private readonly memory: Memory) {}

  /** The instruction at an address, given by its halves. */
  at(low: number, high: number, before: Site | undefined): Site {
    const next = before?.next;
    if (next !== undefined && next.low === low && next.high === high) return next;
    const key = (high & 0x1f_ffff) * 0x1_0000_0000 + low; // canonical addresses differ within 53 bits
    let site = this.#byAddress.get(key);
    if (site === undefined) {
      site = this.#decode(low, high);
      this.#byAddress.set(key, site);
    }
    if (before !== undefined) before.next = site;
    return site;
  }

  #decode(low: number, high: number): Site {
    const address = fromHalves(low, high);
    const fetched = fetchCode(this.memory, address);
    const code = fetched.length === 0 ? Uint8Array.of(NO_INSTRUCTION) : fetched;
    const site: Site = {
      ...decodedOf(code, address),
      number: this.#all.length,
      low,
      high,
      next: undefined,
    };
    this.#all.push(site);
    return site;
  }

  /** An instruction by its number; undefined where there is none. */
  numbered(number: number): Site | undefined {
    return this.#all[number];
  }
}
