// Options that several commands share. Loaded for their help, too: nothing that runs or reads anything.

import type { Command } from 'commander';
import { type LibraryOptions, withLibrary, withRepeatable } from './library-option.js';

/** The scenario that commands take when none is named. */
export const DEFAULT_SCENARIO = 'shm-close-bug';

/** What `withScenario` reads. */
export interface ScenarioOptions extends LibraryOptions {
  readonly set: readonly string[];
  readonly recording?: string;
}

const withParameters = (command: Command): Command =>
  withRepeatable(
    command.argument(
      '[scenario]',
      `name of a shipped scenario, or path of a file (default: "${DEFAULT_SCENARIO}")`,
    ),
    '--set <name=value>',
    'another value for a parameter of the scenario',
  );

/** Add `[scenario]`, `--set` and `--library`: for what runs the scenario itself. */
export const withRuns = (command: Command): Command => withLibrary(withParameters(command));

/** Add `[scenario]`, `--set`, `--recording` and `--library`. */
export const withScenario = (command: Command): Command =>
  withLibrary(
    withParameters(command).option(
      '--recording <file>',
      'read a recording that replay --record kept, instead of running',
    ),
  );
