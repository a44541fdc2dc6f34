// An oops of Linux 3.0 x86-64 as typed fields.

import type { Addr } from '../base/address.js';
import { GENERAL_REGISTERS } from '../x86/registers.js';

/** A function and a place in it, as an oops prints them. */
interface PrintedSymbol {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly module: string | null;
}

/** A code address, with the function that the kernel named for it. */
export interface CodePoint {
  readonly address: Addr;
  readonly symbol: PrintedSymbol | null;
}

/** General registers in the order of the oops; the frame's rsp and rip are apart. */
export const OOPS_REGISTERS = GENERAL_REGISTERS.filter((name) => name !== 'rsp');

export type OopsRegister = (typeof OOPS_REGISTERS)[number];

/** The lines before the one with the die counter. */
export type OopsHead =
  | { readonly kind: 'none' }
  | { readonly kind: 'bug'; readonly file: string; readonly line: number }
  /** A ud2 at a place, or with a file name, that the bug table does not give. */
  | { readonly kind: 'unknown bug'; readonly address: Addr }
  /** `pageTable`: the line that dump_pagetable() prints, `PGD … PUD … ` or `BAD`. */
  | { readonly kind: 'page fault'; readonly address: Addr; readonly pageTable: string };

export interface OopsCode {
  readonly bytes: readonly number[];
  /** Index of the byte at RIP; null when it could not be read. */
  readonly trap: number | null;
  /** Whether the bytes end at one that could not be read: `Bad RIP value.` */
  readonly bad: boolean;
}

/** Debug registers of an oops, in its order. */
export const DEBUG_REGISTERS = ['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7'] as const;

/** Control registers of an oops, in its order. */
export const CONTROL_REGISTERS = ['cr0', 'cr2', 'cr3', 'cr4'] as const;

export interface OopsFields {
  /** Whether the line `cut here` comes first. */
  readonly cutHere: boolean;
  readonly head: OopsHead;
  /** `invalid opcode`, `Oops`, `general protection fault`. */
  readonly trap: string;
  readonly errorCode: number; // 16 bits
  readonly dieCounter: number;
  readonly preempt: boolean;
  readonly smp: boolean;
  readonly cpu: number;
  /** With flags: `cifs(X)`. */
  readonly modules: readonly string[];
  readonly lastUnloaded: string | null;
  /** SUSE's line after `Supported: `. */
  readonly supported: string | null;
  readonly pid: number;
  readonly comm: string;
  /** `Tainted: …` with its blanks, or `Not tainted`. */
  readonly taint: string;
  readonly release: string;
  readonly version: string;
  /** Vendor, product, `/` and board, as printed. */
  readonly hardware: string;
  readonly rip: CodePoint;
  readonly rsp: Addr;
  readonly eflags: bigint;
  /** Code and stack segment of the trap's frame. */
  readonly frameCs: number; // 16 bits
  readonly frameSs: bigint;
  readonly registers: Readonly<Record<OopsRegister, bigint>>;
  readonly fs: Addr;
  readonly fsIndex: number;
  readonly gs: Addr;
  readonly gsIndex: number;
  readonly knlGs: Addr;
  /** Segment registers while the report is printed. */
  readonly cs: number;
  readonly ds: number;
  readonly es: number;
  readonly control: Readonly<Record<(typeof CONTROL_REGISTERS)[number], bigint>>;
  readonly debug: Readonly<Record<(typeof DEBUG_REGISTERS)[number], bigint>>;
  readonly threadinfo: Addr;
  readonly task: Addr;
  readonly stack: readonly bigint[]; // 12 at most
  readonly trace: readonly CodePoint[];
  readonly code: OopsCode;
  /** Id of the line `end trace`; null without the line. */
  readonly endTrace: bigint | null;
}
