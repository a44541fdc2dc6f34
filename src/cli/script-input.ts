// The scripts of `step --script` and `lesson --script`: a file, a pipe or standard input.

import { readStream, readTextOrPipe } from '../base/read-stream.js';
import type { Io } from './output.js';

/** A script: keys, or answers. */
export const SCRIPT = { what: 'a script', max: 1 << 16 };

/** The text of a script; `-` is standard input. @throws {InputError} when it cannot be read, or is too long */
export const readScript = (io: Io, file: string): Promise<string> =>
  file === '-' ? readStream(io.stdin, SCRIPT) : readTextOrPipe(file, SCRIPT);
