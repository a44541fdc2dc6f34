// Options that several commands share, and what OOPSLAB_LIBRARY adds to --library. Loaded for their help, too, and by
// commands that only read: nothing that runs code.

import { statSync } from '../host/files.js';
import { delimiter, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../base/errors.js';
import { ENGINE_CHOICE, ENGINE_NAMES, ENGINE_VARIABLE, isEngineName } from '../machine/engine-names.js';

/** Folders with user-supplied scenarios, snippets, candidates and lessons, besides those of `--library`. */
export const LIBRARY_FOLDERS = 'OOPSLAB_LIBRARY';

/** What `withLibrary` reads. */
export interface LibraryOptions {
  readonly library: readonly string[];
}

/** The scenario that commands take when none is named. */
export const DEFAULT_SCENARIO = 'shm-close-bug';

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
    `a folder with your own scenarios/, cases/, snippets/, candidates/ and lessons/, besides those of ${LIBRARY_FOLDERS}`,
  );

/** Add `--kernel`, which may be given several times. */
export const withKernel = (command: Command): Command =>
  withRepeatable(
    command,
    '--kernel <where>',
    'where the kernel is: a folder such as /, an image, a module, a .deb or .rpm package',
  );

const engineName = (name: string): string => {
  if (!isEngineName(name)) throw new InvalidArgumentError(`It is ${ENGINE_CHOICE}.`);
  return name;
};

/** Add `--engine`; see `makeCommand`. */
export const withEngine = (command: Command): Command =>
  command.option(
    '--engine <name>',
    `the emulated CPU: ${ENGINE_CHOICE} (default: ${ENGINE_NAMES[0]}, or ${ENGINE_VARIABLE})`,
    engineName,
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

/** Add `[scenario]`, `--set`, `--library` and `--engine`: for what runs the scenario itself. */
export const withRuns = (command: Command): Command => withEngine(withLibrary(withParameters(command)));

/** Add `[scenario]`, `--set`, `--recording`, `--library` and `--engine`. */
export const withScenario = (command: Command): Command =>
  withEngine(
    withLibrary(
      withParameters(command).option(
        '--recording <file>',
        'read a recording that replay --record kept, instead of running',
      ),
    ),
  );

const isFolder = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false; // a path through a file, or one that may not be searched
  }
};

const PARTS = ['scenarios', 'cases', 'snippets', 'candidates', 'lessons'] as const;

/** Why a folder is not a library; `undefined` when it is one. */
export const findLibraryProblem = (folder: string): string | undefined => {
  if (!isFolder(folder))
    return 'there is no such folder; it holds scenarios/, cases/, snippets/, candidates/ or lessons/';
  if (PARTS.some((part) => isFolder(join(folder, part)))) return undefined;
  return 'is not a library: it should hold a folder scenarios/, cases/, snippets/, candidates/ or lessons/';
};

/** The folders that OOPSLAB_LIBRARY names. */
export const librariesOfEnvironment = (): string[] =>
  (process.env[LIBRARY_FOLDERS] ?? '').split(delimiter).filter((path) => path !== '');

/**
 * The folders of `--library` and OOPSLAB_LIBRARY, in this order.
 *
 * @throws {InputError} when one is not a library
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
