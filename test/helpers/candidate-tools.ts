// Shared by tests of user-supplied candidates: the compilers of this machine, and files for them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whether a program can be run. */
export const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0;

/** Each compiler with whether it is here. */
export const COMPILERS = (['gcc', 'clang'] as const).map((cc) => ({ cc, missing: !has(cc) }));

export const LEVELS = ['-O0', '-O1', '-O2', '-Os'] as const;

/** Every compiler at every level. */
export const COMPILATIONS = COMPILERS.flatMap(({ cc, missing }) =>
  LEVELS.map((optimize) => ({ cc, optimize, missing, title: `${cc} ${optimize}` })),
);

/** A candidate of this repository's tests. */
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/candidates/${name}`, import.meta.url));

/** A folder of a test's own, with files in it. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'oopslab-candidates-'));

  write(name: string, content: string | Uint8Array): string {
    const file = join(this.path, name);
    writeFileSync(file, content);
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
