// Options that several commands share, and the recording that they lead to.

import { statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Command, Option } from 'commander';
import { InputError } from '../errors.js';
import { splitOverrides } from '../parameters.js';
import type { Recording } from '../recording.js';
import { loadRecording } from '../recording-file.js';
import { record } from './record-apart.js';

/** The scenario that commands take when none is named. */
export const DEFAULT_SCENARIO = 'shm-close-bug';

/** Folders with a user's own scenarios and snippets, besides those of `--library`. */
export const LIBRARY_FOLDERS = 'OOPSLAB_LIBRARY';

/** What `withLibrary` reads. */
export interface LibraryOptions {
  readonly library: readonly string[];
}

/** What `withScenario` reads. */
export interface ScenarioOptions extends LibraryOptions {
  readonly set: readonly string[];
  readonly recording?: string;
}

const collect = (value: string, previous: readonly string[]): string[] => [...previous, value];

/** Add an option that may come several times: a list, and an empty one without it, which the help does not show. */
export const withRepeatable = (command: Command, flags: string, description: string): Command => {
  const option = new Option(flags, `${description}; repeatable`).argParser(collect);
  return command.addOption(option).setOptionValueWithSource(option.attributeName(), [], 'default');
};

/** Add `--library`. */
export const withLibrary = (command: Command): Command =>
  withRepeatable(
    command,
    '--library <folder>',
    `a folder with your own scenarios/, snippets/ and lessons/, besides those of ${LIBRARY_FOLDERS}`,
  );

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

const isFolder = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false; // a path through a file, or one that may not be searched
  }
};

const PARTS = ['scenarios', 'snippets', 'lessons'] as const;

/** Why a folder is no library; `undefined` when it is one. */
export const findLibraryProblem = (folder: string): string | undefined => {
  if (!isFolder(folder)) return 'there is no such folder; it holds scenarios/, snippets/ or lessons/';
  if (PARTS.some((part) => isFolder(join(folder, part)))) return undefined;
  return 'is no library: it should hold a folder scenarios/ or snippets/ or lessons/';
};

/** The folders that OOPSLAB_LIBRARY names. */
export const librariesOfEnvironment = (): string[] =>
  (process.env[LIBRARY_FOLDERS] ?? '').split(delimiter).filter((path) => path !== '');

/**
 * The folders of `--library` and OOPSLAB_LIBRARY, in this order.
 *
 * @throws {InputError} when one is no library
 */
export const librariesOf = ({ library }: LibraryOptions): string[] => {
  const fromEnvironment = librariesOfEnvironment();
  const check = (folder: string, field: string): void => {
    const problem = findLibraryProblem(folder);
    if (problem !== undefined) throw new InputError(problem, { file: folder, field });
  };
  for (const folder of library) check(folder, '--library');
  for (const folder of fromEnvironment) check(folder, LIBRARY_FOLDERS);
  return [...library, ...fromEnvironment];
};

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
