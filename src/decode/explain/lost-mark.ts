// The mark of a Code: line that a forum took away: `<48>` reads like a tag of HTML and is dropped with its byte, or loses its
// brackets. Where it stood is known by release; which byte it was, from what the instruction did.

import { byteText } from '../../base/words.js';
import { decodeOne, usesOf } from '../../x86/disasm.js';
import { readingAt } from '../code/reading-score.js';
import { ripOf } from '../code/analysis.js';
import { findBoundaries } from '../code/boundaries.js';
import { type Operation, readOperation } from '../code/evaluate.js';
import { REGISTERS } from '../../x86/registers.js';
import { type Statement, statement } from '../code/statement.js';
import { isAtLeast } from '../read/release.js';
import type { CodeBytes, KernelReport, RegisterSet } from '../read/report.js';
import { accessesOf, covers, faultOf } from './accesses.js';
import { divisionOf, isDivideError } from './divide.js';
import { PF } from './error-code.js';
import { type PagingDepth, nonCanonical } from './paging-depth.js';

/** Bytes that the kernel prints. Source: OPCODE_BUFSIZE, arch/x86/kernel/dumpstack.c, v4.18; `code_bytes` before */
const PRINTED = 64;

/** Bytes before the marked one. Source: show_opcodes(), v4.18 (64 * 2 / 3); show_regs(), v4.17 (64 * 43 / 64) */
const placesOf = (release: string | undefined): readonly number[] => {
  const isNew = isAtLeast(release, 4, 18);
  return isNew === undefined ? [42, 43] : isNew ? [42] : [43];
};

/** One way to put the mark back. */
interface Candidate {
  readonly code: CodeBytes;
  readonly marked: number;
  readonly text: string;
  readonly score: number;
  readonly because: readonly string[];
}

/** A mark that was put back. */
interface FoundMark {
  /** The line with its mark; absent where several instructions are possible. */
  readonly code?: CodeBytes;
  readonly statement: Statement;
}

/** What else is asked of a reading, and how it is scored. */
interface Fit {
  readonly score: number;
  readonly because: string;
}

// Whether the instruction can have trapped as the report says; `undefined` where it cannot.
const fits = (
  report: KernelReport,
  registers: RegisterSet,
  depth: PagingDepth | undefined,
  bytes: Uint8Array,
): Fit | undefined => {
  const rip = ripOf(registers);
  const { kind, errorCode } = report;
  if (kind === 'bug' || kind === 'warning') {
    const [first, second, third] = bytes;
    const isTrap = first === 0x0f && (second === 0x0b || second === 0xb9);
    const isWide = first === 0x67 && second === 0x48 && third === 0x0f;
    return isTrap || isWide ? { score: 0, because: `a ${kind} traps with it` } : undefined;
  }
  if (isDivideError(report)) {
    const cause = divisionOf(bytes, rip ?? 0n, registers)?.cause;
    if (cause === undefined || cause === 'none') return undefined;
    return { score: 0, because: 'the registers make it a divide error' };
  }
  const accesses = accessesOf(bytes, rip, registers);
  if (kind === 'gpf') {
    const wild = accesses.some(({ address }) => nonCanonical(address, depth) !== undefined);
    return wild ? { score: 0, because: 'it accesses an address that is not canonical' } : undefined;
  }
  const fault = kind === 'paging' || kind === 'null-deref' ? faultOf(report, registers) : undefined;
  if (fault === undefined || ((errorCode ?? 0) & PF.fetch) !== 0) return undefined;
  const written = errorCode === undefined ? undefined : (errorCode & PF.write) !== 0;
  const access = accesses.find(
    ({ use, address }) =>
      covers(address, use.size, fault) &&
      (written !== true || use.written) &&
      // What is read and written is checked as a write.
      (written !== false || (use.read && !use.written)),
  );
  if (access === undefined) return undefined;
  const how = written === undefined ? 'accesses' : written ? 'writes' : 'reads';
  // Other operands may have faulted as well, and usually are not the ones.
  return { score: access.address === fault ? 1 : 0, because: `it ${how} the address that faulted` };
};

const registersOf = (bytes: Uint8Array) => usesOf(bytes, 0n).registers.filter(({ full }) => full !== 'rsp');

// Bytes of a register that an instruction uses: as an operand, or in an address.
const widthIn = (operation: Operation, register: number): number | undefined => {
  const { operands, address } = operation;
  const operand = operands.find((one) => one.kind === 'register' && one.register === register);
  if (operand?.kind === 'register') return operand.size;
  return address?.base === register || address?.index === register ? 8 : undefined;
};

// What the instruction leaves in a register is used next, in the same width.
const isUsedNext = (bytes: Uint8Array): number => {
  const target = readOperation(bytes, 0n)?.operands[0];
  if (target?.kind !== 'register') return 0;
  const isWritten = usesOf(bytes, 0n).registers.some(
    ({ full, written }) => written && full === REGISTERS[target.register],
  );
  if (!isWritten) return 0;
  let at = decodeOne(bytes, 0n).length;
  for (let count = 0; count < 6 && at < bytes.length; count += 1) {
    const operation = readOperation(bytes.subarray(at), 0n);
    if (operation === undefined) return 0;
    const width = widthIn(operation, target.register);
    if (width !== undefined) return width === target.size ? 2 : -2;
    at += decodeOne(bytes.subarray(at), 0n).length;
  }
  return -0.5;
};

const basesOf = (bytes: Uint8Array): string[] => usesOf(bytes, 0n).memory.flatMap(({ base }) => base ?? []);

const storedBy = (bytes: Uint8Array): string[] => {
  const { registers, memory } = usesOf(bytes, 0n);
  if (!memory.some(({ written }) => written)) return [];
  const bases = basesOf(bytes);
  return registers.filter(({ read, full }) => read && !bases.includes(full)).map(({ full }) => full);
};

// Registers that were set right before are there to be used.
const isSetBefore = (
  bytes: Uint8Array,
  marked: number,
  registers: RegisterSet,
  names: readonly string[],
): boolean => {
  if (names.length === 0) return false;
  const { offset, symbol } = registers.rip ?? {};
  const start =
    symbol !== undefined && offset !== undefined && offset <= marked ? marked - offset : undefined;
  const before = findBoundaries(bytes, marked, start).chosen.slice(-4, -1);
  return before.some(({ at }) =>
    registersOf(bytes.subarray(at)).some(({ full, written }) => written && names.includes(full)),
  );
};

// A quarter of a kernel's instructions begins with 48, and few with 66. Measured as `readingAt`.
const FIRST: ReadonlyMap<number, number> = new Map([
  [0x48, 1],
  [0x8b, 0.5],
  [0x66, -2],
]);

/** A difference in the logarithms of `readingAt` that decides. */
const AHEAD = 2;

// Everything from the mark on, as code of a compiler.
const scoreFrom = (bytes: Uint8Array, marked: number): number => {
  let score = 0;
  for (let at = marked, count = 0; at < bytes.length && count < 5; count += 1) {
    const reading = readingAt(bytes, at, undefined);
    if (reading === undefined) return bytes.length - at < 15 ? score : -Infinity;
    score += reading.score;
    at += reading.length;
  }
  return score;
};

const candidatesAt = (
  report: KernelReport,
  registers: RegisterSet,
  depth: PagingDepth | undefined,
  { bytes, line }: CodeBytes,
  marked: number,
): Candidate[] => {
  const isEaten = bytes.length === PRINTED - 1;
  const values = isEaten ? Array.from({ length: 256 }, (_, byte) => byte) : [bytes[marked]!];
  return values.flatMap((byte): Candidate[] => {
    const whole = isEaten
      ? Uint8Array.from([...bytes.subarray(0, marked), byte, ...bytes.subarray(marked)])
      : bytes;
    const from = whole.subarray(marked);
    const trap = decodeOne(from, ripOf(registers) ?? 0n);
    if (trap.flow === 'bad') return [];
    const fit = fits(report, registers, depth, from);
    const score = fit === undefined ? -Infinity : scoreFrom(whole, marked);
    if (fit === undefined || score === -Infinity) return [];
    const loaded = isSetBefore(whole, marked, registers, basesOf(from));
    const stored = isSetBefore(whole, marked, registers, storedBy(from));
    const used = isUsedNext(from);
    const because = [
      fit.because,
      ...(loaded ? ['its base is set right before'] : []),
      ...(stored ? ['what it stores is set before'] : []),
      ...(used > 0 ? ['what it leaves is used next'] : []),
    ];
    return [
      {
        code: { line, bytes: whole, marked },
        marked,
        text: trap.text.replaceAll(/\s+/gu, ' '),
        score: score + fit.score + (FIRST.get(byte) ?? 0) + used + (loaded ? 2 : 0) + (stored ? 2 : 0),
        because,
      },
    ];
  });
};

/**
 * The mark of a line that lost it; `undefined` where nothing tells, or none is lost.
 *
 * @param registers of a trap
 */
export const findLostMark = (
  report: KernelReport,
  registers: RegisterSet,
  code: CodeBytes | undefined,
  depth: PagingDepth | undefined,
): FoundMark | undefined => {
  if (code === undefined || code.marked !== undefined || code.cut === true || registers.role !== 'trap')
    return undefined;
  const { length } = code.bytes;
  if (length !== PRINTED && length !== PRINTED - 1) return undefined;
  const all = placesOf(report.release)
    .flatMap((marked) => candidatesAt(report, registers, depth, code, marked))
    .sort((a, b) => b.score - a.score);
  const [best] = all;
  if (best === undefined) return undefined;
  const left = all.filter(({ score }) => score > best.score - AHEAD);
  const eaten = length < PRINTED;
  const claim = {
    kind: 'lost-mark' as const,
    at: best.marked,
    eaten,
    instructions: left.map(({ code: { bytes }, marked, text }) => ({ byte: byteText(bytes[marked]!), text })),
  };
  if (left.length > 1)
    return {
      statement: statement({ kind: 'code' }, 'possible', claim, [
        `of ${eaten ? 'the values of the byte' : 'the places'} these fit the trap and the code around it best`,
      ]),
    };
  return { code: best.code, statement: statement({ kind: 'code' }, 'likely', claim, best.because) };
};
