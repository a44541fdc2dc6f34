// Right code holds: six of the versions that npm run bench:rewrites checks two hundred of.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { has } from '../helpers/candidate-tools.js';

const bench = fileURLToPath(new URL('../../bench/rewrites.mjs', import.meta.url));
const missing = !has('gcc') || !has('clang');

// One for each compiler and level.
it.skipIf(missing)('six versions of the same work in other words hold', { timeout: 300_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bench, '--count', '6', '--runs', '1000'], {
    encoding: 'utf8',
  });
  expect(stderr).toContain('natively: 6 versions, 4000 inputs each, 0 wrong');
  expect(stdout).toBe('6 versions in 1,000 worlds each: 6 hold.\n');
  expect(status).toBe(0);
});
