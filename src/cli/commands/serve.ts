import { defineCommand } from '../command.js';
import { withRuns } from '../options.js';

const HELP = `
Prints the address of the page, and serves it until Ctrl-C. Only this machine can open it, only in a page of this
address; there are no files behind it. Change a parameter in the page, and the scenario is run again with it.

Examples:
  $ oopslab serve
  $ oopslab serve slabinfo-bug --port 8000
  $ oopslab serve --set prepath=/team --set tree=x

Exit status: 2 bad usage or input, 130 ended with Ctrl-C.`;

/** `oopslab serve`: its options and its help. */
export const command = defineCommand({
  name: 'serve',
  description: 'serve a live page on this machine, whose parameters run the scenario again',
  options: (command) =>
    withRuns(command).option('--port <number>', 'the port to listen on; 0 for any that is free', '0'),
  help: HELP,
  load: () => import('../serve.js'),
});
