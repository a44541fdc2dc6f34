// Options that several commands share, and the recording that they lead to.

import type { Command } from 'commander';
import { InputError } from '../base/errors.js';
import { splitOverrides } from '../scenario/parameters.js';
import type { Recording } from '../recording/recording.js';
import { loadRecording } from '../recording/file.js';
import { type LibraryOptions, librariesOf, withLibrary, withRepeatable } from './library-option.js';
import { record } from './record-apart.js';

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

/**
 * The recording that a command's arguments mean: read from a file, or run now.
 *
 * @throws {InputError} when they contradict each other, or scenario or parameters are wrong
 * @throws {FormatError} when the recording cannot be read
 */
export const recordingOf = (scenario: string | undefined, options: ScenarioOptions): Recording => {
  if (options.recording === undefined) {
    const libraries = librariesOf(options);
    const set = splitOverrides(options.set);
    return record(scenario ?? DEFAULT_SCENARIO, set, libraries);
  }
  if (options.recording === '')
    throw new InputError('needs the name of a file, found ""', { field: '--recording' });
  if (scenario !== undefined) {
    throw new InputError(`give a scenario or --recording, not both (found scenario "${scenario}")`, {
      field: '--recording',
    });
  }
  if (options.set.length > 0) {
    throw new InputError('a recording is finished: its parameters cannot be set', { field: '--set' });
  }
  return loadRecording(options.recording);
};
