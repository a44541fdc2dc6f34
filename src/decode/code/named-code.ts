// Whether --code names anything that can be opened, for texts in which no report asks for it.

import { nearest } from '../../base/did-you-mean.js';
import { InputError } from '../../base/errors.js';
import { isThere } from '../../base/read-file.js';
import { openSnippets } from '../../release/snippet-source.js';
import { ElfFunctions } from './elf-functions.js';

/** Where `--code` finds what it names, besides files. */
export interface CodeOptions {
  readonly code: string;
  readonly libraries: readonly string[];
}

/** The error for a name that is neither a file nor one of the snippets. */
export const unknownCode = (code: string, names: readonly string[]): InputError => {
  const near = nearest(code, names);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return new InputError(`there is no file and no snippet "${code}"${hint}`, { field: '--code' });
};

/** @throws {InputError} when `code` is no snippet, and no file with functions either */
export const checkCode = ({ code, libraries }: CodeOptions): void => {
  if (isThere(code)) {
    new ElfFunctions(code).close();
    return;
  }
  const { names } = openSnippets(libraries);
  if (!names.includes(code)) throw unknownCode(code, names);
};
