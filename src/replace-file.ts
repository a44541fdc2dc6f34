// Writes a file so that an interruption leaves the old one or the new one, never half of it.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { InputError } from './errors.js';

/**
 * Write beside the target, then rename.
 *
 * @throws {InputError} when the target cannot be written; nothing is left behind
 */
export const replaceFile = (path: string, content: Uint8Array | string): void => {
  const beside = `${path}.${process.pid}.part`;
  try {
    writeFileSync(beside, content, { flag: 'wx' });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new InputError(`cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      file: path,
    });
  }
};
