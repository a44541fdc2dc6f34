import { defineCommand } from '../command.js';
import { withScenario } from '../options.js';

/** `oopslab report`: its options and its help. */
export const command = defineCommand({
  name: 'report',
  description: 'write one HTML file in which a run can be explored, in any browser, offline',
  options: (command) =>
    withScenario(command)
      .option('-o, --output <file>', 'the file to write; - is stdout')
      .option('--compare <scenario>', 'show this scenario, or recording, beside it')
      .option('--alone', 'show one run only'),
  help: `
The file is self-contained: it loads nothing and connects to nothing. Without -o, or with -o -, it is written to stdout.

A scenario NAME-bug is shown beside NAME-control, with the same parameters, if that exists; --compare names another
scenario or a recording, --alone shows no second run. A recording is shown alone unless --compare is given.

Examples:
  $ oopslab report -o report.html
  $ oopslab report slabinfo-bug -o report.html
  $ oopslab report --set prepath=/team -o report.html
  $ oopslab report --recording crash.rec --compare shm-close-control -o report.html

Exit status: 0 done, 2 bad usage or input.`,
  load: () => import('../report.js'),
});
