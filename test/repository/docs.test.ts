// README and docs: every file in them is written, every command in them is run, in a temporary folder.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-docs-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
const unix = process.platform !== 'win32';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'test/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`),
];
const read = (name: string) => readFileSync(join(root, name), 'utf8');

/** A fenced block, with the text before it. */
interface Block {
  readonly language: string;
  readonly text: string;
  readonly before: string;
}

const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gmu)].map((match) => ({
    language: match[2]!,
    text: match[3]!.replaceAll(new RegExp(`^${match[1]}`, 'gmu'), ''),
    before: markdown.slice(0, match.index).trimEnd().split('\n\n').at(-1)!,
  }));

/** The file that a block is, if the paragraph before it ends with the file's name in backticks and a colon. */
const fileOf = ({ before, language }: Block): string | undefined =>
  language === 'console'
    ? undefined
    : (/`([\w./-]+\.[A-Za-z]+)`[^`]*:$/u.exec(before)?.[1] ??
      /`(my-cases\/[\w./-]+\.\w+)`/u.exec(before)?.[1]);

// What a clone does to itself, takes long, or needs a terminal: run by .ci/run, the benchmarks or other tests.
const ELSEWHERE =
  /^(?:oopslab step(?!.*--script)|oopslab serve(?!.*--help)|git clone|cd |npm (?:start|test|run|install|ci|pack)|sudo |brew |apt|dnf|pacman|pip)/u;

const COMMAND = /^\$ (.*)$/gmu;

describe.skipIf(!unix)('documents (need a Unix shell)', () => {
  const bin = join(temporary, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'oopslab'),
    `#!/bin/sh\nexec "${process.execPath}" "${root}/dist/program/main.js" "$@"\n`,
  );
  chmodSync(join(bin, 'oopslab'), 0o755);
  const hasAs = spawnSync('as', ['--version']).status === 0;
  const hasCompiler = ['gcc', 'clang'].some((name) => spawnSync(name, ['--version']).status === 0);

  // A document has up to thirty commands, some of which check a thousand worlds: a minute on a quiet machine at most.
  it.each(documents)('%s: every command runs, and none finds bad input', { timeout: 300_000 }, (name) => {
    const folder = join(temporary, name.replaceAll('/', '-'));
    mkdirSync(folder);
    for (const part of ['scripts', 'snippets', 'schema', 'scenarios'])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    symlinkSync(join(root, 'dist'), join(folder, 'dist'), 'junction');
    for (const block of blocksOf(read(name))) {
      const path = fileOf(block);
      if (path !== undefined && !existsSync(join(folder, path))) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), block.text);
      }
      if (block.language !== 'console') continue;
      for (const [, command] of block.text.matchAll(COMMAND)) {
        if (ELSEWHERE.test(command!) || (/assemble-snippets/u.test(command!) && !hasAs)) continue;
        if (/ check \S+\.c\b/u.test(command!) && !hasCompiler) continue;
        const { status, stderr } = spawnSync('sh', ['-c', command!], {
          cwd: folder,
          encoding: 'utf8',
          env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` },
        });
        expect(stderr, command).not.toMatch(/error|\n {4}at /iu);
        expect([0, 1], `${command}\n${stderr}`).toContain(status);
      }
    }
  });

  it("README's example compiles against the package's types, without those of Node", () => {
    const folder = join(temporary, 'example');
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules/oopslab'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
    const [example, ...more] = blocksOf(read('README.md')).filter(({ language }) => language === 'ts');
    expect(more).toEqual([]);
    writeFileSync(join(folder, 'example.ts'), example!.text);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    for (const options of [[], ['--target', 'es2022']]) {
      const args = [tsc, '--strict', '--noEmit', '--module', 'nodenext', ...options, 'example.ts'];
      const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    }
  });

  it('the picture of the README is the one that chart draws', () => {
    const { stdout } = spawnSync(join(bin, 'oopslab'), ['chart', 'slab'], { encoding: 'utf8' });
    expect(read('docs/slab.svg')).toBe(stdout);
  });

  it.each(documents)('%s: what it links to is there', (name) => {
    for (const [, target] of read(name).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/gu)) {
      expect(existsSync(join(root, dirname(name), target!)), target).toBe(true);
    }
  });
});
