// The folders candidates/ of the package and of libraries: FUNCTION.yaml lists versions of a function, and a new one
// starts from FUNCTION.c.

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../base/errors.js';
import { packageFolder } from '../base/package-folder.js';
import { listFolder } from '../base/read-file.js';

const shippedFolder = (): string => join(packageFolder(), 'candidates');

/** The files of a name in all these folders, the shipped one first. */
export const candidateFiles = (name: string, libraries: readonly string[] = []): string[] =>
  [shippedFolder(), ...libraries.map((library) => join(library, 'candidates'))]
    .map((folder) => join(folder, name))
    .filter((file) => existsSync(file));

/** The shipped lists of candidates. */
export const shippedLists = (): string[] =>
  listFolder(shippedFolder())
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(shippedFolder(), name));

/**
 * The function that candidates replace where none is named: the one that has shipped candidates.
 *
 * @throws {InputError} when several have
 */
export const defaultFunction = (): string => {
  const [only, ...others] = shippedLists().map((file) => basename(file, '.yaml'));
  if (only === undefined || others.length > 0)
    throw new InputError('should name the function to replace', { field: 'function' });
  return only;
};
