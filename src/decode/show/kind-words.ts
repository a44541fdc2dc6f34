// Kinds of reports in words.

import type { ReportKind } from '../read/report.js';

/** Each kind as a noun. */
export const KIND_WORDS: Readonly<Record<ReportKind, string>> = {
  paging: 'a page fault',
  'null-deref': 'a NULL pointer dereference',
  gpf: 'a general protection fault',
  bug: 'an assertion: BUG()',
  warning: 'a warning: WARN()',
  'double-fault': 'a double fault',
  'stack-guard': 'an overflow of the kernel stack',
  'soft-lockup': 'a soft lockup: a CPU that did not schedule',
  'hard-lockup': 'a hard lockup: a CPU that took no interrupt',
  'rcu-stall': 'an RCU stall',
  'hung-task': 'a task that was blocked for long',
  'list-corruption': 'a corrupted list',
  kasan: 'an access or a value that a checker refused',
  trap: 'an exception',
  panic: 'a panic',
  'other-bug': 'a state that the kernel refused',
  unknown: 'not stated in this text',
};
