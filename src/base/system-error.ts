// Errors of the machine that no reader or writer of files has put into words.

import { InputError, MemoryError, OopslabError } from './errors.js';
import { systemProblem } from './system-words.js';

const VERBS: readonly (readonly [RegExp, string])[] = [
  [/^(?:open|read|f?stat|lstat|scandir|readlink|realpath|access)$/u, 'read'],
  [/^(?:write|fsync|ftruncate|rename|link|copyfile)$/u, 'written'],
  [/^(?:mkdir|mkdtemp)$/u, 'made'],
  [/^(?:unlink|rmdir|rm)$/u, 'removed'],
  [/^(?:spawn|fork)/u, 'started'],
];

/**
 * The error that an error of the machine becomes: an input that names the file, too little memory, or a text that is longer
 * than one can be.
 *
 * @returns `undefined` for any other error
 */
export const ofSystem = (error: unknown): OopslabError | undefined => {
  if (error instanceof OopslabError || !(error instanceof Error)) return undefined;
  // As V8 has it of a buffer, and of what WebAssembly takes.
  if (error instanceof RangeError && /\ballocation failed\b|\bout of memory\b/iu.test(error.message))
    return new MemoryError(`there is too little memory: ${error.message}`);
  if (error instanceof RangeError && error.message === 'Invalid string length')
    return new InputError(
      'the result is longer than 512 MiB, which is the longest text: ask for a part of it',
    );
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  if (syscall === 'uv_cwd')
    return new InputError('the working folder is not there any more; change to another one');
  const verb = VERBS.find(([pattern]) => pattern.test(syscall))?.[1] ?? 'used';
  const started = verb === 'started' ? 'another process ' : '';
  return new InputError(
    `${started}${systemProblem(verb, error)}`,
    path === undefined || started !== '' ? {} : { file: path },
  );
};
