// What a kernel report says, as values: the shape between those who read reports and those who explain them.
// No text and no machine code is interpreted here.

import type { Addr } from '../address.js';

/** Where something stands in the text that was read; lines count from 1. */
export interface TextPlace {
  readonly line: number;
}

/** `symbol+0x3e/0xb0 [module]`, as far as the report has it. */
export interface CodeLocation {
  readonly address?: Addr;
  readonly symbol?: string;
  readonly offset?: number;
  readonly size?: number;
  readonly module?: string;
}

/** One line of a call trace. */
export interface TraceEntry extends CodeLocation, TextPlace {
  /** False for `?` entries: found on the stack, not by unwinding. */
  readonly reliable: boolean;
  /** The context that a mark such as `<IRQ>` or `<TASK>` opened. */
  readonly context?: string;
}

/** One word of the `Stack:` lines, in order from the lowest address. */
export interface StackWord extends TextPlace {
  readonly value: bigint;
}

/** The `Code:` line. */
export interface CodeBytes extends TextPlace {
  readonly bytes: Uint8Array;
  /** Index of the byte in `<…>`; absent when none is marked. */
  readonly marked?: number;
}

/** A set of registers; what the text does not have is absent. Names as the emulator has them: rax … r15, rip, rflags. */
export interface RegisterSet extends TextPlace {
  readonly mode: 'kernel' | 'user';
  readonly values: ReadonlyMap<string, bigint>;
  readonly rip?: CodeLocation;
  readonly selectors: ReadonlyMap<string, number>; // cs, ds, es, ss
  readonly control: ReadonlyMap<string, bigint>; // cr0 … cr4, dr0 … dr7, fs, gs, knlgs, pkru
}
