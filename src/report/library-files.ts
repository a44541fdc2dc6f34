// The files of user libraries that a page takes with it: its laboratory then knows their scenarios, cases and lessons.

import { join } from 'node:path';
import { InputError } from '../base/errors.js';
import { isFolder, isThere, listFolder, readBytes } from '../base/read-file.js';

/** What a library can have. */
const FOLDERS = ['scenarios', 'cases', 'snippets', 'candidates', 'lessons', 'structs.h', 'structs.json'];

const MOST = 4 << 20; // bytes of all libraries together: a page is one file, and is sent by mail
const DEEP = 6; // folders in one another

// Files for a page, and what does not fit into one.
interface LibraryFiles {
  /** By path in the page: `/libraries/0/lessons/mine.md`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Paths of files that are too large, or cannot be read. */
  readonly leftOut: readonly string[];
}

/** @param libraries folders, the first of which counts most */
export const libraryFiles = (libraries: readonly string[]): LibraryFiles => {
  const files = new Map<string, Uint8Array>();
  const leftOut: string[] = [];
  let room = MOST;
  const take = (path: string, name: string): void => {
    try {
      const bytes = readBytes(path, { what: 'a file of a library', max: room });
      room -= bytes.length;
      files.set(name, bytes);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      leftOut.push(path);
    }
  };
  const walk = (path: string, name: string, depth: number): void => {
    if (!isFolder(path)) return take(path, name);
    if (depth === 0) return void leftOut.push(path);
    for (const one of listFolder(path)) walk(join(path, one), `${name}/${one}`, depth - 1);
  };
  libraries.forEach((library, index) => {
    for (const folder of FOLDERS)
      if (isThere(join(library, folder))) walk(join(library, folder), `/libraries/${index}/${folder}`, DEEP);
  });
  return { files, leftOut };
};
