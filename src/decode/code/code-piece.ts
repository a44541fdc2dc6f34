// The machine code of a function, or of a part of one, and its instructions.

import { type Addr, hex } from '../../base/address.js';
import { type Instruction, type Uses, decodeOne, examine } from '../../x86/disasm.js';
import { REGISTER_INDEX, isRegisterName } from '../../x86/registers.js';
import type { Variable } from '../../release/snippet.js';
import type { Prototype } from '../../kernel/symbols.js';
import { ABSENT, IMMEDIATE, type Transfer, transferOf } from '../../x86/transfer.js';
import { type Operation, operationOf } from './evaluate.js';

/** Where execution goes in a function as its image's tables and symbols say; instructions by their offset in `bytes`. */
export interface Ways {
  /**
   * Instructions that leave the function: by returning, by a jump to another function that returns in its place, or for
   * ever. Of a conditional jump, only its jump.
   */
  readonly exits: ReadonlyMap<number, 'return' | 'tail call' | 'end'>;
  /** Targets of branches into other sections, which the loader fills in. */
  readonly targets: ReadonlyMap<number, Addr>;
  /** Instructions that may not be executed because code at one of these addresses is, in their place. */
  readonly instead: ReadonlyMap<number, readonly Addr[]>;
  /** Where an exception at an instruction goes on, with the registers as they were then. */
  readonly handlers: ReadonlyMap<number, Addr>;
  /** Calls that keep every register and all memory: those of a tracer. */
  readonly traced: ReadonlySet<number>;
}

/** The machine code of a function, or the part of one that a report shows. */
export interface CodePiece {
  /** Name for places in it; absent when the report has none: then offsets are those of the Code: line. */
  readonly symbol?: string;
  readonly address: Addr; // of the first byte
  /**
   * Set where the report does not say where the code lay: what `address` and all addresses in its instructions are
   * counted from. Pieces with the same text are counted from the same place.
   */
  readonly origin?: string;
  /** Offset of the first byte in the function. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Whether these bytes are the whole function. */
  readonly whole: boolean;
  /** Where decoding starts; the first byte unless given. */
  readonly from?: number;
  /** Set when a table of exceptions leads into it, on ways that are not in its instructions. */
  readonly exceptions?: true;
  /** Bytes of it that are others than the report shows, and that nothing explains; none unless given. */
  readonly differs?: number;
  /** Set when the kernel changes instructions in it while it runs, which the bytes may not show. */
  readonly patched?: true;
  readonly prototype?: Prototype;
  /** C variables and the values that they are set to, where a manifest has them. */
  readonly variables?: readonly Variable[];
  /** Functions that direct calls go to, by the offset of the instruction in `bytes`, where names are known. */
  readonly calls?: ReadonlyMap<number, string>;
  /** Where else branches and instructions lead, which the bytes alone do not show. */
  readonly ways?: Ways;
  /** Other parts of the same function: blocks that lie elsewhere, and code that may take the place of a part of it. */
  readonly parts?: readonly CodePiece[];
  /** Set for code that takes the place of other code: the address where execution goes on after it. */
  readonly resumes?: Addr;
  /** Offsets in `bytes` of what a linker fills in with values that are not known, branches apart. */
  readonly open?: ReadonlySet<number>;
  /** Set when the kernel was moved after it was linked: addresses in operands are those of the file, and were changed. */
  readonly moved?: true;
  /** Parts of `bytes` that somebody wrote after the function's behaviour: not what the machine executed. From and up to. */
  readonly reconstructed?: readonly (readonly [from: number, end: number])[];
  /** The part of `bytes` that the report shows, which is as it was executed; offsets from and up to. */
  readonly seen?: readonly [from: number, end: number];
}

interface Write {
  readonly register: number;
  /** Whether all eight bytes are new; a 32-bit write clears the upper half. */
  readonly whole: boolean;
  readonly may: boolean;
}

/** One instruction, decoded once and shared by all copies of its function. */
export interface Code {
  readonly piece: CodePiece;
  readonly at: number; // offset in the function
  readonly instruction: Instruction;
  readonly transfer: Transfer;
  readonly operation: Operation;
  readonly writes: readonly Write[];
  readonly stores: boolean;
}

/** Whether an instruction has bytes that are reconstructed, and that the report does not show. */
export const isReconstructed = ({
  piece,
  at,
  instruction,
}: Pick<Code, 'piece' | 'at' | 'instruction'>): boolean => {
  const from = at - piece.offset;
  const end = from + instruction.length;
  const [seenFrom, seenEnd] = piece.seen ?? [0, 0];
  if (from >= seenFrom && end <= seenEnd) return false;
  return piece.reconstructed?.some(([start, stop]) => start < end && stop > from) === true;
};

/** `shm_close+0x3e`; `Code+0x2b` where no name is known. */
export const placeOf = ({ piece, at }: Pick<Code, 'piece' | 'at'>): string =>
  `${piece.symbol ?? 'Code'}+${hex(at)}`;

/** Whether code that is not in the function runs before the next instruction, and comes back. */
export const isCall = ({ instruction: { flow }, operation: { name } }: Decoded): boolean =>
  flow === 'call' || flow === 'indirect call' || name === 'int';

/**
 * Whether what a call enters keeps no register but RSP: a hypervisor, a guest, the TDX module, or firmware, which the ABI
 * of functions does not bind. TDG.VP.VMCALL, for one, hands back those that RCX names.
 * Sources: Intel TDX Module ABI, TDG.VP.VMCALL; AMD64 APM vol. 2, 15.5 "VMRUN Instruction"
 */
export const keepsNothing = (code: Decoded): boolean => isCall(code) && code.operation.name !== 'call';

// Those that hand a value back in RAX.
const RETURNING: ReadonlySet<string> = new Set(['vmcall', 'vmmcall', 'tdcall', 'seamcall']);

/** Whether RAX is what a call returned. */
export const hasResult = ({ operation: { name } }: Decoded): boolean =>
  name === 'call' || RETURNING.has(name);

const writesOf = ({ registers, memory }: Uses): { writes: Write[]; stores: boolean } => {
  const writes = registers
    .filter(({ written }) => written)
    .flatMap(({ register, full, may }): Write[] => {
      if (!isRegisterName(full)) return [];
      return [{ register: REGISTER_INDEX[full], whole: register === full, may }];
    });
  return { writes, stores: memory.some(({ written }) => written) };
};

// An address as a distance from the function that the instruction is in.
const relative = ({ piece }: Pick<Code, 'piece'>, address: Addr): string => {
  const distance = BigInt.asIntN(64, address - piece.address) + BigInt(piece.offset);
  const shown = distance < 0n ? `-${hex(-distance)}` : `+${hex(distance)}`;
  return `${piece.symbol ?? 'Code'}${shown}`;
};

type Decoded = Omit<Code, 'writes' | 'stores'>;

// Where code lay is not known: what depends on it is counted from its own start.
const floated = (code: Decoded, origin: string): Decoded => {
  const { instruction, operation } = code;
  const { address } = operation;
  const target = instruction.target ?? (address?.ripRelative === true ? address.displacement : undefined);
  if (target === undefined) return code;
  const text = instruction.text.replace(new RegExp(`${hex(target)}$`, 'u'), relative(code, target));
  return {
    ...code,
    instruction: { ...instruction, text },
    operation: address?.ripRelative === true ? { ...operation, address: { ...address, origin } } : operation,
  };
};

// What a linker fills in is not known: the operands that may be it are none.
const opened = (code: Decoded): Decoded => {
  const { operation, transfer } = code;
  const { address } = operation;
  const hasConstant = transfer.source === IMMEDIATE || transfer.offset !== undefined;
  return {
    ...code,
    operation: {
      ...operation,
      operands: operation.operands.map((one) =>
        one.kind === 'immediate' ? ({ kind: 'other' } as const) : one,
      ),
      ...(address === undefined ? {} : { address: { ...address, open: true as const } }),
    },
    transfer: !hasConstant
      ? transfer
      : transfer.kind === 'push'
        ? { ...transfer, source: ABSENT }
        : { ...transfer, kind: 'refused' },
  };
};

// Where the kernel image is linked to lie. Source: Documentation/arch/x86/x86_64/mm.rst, v6.6
const isLinked = (value: bigint): boolean => value >= 0xffffffff80000000n && value < 0xffffffffc0000000n;

/** Whether an instruction has an absolute address in the kernel image among its operands. */
export const namesImage = ({ operation: { operands, address } }: Pick<Code, 'operation'>): boolean =>
  (address !== undefined && !address.ripRelative && isLinked(address.displacement)) ||
  operands.some(
    (one) => one.kind === 'immediate' && isLinked(BigInt.asUintN(64, BigInt.asIntN(32, one.value))),
  );

// A branch to another function is printed with its name, where an image has it.
const called = (piece: CodePiece, from: number, code: Decoded): Decoded => {
  const name = piece.ways === undefined ? undefined : piece.calls?.get(from);
  if (name === undefined || code.instruction.target === undefined) return code;
  const text = code.instruction.text.replace(/\S+$/u, name);
  return { ...code, instruction: { ...code.instruction, text } };
};

const openedIn = (piece: CodePiece, from: number, code: Decoded): Decoded => {
  const { length, target } = code.instruction;
  const placed = piece.origin === undefined ? code : floated(code, piece.origin);
  if (target !== undefined) return called(piece, from, placed);
  const [seenFrom, seenEnd] = piece.seen ?? [0, 0];
  const isSeen = from >= seenFrom && from + length <= seenEnd;
  if (piece.moved === true && !isSeen && namesImage(placed)) return opened(placed);
  if (piece.open === undefined) return placed;
  for (let at = from; at < from + length; at += 1) if (piece.open.has(at)) return opened(placed);
  return placed;
};

// One piece is used several times, and decoding takes most of the time.
const decoded = new WeakMap<CodePiece, ReadonlyMap<number, Code>>();

/** The same bytes with more known of them. */
export const extended = (
  piece: CodePiece,
  more: Partial<Pick<CodePiece, 'ways' | 'calls' | 'parts' | 'whole' | 'exceptions' | 'patched'>>,
): CodePiece => {
  const made: CodePiece = { ...piece, ...more };
  const codes = [...decodePiece(piece)].map(([at, code]): [number, Code] => [
    at,
    { ...code, ...called(made, at - piece.offset, code), piece: made },
  ]);
  decoded.set(made, new Map(codes));
  return made;
};

/** Decode a piece into instructions by offset in the function. */
export const decodePiece = (piece: CodePiece): ReadonlyMap<number, Code> => {
  const known = decoded.get(piece);
  if (known !== undefined) return known;
  const codes = new Map<number, Code>();
  for (let from = piece.from ?? 0; from < piece.bytes.length;) {
    const address = piece.address + BigInt(from);
    const bytes = piece.bytes.subarray(from);
    const instruction = decodeOne(bytes, address);
    const effects = examine(bytes, address, (one, iced, uses) => ({
      operation: operationOf(one, iced),
      transfer: transferOf(one, iced, uses),
      writing: writesOf(uses()),
    }));
    if (instruction.flow === 'bad' || effects === undefined) {
      from += 1;
      continue;
    }
    const at = piece.offset + from;
    const { operation, transfer, writing } = effects;
    codes.set(at, { ...openedIn(piece, from, { piece, at, instruction, operation, transfer }), ...writing });
    from += instruction.length;
  }
  decoded.set(piece, codes);
  return codes;
};
