import { defineCommand } from '../command.js';
import { withScenario } from '../options.js';

/** `oopslab step`: its options and its help. */
export const command = defineCommand({
  name: 'step',
  description: 'step through a run on the whole screen, forward and back',
  options: (command) =>
    withScenario(command).option(
      '--script <file>',
      'take keys from a file (- for stdin) and print the screens; needs no terminal',
    ),
  help: `
Keys are those of gdb, less and vim: s step, n over a call, b back, f finish, F back to the call, w and W next and
previous write to the place under the cursor, / search, g the guilty write, t the trap, ? all keys, q quit.

Examples:
  $ oopslab step
  $ oopslab step shm-close-control
  $ oopslab step --recording crash.rec
  $ oopslab step --script keys.txt           the screens that keys.txt requests, as text
  $ echo 'g s screen' | oopslab step --script -

Exit status: 0 done, 2 bad usage or input, 130 interrupted.`,
  load: () => import('../step.js'),
});
