import { defineCommand } from '../command.js';
import { withLibrary } from '../library-option.js';

/** `oopslab diff`: its options and its help. */
export const command = defineCommand({
  name: 'diff',
  description: 'find where two runs diverge, and what differs at the end',
  options: (command) =>
    withLibrary(command).argument('<a>', 'a recording or a scenario').argument('<b>', 'another one'),
  json: 'print one JSON document instead of text',
  help: `
A and B are recordings (files that replay --record wrote), names of scenarios, or scenario files.

Examples:
  $ oopslab diff shm-close-bug shm-close-control
  $ oopslab replay --set previous=zero --record zero.rec; oopslab diff shm-close-bug zero.rec
  $ oopslab diff shm-close-bug shm-close-control --json

Exit status: 0 they are the same, 1 they differ, 2 bad usage or input.`,
  load: () => import('../diff.js'),
});
