// Writes a file so that an interruption leaves the old one or the new one, never half of it.

import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InputError } from './errors.js';
import { systemProblem } from './read-file.js';

const MAX_LINKS = 40; // as many as Linux follows

// Where a path leads: through symbolic links, also to a file that does not exist yet. A device, a fifo or a socket has
// no old content to keep, and a rename would take its place.
const targetOf = (path: string, links = MAX_LINKS): string => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined) {
    if (!stat.isFile() && !stat.isDirectory()) {
      throw new InputError('is not a regular file; name a file, which is then replaced', { file: path });
    }
    return realpathSync(path);
  }
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (!isLink || links === 0) return path;
  return targetOf(resolve(realpathSync(dirname(path)), readlinkSync(path)), links - 1);
};

const ATTEMPTS = 5;

// A new file in the target's folder, under a short name: the target's may be as long as names get. A file that already
// has that name is left alone, so it need not be one that nobody guesses: node:crypto takes a twentieth of a start.
const writeBeside = (target: string, content: Uint8Array | string): string => {
  for (let attempt = 1; ; attempt += 1) {
    const name = `.oopslab-${process.pid}-${process.hrtime.bigint().toString(36)}.part`;
    const beside = join(dirname(target), name);
    let handle: number;
    try {
      handle = openSync(beside, 'wx');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && attempt < ATTEMPTS) continue;
      throw error;
    }
    try {
      writeFileSync(handle, content);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    } finally {
      closeSync(handle);
    }
    return beside;
  }
};

/** Make a folder, and those that it lies in. @throws {InputError} when it cannot be made */
export const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(systemProblem('made', error), { file: folder });
  }
};

/**
 * Write beside the target, then rename. A symbolic link stays a link: the file that it leads to is replaced.
 *
 * @throws {InputError} when the target cannot be written, or is not a regular file; nothing of the new file is left then
 */
export const replaceFile = (path: string, content: Uint8Array | string): void => {
  try {
    const target = targetOf(path);
    const beside = writeBeside(target, content);
    try {
      renameSync(beside, target);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
  } catch (error) {
    if (error instanceof InputError) throw new InputError(error.message, { file: path });
    throw new InputError(systemProblem('written', error), { file: path });
  }
};
