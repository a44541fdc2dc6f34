// The instructions of a function and its parts as blocks that run through, and where each goes on.

import { type Code, decodePiece, isCall } from '../code/code-piece.js';
import { returns } from './facts.js';
import { type FunctionCode, calleeOf } from './names.js';

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

const waysOf = (code: Code, known: ReadonlyMap<bigint, number>): Ways => {
  const { piece, at, instruction, operation } = code;
  const from = at - piece.offset;
  const { flow } = instruction;
  const handler = piece.ways?.handlers.get(from);
  const more = [...(piece.ways?.instead.get(from) ?? []), ...(handler === undefined ? [] : [handler])];
  const exit = piece.ways?.exits.get(from);
  const target = piece.ways?.targets.get(from) ?? instruction.target;
  if (isCall(code)) return { to: more, falls: exit !== 'end' && returns(calleeOf(code)), leaves: false };
  switch (flow) {
    case 'jump':
    case 'conditional jump': {
      const falls = flow === 'conditional jump';
      if (exit === 'return' || exit === 'end') return { to: more, falls, leaves: false };
      const inside = exit === undefined && target !== undefined && known.has(target);
      return { to: inside ? [target, ...more] : more, falls, leaves: !inside };
    }
    case 'indirect jump':
      return { to: more, falls: false, leaves: true };
    case 'return':
    case 'bad':
      return { to: more, falls: false, leaves: false };
    case 'trap': {
      // Nothing in the bytes tells a warning, after which the function goes on, from a BUG(): only the image's table does.
      const falls =
        operation.name === 'ud2' ? piece.ways !== undefined && exit === undefined : operation.name !== 'int3';
      return { to: more, falls, leaves: false };
    }
    default:
      return { to: more, falls: true, leaves: false };
  }
};

/** The blocks of a function, the entry first; empty where it has too many instructions. */
export const blocksOf = (code: FunctionCode): readonly Block[] => {
  const codes = code.pieces.flatMap((piece) => [...decodePiece(piece).values()]);
  if (codes.length > MOST) return [];
  const known = new Map(codes.map((one, index) => [one.instruction.address, index]));
  const ways = codes.map((one) => waysOf(one, known));
  const starts = new Set<number>([0]);
  ways.forEach(({ to, falls, leaves }, index) => {
    const { piece } = codes[index]!;
    for (const target of [...to, ...(piece.resumes === undefined ? [] : [piece.resumes])])
      if (known.has(target)) starts.add(known.get(target)!);
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
    const { resumes } = codes[last]!.piece;
    const after = known.get(address + BigInt(length));
    const isEnd = codes[last + 1]?.piece !== codes[last]!.piece;
    const following = !falls ? undefined : isEnd && resumes !== undefined ? known.get(resumes) : after;
    const next = [...to.map((target) => known.get(target)), following].flatMap((at) =>
      at === undefined ? [] : [blockAt.get(at)!],
    );
    return { index, codes: own, next: [...new Set(next)], leaves };
  });
};
