// Reads files and folders: regular files only, bounded in size, text in UTF-8. A fifo or a device is never opened for
// reading: it could block, or never end.

import { closeSync, constants, fstatSync, openSync, readSync, readdirSync, statSync } from '../host/files.js';
import { allocate } from './allocate.js';
import { InputError, MemoryError } from './errors.js';
import { systemProblem } from './system-words.js';

/** A kind of file that a reader accepts. */
export interface FileKind {
  /** With its article, as messages name it: `a scenario file`. */
  readonly what: string;
  readonly max: number; // bytes
}

const refuseOtherThan = (
  { what, max }: FileKind,
  stat: { isDirectory(): boolean; isFile(): boolean; size: number },
  file: string,
): void => {
  if (stat.isDirectory()) throw new InputError(`is a folder; name ${what}`, { file });
  if (!stat.isFile()) throw new InputError(`is not a regular file; name ${what}`, { file });
  if (stat.size > max) throw new InputError(`has ${stat.size} bytes; ${what} has at most ${max}`, { file });
};

const PIECE = 1 << 16; // bytes; some files of /proc give whole words only

/** Most bytes of a file that the system makes when it is read: some have no end, and all of it is kept until it is known. */
export const MAX_UNSIZED = 1 << 26;

// Up to so many bytes, fewer at the file's end.
const readUpTo = (handle: number, size: number, what: string): Buffer => {
  const bytes = Buffer.from(allocate(size, what));
  let length = 0;
  while (length < size) {
    const got = readSync(handle, bytes, length, size - length, null);
    if (got === 0) break;
    length += got;
  }
  return bytes.subarray(0, length);
};

// Files that the system makes when they are read, as those of /proc, have size 0 and content all the same, or an error.
const readUnsized = (handle: number, { what, max }: FileKind, file: string): Buffer => {
  const pieces: Buffer[] = [];
  for (let length = 0; length <= Math.min(max, MAX_UNSIZED);) {
    const piece = readUpTo(handle, PIECE, what);
    if (piece.length === 0) return Buffer.concat(pieces);
    pieces.push(piece);
    length += piece.length;
  }
  if (max <= MAX_UNSIZED)
    throw new InputError(`has more than ${max} bytes, the most that ${what} has`, { file });
  throw new InputError(`has more than ${MAX_UNSIZED} bytes and does not say how many; copy it to a disk`, {
    file,
  });
};

// A file that grows while it is read is read up to the size that it had; one that shrinks, up to its end.
const readOpen = (handle: number, size: number, kind: FileKind, file: string): Buffer =>
  size === 0 ? readUnsized(handle, kind, file) : readUpTo(handle, size, kind.what);

/**
 * Open a regular file for reading; close the handle. Its size is 0 for those that the system makes when they are read.
 *
 * @throws {InputError} when it is not a regular file, too large, or cannot be read
 */
export const openRegular = (file: string, kind: FileKind): { handle: number; size: number } => {
  let handle: number | undefined;
  try {
    refuseOtherThan(kind, statSync(file), file); // opening a device can do something
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // it may have become a fifo
    const stat = fstatSync(handle);
    refuseOtherThan(kind, stat, file);
    return { handle, size: stat.size };
  } catch (error) {
    if (handle !== undefined) closeSync(handle);
    if (error instanceof InputError) throw error;
    throw new InputError(systemProblem('read', error), { file });
  }
};

/**
 * The bytes of a file.
 *
 * @throws {InputError} when it is not a regular file, too large, or cannot be read
 */
export const readBytes = (file: string, kind: FileKind): Uint8Array => {
  const { handle, size } = openRegular(file, kind);
  try {
    return readOpen(handle, size, kind, file);
  } catch (error) {
    if (error instanceof MemoryError || error instanceof InputError) throw error;
    throw new InputError(systemProblem('read', error), { file });
  } finally {
    closeSync(handle);
  }
};

/**
 * The text of a file.
 *
 * @throws {InputError} as readBytes, and when it is not text in UTF-8
 */
export const readText = (file: string, kind: FileKind): string =>
  decodeText(readBytes(file, kind), kind, file);

/** The text of bytes. @throws {InputError} when they are not text in UTF-8 */
export const decodeText = (bytes: Uint8Array, kind: FileKind, file: string): string => {
  if (bytes.includes(0)) throw new InputError(`is not text; ${kind.what} is text in UTF-8`, { file });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`is not UTF-8; ${kind.what} is text in UTF-8`, { file });
  }
};

/** Whether there is anything at a path. @throws {InputError} when that cannot be said: what is there could be overwritten */
export const isThere = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw new InputError(systemProblem('read', error), { file: path });
  }
};

/** Whether there is a folder. */
export const isFolder = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false; // a path that leads through a file
  }
};

/** The names in a folder, sorted. @throws {InputError} when it is not a folder or cannot be read */
export const listFolder = (folder: string): string[] => {
  try {
    if (!statSync(folder).isDirectory()) throw new InputError('is not a folder', { file: folder });
    return readdirSync(folder).toSorted();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(systemProblem('read', error), { file: folder });
  }
};
