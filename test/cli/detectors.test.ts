// `oopslab detectors`: text, document, picture, and what is refused.
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';

const schema: unknown = JSON.parse(
  readFileSync(new URL('../../schema/detectors.schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv2020({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  strictTypes: false,
}).compile(schema as object);

const run = (...args: readonly string[]) => oopslab(['detectors', ...args]);

it('prints the answer first', async () => {
  const { status, stdout, stderr } = await run();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^shm-close-bug: caught by 3 of 5 detectors: /u);
});

it.each(['shm-close-bug', 'shm-close-control'])('--json of %s is what its schema says', async (scenario) => {
  const { status, stdout } = await run(scenario, '--json');
  expect(status).toBe(0);
  expect(validate(JSON.parse(stdout)), JSON.stringify(validate.errors)).toBe(true);
});

it('draws a picture with a line for each detector', async () => {
  const { stdout } = await run('--chart', '-');
  expect(stdout).toMatch(/^<svg /u);
  for (const title of ['nothing', 'poison alone', 'byte shadow (KASAN)']) expect(stdout).toContain(title);
});

it.each([
  [['--detector', 'valgrind'], /should be one of slab-debug, .* found "valgrind"/u],
  [['no-such-scenario'], /no-such-scenario/u],
  [['--set', 'tree='], /tree/u],
])('refuses %j', async (args, message) => {
  const { status, stderr } = await run(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});
