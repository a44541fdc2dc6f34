// The examples as their users have them: a project beside an installed oopslab, and a library folder. Needs gcc.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bringCandidate, checkCandidate, formatParameters, loadScenario } from '../../src/check.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const example = (name: string): string => join(root, 'examples', name);
const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-examples-'));
afterAll(() => rmSync(temporary, { recursive: true }));

describe.skipIf(!hasCompiler)('the example own-tests (needs gcc)', () => {
  const project = join(temporary, 'own-tests');
  cpSync(example('own-tests'), project, { recursive: true });
  // The test files of docs/check.md are part of it.
  const document = readFileSync(join(root, 'docs/check.md'), 'utf8');
  const shown = [...document.matchAll(/`(test\/[\w-]+\.test\.ts)`:\n\n```ts\n([^]*?)^```$/gmu)];
  for (const [, name, text] of shown) writeFileSync(join(project, name!), text!);
  // The other way that the document names.
  writeFileSync(
    join(project, 'vitest.config.ts'),
    "export default { test: { setupFiles: ['oopslab/vitest/setup'] } };\n",
  );
  writeFileSync(
    join(project, 'test/setup.test.ts'),
    `import type {} from 'oopslab/vitest/setup';
     import { expect, it } from 'vitest';
     it('has the matcher', () => expect('terminate-before-convert').toHold({ runs: 50 }));\n`,
  );
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, '@types'), { recursive: true });
  symlinkSync(root, join(modules, 'oopslab'));
  for (const name of ['fast-check', 'typescript', 'vitest', '@types/node'])
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  const run = (...args: string[]) => {
    // A separate run, not a part of this one.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')),
    );
    return spawnSync(process.execPath, args, {
      cwd: project,
      encoding: 'utf8',
      env: { ...env, NO_COLOR: '1' },
    });
  };

  it('has the test files that the document shows', () => {
    expect(shown.map(([, name]) => name)).toEqual(['test/holds.test.ts', 'test/worlds.test.ts']);
    expect(document.match(/^```ts$/gmu)).toHaveLength(shown.length);
  });

  // Some four thousand worlds, and compilers.
  it('passes', { timeout: 240_000 }, () => {
    const { status, stdout, stderr } = run(join(root, 'node_modules/vitest/vitest.mjs'), 'run');
    expect(`${stdout}${stderr}`).toMatch(/Tests +11 passed/u);
    expect(status).toBe(0);
  });

  it('has types that are right', () => {
    const { status, stdout } = run(join(root, 'node_modules/typescript/bin/tsc'), '-p', '.');
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

describe.skipIf(!hasCompiler)('the example bounded-copy (needs gcc)', () => {
  const folder = example('bounded-copy');
  const scenario = loadScenario('bounded-copy', [folder]);
  const check = (file: string) => {
    const library = join(temporary, file);
    const { snippet, saveAsLibrary } = bringCandidate(join(folder, file), { function: 'strlcpy' });
    saveAsLibrary(library);
    const candidate = { name: file, variants: { strlcpy: snippet.variant! } };
    return checkCandidate(scenario, candidate, { runs: 2000, libraries: [folder, library] });
  };

  it('has a version that holds', () => {
    expect(check('copy.c').verdict).toBe('holds');
  });

  it('has one that breaks, with the shortest name that does', () => {
    const { property, counterexample } = check('full-field.c');
    expect(property).toBe('writes-inside');
    expect(formatParameters(counterexample!.world)).toEqual({ name: 'a'.repeat(16), stack: 'zero' });
  });
});
