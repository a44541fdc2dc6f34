import { defineCommand } from '../command.js';
import { withScenario } from '../options.js';

const HELP = `
The file is complete in itself: it loads nothing and connects to nothing. Without -o, or with -o -, it goes to stdout.

A scenario NAME-bug is shown beside NAME-control, with the same parameters, if there is one; --compare takes another
scenario or a recording, --alone none. A recording is shown alone unless --compare is given.

Examples:
  $ oopslab report -o report.html
  $ oopslab report slabinfo-bug -o report.html
  $ oopslab report --set prepath=/team -o report.html
  $ oopslab report --recording crash.rec --compare shm-close-control -o report.html

Exit status: 0 done, 2 bad usage or input.`;

/** `oopslab report`: its options and its help. */
export const command = defineCommand({
  name: 'report',
  description: 'write one HTML file in which a run can be explored, in any browser, offline',
  options: (command) =>
    withScenario(command)
      .option('-o, --output <file>', 'where it goes; - is stdout')
      .option('--compare <scenario>', 'show this scenario, or recording, beside it')
      .option('--alone', 'show one run only'),
  help: HELP,
  load: () => import('../report.js'),
});
