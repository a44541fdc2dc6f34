// The folders candidates/ of the package and of libraries: FUNCTION.yaml lists versions of a function, and a new one
// starts from FUNCTION.c.

import { basename, join } from 'node:path';
import { InputError } from '../base/errors.js';
import { packageFolder } from '../base/package-folder.js';
import { isThere, listFolder, readText } from '../base/read-file.js';

const shippedFolder = (): string => join(packageFolder(), 'candidates');

/** The files of a name in all these folders, the shipped one first. */
export const candidateFiles = (name: string, libraries: readonly string[] = []): string[] =>
  [shippedFolder(), ...libraries.map((library) => join(library, 'candidates'))]
    .map((folder) => join(folder, name))
    .filter((file) => isThere(file));

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

const NAME = /^[a-z0-9][a-z0-9-]*$/u;
export const TEMPLATE = { what: 'a starting point in C', max: 1 << 20 };

/** Whether `name` can be the name of a candidate, and so of its file without `.c`. */
export const isCandidateName = (name: string): boolean => NAME.test(name) && name.length <= 60;

/**
 * A commented starting point in C for a candidate that replaces a function; one of a later library comes first.
 *
 * @param name of the candidate: lower case letters, digits and hyphens; its file is `NAME.c`
 * @throws {InputError} when there is no starting point for the function
 */
export const newCandidateText = (
  name: string,
  replaced: string,
  libraries: readonly string[] = [],
): string => {
  const file = candidateFiles(`${replaced}.c`, libraries).at(-1);
  if (file === undefined)
    throw new InputError(
      `there is no starting point for ${replaced}; candidates/${replaced}.c in a --library would be one`,
    );
  return readText(file, TEMPLATE).replaceAll(/\bNAME\b/gu, name);
};
