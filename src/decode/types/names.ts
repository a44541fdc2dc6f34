// What the code of a function names, besides the functions that it calls, which its piece has.

import type { Code, CodePiece } from '../code/code-piece.js';

/** A symbol and a distance from it. */
export interface Named {
  readonly name: string;
  readonly plus: number; // bytes
}

/** What is known of an image's symbols where code uses them. */
export interface CodeNames {
  /** What the displacement of a memory operand is the address of. */
  address(code: Code): Named | undefined;
  /** What an immediate is the address of. */
  constant(code: Code): Named | undefined;
  /** The per-CPU variable at an address of the link: a small number. */
  perCpu(address: bigint): Named | undefined;
  /** Whether several functions have a name: then a prototype may be of another one. */
  isAmbiguous(name: string): boolean;
}

/** A function: its first piece begins at the entry, the others are its parts elsewhere (`.cold`). */
export interface FunctionCode {
  readonly name: string;
  readonly pieces: readonly CodePiece[];
  readonly names: CodeNames;
}

/** The function that a direct call or a jump goes to. */
export const calleeOf = ({ piece, at }: Code): string | undefined => piece.calls?.get(at - piece.offset);
