// What is known at the trap of a report: its code as a graph, the ways through it that agree with the registers, and
// what the registers and stack words hold. No sentences.

import { type Addr, u64 } from '../../base/address.js';
import { decodeOne } from '../../x86/disasm.js';
import { type Boundaries, findBoundaries } from './boundaries.js';
import type { Sure } from './sure.js';
import { type CodeGraph, type KnownCode, type Node, buildGraph } from './code-graph.js';
import { type Code, type CodePiece, decodePiece, isReconstructed } from './code-piece.js';
import type { Known } from './evaluate.js';
import { isFragment } from './fragment.js';
import { type Feasible, findFeasible } from './feasible.js';
import { type FlowState, type Held, flowTo } from './flow.js';
import { Origins } from './origin.js';
import type { CodeBytes, KernelReport, RegisterSet } from '../read/report.js';
import { REGISTER_INDEX, isRegisterName } from '../../x86/registers.js';

/** A part of the way to the trap: a function and where in it the call to the next one, or the trap, lies. */
export interface Link {
  readonly piece: CodePiece;
  readonly at: number;
}

/** The code that is used instead of the Code: line alone. */
export interface FullCode {
  /** From the outermost function that is known to the trapping one. */
  readonly chain: readonly Link[];
  readonly known: KnownCode;
}

export interface Analysis {
  readonly graph: CodeGraph;
  readonly feasible: Feasible;
  /** State before the trapping instruction; absent when no way through the code agrees with the registers. */
  readonly state: FlowState | undefined;
  /** Nodes on the ways to the trap that are left. */
  readonly reached: ReadonlySet<number>;
  readonly origins: Origins;
  /** How sure statements from the graph are, by the graph alone. */
  readonly sure: Sure;
  /** How sure it is that an instruction starts where a node does. */
  sureOf(node: Node): Sure;
  /** Of the Code: line, where it is all that is known. */
  readonly boundaries: Boundaries | undefined;
  readonly registers: Known;
  /**
   * The register that the first instruction of the window would have left with a clear upper half, which is not
   * clear: it lacks a prefix, and is left out of the graph.
   */
  readonly cutFirst: number | undefined;
  /** The piece that the graph is entered at. */
  readonly root: CodePiece;
}

const RANK: Readonly<Record<Sure, number>> = { certain: 0, likely: 1, possible: 2 };

/** The less sure of two. */
export const weaker = (a: Sure, b: Sure): Sure => (RANK[a] >= RANK[b] ? a : b);

/** General registers by index. */
const knownRegisters = ({ values }: RegisterSet): Known => {
  const known = new Map<number, bigint>();
  for (const [name, value] of values)
    if (isRegisterName(name) && REGISTER_INDEX[name] < 16) known.set(REGISTER_INDEX[name], value);
  return known;
};

/** The address of the trapping instruction, where the report has it. Since 4.10 kernels print symbol and offset alone. */
export const ripOf = ({ values, rip }: RegisterSet): Addr | undefined => values.get('rip') ?? rip?.address;

/** The `Code:` line of a set of registers; one that no set has is that of the first. */
export const codeOf = ({ registers, code }: KernelReport, set: RegisterSet): CodeBytes | undefined =>
  set.code ?? (registers[0] === set ? code : undefined);

const isUnwritten = ({ writers }: Held): boolean => writers.size === 1 && writers.has(-1);

interface Window extends Link {
  readonly boundaries: Boundaries;
}

// Bytes before the marked one as kernels print them; none where the others could not be read, or before 2.6.25. A line with
// another number lost some, at its start or in between.
// Source: show_registers(), v2.6.32 (64 * 43 / 64); show_opcodes(), arch/x86/kernel/dumpstack.c, v4.18 (64 * 2 / 3)
const PROLOGUES: ReadonlySet<number> = new Set([0, 42, 43]);

/** Boundaries of a line that may have lost bytes before the trap: none of them is certain. */
const doubted = (found: Boundaries): Boundaries => ({
  ...found,
  chosen: found.chosen.map((one, index) =>
    index === found.chosen.length - 1 ? one : { ...one, sure: weaker(one.sure, 'likely') },
  ),
});

/**
 * Whether an int3 is among the instructions that may be a probe's: the first byte of another one, so that the bytes after
 * it are the rest of that. Compilers and linkers leave it after what does not go on, and several at a time.
 */
const isProbed = ({ chosen }: Boundaries, bytes: Uint8Array): boolean =>
  chosen.some(({ at }, index) => {
    const before = chosen[index - 1]?.at;
    if (bytes[at] !== 0xcc || before === undefined || bytes[before] === 0xcc) return false;
    return !['return', 'jump', 'indirect jump', 'trap'].includes(decodeOne(bytes.subarray(before), 0n).flow);
  });

/** The window of a Code: line; `undefined` where no byte of it is marked, or no instruction starts there. */
const windowOf = (code: CodeBytes, registers: RegisterSet): Window | undefined => {
  const { bytes, marked } = code;
  if (marked === undefined || marked >= bytes.length) return undefined;
  const trap = decodeOne(bytes.subarray(marked), 0n);
  if (trap.flow === 'bad') return undefined;
  const { symbol, offset, size } = registers.rip ?? {};
  // Where the function begins, if it does so in these bytes.
  const start =
    symbol !== undefined && offset !== undefined && offset <= marked ? marked - offset : undefined;
  const end = start === undefined || size === undefined ? undefined : start + size;
  const whole =
    !isFragment(symbol) &&
    start !== undefined &&
    end !== undefined &&
    end <= bytes.length &&
    end >= marked + trap.length &&
    code.cut !== true &&
    PROLOGUES.has(marked);
  const inside = offset === undefined || size === undefined ? undefined : { offset: offset - marked, size };
  const found = findBoundaries(bytes, marked, start, inside);
  const boundaries = PROLOGUES.has(marked) && !isProbed(found, bytes) ? found : doubted(found);
  const from = boundaries.chosen[0]!.at;
  const used = whole ? bytes.subarray(0, end) : bytes;
  const rip = ripOf(registers);
  const named = symbol !== undefined && offset !== undefined;
  // Without RIP, addresses are counted from the function, or from the first byte.
  const origin = named ? symbol : 'Code';
  const piece: CodePiece = {
    ...(named ? { symbol } : {}),
    address: u64((rip ?? BigInt(named ? offset : marked)) - BigInt(marked)),
    ...(rip === undefined ? { origin } : {}),
    offset: named ? offset - marked : 0,
    bytes: used,
    whole,
    from,
  };
  const at = named ? offset : marked;
  return decodePiece(piece).has(at) ? { piece, at, boundaries } : undefined;
};

/** The ways through a chain of functions that agree with the registers, and what is known at their end. */
const follow = (chain: readonly Link[], registers: Known, bits: 48 | 57, known?: KnownCode) => {
  const graph = buildGraph(known === undefined ? { chain } : { chain, known });
  const feasible = findFeasible(graph, registers, bits);
  return { graph, feasible, ...flowTo(graph, feasible), root: chain[0]!.piece };
};

/** The register that an instruction writes the lower half of, which clears the upper one. */
const clearedBy = ({ operation, writes }: Code): number | undefined => {
  const [target] = operation.operands;
  const isCleared =
    target?.kind === 'register' && target.size === 4 && writes[0]?.register === target.register;
  return isCleared ? target.register : undefined;
};

// The first bytes of a window may be the rest of an instruction: where no way through them agrees with the registers,
// they are left out.
const followWindow = ({ piece, at, boundaries }: Window, registers: Known, bits: 48 | 57) => {
  const followed = follow([{ piece, at }], registers, bits);
  const second = boundaries.chosen[1];
  if (followed.state !== undefined || piece.from !== 0 || piece.whole || second === undefined)
    return followed;
  const again = follow([{ piece: { ...piece, from: second.at }, at }], registers, bits);
  if (again.state === undefined) return followed;
  const first = followed.graph.nodes.find(({ code }) => code.at === piece.offset);
  const cut = first === undefined ? undefined : clearedBy(first.code);
  const isHeld = cut !== undefined && isUnwritten(again.state.registers[cut]!);
  return { ...again, cutFirst: isHeld ? cut : undefined };
};

/**
 * Work out what is known at the trap.
 *
 * @param bits that addresses have, or may have: a way on which one was used that is not canonical was not taken
 * @returns `undefined` when the report has neither bytes with a mark nor a function that is known
 */
export const analyse = (
  code: CodeBytes | undefined,
  set: RegisterSet,
  full: FullCode | undefined,
  bits: 48 | 57,
): Analysis | undefined => {
  const window = code === undefined || full !== undefined ? undefined : windowOf(code, set);
  const registers = knownRegisters(set);
  const followed =
    full !== undefined
      ? follow(full.chain, registers, bits, full.known)
      : window !== undefined
        ? followWindow(window, registers, bits)
        : undefined;
  if (followed === undefined) return undefined;
  const { graph, root } = followed;
  const boundaries = window?.boundaries;
  const sureAt = new Map(boundaries?.chosen.map((one) => [one.at, one.sure]));
  return {
    cutFirst: undefined,
    ...followed,
    origins: new Origins(graph, root),
    sure: graph.complete ? 'certain' : 'likely',
    sureOf: ({ code }) => {
      if (full !== undefined) return isReconstructed(code) ? 'likely' : 'certain';
      return sureAt.get(code.at - code.piece.offset) ?? 'likely';
    },
    boundaries,
    registers,
  };
};
