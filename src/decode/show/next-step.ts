// What to look at next, in one line, by the class of the bug.

import type { Explanation } from '../explain/explain.js';
import type { BugClass } from '../judge/bug-classes.js';
import type { Judgement } from '../judge/judgement.js';
import { refusalOf } from '../judge/refusal.js';
import type { KernelReport } from '../read/report.js';
import { fit } from './fit.js';
import { hardwareStep } from './hardware-words.js';

/** What a step can name. */
interface Known {
  readonly report: KernelReport;
  readonly place: string; // the guilty function, or `the function`
  readonly freedBy: boolean; // the text has the trace of the free
  readonly object: boolean; // a checker described the object
}

const STEPS: Readonly<Record<BugClass, (known: Known) => string>> = {
  'null-dereference': ({ place }) =>
    `why the pointer that ${place} uses is NULL: the return value or field it was taken from`,
  'use-after-free': ({ place, freedBy }) =>
    freedBy
      ? `the "Freed by" trace: what ${place} still held when it was freed`
      : `who frees the object that ${place} uses; KASAN or slub_debug=FZPU would record it`,
  'double-free': ({ freedBy }) =>
    freedBy
      ? 'the "Freed by" trace against this one: two owners free one object'
      : 'who else frees this object: two owners',
  'invalid-free': () => 'whether the pointer is the start of the object, and from which allocator it came',
  'out-of-bounds': ({ place, object }) =>
    `the index, the length or the width of the access in ${place}${object ? ', against the size of the object' : ''}`,
  'wild-access': ({ place }) =>
    `where ${place} takes the pointer from: it is stale, was overwritten, or never was one`,
  'list-corruption': () =>
    'who adds or deletes this entry without the lock, or frees it while it is on the list',
  refcount: ({ place }) =>
    `gets and puts of the object of ${place}: one put too many, or a get after the last put`,
  uninitialised: ({ place }) => `which field or variable ${place} reads before it is set`,
  divide: ({ place }) => `which value ${place} divides by, and why it may be 0`,
  'stack-overflow': () => 'recursion, or big local variables, in the functions of the trace',
  'stack-corruption': ({ place }) => `arrays on the stack of ${place} that are written past their end`,
  'bad-jump': () =>
    'which function pointer was called: of a freed or overwritten object, or of an unloaded module',
  'data-race': () => 'the two accesses: a lock, or READ_ONCE() and WRITE_ONCE()',
  'undefined-behaviour': ({ place }) => `the operands of the expression in ${place}`,
  assertion: ({ place }) => `the condition that ${place} asserts, and who breaks it`,
  warning: ({ place }) => `the condition that ${place} warns of`,
  deadlock: () => 'the order of the two locks on each of the two ways',
  'lock-misuse': () => 'where this lock is taken, and in which context',
  'atomic-sleep': ({ place }) => `the lock or preempt_disable() under which ${place} sleeps`,
  'soft-lockup': ({ place }) => `the loop around ${place}: what it waits for, or a missing cond_resched()`,
  'hard-lockup': ({ place }) => `what ${place} waits for with interrupts off, and who holds it`,
  'rcu-stall': ({ place }) => `why ${place} does not leave its read-side section, or was not scheduled`,
  'hung-task': ({ place }) => `who holds what ${place} waits for: the trace of the owner (sysrq-w)`,
  'memory-leak': ({ place }) => `the failure paths after the allocation in ${place}`,
  'out-of-memory': () => 'the table of tasks and of memory before this line: who uses it',
  hardware: ({ report }) => hardwareStep(report.machineChecks?.[0]),
  panic: () => 'the lines before the panic: what it follows from',
  unknown: () => 'the lines before the report: what it follows from',
};

/** The step for a report. */
export const nextStep = (
  report: KernelReport,
  explanation: Explanation,
  { class: slug, guilty }: Judgement,
): string => {
  const symbol = guilty?.symbol ?? report.trap?.symbol;
  const place = symbol === undefined ? 'the function' : symbol;
  const known = {
    report,
    place,
    freedBy: report.traces.some(({ title }) => title.startsWith('Freed by')),
    object: report.traces.some(({ title }) => title.startsWith('Allocated by')),
  };
  const refused = refusalOf(report, explanation);
  return fit([refused?.step ?? STEPS[slug](known)]);
};
