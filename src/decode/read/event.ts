// Whether a line that says what happened belongs to the report that is being read, or begins another one.

import type { FoundHeadline } from './headline.js';
import type { ReportKind } from './report.js';

/** A report so far. */
export interface OpenEvent {
  /** The lines that said what happened. */
  readonly said: readonly FoundHeadline[];
  /** Whether it has registers, code or traces. */
  readonly hasBody: boolean;
  /** Whether the line with the die counter was there. */
  readonly died: boolean;
  /** Whether the line `end trace` was there. */
  readonly ended: boolean;
}

type Kinds = ReadonlySet<ReportKind>;

const kinds = (...names: readonly ReportKind[]): Kinds => new Set(names);

/** Two lines of one event, one after the other, before its registers and traces. */
interface Sequence {
  readonly first: (line: FoundHeadline) => boolean;
  readonly next: (line: FoundHeadline) => boolean;
}

const is =
  (...names: readonly ReportKind[]) =>
  ({ kind }: FoundHeadline): boolean =>
    names.includes(kind);
const says =
  (words: RegExp) =>
  ({ text }: FoundHeadline): boolean =>
    words.test(text);
const counted =
  (...names: readonly ReportKind[]) =>
  ({ die, kind }: FoundHeadline): boolean =>
    die && names.includes(kind);
// The trap of BUG() and of the checks that are made like it, also of the architectures that are declined.
const invalidOpcode = ({ die, text }: FoundHeadline): boolean =>
  die &&
  /^(?:Oops: )?invalid opcode\b|^Oops:? \[|^(?:illegal operation|Internal error|Kernel BUG|Oops: Exception in kernel mode)\b/u.test(
    text,
  );

// The line with the die counter comes after the line that names the address or the source. Sources: __die(),
// arch/x86/kernel/dumpstack.c; lib/list_debug.c; kernel/cfi.c; fs/sysfs/dir.c; v2.6.9 to v6.19
const SEQUENCES: readonly Sequence[] = [
  { first: is('paging', 'null-deref'), next: counted('paging') },
  { first: is('bug', 'list-corruption'), next: invalidOpcode },
  { first: ({ checker }) => checker?.checker === 'UBSAN', next: invalidOpcode },
  { first: is('list-corruption'), next: says(/\blib\/list_debug\.c\b/u) },
  { first: is('stack-guard', 'double-fault'), next: counted('stack-guard', 'double-fault') },
  { first: is('trap'), next: counted('trap') },
  { first: says(/^CFI failure/u), next: is('warning') },
  // Since v6.8 a WARN(), and BUG() after it. Source: __fortify_report(), lib/string_helpers.c
  { first: says(/^\w{1,40}: detected buffer overflow/u), next: is('warning', 'bug') },
  // Before v2.6.39 the name of the file was a part of a warning.
  { first: says(/^WARNING: .*\bfs\/sysfs\//u), next: says(/^sysfs: /u) },
  { first: is('memory-leak'), next: is('memory-leak') },
  { first: is('rcu-stall'), next: is('rcu-stall') },
  { first: is('task-dump'), next: is('task-dump') },
];

// A fault ends in a panic of these words, and so on. Source: kernel/panic.c and its callers, v6.14
const FAULTS = kinds(
  'paging',
  'null-deref',
  'gpf',
  'bug',
  'double-fault',
  'stack-guard',
  'list-corruption',
  'trap',
  'kasan',
  'other-bug',
  'unknown',
);
const PANICS: readonly (readonly [RegExp, Kinds])[] = [
  [/: (?:<\d>)?(?:Fatal machine|Fatal hardware|Machine check|.{0,40}machine check)/u, kinds('hardware')],
  [/: (?:<\d>)?(?:Fatal |Aiee|Attempted to kill|Oops|Machine halted|kernel stack)/u, FAULTS],
  [/softlockup/u, kinds('soft-lockup')],
  [/hung_task/u, kinds('hung-task')],
  [/LOCKUP/u, kinds('hard-lockup')],
  [/RCU Stall/u, kinds('rcu-stall')],
  [/Out of memory|deadlocked on memory/u, kinds('out-of-memory')],
];

// Reports that show what several tasks do.
const WITH_TASKS = kinds('hung-task', 'rcu-stall', 'soft-lockup', 'hard-lockup', 'task-dump', 'other-bug');

const NEAR = 4; // lines between a report and a line that stands inside it

// A symbolised checker's line comes once for each function that was inlined at the place: `BUG: KASAN: … in frob_get
// frob.h:12 [inline]`, the outermost last. A mailer may break each into two lines.
const INLINED = 2; // lines from one to the next
const isInlined = (text: string): boolean => / \[inline\]/u.test(text) || !/\+0x[0-9a-f]/u.test(text);
const bugOf = (text: string): string | undefined =>
  /^BUG: (?!KCSAN)K\w{2,5}AN: .{1,60}? in (?=\S)/u.exec(text)?.[0];

const kindsOf = ({ said }: OpenEvent): ReportKind[] =>
  said.filter(({ follows, rank }) => !follows && rank > 0).map(({ kind }) => kind);

const follows = (event: OpenEvent, next: FoundHeadline, distance: number): boolean => {
  const all = kindsOf(event);
  if (next.kind === 'panic') {
    const row = PANICS.find(([words]) => words.test(next.text));
    return row === undefined || event.died || all.length === 0 || all.some((kind) => row[1].has(kind));
  }
  if (next.text.startsWith('task:')) {
    return all.some((kind) => WITH_TASKS.has(kind)) || event.said.some((one) => one.text.startsWith('task:'));
  }
  if (next.kind === 'task-dump' || next.rank === 0) return true;
  return (
    all.includes(next.kind) || event.said.at(-1)?.kind === next.kind || (!event.ended && distance <= NEAR)
  );
};

const goesOn = ({ said }: OpenEvent, next: FoundHeadline): boolean =>
  said.length > 0 && said.every(({ kind, repeats }) => kind === next.kind && repeats === next.repeats);

/**
 * Whether the line is of the event that is open.
 *
 * @param distance lines since the last one of the event
 */
export const isSameEvent = (event: OpenEvent, next: FoundHeadline, distance: number): boolean => {
  if (next.follows) return follows(event, next, distance);
  // The hardware tells of one fault in several places.
  if (next.kind === 'hardware' || next.repeats) return goesOn(event, next);
  if (event.hasBody) return false;
  const main = event.said.filter((one) => !one.follows && one.rank > 0);
  const last = main.at(-1);
  if (next.rank === 0) return true;
  // Only lines that belong to something else, or add something: a logged error of the hardware, and then a fault.
  if (last === undefined) return event.said.every(({ rank }) => rank === 0);
  // A log may have each line twice.
  if (main.some(({ text }) => text === next.text) && (next.die || !event.died)) return true;
  if (event.died) return false;
  if (
    distance <= INLINED &&
    isInlined(last.text) &&
    bugOf(last.text) !== undefined &&
    bugOf(last.text) === bugOf(next.text)
  )
    return true;
  // What is wrong, and then the line of the WARN() or BUG() that found it.
  if (last.rank === 1 && !last.die && next.rank > 1 && last.kind === next.kind) return true;
  return SEQUENCES.some((one) => one.first(last) && one.next(next));
};

// Lines that the kernel prints before `cut here`, and that belong to what follows it. Source: lib/list_debug.c, v4.10
const BEFORE_CUT = kinds('list-corruption');

/** Whether `cut here` is the first line of another event than the one that is open. */
export const beginsAnother = ({ said, hasBody }: OpenEvent): boolean =>
  hasBody || said.some(({ rank, die, kind }) => (rank > 1 || die) && !BEFORE_CUT.has(kind));
