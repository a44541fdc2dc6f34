// What a start of the program loads: only what it needs. `npm test` built it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-start-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** The files that a command line loads, as paths in the project; V8's coverage names each. */
const loadedBy = (...args: readonly string[]): string[] => {
  const folder = mkdtempSync(join(temporary, 'coverage-'));
  const { status, stderr } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_V8_COVERAGE: folder },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const project = pathToFileURL(root).href;
  return readdirSync(folder)
    .flatMap(
      (name) =>
        (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: { url: string }[] }).result,
    )
    .filter(({ url }) => url.startsWith(project))
    .map(({ url }) => url.slice(project.length));
};

/** What is loaded of `node_modules`. */
const packagesOf = (files: readonly string[]): string[] =>
  [
    ...new Set(files.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/u.exec(file)?.[1] ?? [])),
  ].toSorted();

/** Which commands' work is loaded, beyond options and help. */
const commandsOf = (files: readonly string[]): string[] => {
  const names = readdirSync(join(root, 'src/cli/commands')).map((name) => name.replace(/\.ts$/u, ''));
  return names.filter((name) => files.includes(`dist/cli/${name}.js`));
};

describe('a start loads', () => {
  it('for --version its own text and nothing of node_modules', () => {
    expect(loadedBy('--version').toSorted()).toEqual([
      'dist/base/package-folder.js',
      'dist/cli/failed-write.js',
      'dist/cli/main.js',
      'dist/cli/version.js',
    ]);
  });

  it.each(['--help', 'replay --help', 'check --help', 'decode --help'])(
    'for %s commander and the help, and no command',
    (line) => {
      const files = loadedBy(...line.split(' '));
      expect(packagesOf(files)).toEqual(['commander']);
      expect(commandsOf(files)).toEqual([]);
      const rooms = new Set(files.map((file) => /^dist\/(\w+)/u.exec(file)?.[1]));
      expect([...rooms].filter((room) => !['cli', 'base', 'release', undefined].includes(room))).toEqual([]);
    },
  );

  it('for a command that command alone, the engine and the disassembler only where it needs them', () => {
    const oops = loadedBy('oops');
    expect(commandsOf(oops)).toEqual(['oops']);
    expect(packagesOf(oops)).toContain('koffi');
    expect(packagesOf(oops).filter((name) => !name.includes('koffi'))).toEqual(['commander']);
    expect(packagesOf(loadedBy('compare', '13008943', '13008988'))).toEqual(['commander']);
    expect(packagesOf(loadedBy('dis', 'shm_close'))).toEqual(['commander', 'iced-x86']);
  });
});
