// The instructions of a function and its parts as blocks that run through, and where each goes on.

import { type Code, decodePiece, isCall } from '../code/code-piece.js';
import { returns } from './facts.js';
import type { FunctionCode } from './names.js';

/** Instructions that run one after the other. */
export interface Block {
  readonly index: number;
  readonly codes: readonly Code[];
  readonly next: readonly number[];
  /** Whether its last instruction is a jump out of the function. */
  readonly leaves: boolean;
}

/** Most instructions of a function that is followed. */
const MOST = 40_000;

interface Ways {
  readonly to: readonly bigint[];
  readonly falls: boolean;
  readonly leaves: boolean;
}

const waysOf = (code: Code, { names }: FunctionCode, known: ReadonlyMap<bigint, number>): Ways => {
  const { flow } = code.instruction;
  const target = names.target(code);
  const more = names.ways(code);
  if (isCall(code)) return { to: more, falls: returns(names.callee(code)), leaves: false };
  switch (flow) {
    case 'jump':
    case 'conditional jump': {
      const falls = flow === 'conditional jump';
      const inside = target !== undefined && names.callee(code) === undefined && known.has(target);
      return inside ? { to: [target, ...more], falls, leaves: false } : { to: more, falls, leaves: true };
    }
    case 'indirect jump':
      return { to: more, falls: false, leaves: true };
    case 'return':
    case 'bad':
      return { to: more, falls: false, leaves: false };
    case 'trap':
      return { to: more, falls: code.operation.name !== 'ud2' || names.isWarning(code), leaves: false };
    default:
      return { to: more, falls: true, leaves: false };
  }
};

/** The blocks of a function, the entry first; empty where it has too many instructions. */
export const blocksOf = (code: FunctionCode): readonly Block[] => {
  const codes = code.pieces.flatMap((piece) => [...decodePiece(piece).values()]);
  if (codes.length > MOST) return [];
  const known = new Map(codes.map((one, index) => [one.instruction.address, index]));
  const ways = codes.map((one) => waysOf(one, code, known));
  const starts = new Set<number>([0]);
  ways.forEach(({ to, falls, leaves }, index) => {
    for (const target of to) if (known.has(target)) starts.add(known.get(target)!);
    const { address, length } = codes[index]!.instruction;
    const joined = codes[index + 1]?.instruction.address === address + BigInt(length);
    if (to.length > 0 || !falls || leaves || !joined) starts.add(index + 1);
  });
  const ordered = [...starts].filter((at) => at < codes.length).toSorted((a, b) => a - b);
  const blockAt = new Map(ordered.map((at, index) => [at, index]));
  return ordered.map((from, index) => {
    const own = codes.slice(from, ordered[index + 1] ?? codes.length);
    const last = from + own.length - 1;
    const { to, falls, leaves } = ways[last]!;
    const { address, length } = codes[last]!.instruction;
    const following = falls ? known.get(address + BigInt(length)) : undefined;
    const next = [...to.map((target) => known.get(target)), following].flatMap((at) =>
      at === undefined ? [] : [blockAt.get(at)!],
    );
    return { index, codes: own, next: [...new Set(next)], leaves };
  });
};
