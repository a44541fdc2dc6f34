// What somebody has answered: a small JSON file in the user's state folder. No clock in it.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { FormatError, InputError } from '../base/errors.js';
import { replaceFile } from '../base/replace-file.js';

/** Format and version; a reader takes its own only. */
export const PROGRESS_FORMAT = 'oopslab lesson progress 1';

/** Names another folder for it. */
export const STATE_FOLDER = 'OOPSLAB_STATE';

/** How a question went. */
export interface Done {
  /** Answered right; false when it was skipped. */
  readonly right: boolean;
  readonly wrong: number; // answers before
  readonly hints: number;
  readonly points: number;
}

/** By lesson, then by question. */
export type Progress = Readonly<Record<string, Readonly<Record<string, Done>>>>;

/**
 * The file: in OOPSLAB_STATE, else in $XDG_STATE_HOME/oopslab, else in ~/.local/state/oopslab.
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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isDone = (value: unknown): value is Done =>
  isRecord(value) &&
  typeof value['right'] === 'boolean' &&
  isCount(value['wrong']) &&
  isCount(value['hints']) &&
  isCount(value['points']);

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
    const why = (error as NodeJS.ErrnoException).code ?? 'it is no JSON';
    throw new FormatError(`the progress in lessons cannot be read (${why})`, { file });
  }
  const format = isRecord(value) ? value['format'] : undefined;
  if (format !== PROGRESS_FORMAT)
    throw new FormatError(
      `should say "format": "${PROGRESS_FORMAT}", found ${JSON.stringify(format ?? null)}`,
      { file },
    );
  const { lessons } = value as Record<string, unknown>;
  if (
    !isRecord(lessons) ||
    !Object.values(lessons).every((one) => isRecord(one) && Object.values(one).every(isDone))
  )
    throw new FormatError('the progress in lessons is damaged: "lessons" is not what it should be', { file });
  return lessons as Progress;
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
