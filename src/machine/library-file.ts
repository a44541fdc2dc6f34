// The file of a library, before it is loaded: where the system's loader would find it, and whether it can be mapped.

import { closeSync, readSync, statSync } from '../host/files.js';
import { isAbsolute, join } from 'node:path';
import { InputError } from '../base/errors.js';
import { openRegular, readBytes } from '../base/read-file.js';
import { systemProblem } from '../base/system-words.js';
import { type SharedLibraryProblem, findSharedLibraryProblem } from '../elf/shared-library.js';

export const LIBRARY = { what: 'a library', max: 2 ** 30 };
export const CACHE = { what: 'a cache of the system loader', max: 2 ** 25 };

/** Whether a place is a path; otherwise it is a name, for which the system's loader knows the place. */
export const isPath = (place: string): boolean => /[/\\]/u.test(place);

const findElfProblem = (file: string): SharedLibraryProblem | undefined => {
  const { handle, size } = openRegular(file, LIBRARY);
  try {
    const read = (offset: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(handle, bytes, 0, length, offset));
    };
    return findSharedLibraryProblem(size, read, process.arch);
  } finally {
    closeSync(handle);
  }
};

const problemOf = (file: string): SharedLibraryProblem | undefined => {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return { text: 'there is no such file', foreign: false };
    if (stats.isDirectory()) return { text: 'is a folder; name the library itself', foreign: false };
    if (!stats.isFile()) return { text: 'is not a regular file', foreign: false };
    if (process.platform !== 'linux') return undefined; // libraries there are not of ELF
    const found = findElfProblem(file);
    return found && { ...found, text: `cannot be loaded (${found.text})` };
  } catch (error) {
    const text = error instanceof InputError ? error.message : systemProblem('read', error);
    return { text, foreign: false };
  }
};

/** Why a file cannot be loaded, as far as that can be told without loading it. */
export const findFileProblem = (file: string): string | undefined => problemOf(file)?.text;

// Source: sysdeps/generic/dl-cache.h of glibc 2.36, struct cache_file_new.
const CACHE_FILE = '/etc/ld.so.cache';
const MAGIC = 'glibc-ld.so.cache1.1';
const CACHE_HEADER = 48; // bytes
const CACHE_ENTRY = 24;

// The files that the loader's cache has under a name; none where it is absent or not understood.
const cached = (name: string): string[] => {
  let bytes: Buffer;
  try {
    bytes = Buffer.from(readBytes(CACHE_FILE, CACHE));
  } catch {
    return [];
  }
  const start = bytes.indexOf(MAGIC);
  if (start < 0 || start + CACHE_HEADER > bytes.length) return [];
  const text = (offset: number): string => {
    const from = start + offset;
    const end = bytes.indexOf(0, from);
    return from < bytes.length && end >= from ? bytes.toString('utf8', from, end) : '';
  };
  const count = Math.min(
    bytes.readUInt32LE(start + MAGIC.length),
    Math.floor((bytes.length - start - CACHE_HEADER) / CACHE_ENTRY),
  );
  const files: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = start + CACHE_HEADER + index * CACHE_ENTRY;
    if (text(bytes.readUInt32LE(at + 4)) === name) files.push(text(bytes.readUInt32LE(at + 8)));
  }
  return files;
};

const FOLDERS = ['/lib64', '/usr/lib64', '/lib', '/usr/lib', '/usr/local/lib'];

/**
 * The file that the system's loader would take for a place, in the order in which it looks; undefined where that is not
 * known. Files for other processors are passed over, as the loader does.
 */
export const fileOf = (place: string): string | undefined => {
  if (isPath(place)) return place;
  if (process.platform !== 'linux') return undefined;
  const folders = (process.env['LD_LIBRARY_PATH'] ?? '')
    .split(/[:;]/u)
    .filter((folder) => isAbsolute(folder));
  const isThere = (file: string): boolean => {
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats !== undefined && problemOf(file)?.foreign !== true;
  };
  const within = (all: readonly string[]): string[] => all.map((folder) => join(folder, place));
  return within(folders).find(isThere) ?? cached(place).find(isThere) ?? within(FOLDERS).find(isThere);
};
