// The answers given so far: a small JSON file in the user's state folder. It has no clock.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProblem, formatPath } from '../base/check-form.js';
import { defined } from '../base/defined.js';
import { type TypeOf, constant, count, flag, map, openRecord, says } from '../base/form.js';
import { FormatError, InputError } from '../base/errors.js';
import { replaceFile } from '../base/replace-file.js';

/** Format and version; a reader takes its own only. */
const PROGRESS_FORMAT = 'oopslab lesson progress 1';

/** Names another folder for it. */
const STATE_FOLDER = 'OOPSLAB_STATE';

const doneForm = openRecord({
  right: says('answered right; false when it was skipped', flag),
  wrong: says('answers before', count),
  hints: count,
  points: count,
});

const progressForm = openRecord({ format: constant(PROGRESS_FORMAT), lessons: map(map(doneForm)) });

/** How a question went. */
export type Done = TypeOf<typeof doneForm>;

/** By lesson, then by question. */
export type Progress = TypeOf<typeof progressForm>['lessons'];

/**
 * The file: in OOPSLAB_STATE, otherwise in $XDG_STATE_HOME/oopslab, otherwise in ~/.local/state/oopslab.
 *
 * @returns `undefined` when there is no home to keep it in
 */
export const progressFile = (env: NodeJS.ProcessEnv = process.env): string | undefined => {
  const named = env[STATE_FOLDER];
  if (named !== undefined && named !== '') return join(named, 'lessons.json');
  const xdg = env['XDG_STATE_HOME'];
  // A relative one is to be ignored. Source: XDG Base Directory Specification
  if (xdg?.startsWith('/') === true) return join(xdg, 'oopslab', 'lessons.json');
  const home = env['HOME'] ?? (process.platform === 'win32' ? homedir() : '');
  return home === '' ? undefined : join(home, '.local', 'state', 'oopslab', 'lessons.json');
};

/**
 * Read the file.
 *
 * @returns nothing done when there is no such file
 * @throws {FormatError} when it is damaged, or of another version
 */
export const loadProgress = (file: string): Progress => {
  if (!existsSync(file)) return {};
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'it is not JSON';
    throw new FormatError(`the progress in lessons cannot be read (${why})`, { file });
  }
  const problem = findProblem(progressForm, value);
  if (problem !== undefined)
    throw new FormatError(`the progress in lessons cannot be read: ${problem.message}`, {
      file,
      ...defined({ field: formatPath(problem.path) || undefined }),
    });
  return (value as TypeOf<typeof progressForm>).lessons;
};

/** @throws {InputError} when it cannot be written; what was there stays */
export const saveProgress = (file: string, lessons: Progress): void => {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw new InputError(`cannot be made: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      file: dirname(file),
    });
  }
  replaceFile(file, `${JSON.stringify({ format: PROGRESS_FORMAT, lessons }, undefined, 2)}\n`);
};
