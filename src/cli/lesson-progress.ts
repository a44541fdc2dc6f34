// Progress in lessons, as the command line reads and keeps it.

import { dirname } from 'node:path';
import { FormatError, formatWhere } from '../base/errors.js';
import { isThere } from '../base/read-file.js';
import { refuseUnwritable, refuseUnwritableFolder } from '../base/replace-file.js';
import { type Progress, loadProgress, progressFile, saveProgress } from '../lesson/progress.js';
import type { Io } from './output.js';

interface Kept {
  readonly file: string | undefined;
  progress: Progress;
}

/** What is kept. A damaged file is reported, and stays until a question is done. */
export const keptProgress = (io: Io): Kept => {
  const file = progressFile();
  if (file === undefined) {
    io.note('progress is not kept: there is no home folder; OOPSLAB_STATE can name a folder for it');
    return { file, progress: {} };
  }
  try {
    return { file, progress: loadProgress(file) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error; // what cannot be read now must not be replaced
    io.note(
      `${formatWhere(error.where)}: ${error.message}; it counts as empty, and is replaced when a question is done`,
    );
    return { file, progress: {} };
  }
};

/** The same, where it will be written: that must not fail at the first answer. @throws {InputError} if it would */
export const writableProgress = (io: Io): Kept => {
  const kept = keptProgress(io);
  if (kept.file !== undefined) {
    refuseUnwritableFolder(dirname(kept.file));
    if (isThere(kept.file)) refuseUnwritable(kept.file);
  }
  return kept;
};

/** Keep other progress. @throws {InputError} when it cannot be written */
export const keep = (kept: Kept, progress: Progress): void => {
  kept.progress = progress;
  if (kept.file !== undefined) saveProgress(kept.file, progress);
};
