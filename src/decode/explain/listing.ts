// The instructions around the trap: those that lead to it, itself, and what the function would have done next.

import { hex } from '../../base/address.js';
import { type Instruction, decodeOne } from '../../x86/disasm.js';
import type { Analysis } from '../code/analysis.js';
import { type CodePiece, placeOf } from '../code/code-piece.js';
import type { Sure } from '../code/statement.js';
import type { CodeBytes, CodeLocation, RegisterRole } from '../read/report.js';

const MOST_AFTER = 8;

// Bytes of a line as kernels print it. Source: arch/x86_64/kernel/traps.c, v2.6.9 (20); OPCODE_BUFSIZE, v4.18 (64)
const PRINTED: ReadonlySet<number> = new Set([20, 64]);

/** One instruction of the code around the trap. */
export interface ExplainedInstruction {
  /** `shm_close+0x3e`, or `Code+0x2b` where the function is not known. */
  readonly at: string;
  readonly bytes: string; // hexadecimal digits
  readonly text: string;
  readonly sure: Sure; // that an instruction starts here
  /** Whether it is the one that trapped. */
  readonly trapping: boolean;
  /** Whether RIP points to it: it trapped, or the CPU was found there. */
  readonly current: boolean;
}

/** Where the bytes of a listing lie. */
interface Base {
  readonly symbol: string; // `Code` where the function is not known
  /** Whether the addresses are those of the machine; else only distances are true. */
  readonly absolute: boolean;
  /** The function that the branch at an offset goes to, where an image has its name. */
  readonly called: (offset: number) => string | undefined;
}

const calledIn =
  ({ ways, calls, offset: first }: CodePiece) =>
  (offset: number): string | undefined =>
    ways === undefined ? undefined : calls?.get(offset - first);

/**
 * An instruction in words that are true: a target as a place in the function, and no address that is counted from an
 * unknown RIP.
 *
 * @param offset of the instruction in the function
 */
const textIn = ({ symbol, absolute, called }: Base, instruction: Instruction, offset: number): string => {
  const { text, target, address, mnemonic } = instruction;
  if (target !== undefined) {
    const name = called(offset);
    if (name !== undefined) return `${mnemonic} ${absolute ? `${hex(target)} <${name}>` : name}`;
    const distance = BigInt.asIntN(64, target - address) + BigInt(offset);
    const place = `${symbol}${distance < 0n ? '-' : '+'}${hex(distance < 0n ? -distance : distance)}`;
    return `${mnemonic} ${absolute ? `${hex(target)} <${place}>` : place}`;
  }
  const spaced = text.replaceAll(/\s+/gu, ' ');
  return absolute ? spaced : spaced.replace(/ # 0x[0-9a-f]+(?: <[^>]*>)?$/u, '');
};

const explained = (
  base: Base,
  instruction: Instruction,
  offset: number,
  how: Pick<ExplainedInstruction, 'at' | 'sure' | 'trapping' | 'current'>,
): ExplainedInstruction => ({
  at: how.at,
  bytes: Buffer.from(instruction.bytes).toString('hex'),
  text: textIn(base, instruction, offset),
  sure: how.sure,
  trapping: how.trapping,
  current: how.current,
});

/** The instructions before the trap and the trap itself. @param absolute whether the report has the address of RIP */
export const instructionsTo = (
  analysis: Analysis | undefined,
  role: RegisterRole,
  absolute: boolean,
): ExplainedInstruction[] => {
  if (analysis === undefined) return [];
  const { graph, sureOf } = analysis;
  const trap = graph.nodes[graph.trap]!;
  const nodes = graph.nodes.filter(
    (node) => node.code.piece === trap.code.piece && node.code.at <= trap.code.at && node.id !== graph.trap,
  );
  const unique = [...new Map(nodes.map((node) => [node.code.at, node])).values()].sort(
    (a, b) => a.code.at - b.code.at,
  );
  const { piece } = trap.code;
  const base = { symbol: piece.symbol ?? 'Code', absolute, called: calledIn(piece) };
  return unique.map((node) =>
    explained(base, node.code.instruction, node.code.at, {
      at: placeOf(node.code),
      sure: sureOf(node),
      trapping: role === 'trap' && node.code.at === trap.code.at,
      current: node.code.at === trap.code.at,
    }),
  );
};

/**
 * The instructions after the marked one, as far as the line has whole ones. They are certain up to the first that does
 * not go on to the next: after that, data may follow.
 *
 * @param place of the trap; without an offset, offsets are those in the line
 * @param rip address of the marked byte, where the report has it
 * @param analysis of the function, where its bytes are known
 */
export const instructionsAfter = (
  code: CodeBytes | undefined,
  place: CodeLocation | undefined,
  rip: bigint | undefined,
  analysis: Analysis | undefined,
): ExplainedInstruction[] => {
  if (code?.marked === undefined || code.marked >= code.bytes.length) return [];
  const { bytes, marked } = code;
  const known = place?.symbol !== undefined && place.offset !== undefined;
  const piece = analysis?.graph.nodes[analysis.graph.trap]!.code.piece;
  const base = {
    symbol: known ? place.symbol! : 'Code',
    absolute: rip !== undefined,
    called: piece === undefined ? () => undefined : calledIn(piece),
  };
  const shift = known ? place.offset! - marked : 0;
  const after: ExplainedInstruction[] = [];
  // A line of another length that does not say that it was cut lost bytes somewhere.
  let sure: Sure = code.cut === true || PRINTED.has(bytes.length) ? 'certain' : 'likely';
  for (let at = marked; at < bytes.length && after.length < MOST_AFTER;) {
    const one = decodeOne(bytes.subarray(at), (rip ?? 0n) + BigInt(at - marked));
    if (one.flow === 'bad') break; // or the line ends inside it
    if (at !== marked) {
      const place = `${base.symbol}+${hex(shift + at)}`;
      after.push(explained(base, one, shift + at, { at: place, sure, trapping: false, current: false }));
    }
    if (['jump', 'indirect jump', 'return', 'trap'].includes(one.flow)) sure = 'likely';
    at += one.length;
  }
  return after;
};
