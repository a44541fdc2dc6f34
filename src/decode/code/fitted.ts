// Code of a function made to fit a report: what the Code: line shows is what was executed.

import type { Addr } from '../../base/address.js';
import { type FullCode, type Link, codeOf, ripOf } from './analysis.js';
import { type CodePiece, decodePiece, namesImage } from './code-piece.js';
import { isFragment } from './fragment.js';
import { OtherCodeError } from './other-code-error.js';
import type { CodeBytes, KernelReport, RegisterSet, TraceEntry } from '../read/report.js';

export interface FittedCode extends FullCode {
  /** The same without functions that are reconstructed, where there are such: what can be certain. */
  readonly trusted?: FullCode;
  /** Bytes of the Code: line inside the function, those that a linker fills in apart, and how many are the same. */
  readonly compared: number;
  readonly same: number;
  /** The file or snippet, as it was named. */
  readonly from: string;
}

/** Where the trap of a report is. */
export interface Trap {
  readonly symbol: string;
  readonly offset: number;
  /** Where it lay; absent where the report does not print it. */
  readonly rip: Addr | undefined;
  readonly code: CodeBytes | undefined;
}

/** @throws {OtherCodeError} when the report does not name its function */
export const trapOf = (registers: RegisterSet, report: KernelReport, field: string): Trap => {
  const { rip } = registers;
  const { symbol, offset } = rip ?? report.trap ?? {};
  if (symbol === undefined || offset === undefined)
    throw new OtherCodeError('cannot be used: the report does not name the function of the trap', { field });
  return { symbol, offset, rip: ripOf(registers), code: codeOf(report, registers) };
};

// Bytes that differ in the memory of the same kernel: the call of ftrace at the start of a function, and addresses of a
// kernel that was moved. Source: ftrace_make_nop(), arch/x86/kernel/ftrace.c, v6.6
const ENTRY_CALL = 9; // with endbr64 before it

const explainedIn = (piece: CodePiece): ReadonlySet<number> => {
  const bytes = new Set(Array.from({ length: ENTRY_CALL }, (_, at) => at));
  if (piece.moved !== true) return bytes;
  for (const code of decodePiece(piece).values())
    if (code.operation.address?.open === true || namesImage(code))
      for (let byte = 0; byte < code.instruction.length; byte += 1) bytes.add(code.at - piece.offset + byte);
  return bytes;
};

/**
 * A piece with the bytes that the Code: line shows: alternatives and trace points are patched at run time.
 *
 * @param changed offsets of bytes that may be others in memory
 * @param from the file, and `field` the option that named it, for messages
 * @throws {OtherCodeError} when it is not the code of the report
 */
export const fit = (
  piece: CodePiece,
  { symbol, offset, code }: Trap,
  changed: ReadonlySet<number>,
  { file: from, field }: { readonly file: string; readonly field: string },
): { piece: CodePiece; compared: number; same: number } => {
  if (offset >= piece.bytes.length)
    throw new OtherCodeError(
      `${symbol} has ${piece.bytes.length} bytes there, and the trap is at +0x${offset.toString(16)}: it is not the code of this report`,
      { file: from, field },
    );
  if (code?.marked === undefined) return { piece, compared: 0, same: 0 };
  const bytes = piece.bytes.slice();
  const open = new Set(piece.open);
  let compared = 0;
  let same = 0;
  let differs = 0;
  const expected = explainedIn(piece);
  for (const [index, byte] of code.bytes.entries()) {
    const at = offset - code.marked + index;
    if (at < 0 || at >= bytes.length) continue;
    if (!changed.has(at)) {
      compared += 1;
      same += bytes[at] === byte ? 1 : 0;
      if (bytes[at] !== byte && !expected.has(at)) differs += 1;
    }
    bytes[at] = byte;
    open.delete(at);
  }
  if (same * 4 < compared * 3)
    throw new OtherCodeError(
      `only ${same} of ${compared} bytes of the Code: line are the same as in its ${symbol}: it is not the code of this report`,
      { file: from, field },
    );
  const start = Math.max(0, offset - code.marked);
  const seen = [start, Math.min(bytes.length, offset - code.marked + code.bytes.length)] as const;
  const opened = piece.open === undefined ? {} : { open };
  return {
    piece: { ...piece, bytes, seen, ...opened, ...(differs === 0 ? {} : { differs }) },
    compared,
    same,
  };
};

/** The call that ends where a trace entry returns to. */
const callBefore = (piece: CodePiece, { offset }: TraceEntry): number | undefined => {
  for (const { at, instruction } of decodePiece(piece).values())
    if (at + instruction.length === offset && instruction.flow.endsWith('call')) return at;
  return undefined;
};

// Whether a call goes to the function that its caller is said to have called. Where it goes to another one, or to one that
// is not known, that one jumped there as its last act, with registers that the caller did not set.
const goesTo = (piece: CodePiece, at: number, { symbol }: CodePiece): boolean => {
  const flow = decodePiece(piece).get(at)?.instruction.flow;
  if (flow !== 'call') return piece.ways === undefined;
  const name = piece.calls?.get(at);
  return name === undefined || symbol === undefined || name === symbol;
};

/** The callers of the trapping function that are known, outermost first, and the function itself. */
export const chainOf = (
  report: KernelReport,
  link: Link,
  findCaller: (entry: TraceEntry) => CodePiece | undefined,
): Link[] => {
  const chain = [link];
  // Its other part was called, and jumped here from a place that is not known.
  if (isFragment(link.piece.symbol)) return chain;
  const trace = report.traces.find(({ title }) => /^(?:Call Trace|Backtrace|Stack trace)/iu.test(title));
  for (const entry of trace?.entries ?? []) {
    if (
      !entry.reliable ||
      entry.inlined === true ||
      (entry.context !== undefined && chain.length > 1 && entry.symbol === undefined)
    )
      continue;
    if (entry.symbol === link.piece.symbol && entry.offset === link.at) continue; // the trap itself
    const piece = findCaller(entry);
    const at = piece === undefined ? undefined : callBefore(piece, entry);
    if (piece === undefined || at === undefined || !goesTo(piece, at, chain[0]!.piece)) break;
    chain.unshift({ piece, at });
    if (isFragment(piece.symbol)) break;
  }
  return chain;
};
