// What becomes of the process when its output goes nowhere. Every start loads it.

import { systemProblem } from '../base/system-words.js';

/** What `endOnFailedWrite` needs of a process. */
interface Ending {
  readonly stdout: NodeJS.EventEmitter;
  readonly stderr: NodeJS.EventEmitter & { write(text: string): unknown };
  readonly platform: NodeJS.Platform;
  exit(code?: number): void;
}

const GONE = ['EPIPE', 'ECONNRESET']; // the reader of a pipe or a socket

/**
 * A reader that closes the pipe ends the program quietly; a stream that takes no more, as on a full disk, in a line. So
 * does a stdout that is none: for a folder, Node has a stream that loses all.
 */
export const endOnFailedWrite = ({ stdout, stderr, platform, exit }: Ending = process): void => {
  const say = (problem: string): void => void stderr.write(`oopslab: stdout ${problem}\n`);
  stderr.on('error', ({ code = '' }: NodeJS.ErrnoException) => (GONE.includes(code) ? exit() : exit(2)));
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (GONE.includes(error.code ?? '')) return exit();
    say(systemProblem('written', error));
    return exit(2);
  });
  if (platform === 'win32' || stdout.constructor.name !== 'Writable') return; // without a console it is one, too
  say('cannot be written: it is not a file, a terminal or a pipe');
  exit(2);
};
