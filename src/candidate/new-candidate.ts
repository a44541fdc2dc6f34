// The text of `check --new`: candidates/FUNCTION.c, of a library or a shipped one, with a name put in.

import { InputError } from '../base/errors.js';
import { readText } from '../base/read-file.js';
import { candidateFiles } from './folder.js';

const NAME = /^[a-z0-9][a-z0-9-]*$/u;
const TEMPLATE = { what: 'a starting point in C', max: 1 << 20 };

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
