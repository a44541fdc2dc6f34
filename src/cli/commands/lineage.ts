import { defineCommand } from '../command.js';
import { withScenario } from '../options.js';

/** `oopslab lineage`: its options and its help. */
export const command = defineCommand({
  name: 'lineage',
  description: 'show where each named value lived and died, and which instruction ended it',
  options: (command) =>
    withScenario(command)
      .option('--run', 'what happened in this run (the default)')
      .option('--analyst', 'what can be concluded from the published bytes alone')
      .option('--value <name>', 'this value only: vma, "sfd->id"')
      .option('--at <location>', 'which values are still known at shm_close+0x3e, and where?')
      .option('--step <name>', "another step's call instead of the last one")
      .option('--all', 'every step, with computed values')
      .option('--chart', 'a time line: places as rows, instructions as columns, values as letters'),
  json: 'print one JSON document; with --at, the values known there',
  help: `
Views: --run (the default) shows what happened in this run, from all code that ran. --analyst shows what follows from
the published bytes alone: a call of any other code may have changed everything that the ABI lets it change, and all
memory except the callers' stack. --at asks what can still be known, and so implies --analyst unless --run is given.

The last call is shown; --step selects another one, --all all of them, with computed values.

Examples:
  $ oopslab lineage
  $ oopslab lineage --analyst --value file
  $ oopslab lineage --at shm_close+0x3e
  $ oopslab lineage --chart
  $ oopslab lineage --step mount --value path
  $ oopslab lineage --json --all

Exit status: 0 done, 2 bad usage or input.`,
  load: () => import('../lineage.js'),
});
