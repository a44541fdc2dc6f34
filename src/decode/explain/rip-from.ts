// Where the code lay, of a report that prints RIP as symbol and offset only, as kernels do since 4.10: what is relative to
// RIP, turned round. Source: show_iret_regs() and show_ip(), arch/x86/kernel/dumpstack.c, v4.10

import { type Addr, u64 } from '../../base/address.js';
import { decodeOne, usesOf } from '../../x86/disasm.js';
import { type Analysis, ripOf, weaker } from '../code/analysis.js';
import type { Value } from '../code/flow-value.js';
import type { KernelReport, RegisterSet } from '../read/report.js';
import { REGISTERS } from '../../x86/registers.js';
import { type Statement, type Subject, type Sure, statement } from '../code/statement.js';
import { accessesOf, bitWord, covers, faultOf } from './accesses.js';

const TRAP: Subject = { kind: 'trap' };

// The kernel image and the modules. Source: Documentation/arch/x86/x86_64/mm.rst, v6.6
const TEXT_START = 0xffffffff80000000n;
const TEXT_END = 0xffffffffff000000n;

// Bits of the error code of a page fault. Source: Intel SDM vol. 3, 4.7
const WRITE = 2;
const FETCH = 0x10;

const isText = (address: Addr): boolean => address >= TEXT_START && address < TEXT_END;

interface Found {
  readonly rip: Addr;
  readonly sure: Sure;
  readonly from: string;
  readonly by: number; // node
  readonly because: readonly string[];
}

// The only access that can be the one that faulted is relative to RIP.
const fromFault = (
  report: KernelReport,
  registers: RegisterSet,
  bytes: Uint8Array,
): Omit<Found, 'by'> | undefined => {
  const fault = ['paging', 'null-deref'].includes(report.kind) ? faultOf(report, registers) : undefined;
  const { errorCode } = report;
  if (fault === undefined || ((errorCode ?? 0) & FETCH) !== 0) return undefined;
  const uses = usesOf(bytes, 0n).memory.filter(({ size }) => size > 0);
  const [use, ...more] = uses.filter(({ rip }) => rip !== undefined);
  if (use === undefined || more.length > 0 || use.segment !== undefined) return undefined;
  // The other operands, such as the stack word of a call, are known and are not it.
  const others = accessesOf(bytes, undefined, registers);
  if (others.length + 1 < uses.length) return undefined;
  if (others.some((one) => covers(one.address, one.use.size, fault))) return undefined;
  const written = errorCode === undefined ? undefined : (errorCode & WRITE) !== 0;
  if (written === true && !use.written) return undefined;
  if (written === false && !use.read) return undefined;
  const beyond = bitWord(use, bytes, registers);
  if (beyond === undefined) return undefined;
  // An access over the end of a page may fault at the second one.
  const isFirst = (fault & 0xfffn) !== 0n || use.size === 1;
  return {
    rip: u64(fault - use.displacement - beyond),
    sure: isFirst && written !== undefined ? 'certain' : 'likely',
    from: 'operand',
    because: [],
  };
};

const distanceOf = (value: Value): { of: string; plus: bigint } | undefined =>
  value.kind === 'base'
    ? { of: value.of, plus: 0n }
    : value.kind === 'sum' && value.of.kind === 'base'
      ? { of: value.of.of, plus: value.plus }
      : undefined;

// Registers that hold what an instruction such as lea computed from RIP.
const fromRegisters = ({ graph, state, registers, sure, sureOf }: Analysis): Found[] => {
  const { piece, at } = graph.nodes[graph.trap]!.code;
  const trap = piece.address + BigInt(at - piece.offset);
  return (state?.registers ?? []).flatMap(({ value, writers }, index): Found[] => {
    const distance = distanceOf(value);
    const held = registers.get(index);
    const [by] = writers;
    if (distance === undefined || distance.of !== piece.origin || held === undefined) return [];
    if (by === undefined || by < 0) return [];
    const written = [...writers].map((id) => graph.nodes[id]!);
    return [
      {
        rip: u64(held - distance.plus + trap),
        sure: written.map(sureOf).reduce<Sure>(weaker, sure),
        from: REGISTERS[index]!.toUpperCase(),
        by,
        because: [],
      },
    ];
  });
};

/**
 * RIP of the report, or what the address that faulted says of it.
 *
 * @param bytes starting at the trapping instruction
 */
export const ripAtFault = (
  report: KernelReport,
  registers: RegisterSet,
  bytes: Uint8Array,
): { readonly rip: Addr | undefined; readonly sure: Sure } => {
  const printed = ripOf(registers);
  const found = printed === undefined && bytes.length > 0 ? fromFault(report, registers, bytes) : undefined;
  return found !== undefined && isText(found.rip) ? found : { rip: printed, sure: 'certain' };
};

/**
 * Where the trapping instruction lay, for reports that do not print it; nothing where what is found disagrees.
 *
 * @param bytes starting at the trapping instruction
 */
export const ripStatements = (
  report: KernelReport,
  registers: RegisterSet,
  bytes: Uint8Array,
  analysis: Analysis | undefined,
): Statement[] => {
  if (ripOf(registers) !== undefined || analysis === undefined) return [];
  const { graph, origins } = analysis;
  const { piece, at } = graph.nodes[graph.trap]!.code;
  if (piece.origin === undefined || decodeOne(bytes, 0n).flow === 'bad') return [];
  const fault = fromFault(report, registers, bytes);
  const all: Found[] = [
    ...(fault === undefined ? [] : [{ ...fault, by: graph.trap }]),
    ...fromRegisters(analysis),
  ];
  const [best] = all;
  if (best === undefined || !isText(best.rip) || all.some(({ rip }) => rip !== best.rip)) return [];
  const { rip, sure, from, by, because } = best;
  const claim = {
    kind: 'rip-from' as const,
    rip,
    from,
    by: origins.place(by),
    of: piece.symbol ?? 'the Code: line',
    start: u64(rip - BigInt(at)),
  };
  return [statement(TRAP, sure, claim, because)];
};
