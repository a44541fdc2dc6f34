// `oopslab step`: a full-screen stepper on a recording, forward and back; with --script its screens as text.

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { InputError } from '../base/errors.js';
import { Scene } from '../reading/case.js';
import { runScript } from '../step/script.js';
import { Stepper } from '../step/stepper.js';
import { defineCommand } from './command.js';
import { librariesOf } from './library-option.js';
import { type ScenarioOptions, recordingOf, withScenario } from './options.js';
import { EXIT, type Io } from './output.js';

const HELP = `
Keys are those of gdb, less and vim: s step, n over a call, b back, f finish, F back to the call, w and W next and
previous write to the place under the cursor, / search, g the guilty write, t the trap, ? all keys, q quit.

Examples:
  $ oopslab step
  $ oopslab step shm-close-control
  $ oopslab step --recording crash.rec
  $ oopslab step --script keys.txt           the screens that keys.txt asks for, as text
  $ echo 'g s screen' | oopslab step --script -

Exit status: 0 done, 2 bad usage or input, 130 interrupted.`;

interface Options extends ScenarioOptions {
  readonly script?: string;
}

const readScript = async (io: Io, file: string): Promise<string> => {
  try {
    return file === '-' ? await text(io.stdin) : readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot be read: ${reason}`, { file, field: '--script' });
  }
};

const converse = async (io: Io, stepper: Stepper): Promise<number> => {
  const { StepTerminal } = await import('./step-terminal.js');
  const colour = (process.env['NO_COLOR'] ?? '') === '';
  const { exitCode, error } = await new StepTerminal(stepper, colour).run();
  if (error !== undefined) io.fail(error, false);
  return exitCode;
};

/** `oopslab step` */
export const stepCommand = defineCommand({
  name: 'step',
  description: 'step through a run on the whole screen, forward and back',
  options: (command) =>
    withScenario(command).option(
      '--script <file>',
      'take keys from a file (- for stdin) and print the screens; needs no terminal',
    ),
  help: HELP,
  async run(io, scenario: string | undefined, options: Options, command: Command) {
    const isTerminal = io.stdin.isTTY === true && io.stdout.isTTY === true && process.env['TERM'] !== 'dumb';
    if (options.script === undefined && !isTerminal)
      command.error('step needs a terminal; --script FILE prints screens without one', {
        exitCode: EXIT.badInput,
      });
    const script = options.script === undefined ? undefined : await readScript(io, options.script);
    const recording = recordingOf(scenario, options);
    const stepper = new Stepper(new Scene(recording, librariesOf(options)));
    if (script === undefined) return { exit: await converse(io, stepper) };
    return { text: () => runScript(stepper, script, options.script!).join('\n\n') };
  },
});
