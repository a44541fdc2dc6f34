// `oopslab step`: a full-screen stepper on a recording, forward and back; with --script its screens as text.

import type { Command } from 'commander';
import { readScript } from './script-input.js';
import { Case } from '../reading/case.js';
import { Scene } from '../reading/scene.js';
import { runScript } from '../step/script.js';
import { Stepper } from '../step/stepper.js';
import { librariesOf, type ScenarioOptions } from './options.js';
import { EXIT, type Io } from './output.js';
import { runsOf } from './reference.js';

interface Options extends ScenarioOptions {
  readonly script?: string;
}

const converse = async (io: Io, stepper: Stepper): Promise<number> => {
  const { StepTerminal } = await import('./step-terminal.js');
  const colour = (process.env['NO_COLOR'] ?? '') === '';
  const { exitCode, error } = await new StepTerminal(stepper, colour).run();
  if (error !== undefined) io.fail(error, false);
  return exitCode;
};

export const run = async (io: Io, scenario: string | undefined, options: Options, command: Command) => {
  const isTerminal = io.stdin.isTTY === true && io.stdout.isTTY === true && process.env['TERM'] !== 'dumb';
  if (options.script === undefined && !isTerminal)
    command.error('step needs a terminal; --script FILE prints screens without one', {
      exitCode: EXIT.badInput,
    });
  const script = options.script === undefined ? undefined : await readScript(io, options.script);
  const libraries = librariesOf(options);
  const { run: recording, control } = runsOf(scenario, options);
  const other = (): Case | undefined => {
    const found = control();
    return found && new Case(found, libraries);
  };
  const stepper = new Stepper(new Scene(recording, libraries), undefined, other);
  if (script === undefined) return { exit: await converse(io, stepper) };
  return { text: () => runScript(stepper, script, options.script!).join('\n\n') };
};
