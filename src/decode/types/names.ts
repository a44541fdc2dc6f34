// What the code of an image names: the functions it calls, the symbols its operands hold, where exceptions go on.

import type { Code, CodePiece } from '../code/code-piece.js';

/** A symbol and a distance from it. */
export interface Named {
  readonly name: string;
  readonly plus: number; // bytes
}

/** What is known of an image's code besides its instructions. */
export interface CodeNames {
  /** The function that a direct call or a jump out of the function goes to. */
  callee(code: Code): string | undefined;
  /** Whether several functions have a name: then a prototype may be of another one. */
  isAmbiguous(name: string): boolean;
  /** Where a direct jump or call goes to. */
  target(code: Code): bigint | undefined;
  /** What the displacement of a memory operand is the address of. */
  address(code: Code): Named | undefined;
  /** What an immediate is the address of. */
  constant(code: Code): Named | undefined;
  /** The per-CPU variable at an address of the link: a small number. */
  perCpu(address: bigint): Named | undefined;
  /** Other places where execution may go on: the handler of an exception, the target of a jump label. */
  ways(code: Code): readonly bigint[];
  /** Whether a `ud2` is a warning, after which the function goes on. */
  isWarning(code: Code): boolean;
}

/** A function: its first piece begins at the entry, the others are its parts elsewhere (`.cold`). */
export interface FunctionCode {
  readonly name: string;
  readonly pieces: readonly CodePiece[];
  readonly names: CodeNames;
}
