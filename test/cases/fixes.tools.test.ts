// The fixes of the casebook, compiled and put to the check: the right ones hold, the wrong ones and the bugs break.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../../cases', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oopslab-fixes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const verdictOf = async (name: string, ...candidate: readonly string[]): Promise<string> => {
  const { stdout } = await oopslab(
    ['check', ...candidate, '--scenario', name, '--runs', '300', '--jobs', '1', '--json'],
    { cwd: mkdtempSync(join(folder, 'run-')) },
  );
  return (JSON.parse(stdout) as { candidates: { verdict: string }[] }).candidates[0]!.verdict;
};

describe.each(readdirSync(root))('%s', (name) => {
  it.each(readdirSync(join(root, name, 'fixes')))('%s does what its first line says', async (file) => {
    const path = join(root, name, 'fixes', file);
    const expected = readFileSync(path, 'utf8').startsWith('/* Holds') ? 'holds' : 'breaks';
    expect(await verdictOf(name, path)).toBe(expected);
  });

  it('breaks as it is', async () => {
    expect(await verdictOf(name)).toBe('breaks');
  });
});
