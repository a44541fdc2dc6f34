// The fixes of the casebook, compiled and put to the check: the right ones hold, the wrong ones and the bugs break.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/scenario.js';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../../cases', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'oopslab-fixes-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

it.each(readdirSync(root))('%s: each fix does what its first line says, and the bug breaks', async (name) => {
  const fixes = readdirSync(join(root, name, 'fixes')).map((file) => join(root, name, 'fixes', file));
  const bug = loadScenario(name).spec.check!.function;
  const { stdout } = await oopslab(
    ['check', ...fixes, bug, '--scenario', name, '--runs', '300', '--jobs', '1', '--json'],
    { cwd },
  );
  const { candidates } = JSON.parse(stdout) as { candidates: { name: string; verdict: string }[] };
  const expected = fixes.map((file) => [
    basename(file, '.c'),
    readFileSync(file, 'utf8').startsWith('/* Holds') ? 'holds' : 'breaks',
  ]);
  expect(candidates.map(({ name: candidate, verdict }) => [candidate, verdict])).toEqual([
    ...expected,
    [bug, 'breaks'],
  ]);
  expect(expected.map(([, verdict]) => verdict).toSorted()).toEqual(['breaks', 'holds']);
});
