import { defineCommand } from '../command.js';
import { withScenario } from '../options.js';

/** `oopslab replay`: its options and its help. */
export const command = defineCommand({
  name: 'replay',
  description: 'run a scenario and tell the story: steps, out-of-bounds accesses, outcome, oops',
  options: (command) => withScenario(command).option('--record <file>', 'keep the recording in this file'),
  json: 'print one JSON document instead of the story',
  help: `
Examples:
  $ oopslab replay
  $ oopslab replay shm-close-control
  $ oopslab replay --set prepath=/team --set previous=zero
  $ oopslab replay --record crash.rec; oopslab oops --recording crash.rec
  $ oopslab replay --json

Parameters: oopslab scenarios lists the parameters of each scenario. In a text, \\xHH is a byte and \\\\ a backslash.

Exit status: 0 the run ended as the scenario expects, 1 it did not, 2 bad usage or input.`,
  load: () => import('../replay.js'),
});
