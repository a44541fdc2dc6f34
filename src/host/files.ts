// Files of the machine that oopslab runs on: all that src/ uses of node:fs. No messages here: base/ has the words.

import fs from 'node:fs';

type Files = typeof fs;

const MAX_AGAIN = 1000; // no signal interrupts one call so often

// Looked up at each call, so that a test can put one in its place that fails. What a signal interrupts is done again;
// libuv does so for some calls only.
const late = <Name extends keyof Files>(name: Name): Files[Name] =>
  ((...args: readonly unknown[]) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return (fs[name] as (...passed: readonly unknown[]) => unknown)(...args);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EINTR' || tries === MAX_AGAIN) throw error;
      }
    }
  }) as Files[Name];

export const { constants } = fs;

/** Never fails: what was to be on the disk is made sure of before (fsyncSync). */
export const closeSync = (handle: number): void => {
  try {
    fs.closeSync(handle);
  } catch {
    // the system has closed it all the same
  }
};

export const createReadStream = late('createReadStream');
export const existsSync = late('existsSync'); // says no when it cannot be said: base/read-file has isThere()
export const fstatSync = late('fstatSync');
export const fsyncSync = late('fsyncSync');
export const linkSync = late('linkSync');
export const lstatSync = late('lstatSync');
export const mkdirSync = late('mkdirSync');
export const mkdtempSync = late('mkdtempSync');
export const openSync = late('openSync');
export const readFileSync = late('readFileSync');
export const readSync = late('readSync');
export const readdirSync = late('readdirSync');
export const readlinkSync = late('readlinkSync');
export const realpathSync = late('realpathSync');
export const renameSync = late('renameSync');
export const rmSync = late('rmSync');
export const statSync = late('statSync');
export const writeSync = late('writeSync');
