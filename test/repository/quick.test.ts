// `npm run test:quick` needs Node and libunicorn alone: no other test file starts a program.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import config from '../../vitest.config.js';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** Helpers that start programs which a machine may lack, or the built program. */
const STARTING = ['built', 'candidate-tools', 'chromium', 'page-browser', 'tmux'];

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.test.ts'));
const quick = files.filter((name) => !/^(?:end-to-end|repository)\/|\.(?:tools|long)\.test\.ts$/u.test(name));

it('the project "quick" leaves out what starts programs, and what takes long', () => {
  const slow = [
    'test/end-to-end/**/*.test.ts',
    'test/repository/**/*.test.ts',
    'test/**/*.tools.test.ts',
    'test/**/*.long.test.ts',
  ];
  expect(config({ mode: 'test', command: 'serve' }).test?.projects).toMatchObject([
    { test: { name: 'quick', include: ['test/**/*.test.ts'], exclude: slow } },
    { test: { name: 'slow', include: slow } },
  ]);
});

it.each(quick)('%s starts no program, and loads no module twice', (name) => {
  const text = readFileSync(`${folder}/${name}`, 'utf8');
  const imports = [...text.matchAll(/\bfrom '([^']+)'/gu)].map(([, from]) => from!);
  const starting = STARTING.map((helper) => `../helpers/${helper}.js`);
  expect(imports.filter((from) => from === 'node:child_process' || starting.includes(from))).toEqual([]);
  expect(text).not.toContain('resetModules'); // quick tests share a process
});
