// Temporary libraries for the snippets of user candidates, one each; they are removed when the check ends.
// A candidate from a file takes this way: the file is compiled and linked to a snippet (candidate/bring.ts), the snippet
// is written to a temporary library here, and a worker loads it from there by its name (worker.ts). Why on disk: user
// code can end the process that the emulator is in, so it runs in child processes (pool.ts), which may be replaced at
// any time and need nothing but a name and a folder to go on. A shard's file holds the same texts, so that --merge can
// write the library again and run the counterexample.

import { dirname, join, relative, sep } from 'node:path';
import type { Brought } from '../../candidate/bring.js';
import { readText } from '../../base/read-file.js';
import { makeFolder, replaceFile } from '../../base/replace-file.js';
import { makeTemporaryFolder, ofTemporary, removeTemporaryFolder } from '../../base/temporary-folder.js';

/** Files of a library: their paths in it, with `/`, and their texts. */
export type LibraryFiles = Readonly<Record<string, string>>;

const WHAT = 'the snippets of candidates';
const MAX_TEXT = 4 << 20; // bytes, as a manifest may have

/** Write files below a folder, which becomes a library. */
export const writeLibrary = (folder: string, files: LibraryFiles): void => {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    makeFolder(dirname(file));
    replaceFile(file, text);
  }
};

/** Libraries that last as long as a check. */
export class TemporaryLibraries {
  #root: string | undefined;
  #count = 0;

  // A file of a temporary folder would mean nothing to a reader: what is said names the place for all of them.
  #add(fill: (folder: string) => void): string {
    this.#root ??= makeTemporaryFolder('oopslab-check-', WHAT);
    this.#count += 1;
    const folder = join(this.#root, String(this.#count));
    try {
      makeFolder(folder);
      fill(folder);
      return folder;
    } catch (error) {
      throw ofTemporary(error, WHAT);
    }
  }

  /** A library of files. @throws {TemporaryFolderError} when there is no place for them */
  write(files: LibraryFiles): string {
    return this.#add((folder) => writeLibrary(folder, files));
  }

  /** A library of a candidate, and the texts of its files. @throws {TemporaryFolderError} when there is no place for them */
  save({ saveAsLibrary }: Pick<Brought, 'saveAsLibrary'>): { folder: string; files: LibraryFiles } {
    let files: LibraryFiles = {};
    const folder = this.#add((made) => {
      const saved = saveAsLibrary(made).map((file) => [
        relative(made, file).split(sep).join('/'),
        readText(file, { what: 'a snippet', max: MAX_TEXT }),
      ]);
      files = Object.fromEntries(saved) as LibraryFiles;
    });
    return { folder, files };
  }

  close(): void {
    if (this.#root !== undefined) removeTemporaryFolder(this.#root);
    this.#root = undefined;
  }
}
