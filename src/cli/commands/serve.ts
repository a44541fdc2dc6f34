import { defineCommand } from '../command.js';
import { withRuns } from '../options.js';

/** `oopslab serve`: its options and its help. */
export const command = defineCommand({
  name: 'serve',
  description: 'serve a live page on this machine, whose parameters run the scenario again',
  options: (command) =>
    withRuns(command).option('--port <number>', 'the port to listen on; 0 for any that is free', '0'),
  help: `
Prints the address of the page, and serves it until Ctrl-C. Only this machine can open it, and only a page of this
address can ask for runs; no files are served. A parameter changed in the page runs the scenario again.

Examples:
  $ oopslab serve
  $ oopslab serve slabinfo-bug --port 8000
  $ oopslab serve --set prepath=/team --set tree=x

Exit status: 2 bad usage or input, 130 ended with Ctrl-C.`,
  load: () => import('../serve.js'),
});
