// The memory that the trapping instruction accesses, with the addresses that the registers give, and the address that faulted.

import { type Addr, hex, u64 } from '../../base/address.js';
import { type MemoryUse, decodeOne, usesOf } from '../../x86/disasm.js';
import { REGISTERS } from '../../x86/registers.js';
import { readOperation } from '../code/evaluate.js';
import type { CodeBytes, KernelReport, RegisterSet } from '../read/report.js';
import { stringMoveOf } from './string-move.js';

/** The end of the page that a NULL pointer's fields lie in. */
export const FIRST_PAGE = 0x1000n;

/** A memory operand, implicit ones of push and call included, and its address. */
export interface MemoryAccess {
  readonly use: MemoryUse;
  readonly address: Addr;
}

/** A memory operand as objdump writes it: `0x2e0(%rbx)`, `0xef3b(%rip)`. */
export const operandText = ({ segment, base, index, scale, displacement, rip }: MemoryUse): string => {
  const signed = BigInt.asIntN(64, displacement - (rip ?? 0n));
  const number = signed === 0n ? '' : signed < 0n ? `-${hex(-signed)}` : hex(signed);
  const inside =
    index === undefined ? `%${base ?? ''}` : `${base === undefined ? '' : `%${base}`},%${index},${scale}`;
  const registers =
    rip !== undefined ? '(%rip)' : base === undefined && index === undefined ? '' : `(${inside})`;
  return `${segment === undefined ? '' : `%${segment}:`}${number}${registers}`;
};

const addressOf = (use: MemoryUse, registers: RegisterSet): Addr | undefined => {
  const valueOf = (name: string | undefined): bigint | undefined =>
    name === undefined ? 0n : registers.values.get(name);
  const base = valueOf(use.base);
  const index = valueOf(use.index);
  const segment = use.segment === undefined ? 0n : registers.control.get(use.segment);
  if (base === undefined || index === undefined || segment === undefined) return undefined;
  return u64(segment + base + index * BigInt(use.scale) + use.displacement);
};

/** Whether an access of `size` bytes at `address` touches the byte at `fault`. */
export const covers = (address: Addr, size: number, fault: Addr): boolean =>
  fault >= address && fault < address + BigInt(Math.max(1, size));

/**
 * Whether the headline of a general protection fault means an access by an address. Until 5.12 the kernel left the
 * displacement out. Source: get_kernel_gp_address(), arch/x86/kernel/traps.c, v5.5 and v5.13
 */
export const namedByGpf = ({ use, address }: MemoryAccess, named: Addr): boolean =>
  named === address || (use.rip === undefined && named === u64(address - use.displacement));

/** The address that faulted: from the headline of the report, or CR2 of a page fault. */
export const faultOf = (report: KernelReport, { control }: RegisterSet): Addr | undefined => {
  if (report.faultAddress !== undefined) return report.faultAddress;
  return ['paging', 'null-deref', 'double-fault', 'stack-guard'].includes(report.kind)
    ? control.get('cr2')
    : undefined;
};

export const accessOf = ({ read, written }: MemoryUse): 'read' | 'write' | 'read and write' =>
  read && written ? 'read and write' : written ? 'write' : 'read';

/**
 * How far from its operand an instruction accesses: `bts %rax,(%rdi)` the word that the bit is in; 0 for others, and
 * `undefined` where the bit is not known. Source: Intel SDM vol. 2, BT
 */
export const bitWord = (use: MemoryUse, bytes: Uint8Array, registers: RegisterSet): bigint | undefined => {
  const operation = readOperation(bytes, 0n);
  if (operation === undefined || !/^bt[src]?$/u.test(operation.name)) return 0n;
  const bit = operation.operands.find(({ kind }) => kind === 'register');
  if (bit?.kind !== 'register') return 0n;
  const value = registers.values.get(REGISTERS[bit.register]!);
  if (value === undefined) return undefined;
  const bits = BigInt(use.size * 8);
  const number = BigInt.asIntN(Number(bits), value);
  const word = number >= 0n ? number / bits : (number + 1n) / bits - 1n;
  return word * BigInt(use.size);
};

/** All memory that an instruction uses: the address of each operand, or `undefined` where the registers do not give it. */
const usedBy = (
  bytes: Uint8Array,
  rip: Addr | undefined,
  registers: RegisterSet,
): (MemoryAccess | undefined)[] => {
  const move = stringMoveOf(bytes);
  return usesOf(bytes, rip ?? 0n).memory.map((one) => {
    const use = one.size === 0 && move !== undefined ? { ...one, size: move.size } : one;
    if (use.size === 0 || (rip === undefined && use.rip !== undefined)) return undefined;
    const address = addressOf(use, registers);
    const beyond = bitWord(use, bytes, registers);
    return address === undefined || beyond === undefined
      ? undefined
      : { use, address: u64(address + beyond) };
  });
};

/**
 * The accesses of an instruction whose addresses the registers give; of a string instruction, those of its next step.
 *
 * @param bytes starting at the instruction
 * @param rip its address; without it, operands that are relative to RIP have no address
 */
export const accessesOf = (
  bytes: Uint8Array,
  rip: Addr | undefined,
  registers: RegisterSet,
): MemoryAccess[] => usedBy(bytes, rip, registers).filter((access) => access !== undefined);

// Instructions that access tables of the CPU as well, or memory that their operands do not show.
const UNSHOWN =
  /^(?:rep\w* |lock )?(?:iret|lret|sysret|sysexit|lcall|ljmp|int|l[dgi]dt|l[defgs]s\b|ltr|lldt|lar|lsl|ver[rw]|xsave|xrstor|v?p?gather|v?p?scatter|v?maskmov|vp?maskmov|xbegin|xend|vm(?:read|write|launch|resume|x|ptr|clear|call|run|load|save|mcall)|enter|swapgs|(?:rd|wr)(?:fs|gs)base|enqcmd|(?:mov|pop)\w*\s.*%[cdefgs]s$)/u;

/**
 * Whether the accesses of an instruction are all that it can fault at, its own bytes apart: nothing of it is left out,
 * and no address is unknown. What relies on GS or FS counts as unknown, since their bases are read later.
 */
export const areAllAccesses = (bytes: Uint8Array, rip: Addr | undefined, registers: RegisterSet): boolean => {
  const { text, flow } = decodeOne(bytes, rip ?? 0n);
  if (flow === 'bad' || UNSHOWN.test(text)) return false;
  return usedBy(bytes, rip, registers).every(
    (access) => access !== undefined && access.use.segment === undefined,
  );
};

const FETCH = 0x10; // error code of a page fault: instruction fetch. Source: Intel SDM vol. 3, 4.7

/** Whether the error code of a page fault says that an instruction was fetched. */
export const isFetch = ({ kind, errorCode }: KernelReport): boolean =>
  ((errorCode ?? 0) & FETCH) !== 0 && (kind === 'paging' || kind === 'null-deref');

/** RIP, where fetching the instruction was what faulted. */
export const jumpedTo = (report: KernelReport, registers: RegisterSet): Addr | undefined => {
  const rip = registers.values.get('rip') ?? registers.rip?.address;
  const fault = faultOf(report, registers);
  const isUnreadable = fault !== undefined && fault === rip && report.code?.unreadable !== undefined;
  return rip !== undefined && (isFetch(report) || isUnreadable) ? rip : undefined;
};

/** The bytes from the trapping instruction on; empty where none is marked, or no instruction starts there. */
export const trappingBytes = (code: CodeBytes | undefined): Uint8Array => {
  const bytes = code?.marked === undefined ? new Uint8Array() : code.bytes.subarray(code.marked);
  return bytes.length === 0 || decodeOne(bytes, 0n).flow === 'bad' ? new Uint8Array() : bytes;
};
