// The names of the classes of bugs. No rules: bug-class.ts has them.

export const BUG_CLASSES = [
  'null-dereference',
  'use-after-free',
  'double-free',
  'invalid-free',
  'out-of-bounds',
  'wild-access',
  'list-corruption',
  'refcount',
  'uninitialised',
  'divide',
  'stack-overflow',
  'stack-corruption',
  'bad-jump',
  'data-race',
  'undefined-behaviour',
  'assertion',
  'warning',
  'deadlock',
  'lock-misuse',
  'atomic-sleep',
  'soft-lockup',
  'hard-lockup',
  'rcu-stall',
  'hung-task',
  'memory-leak',
  'out-of-memory',
  'hardware',
  'panic',
  'unknown', // no class could be given
] as const;

export type BugClass = (typeof BUG_CLASSES)[number];
