// Temporary libraries for the snippets of user candidates, one each; they are removed when the check ends.
// A candidate from a file takes this way: the file is compiled and linked to a snippet (candidate/bring.ts), the snippet
// is written to a temporary library here, and a worker loads it from there by its name (worker.ts). Why on disk: user
// code can end the process that the emulator is in, so it runs in child processes (pool.ts), which may be replaced at
// any time and need nothing but a name and a folder to go on. A shard's file holds the same texts, so that --merge can
// write the library again and run the counterexample.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { replaceFile } from '../../base/replace-file.js';

/** Files of a library: their paths in it, with `/`, and their texts. */
export type LibraryFiles = Readonly<Record<string, string>>;

/** Write files below a folder, which becomes a library. */
export const writeLibrary = (folder: string, files: LibraryFiles): void => {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    replaceFile(file, text);
  }
};

/** Libraries that last as long as a check. */
export class TemporaryLibraries {
  #root: string | undefined;
  #count = 0;

  /** A new empty folder. */
  add(): string {
    this.#root ??= mkdtempSync(join(tmpdir(), 'oopslab-check-'));
    this.#count += 1;
    const folder = join(this.#root, String(this.#count));
    mkdirSync(folder);
    return folder;
  }

  /** The texts of files in one of the folders. */
  read(folder: string, files: readonly string[]): LibraryFiles {
    return Object.fromEntries(
      files.map((file) => [relative(folder, file).split(sep).join('/'), readFileSync(file, 'utf8')]),
    );
  }

  close(): void {
    if (this.#root !== undefined) rmSync(this.#root, { recursive: true, force: true });
    this.#root = undefined;
  }
}
