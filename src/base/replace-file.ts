// Writes a file so that an interruption, and a power cut too, leaves the old one or the new one, never half of it.

import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from '../host/files.js';
import { dirname, join, resolve, sep } from 'node:path';
import { InputError } from './errors.js';
import { systemProblem } from './system-words.js';

const MAX_LINKS = 40; // as many as Linux follows

// Where a path leads: through symbolic links, also to a file that does not exist yet. A device, a fifo or a socket has
// no old content to keep, and a rename would take its place.
const targetOf = (path: string, links = MAX_LINKS): string => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined) {
    if (!stat.isFile() && !stat.isDirectory()) {
      throw new InputError('is not a regular file; name a file, which is then replaced', { file: path });
    }
    return realpathSync(path);
  }
  if (path.endsWith('/') || path.endsWith(sep))
    throw new InputError('is the name of a folder; name a file', { file: path });
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (!isLink || links === 0) return path;
  return targetOf(resolve(realpathSync(dirname(path)), readlinkSync(path)), links - 1);
};

const quietly = (action: () => void): void => {
  try {
    action();
  } catch {
    // only tidies up, or makes more certain
  }
};

// Twice: what fails once may be over.
const remove = (file: string): void => {
  try {
    rmSync(file, { force: true });
  } catch {
    quietly(() => rmSync(file, { force: true }));
  }
};

const PART = /^\.oopslab-.*\.part$/u;
const STALE_MS = 600_000;

/**
 * Remove what writers left in a folder that were killed: their parts that nobody has written to for ten minutes, by the
 * file system's own clock, so that parts of other machines are safe, too.
 *
 * @param now the time of a part that was written just now, in milliseconds
 */
const removeStaleParts = (folder: string, now: number): void =>
  quietly(() => {
    for (const name of readdirSync(folder)) {
      if (!PART.test(name)) continue;
      const file = join(folder, name);
      const stat = lstatSync(file);
      if (stat.isFile() && now - stat.mtimeMs > STALE_MS) rmSync(file, { force: true });
    }
  });

// A write can take fewer bytes than it was given, and say so only then.
const writeWhole = (handle: number, content: Uint8Array): void => {
  for (let done = 0; done < content.length;) {
    const written = writeSync(handle, content, done, content.length - done);
    if (written === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
    done += written;
  }
};

const ATTEMPTS = 5;

// A new file in a folder, under a short name: the target's may be as long as names get. A file that already has that
// name is left alone, so it need not be one that nobody guesses: node:crypto takes a twentieth of a start.
const openIn = (folder: string): { beside: string; handle: number } => {
  for (let attempt = 1; ; attempt += 1) {
    const beside = join(folder, `.oopslab-${process.pid}-${process.hrtime.bigint().toString(36)}.part`);
    try {
      return { beside, handle: openSync(beside, 'wx') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === ATTEMPTS) throw error;
    }
  }
};

const writeBeside = (target: string, content: Uint8Array): string => {
  const { beside, handle } = openIn(dirname(target));
  try {
    writeWhole(handle, content);
    fsyncSync(handle); // or a power cut after the rename could leave the new name with nothing in it
    removeStaleParts(dirname(target), fstatSync(handle).mtimeMs);
  } catch (error) {
    remove(beside);
    throw error;
  } finally {
    closeSync(handle);
  }
  return beside;
};

// Whether the new name survives a power cut. Not every file system can make sure of it, and the file is whole anyway.
const settleFolder = (folder: string): void =>
  quietly(() => {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  });

/** Make a folder, and those that it lies in. @throws {InputError} when it cannot be made */
export const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(systemProblem('made', error), { file: folder });
  }
};

const failed = (path: string, error: unknown): InputError =>
  new InputError(error instanceof InputError ? error.message : systemProblem('written', error), {
    file: path,
  });

// Whether a folder takes a new file is only known by making one: who may do what, what is mounted how, and what is no
// disk at all (/proc) all have a say.
const tryFolder = (folder: string): void => {
  const { beside, handle } = openIn(folder);
  closeSync(handle);
  remove(beside);
};

/**
 * Find out before a long work that its result could not be written to a file. What is there stays as it is.
 *
 * @throws {InputError} as replaceFile does
 */
export const refuseUnwritable = (path: string): void => {
  try {
    const target = targetOf(path);
    if (statSync(target, { throwIfNoEntry: false })?.isDirectory() === true)
      throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    tryFolder(dirname(target));
  } catch (error) {
    throw failed(path, error);
  }
};

/**
 * The same for a folder that makeFolder would make when there is something to put into it; nothing is made now.
 *
 * @throws {InputError} when it could not be made, or takes no file
 */
export const refuseUnwritableFolder = (folder: string): void => {
  try {
    let there = resolve(folder);
    while (lstatSync(there, { throwIfNoEntry: false }) === undefined) there = dirname(there);
    if (!statSync(there).isDirectory()) throw Object.assign(new Error('a file'), { code: 'ENOTDIR' });
    tryFolder(there);
  } catch (error) {
    throw failed(folder, error);
  }
};

const write = (
  path: string,
  content: Uint8Array | string,
  place: (beside: string, target: string) => void,
) => {
  try {
    const target = targetOf(path);
    const beside = writeBeside(target, typeof content === 'string' ? Buffer.from(content) : content);
    try {
      place(beside, target);
    } catch (error) {
      remove(beside);
      throw error;
    }
    settleFolder(dirname(target));
  } catch (error) {
    throw failed(path, error);
  }
};

/**
 * Write beside the target, then rename. A symbolic link stays a link: the file that it leads to is replaced.
 *
 * @throws {InputError} when the target cannot be written, or is not a regular file; nothing of the new file is left then
 */
export const replaceFile = (path: string, content: Uint8Array | string): void =>
  write(path, content, renameSync);

// A hard link is never made over a file that is there; file systems without them get a rename.
const placeNew = (beside: string, target: string): void => {
  try {
    linkSync(beside, target);
    remove(beside);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(code)) throw error;
    renameSync(beside, target);
  }
};

/**
 * Write a file that was not there.
 *
 * @param advice what to do when it is there: `choose another name`
 * @throws {InputError} when it is there, which it then stays, or cannot be written
 */
export const createFile = (path: string, content: Uint8Array | string, advice: string): void => {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return write(path, content, placeNew);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(systemProblem('written', error), { file: path });
  }
  throw new InputError(`is there already, and stays as it is; ${advice}`, { file: path });
};
