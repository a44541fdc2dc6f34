// Where something stands: in the text that was read, and in the code of the kernel.

import type { Addr } from '../../base/address.js';

/** Where something stands in the text that was read; lines count from 1. */
export interface TextPlace {
  readonly line: number;
}

/** A line of the source. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** A function that was inlined at a place, or a line of one; a tool names it, not the kernel. */
export interface Inlined {
  readonly symbol?: string;
  readonly source?: SourceLine;
}

/** `symbol+0x3e/0xb0 [module]`; parts that the report lacks are absent. */
export interface CodeLocation {
  readonly address?: Addr;
  readonly symbol?: string;
  readonly offset?: number;
  readonly size?: number;
  readonly module?: string;
  /** Build id of the module, hexadecimal digits, where the kernel prints it. */
  readonly buildId?: string;
  /** The line of the source, of the function that `symbol` names, where a tool put it into the text. */
  readonly source?: SourceLine;
  /** What was inlined there, the innermost first: each was called from the next one. */
  readonly inlines?: readonly Inlined[];
}
