// A kernel report as values: made by read/, explained by explain/.

import type { Addr } from '../../base/address.js';
import type { TextForm } from '../carry/text-form.js';
import type { Finding } from './finding/finding.js';
import type { HardwareRecord } from './hardware/hardware-record.js';
import type { CodeLocation, TextPlace } from './place.js';
import type { Waits } from './waits/waits.js';

export type { CodeLocation, Inlined, SourceLine } from './place.js';

/** One line of a call trace. */
export interface TraceEntry extends CodeLocation, TextPlace {
  /** False for `?` entries: found on the stack, not by unwinding. */
  readonly reliable: boolean;
  /** True for a function that was inlined into the one of the entry after it: a tool found it, and it has no frame. */
  readonly inlined?: true;
  /** The context that a mark such as `<IRQ>` or `<TASK>` opened. */
  readonly context?: string;
}

/** A call trace, from the line that opens it; entries may be none. */
export interface Trace extends TextPlace {
  /** The words of that line without the colon: `Call Trace`, `Allocated by task 673`. */
  readonly title: string;
  readonly entries: readonly TraceEntry[];
}

/** One word of the `Stack:` lines, in order from the lowest address. */
export interface StackWord extends TextPlace {
  readonly value: bigint;
}

export interface CodeBytes extends TextPlace {
  readonly bytes: Uint8Array;
  /** Index of the byte in `<…>`; absent when none is marked. */
  readonly marked?: number;
  /** Set when no byte is marked but the kernel of this release prints from RIP on: `marked` is then 0. */
  readonly markedByRelease?: true;
  /** The kernel's words instead of bytes: `Bad RIP value.` */
  readonly unreadable?: string;
  /** Set when the line ends before the bytes do: elided, or cut at the edge of a terminal. */
  readonly cut?: true;
}

export const REGISTER_ROLES = ['trap', 'interrupted', 'user'] as const;

export type RegisterRole = (typeof REGISTER_ROLES)[number];

/** A set of registers; what the text does not have is absent. Names as the emulator has them: rax … r15, rip, rflags. */
export interface RegisterSet extends TextPlace {
  readonly mode: 'kernel' | 'user';
  /**
   * `trap`: the state at the instruction that trapped; `interrupted`: the context that an interrupt, an NMI or a lockup
   * detector found, whose instruction is not a cause; `user`: the state at the entry from user space.
   */
  readonly role: RegisterRole;
  readonly values: ReadonlyMap<string, bigint>;
  readonly rip?: CodeLocation;
  readonly selectors: ReadonlyMap<string, number>; // cs, ds, es, ss; fs and gs where their bases are printed
  readonly control: ReadonlyMap<string, bigint>; // cr0 … cr4, dr0 … dr7, fs, gs, knlgs, pkru
  readonly origRax?: bigint;
  /** The `Code:` line that belongs to these registers. */
  readonly code?: CodeBytes;
}

export const REPORT_KINDS = [
  'paging', // a page fault at an address that is not a small one
  'null-deref',
  'gpf',
  'bug',
  'warning',
  'double-fault',
  'stack-guard',
  'soft-lockup',
  'hard-lockup',
  'rcu-stall',
  'hung-task',
  'list-corruption',
  'lockdep', // a rule of locks or of RCU that was broken: a report of the lock validator
  'kasan', // and KFENCE, KMSAN, KCSAN, UBSAN: a checker's report
  'trap', // another exception: divide error, invalid opcode without BUG(), int3 …
  'panic',
  'out-of-memory', // the OOM killer, or an allocation that failed
  'memory-leak', // kmemleak
  'task-dump', // tasks that were asked for: sysrq-t, sysrq-w
  'hardware', // machine checks, EDAC, AER, temperature
  'other-bug', // `BUG: …` of another kind: scheduling while atomic, bad page state …
  'unknown', // the headline is not there
] as const;

export type ReportKind = (typeof REPORT_KINDS)[number];

/** A line that says what happened. */
export interface Headline extends TextPlace {
  readonly text: string;
}

/** `cifs(PO)`. */
export interface ModuleEntry {
  readonly name: string;
  readonly flags: string; // `PO`, or empty
}

export interface ModuleList extends TextPlace {
  readonly modules: readonly ModuleEntry[];
  /** False when the list was elided or cut in the text. */
  readonly complete: boolean;
  readonly lastUnloaded?: string;
}

/** The line with the die counter: `Oops: 0002 [#1] PREEMPT SMP NOPTI`. */
export interface DieLine extends TextPlace {
  /** `Oops`, `invalid opcode`, `general protection fault`. */
  readonly trap: string;
  readonly errorCode: number;
  readonly counter: number;
  /** `PREEMPT`, `SMP`, `NOPTI`. */
  readonly flags: readonly string[];
}

/** The finding of a checker such as KASAN. */
export interface CheckerFinding extends TextPlace {
  readonly checker: string;
  /** `use-after-free`, `slab-out-of-bounds`. */
  readonly bug: string;
  readonly at?: CodeLocation;
}

/** An entry of the page tables, as the kernel walked them: the last one is where the walk ended. */
export interface PageTables {
  readonly entries: readonly {
    readonly level: 'PGD' | 'P4D' | 'PUD' | 'PMD' | 'PTE';
    readonly value: bigint;
  }[];
  /** The kernel printed BAD: a table could not be read. */
  readonly bad: boolean;
}

/** What the lines of a page fault say beside its headline: `#PF: …`, since 5.1, and `PGD … PTE …`. */
export interface PageFault {
  readonly by?: 'supervisor' | 'user';
  readonly access?: 'read' | 'write' | 'fetch';
  readonly errorCode?: number;
  /** `not-present page`, `permissions violation`. */
  readonly reason?: string;
  readonly tables?: PageTables;
}

/** One report of a kernel; parts that the text lacks are absent. */
export interface KernelReport {
  readonly kind: ReportKind;
  /** The source of the kind; `trace`: the functions of the call trace, as the headline is missing. */
  readonly kindFrom: 'headline' | 'trace' | 'nothing';
  readonly firstLine: number;
  readonly lastLine: number;
  /** The most telling line. */
  readonly headline?: Headline;
  /** What a WARN() printed before its place. */
  readonly message?: string;
  /** Every line that says what happened, the headline too, in order. */
  readonly said: readonly Headline[];
  /** What came of it: the panics that followed. They are never the headline of a report that has another one. */
  readonly consequences: readonly Headline[];
  /** `[time]` of the first line that has one, without brackets. */
  readonly time?: string;
  readonly die?: DieLine;
  readonly errorCode?: number;
  readonly pageFault?: PageFault;
  /** Bytes by which the kernel image was moved; 0 where it was not. */
  readonly kernelOffset?: bigint;
  /** The address that the headline names. */
  readonly faultAddress?: Addr;
  /** `fs/btrfs/inode.c:3315` of a BUG or a warning. */
  readonly source?: { readonly file: string; readonly line: number };
  readonly checker?: CheckerFinding;
  /** What a checker, a list, a counter or an allocator says of the fault, as fields. */
  readonly finding?: Finding;
  /** Locks, their holders, and who waits: of lockdep, hung tasks, lockups, stalls and dumps of tasks. */
  readonly waits?: Waits;
  /** What the hardware reported, in the order of the text. */
  readonly machineChecks?: readonly HardwareRecord[];
  readonly cpu?: number;
  readonly pid?: number;
  readonly uid?: number;
  readonly comm?: string;
  /** Letters with their blanks as printed, `G        W`; null for `Not tainted`; absent when it is not stated. */
  readonly taint?: string | null;
  readonly release?: string;
  /** What follows the release: `#1`, `#1 PREEMPT(full)`. */
  readonly version?: string;
  readonly hardware?: string;
  readonly workqueue?: string;
  readonly modules?: ModuleList;
  /** Register sets in the order of the text. */
  readonly registers: readonly RegisterSet[];
  /** The `Code:` line of the set that the report is about: of the trap, or of the interrupted context. */
  readonly code?: CodeBytes;
  /** All `Code:` lines, in order. */
  readonly codeLines: readonly CodeBytes[];
  readonly stack: readonly StackWord[];
  readonly traces: readonly Trace[];
  /** Where an instruction trapped: RIP of the first set of that role, or of the `IP:` line. Absent where none did. */
  readonly trap?: CodeLocation;
  /** Where it was found: the trap; without one, what the headline names, or where the CPU was. */
  readonly place?: CodeLocation;
  /** `old`: `RIP: 0010:[<…>]`; `new`, since 4.10: `RIP: 0010:symbol`; `oldest`: `{symbol+12}`. */
  readonly layout?: 'oldest' | 'old' | 'new';
  readonly endTrace?: string;
  readonly form: readonly TextForm[];
  /** The parts that are not in the text, in words. */
  readonly missing: readonly string[];
  /** What was left out because of a bound, and numbers that are cut in the text, in words. */
  readonly findings: readonly string[];
}
