// What a start of the program loads: only what it needs. `npm test` built it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  const { status, stderr } = spawnSync(process.execPath, ['dist/program/main.js', ...args], {
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

/** What is loaded of the bundled program, less the bundler's helpers: scripts/bundle.mjs names its larger parts. */
const partsOf = (files: readonly string[]): string[] =>
  files
    .flatMap((file) => /^dist\/program\/([\w-]+)\.js$/u.exec(file)?.[1] ?? [])
    .filter((part) => part !== 'rolldown-runtime');

describe('a start loads', () => {
  it('few files', () => {
    for (const args of [['oops'], ['crash', '-c', 'dis shm_close'], ['compare', '1', '2']])
      expect(partsOf(loadedBy(...args)).length).toBeLessThan(15);
  });

  it('for --version its own text and nothing of node_modules', () => {
    const files = loadedBy('--version');
    expect(packagesOf(files)).toEqual([]);
    expect(partsOf(files).toSorted()).toEqual(['main', 'start']);
  });

  it.each(['--help', 'replay --help', 'check --help', 'decode --help'])(
    'for %s the help, and no command and no package',
    (line) => {
      const files = loadedBy(...line.split(' '));
      expect(packagesOf(files)).toEqual([]);
      expect(partsOf(files)).toContain('commands');
      for (const part of ['core', 'views']) expect(partsOf(files)).not.toContain(part);
      // The rest is the files through which a command's part is reached: nearly empty.
      for (const part of partsOf(files).filter((name) => !['main', 'start', 'commands'].includes(name)))
        expect(statSync(join(root, `dist/program/${part}.js`)).size).toBeLessThan(100);
    },
  );

  it('for a command the engine and the disassembler only where it needs them', () => {
    expect(packagesOf(loadedBy('oops', '--engine', 'wasm'))).toEqual([]);
    const unicorn = packagesOf(loadedBy('oops', '--engine', 'unicorn'));
    expect(unicorn).toContain('koffi');
    expect(unicorn.filter((name) => !name.includes('koffi'))).toEqual([]);
    expect(packagesOf(loadedBy('compare', '13008943', '13008988'))).toEqual([]);
    expect(packagesOf(loadedBy('dis', 'shm_close'))).toEqual(['iced-x86']);
  });

  it('for decode nothing that runs code, and the snippets only for --code', () => {
    const report = join(temporary, 'report.txt');
    writeFileSync(
      report,
      spawnSync(process.execPath, ['dist/program/main.js', 'oops'], { cwd: root }).stdout,
    );
    const plain = loadedBy('decode', report);
    expect(packagesOf(plain)).toEqual(['iced-x86']);
    for (const part of ['core', 'release', 'views']) expect(partsOf(plain)).not.toContain(part);
    const withCode = loadedBy('decode', report, '--code', 'shm_close');
    expect(packagesOf(withCode)).toEqual(['iced-x86']);
    for (const part of ['core', 'views']) expect(partsOf(withCode)).not.toContain(part);
  });
});
