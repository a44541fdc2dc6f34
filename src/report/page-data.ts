// The page's data of one or two recordings: a JSON document, complete in itself. Types only, without Node: the page
// reads it with them. Long, since it is one document: each type says one part of it.

import type { TypeOf } from '../base/form.js';
import type { namedPairForm, partingForm } from '../reading/diff-form.js';
import type { OopsWord } from '../oops/words.js';
import type { outOfBoundsForm } from '../reading/replay-form.js';
import type { RecordedStep } from '../recording/form.js';
import type { whyForm } from '../why/form.js';

export const PAGE_FORMAT = 'oopslab page 1';

/**
 * Something that changes over the run: `values[i]` holds from state `gaps[0] + … + gaps[i]` on, until the next one.
 * Before the first it has no value. The meaning of a value stands where the track is used; mostly it is an index.
 */
export interface Track {
  readonly gaps: readonly number[];
  readonly values: readonly number[];
}

/** A step of the scenario; states `from` to `to`. */
export type PageStep = Pick<RecordedStep, 'step' | 'says' | 'call' | 'from' | 'to'>;

/** A line of the story. */
interface PageEvent {
  /** The first state that has it. */
  readonly at: number;
  readonly text: string;
  readonly kind: 'step' | 'event' | 'alarm';
}

/** A moment worth a jump. */
export interface PageMark {
  /** The state before what happens there. */
  readonly at: number;
  /** The first state that has it; the same where nothing happens. */
  readonly after: number;
  readonly label: string;
  /** `reuse`: an allocation where a freed object lay. */
  readonly kind: 'step' | 'allocate' | 'reuse' | 'free' | 'guilty' | 'finding' | 'trap' | 'end';
}

/** An instruction of a function that ran. */
export interface PageLine {
  /** Bytes from the function's start. */
  readonly offset: number;
  readonly bytes: string; // hex digits
  readonly text: string;
  /** `ipc/shm.c:205`, where the source changes; otherwise null. */
  readonly source: string | null;
  /** Index into `sources` and line in it, from 1, of every line whose text is known. */
  readonly c?: readonly [source: number, line: number];
  /** Where the bytes come from: `D` published dump, `L` published listing, `R` reconstructed; null: not known. */
  readonly provenance: string | null;
}

/** A function that ran. */
export interface PageFunction {
  readonly name: string;
  readonly address: string;
  readonly lines: readonly PageLine[];
}

/** An instruction that ran. */
export interface PageSite {
  /** `shm_close+0x3e`, or the address where no function is. */
  readonly at: string;
  readonly text: string;
  /** Index into `functions` and into its lines; -1 where there is none. */
  readonly function: number;
  readonly line: number;
  /** The general registers that its operands read and write. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** A C file that the recording holds. */
export interface PageSource {
  readonly file: string;
  readonly lines: readonly string[];
}

/** What a register holds, in words; all may be empty. */
export interface PageMeaning {
  readonly name: string;
  readonly type: string;
  /** What the value is as an address or an error. */
  readonly what: string;
}

/** A name that a register lost. */
export interface PageLoss {
  readonly name: string;
  /** `destroyed by shm_close+0xb` */
  readonly how: string;
  /** The instruction that did it. */
  readonly by: string;
}

/** A register over the run. */
export interface PageRegister {
  readonly name: string;
  /** Indices into `words`. */
  readonly value: Track;
  /** Indices into `meanings`. */
  readonly meaning: Track;
  /** Indices into `losses`, at the last state that had the name. It counts as lost only within that step. */
  readonly lost: Track;
}

/** A piece of memory that is shown: a stack or a slab page. */
export interface PageRegion {
  readonly start: string;
  readonly size: number; // bytes
  readonly name: string;
  /** Its contents at state 0: offset, and hex digits of bytes; the other bytes are zero. */
  readonly initial: readonly (readonly [offset: number, bytes: string])[];
}

/** Writes to the regions in their order, as columns. */
export interface PageWrites {
  /** The state before which each lies, less that of the one before. */
  readonly gaps: readonly number[];
  /** Index of the region. */
  readonly region: readonly number[];
  readonly offset: readonly number[]; // bytes, in the region
  /** Indices into `words`, of the bytes in memory order: `2f8000`. Equally long. */
  readonly old: readonly number[];
  readonly new: readonly number[];
  /** 1: done by the sandbox, not by an instruction. */
  readonly host: readonly (0 | 1)[];
}

/** Reads of shown memory by instructions, in their order, as columns. */
export interface PageReads {
  /** The instruction, less that of the one before. */
  readonly gaps: readonly number[];
  readonly region: readonly number[];
  readonly offset: readonly number[]; // bytes, in the region
  readonly size: readonly number[]; // bytes
}

/** A word of the stack over the run. */
export interface PageStackWord {
  readonly region: number;
  readonly offset: number; // bytes, in the region
  /** Indices into `words`: what it is. */
  readonly what: Track;
}

/** What an object is to the allocator; `cpu`: free, in an array cache. */
export type PageObjectState = 'allocated' | 'free' | 'cpu';

/** The values of the tracks of object states. */
export const OBJECT_STATES: readonly PageObjectState[] = ['allocated', 'free', 'cpu'];

export interface PageSlab {
  /** Index of its region, and where in it the page starts. */
  readonly region: number;
  readonly offset: number; // bytes
  readonly cache: string;
  readonly objectSize: number; // bytes from object to object
  readonly count: number; // objects
  readonly first: number; // bytes from the page's start to the first object
  /** Of each object an index of OBJECT_STATES. */
  readonly states: readonly Track[];
}

/** Something with a name in memory, between its allocation and the next one at its place. */
export interface PageObject {
  readonly name: string;
  readonly struct: string | null;
  readonly address: string;
  readonly size: number; // bytes
  readonly header: number; // bytes of its allocation before it
  /** First state that has it, and the first one in which it is free; null while it never is. */
  readonly from: number;
  readonly freed: number | null;
  /** Where its address comes from: `slide 33`, `invented`, `allocated`. */
  readonly source: string;
}

/** A field of a struct, innermost: `shm_perm.id`. */
export interface PageField {
  readonly path: string;
  readonly offset: number;
  readonly size: number; // bytes
  readonly type: string;
  readonly kind: 'signed' | 'unsigned' | 'pointer' | 'bytes';
}

/** A byte that a wrong write left. */
export interface PageDamage {
  readonly address: string;
  /** The byte before. */
  readonly old: number;
  /** First state that has it, and first that has it no more; null: it stays to the end. */
  readonly from: number;
  readonly until: number | null;
  /** `5c over 2f by convert_delimiter+0x1c, out of bounds` */
  readonly says: string;
}

/** An access outside an allocation. */
export interface PageOutOfBounds extends Omit<TypeOf<typeof outOfBoundsForm>, 'victim'> {
  readonly instruction: number;
  readonly victim: string;
}

/** A value and where it lived. */
export interface PageValue {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly also: readonly string[];
  readonly places: readonly PagePlace[];
  /** Places that were left out because there are too many. */
  readonly omitted: number;
}

/** A place of a value. It has it in the states from `from` to `until`, both included. */
export interface PagePlace {
  /** `rdi`, `esi`, or `sfd.id` for memory. */
  readonly place: string;
  /** The key of a row of the chart: register, or address. */
  readonly row: string;
  readonly size: number; // bytes
  readonly from: number;
  /** `shm_close+0x4  mov 0x98(%rdi),%rax`, or that it was there. */
  readonly made: string;
  /** null: alive at the end. */
  readonly until: number | null;
  /** `destroyed by shm_close+0x1d  mov %r12,%rdi` */
  readonly end: string;
  readonly how: 'destroyed' | 'may be lost' | 'restored' | 'freed' | null;
}

/** A word of the oops: what stands between blanks. */
export interface PageOopsWord extends Pick<OopsWord, 'provenance' | 'label' | 'source'> {
  /** The first state that has what it shows; null where nothing in the run made it. */
  readonly at: number | null;
  /** What made it: `remove_vma+0x2  mov %rdi,%rbx`; empty where nothing did. */
  readonly by: string;
}

export interface PageOops {
  readonly text: string;
  /** In the order of the text. */
  readonly words: readonly PageOopsWord[];
}

/** A part of a sentence, and what it is, so that the page can set it apart; together they are the sentence. */
export interface PageWord {
  readonly text: string;
  /** `code`: a place of code, or a name; `old` and `new`: what a byte was and became; `hit`: what was damaged. */
  readonly is?: 'code' | 'old' | 'new' | 'hit';
}

/** A field in a strip, as far as the strip shows it; `before` and `after` are its whole values, empty where not known. */
export interface PageStripField {
  readonly name: string;
  readonly from: number; // bytes from the part's start
  readonly size: number; // bytes of it that are shown
  readonly before: string;
  readonly after: string;
}

/** Who has bytes of a strip. */
export interface PageStripOwner {
  /** 0: whose they were when the pointer was made; 1: who has them now, where that is another object. */
  readonly row: 0 | 1;
  readonly from: number; // bytes from the part's start
  readonly size: number;
  /** Empty for an object without a name, and for bytes that nobody asked for. */
  readonly name: string;
  readonly struct: string | null;
  readonly life: 'allocated' | 'freed' | 'slack';
  readonly fields: readonly PageStripField[];
}

/** Bytes that lie side by side. */
export interface PageStripPart {
  readonly address: string;
  /** Hex digits: as they were, and as they became; `before` is null where there is no before. */
  readonly before: string | null;
  readonly after: string;
  /** Bytes that the instruction touched, and bytes that are damaged: numbers from 0. */
  readonly touched: readonly number[];
  readonly damaged: readonly number[];
  readonly owners: readonly PageStripOwner[];
}

/** The bytes around a damage, or around an access that was none of its business. By address; gaps lie between. */
export interface PageStrip {
  readonly before: number | null; // state
  readonly after: number; // state
  readonly parts: readonly PageStripPart[];
}

/** The point of a run. */
export interface PagePoint {
  /** What was done wrong, to what, and what came of it. */
  readonly headline: readonly PageWord[];
  /** How the run ended: `BUG at ipc/shm.c:205, in shm_close+0x3e`. */
  readonly end: string;
  /** Whether something is wrong: a trap, a finding, no end. */
  readonly isWrong: boolean;
  /** The step that did it; null where no step of this run did. */
  readonly at: number | null;
  readonly strip: PageStrip | null;
  /** Why the run ended as it did; null where there is nothing to ask, or an instruction could not be followed. */
  readonly why: TypeOf<typeof whyForm> | null;
}

/** A slot of a slab in a scene. */
export interface PageSlot {
  readonly address: string;
  readonly size: number; // bytes
  /** Who has it, or had it last; empty for an object without a name, null where nobody had it so far. */
  readonly name: string | null;
  readonly life: 'allocated' | 'freed';
  /** Who had it before the scene; null where nobody had. */
  readonly was: string | null;
  /** What the scene does with it. */
  readonly change: 'allocated' | 'freed' | 'reused' | null;
  /** Whether wrong writes have left bytes in it. */
  readonly isDamaged: boolean;
}

/** A branch: what it went by, where it went, and where it would have gone. */
export interface PageBranch {
  readonly because: string;
  readonly went: string;
  readonly other: string;
}

/** A scene of the story. */
export interface PageScene {
  readonly kind: 'step' | 'branch' | 'damage' | 'read' | 'trap' | 'end';
  /** The state that it shows. */
  readonly at: number;
  /** The step of the scenario that it belongs to, from 0. */
  readonly step: number;
  readonly title: string;
  /** The function that it happens in; empty for a step of the scenario and the end. */
  readonly where: string;
  readonly says: readonly PageWord[];
  /** What the sandbox did in it, and what code called. */
  readonly did: readonly string[];
  readonly cache: string | null;
  readonly slots: readonly PageSlot[];
  readonly strip: PageStrip | null;
  readonly branch: PageBranch | null;
  /** Registers that matter: those that the instruction uses, or the call's arguments. */
  readonly registers: readonly string[];
}

export interface PageRun {
  readonly scenario: string;
  readonly title: string;
  readonly claim: string;
  readonly release: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly outcome: string;
  readonly asExpected: boolean;
  readonly hash: string;
  readonly point: PagePoint;
  readonly scenes: readonly PageScene[];
  /** Executed instructions; states are this many plus one. */
  readonly instructions: number;
  readonly steps: readonly PageStep[];
  readonly events: readonly PageEvent[];
  /** Events that were left out because there are too many. */
  readonly eventsOmitted: number;
  readonly marks: readonly PageMark[];
  /** Strings that tracks and writes refer to. */
  readonly words: readonly string[];
  readonly functions: readonly PageFunction[];
  readonly sites: readonly PageSite[];
  /** Index into `sites` of each instruction. */
  readonly path: readonly number[];
  /** C of the functions that ran, where the recording holds it. */
  readonly sources: readonly PageSource[];
  readonly meanings: readonly PageMeaning[];
  readonly losses: readonly PageLoss[];
  readonly registers: readonly PageRegister[];
  readonly regions: readonly PageRegion[];
  readonly writes: PageWrites;
  readonly reads: PageReads;
  readonly stack: readonly PageStackWord[];
  readonly slabs: readonly PageSlab[];
  readonly objects: readonly PageObject[];
  readonly structs: Readonly<Record<string, readonly PageField[]>>;
  /** What addresses in memory point to, by value. */
  readonly pointers: Readonly<Record<string, string>>;
  readonly outOfBounds: readonly PageOutOfBounds[];
  readonly outOfBoundsOmitted: number;
  /** Bytes that wrong writes left, in the order of the writes; the first ones of many. */
  readonly damage: readonly PageDamage[];
  readonly values: readonly PageValue[];
  /** Why names are missing; null where they are known. */
  readonly namesProblem: string | null;
  readonly oops: PageOops | null;
}

/** A value in both runs; null where one has none. */
type PagePair = TypeOf<typeof namedPairForm>;

/** Where two runs part. */
export type PageParting = TypeOf<typeof partingForm>;

/** Two runs side by side: the first is A, the second B. */
export interface PageComparison {
  readonly same: boolean;
  readonly parameters: readonly PagePair[];
  readonly firstDifference: PageParting | null;
  readonly fork: PageParting | null;
  /** States that belong together: [in A, in B], both rising. Between two of them both go on step by step. */
  readonly anchors: readonly (readonly [a: number, b: number])[];
  readonly end: readonly PagePair[];
}

export interface PageData {
  readonly format: typeof PAGE_FORMAT;
  /** One or two. */
  readonly runs: readonly PageRun[];
  /** null for one run. */
  readonly comparison: PageComparison | null;
}
