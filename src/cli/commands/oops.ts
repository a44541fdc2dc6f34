import { defineCommand } from '../command.js';
import { withScenario } from '../options.js';

/** `oopslab oops`: its options and its help. */
export const command = defineCommand({
  name: 'oops',
  description: "print the kernel's report of a scenario, exactly as the kernel prints it",
  options: (command) =>
    withScenario(command)
      .option('--full', 'with the "cut here" line before it and the end trace after it')
      .option('--provenance', 'mark which words were computed, carried or given'),
  json: 'print one JSON document: the text, and where each word comes from',
  help: `
Examples:
  $ oopslab oops
  $ oopslab oops --full
  $ oopslab oops --provenance
  $ oopslab oops | ./scripts/decodecode      (in a kernel tree)

Exit status: 0 there is a report, 1 the run ended without one, 2 bad usage or input.`,
  load: () => import('../oops.js'),
});
