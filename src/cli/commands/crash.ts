import { defineCommand } from '../command.js';
import { withRepeatable } from '../library-option.js';
import { withScenario } from '../options.js';

/** `oopslab crash`: its options and its help. */
export const command = defineCommand({
  name: 'crash',
  description: 'a crash> prompt on the machine at the trap',
  options: (command) =>
    withRepeatable(withScenario(command), '-c, --command <command>', 'run this command and exit'),
  json: 'with -c: print one JSON document instead of text',
  help: `
Examples:
  $ oopslab crash                                      a prompt; help lists its commands
  $ oopslab crash -c 'bt -FF'
  $ oopslab crash -c 'struct file.private_data 0xffff8800148fcb80' -c 'ipcs -m'
  $ oopslab crash shm-close-control -c 'kmem -s size-32'
  $ echo 'search 0xffff88037a645680' | oopslab crash

Exit status: 0 done, 2 bad usage or input; with -c and from a pipe also when a command is wrong.`,
  load: () => import('../crash.js'),
});
