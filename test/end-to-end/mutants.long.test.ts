// Some of the mutants of `npm run bench:mutants`, spread over the code of the versions that hold: each is killed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../bench/mutants.mjs', import.meta.url));
const SAMPLE = 40;

it(`${SAMPLE} mutants of the versions that hold are killed`, { timeout: 300_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--sample', String(SAMPLE)], {
    encoding: 'utf8',
  });
  expect(stderr).toContain(`${SAMPLE} of ${SAMPLE} mutants that are not equivalent are killed, 100.0 %`);
  expect(stdout.split('\n\n')[0]).toBe(
    `\n${SAMPLE} of ${SAMPLE} mutants that are not equivalent are killed, 100.0 %.`,
  );
  expect(status, stderr).toBe(0);
});
