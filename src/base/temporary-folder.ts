// Folders for as long as something is under way: for what other programs read and write, a compiler's most of all.
// Whatever ends the process, SIGKILL apart, they are removed.

import { join, resolve } from 'node:path';
import { mkdtempSync, rmSync } from '../host/files.js';
import { tmpdir } from '../host/processes.js';
import { InputError } from './errors.js';
import { systemProblem } from './system-words.js';

/** There is no place for temporary files. */
export class TemporaryFolderError extends InputError {}

const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;
const folders = new Set<string>();
let watched = false;

/** Remove one. It never fails: what it was for is done. */
export const removeTemporaryFolder = (folder: string): void => {
  folders.delete(folder);
  for (let tries = 1; tries <= 2; tries += 1) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch {
      // a program that was stopped may have been writing into it
    }
  }
};

const removeAll = (): void => folders.forEach(removeTemporaryFolder);

// A signal that nobody else takes would end the process; it does so after the folders are gone. While a compiler is
// waited for, a signal waits, too, and the folder is then gone before it comes.
const watch = (): void => {
  if (watched) return;
  watched = true;
  process.on('exit', removeAll);
  for (const signal of SIGNALS) {
    const onSignal = (): void => {
      if (process.listenerCount(signal) > 1) return; // a check goes on after the first Ctrl-C
      removeAll();
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
};

/**
 * A new, empty folder below the one for temporary files; removeTemporaryFolder() removes it.
 *
 * @param what it is for, as the message has it: `the compiler's files`
 * @throws {TemporaryFolderError} when it cannot be made
 */
export const makeTemporaryFolder = (name: string, what: string): string => {
  const place = resolve(tmpdir());
  watch();
  try {
    const folder = mkdtempSync(join(place, name));
    folders.add(folder);
    return folder;
  } catch (error) {
    throw new TemporaryFolderError(
      `a folder for ${what} ${systemProblem('made here', error)}; set TMPDIR to a folder that exists, can be written to and has space`,
      { file: place },
    );
  }
};

/** What to say of a file in a temporary folder that cannot be written: its own name would mean nothing. */
export const ofTemporary = (error: unknown, what: string): unknown =>
  error instanceof InputError
    ? new TemporaryFolderError(
        `a file among ${what} ${error.message}; set TMPDIR to a folder that can be written to and has space`,
        {
          file: resolve(tmpdir()),
        },
      )
    : error;
