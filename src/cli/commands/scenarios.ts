import { defineCommand } from '../command.js';
import { withLibrary } from '../library-option.js';

/** `oopslab scenarios`: its options and its help. */
export const command = defineCommand({
  name: 'scenarios',
  description: 'list the scenarios that can be replayed, and their parameters',
  options: withLibrary,
  json: 'print one JSON document: titles, claims and parameters',
  help: `
Examples:
  $ oopslab scenarios
  $ oopslab scenarios --json
  $ oopslab scenarios --library ./my-cases

Exit status: 0 done, 2 bad usage or input.`,
  load: () => import('../scenarios.js'),
});
