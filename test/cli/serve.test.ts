// `oopslab serve`: what it refuses before it serves anything. test/end-to-end/serve.test.ts has it running.
import { expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';

it.each([
  [['--port', '70000'], '--port: should be a number from 0 to 65535'],
  [['--recording', 'x'], "unknown option '--recording'"],
  [['nothing'], 'there is no scenario "nothing"'],
  [['--set', 'id=x'], 'id: should be a number'],
] as const)('%j is bad input', async (args, message) => {
  const { status, stdout, stderr } = await oopslab(['serve', ...args]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^oopslab: [^\n]+\n$/u);
  expect(stderr).toContain(message);
});
