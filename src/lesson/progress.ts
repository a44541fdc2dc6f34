// The answers given so far: a small JSON file in the user's state folder. It has no clock.

import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProblem, formatPath } from '../base/check-form.js';
import { defined } from '../base/defined.js';
import { type TypeOf, constant, count, flag, map, openRecord, optional, says } from '../base/form.js';
import { FormatError } from '../base/errors.js';
import { findRepeatedKey } from '../base/json.js';
import { isThere, readBytes } from '../base/read-file.js';
import { makeFolder, replaceFile } from '../base/replace-file.js';
import { visibleJson } from '../base/visible-text.js';

/** Format and version; a reader takes its own only. */
const PROGRESS_FORMAT = 'oopslab lesson progress 1';

/** Names another folder for it. */
const STATE_FOLDER = 'OOPSLAB_STATE';

export const MAX_PROGRESS = 1 << 24; // bytes

const doneForm = openRecord({
  right: says('answered right; false when it was skipped', flag),
  wrong: says('answers before', count),
  hints: count,
  points: count,
  open: optional(says('begun, and not over: hints and wrong answers count when it goes on', flag)),
});

const progressForm = openRecord({ format: constant(PROGRESS_FORMAT), lessons: map(map(doneForm)) });

/** How a question went, or goes. */
export type Done = TypeOf<typeof doneForm>;

/** Whether a question is over. */
export const isOver = (done: Done | undefined): boolean => done !== undefined && done.open !== true;

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
 * @throws {InputError} when the machine does not give it: what it holds may be good
 */
export const loadProgress = (file: string): Progress => {
  if (!isThere(file)) return {};
  const text = Buffer.from(
    readBytes(file, { what: 'the progress in lessons', max: MAX_PROGRESS }),
  ).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FormatError('the progress in lessons cannot be read (it is not JSON)', { file });
  }
  const repeated = findRepeatedKey(text);
  if (repeated !== undefined) {
    const { message, ...place } = repeated;
    throw new FormatError(`the progress in lessons cannot be read: ${message}`, { file, ...place });
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
  makeFolder(dirname(file));
  replaceFile(file, `${visibleJson({ format: PROGRESS_FORMAT, lessons }, 2)}\n`);
};
