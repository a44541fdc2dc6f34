// Keeps a user-supplied function as files of a library, which --library takes.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../base/errors.js';
import type { Manifest } from '../release/manifest.js';
import { systemProblem } from '../base/read-file.js';
import { replaceFile } from '../base/replace-file.js';

/**
 * Write the two files of a snippet below a library's folder; files of the same names are replaced.
 *
 * @returns their paths
 * @throws {InputError} when they cannot be written
 */
export const saveAsLibrary = (
  folder: string,
  manifest: Manifest,
  { manifestText, hexText }: { readonly manifestText: string; readonly hexText: string },
): string[] => {
  const target = join(folder, 'snippets', manifest.release);
  try {
    mkdirSync(target, { recursive: true });
  } catch (error) {
    throw new InputError(systemProblem('made', error), { file: target });
  }
  const name = `${manifest.function}.${manifest.variant!}`;
  // The bytes first: a manifest whose bytes are not there yet would be refused.
  const files = [
    [join(target, `${name}.hex`), hexText],
    [join(target, `${name}.json`), manifestText],
  ] as const;
  for (const [path, text] of files) replaceFile(path, text);
  return files.map(([path]) => path);
};
