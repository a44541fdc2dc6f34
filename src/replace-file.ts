// Writes a file so that an interruption leaves the old one or the new one, never half of it.

import { lstatSync, readlinkSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InputError } from './errors.js';

const MAX_LINKS = 40; // as many as Linux follows

// Where a path leads: through symbolic links, also to a file that does not exist yet. What exists and holds no
// content of its own (a device, a fifo, a socket) has no old one to keep, and a rename would take its place.
const targetOf = (path: string, links = MAX_LINKS): string => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined) {
    if (!stat.isFile() && !stat.isDirectory()) {
      throw new InputError('is no regular file; name a file, which is then replaced', { file: path });
    }
    return realpathSync(path);
  }
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (!isLink || links === 0) return path;
  return targetOf(resolve(realpathSync(dirname(path)), readlinkSync(path)), links - 1);
};

/**
 * Write beside the target, then rename. A symbolic link stays one: what it leads to is replaced.
 *
 * @throws {InputError} when the target cannot be written, or is no regular file; nothing is left behind
 */
export const replaceFile = (path: string, content: Uint8Array | string): void => {
  let beside: string | undefined;
  try {
    const target = targetOf(path);
    beside = `${target}.${process.pid}.part`;
    writeFileSync(beside, content, { flag: 'wx' });
    renameSync(beside, target);
  } catch (error) {
    if (beside !== undefined) rmSync(beside, { force: true });
    if (error instanceof InputError) throw new InputError(error.message, { file: path });
    throw new InputError(`cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      file: path,
    });
  }
};
