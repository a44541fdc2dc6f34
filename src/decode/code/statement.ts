// A statement about a report: what it is about, what it claims, how sure that is, and why. decode/show/claims.ts has the
// words of claims.

import type { Sure } from './sure.js';

export type { Sure } from './sure.js';

/** An instruction: `shm_close+0x3e`, or `Code+0x2b` by its offset in the `Code:` line where no function is known. */
export interface CodePlace {
  readonly at: string;
  readonly text: string; // the instruction
  /** The call that it was executed in, where a function was called several times. */
  readonly call?: string;
}

export type Subject =
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'stack'; readonly index: number } // of the words of the report, from 0
  | { readonly kind: 'trap' }
  | { readonly kind: 'code' };

/** Where a value comes from, back to the last known place. */
export type Origin =
  | { readonly kind: 'unknown' }
  /** What a register held when the code that is known was entered; without a place where it was entered anywhere. */
  | { readonly kind: 'entry'; readonly register: string; readonly at: string | null }
  | { readonly kind: 'constant'; readonly value: bigint }
  /**
   * An address at a distance from a function or a section, or from the base of a segment (`%gs`), where nothing says at which
   * address that lay.
   */
  | { readonly kind: 'address'; readonly of: string; readonly plus: bigint }
  | { readonly kind: 'sum'; readonly name?: string; readonly of: Origin; readonly plus: bigint }
  | {
      readonly kind: 'part';
      readonly name?: string;
      readonly of: Origin;
      readonly size: number; // bytes
      readonly signed: boolean;
    }
  | {
      readonly kind: 'load';
      readonly name?: string;
      readonly by: CodePlace;
      readonly size: number; // bytes
      readonly address: Origin;
    }
  | {
      readonly kind: 'computed';
      readonly name?: string;
      /** Its expression in the manifest: `id % IPCMNI`. */
      readonly expression?: string;
      /** The number of low bits that a mask leaves. */
      readonly bits?: number;
      readonly by: CodePlace;
      readonly from: readonly Origin[];
    }
  | { readonly kind: 'result'; readonly name?: string; readonly by: CodePlace }
  | { readonly kind: 'argument'; readonly name: string; readonly register: string; readonly of: string }
  | { readonly kind: 'left'; readonly by: CodePlace; readonly register: string };

/** What a value looks like. */
export type ValueKind =
  | 'error code'
  | 'poison'
  | 'kernel text'
  | 'module'
  | 'direct map'
  | 'vmalloc'
  | 'vmemmap'
  | 'this stack'
  | 'per-CPU'
  | 'kernel address'
  | 'user address'
  | 'near NULL'
  | 'not canonical'
  | 'KASAN shadow'
  | 'text';

/** What a `ud2`, `ud1` or `int3` stands for. */
export type Assertion = 'BUG' | 'WARN' | 'refcount' | 'list' | 'KCFI' | 'UBSAN' | 'usercopy' | 'unreachable';

/** What a sentence about a trap explains. */
const TRAP_TOPICS = [
  'divide',
  'string',
  'page-fault',
  'page-table',
  'protection',
  'general-protection',
  'selector',
  'breakpoint',
  'assertion',
  'double-fault',
  'stack',
  'indirect-branch',
] as const;

export type TrapTopic = (typeof TRAP_TOPICS)[number];

/** Parts of a report that are held against each other. */
export type ReportPart =
  | 'headline'
  | 'error code'
  | 'die line'
  | 'fault address'
  | 'CR2'
  | 'instruction'
  | 'operands'
  | 'RIP'
  | 'page table'
  | 'process';

/** A part of a register that is written by itself: `mov $0x41,%al` leaves the other bytes as they were. */
export type WrittenPart = 'low byte' | 'second byte' | 'low 2 bytes' | 'some';

export type Claim =
  /** The last instruction that wrote it, or several of which one was the last. */
  | {
      readonly kind: 'written';
      readonly by: readonly CodePlace[];
      /** Or none of them. */
      readonly orBefore: boolean;
      /** What of the register it wrote, where that is not all of it; `some`: not the same with all of them. */
      readonly part?: WrittenPart;
      /** Calls that are not followed, which may have changed it after that. */
      readonly calls: readonly CodePlace[];
    }
  /** No instruction writes it from there to the trap; null: from where the code that is seen was entered. */
  | { readonly kind: 'unwritten'; readonly since: string | null }
  /** The value comes from there. */
  | { readonly kind: 'holds'; readonly origin: Origin }
  /** A call by which the ABI keeps it whole. */
  | { readonly kind: 'kept'; readonly calls: readonly CodePlace[] }
  | { readonly kind: 'looks-like'; readonly what: ValueKind; readonly detail: string }
  | { readonly kind: 'same-as'; readonly others: readonly Subject[] }
  | {
      readonly kind: 'pushed';
      readonly by: CodePlace;
      readonly register: string | null;
      /** The instruction that had written the register before. */
      readonly written: CodePlace | null;
      readonly origin: Origin;
    }
  | { readonly kind: 'stored'; readonly by: CodePlace; readonly origin: Origin }
  | { readonly kind: 'return-address'; readonly to: string; readonly after: CodePlace | null }
  /** The trapping instruction accesses this address: `operand` is its memory operand. */
  | {
      readonly kind: 'accesses';
      readonly access: 'read' | 'write' | 'read and write' | 'call' | 'jump' | 'push';
      readonly operand: string;
      readonly address: bigint;
      readonly size: number; // bytes
      readonly verdict: 'faulting' | 'not canonical' | 'near NULL' | 'other';
    }
  /**
   * Where the code lay, which the report does not print: from the operand that faulted, or from a value that was computed
   * from RIP.
   */
  | {
      readonly kind: 'rip-from';
      readonly rip: bigint;
      /** `operand`: the operand that `by` accesses is the address that faulted; else the register or word of that name. */
      readonly from: string;
      readonly by: CodePlace;
      /** The function, its section or its file, and the address that it begins at. */
      readonly of: string;
      readonly start: bigint;
    }
  /** A register makes the address bad. */
  | { readonly kind: 'bad-operand'; readonly register: string; readonly detail: string }
  /** The conditional jump that was not taken, right before the trap, and the comparison before it. */
  | {
      readonly kind: 'guarded';
      readonly by: CodePlace;
      readonly taken: boolean;
      readonly compare: CodePlace | null;
    }
  /** A conditional jump that went one way on every way to the trap. */
  | {
      readonly kind: 'went';
      readonly by: CodePlace;
      readonly taken: boolean;
      readonly compare: CodePlace | null;
    }
  /** Not caused by the instruction, which was only interrupted. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'asserts'; readonly what: Assertion; readonly detail: string }
  /** What the trap means, as a sentence without full stop; `facts` has the numbers of it. */
  | {
      readonly kind: 'trap-means';
      readonly topic: TrapTopic;
      readonly says: string;
      readonly facts: Readonly<Record<string, bigint | number | string | boolean>>;
    }
  /** Two parts of the report that cannot both be of one trap, and what that may come from. */
  | {
      readonly kind: 'contradiction';
      readonly between: readonly [ReportPart, ReportPart];
      readonly says: string;
      readonly reasons: readonly string[];
    }
  /** The window begins inside an instruction; `shown` is what decodecode makes of its rest. */
  | { readonly kind: 'starts-inside'; readonly by: CodePlace; readonly shown: string }
  | { readonly kind: 'cut-prefix'; readonly register: string; readonly shown: string }
  /** Offsets in the window: where all readings begin to agree, and where the chosen reading begins. */
  | {
      readonly kind: 'boundaries';
      readonly certainFrom: number;
      readonly chosenFrom: number;
      readonly readings: number;
      /** The function begins at `certainFrom`: no other reading was tried. */
      readonly entry?: true;
    }
  /** The marked byte is not marked in the text: where it stood, and which instructions fit there. */
  | {
      readonly kind: 'lost-mark';
      readonly at: number; // offset in the line
      /** Whether the byte itself is missing. */
      readonly eaten: boolean;
      readonly instructions: readonly { readonly byte: string; readonly text: string }[];
    }
  | { readonly kind: 'no-way' }
  | { readonly kind: 'code-agrees'; readonly same: number; readonly compared: number; readonly file: string };

export interface Statement {
  readonly about: Subject;
  readonly sure: Sure;
  readonly claim: Claim;
  /** Reasons, in words; each names its instruction or word. */
  readonly because: readonly string[];
}

/** A statement. @param because reasons, in words */
export const statement = (
  about: Subject,
  sure: Sure,
  claim: Claim,
  because: readonly string[] = [],
): Statement => ({ about, sure, claim, because });

/** Whether anything is known of where a value comes from. */
export const isKnown = (origin: Origin): boolean =>
  origin.kind === 'sum' || origin.kind === 'part' ? isKnown(origin.of) : origin.kind !== 'unknown';
