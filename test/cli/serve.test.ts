// `oopslab serve`: what it refuses before it serves anything. test/end-to-end/serve.test.ts has it running.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';

it.each([
  [['--port', '70000'], '--port: should be a number from 0 to 65535'],
  [['--recording', 'x'], 'x: '],
  [['nothing'], 'there is no scenario "nothing"'],
  [['--set', 'id=x'], 'id: should be a number'],
] as const)('%j is bad input', async (args, message) => {
  const { status, stdout, stderr } = await oopslab(['serve', ...args]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^oopslab: [^\n]+\n$/u);
  expect(stderr).toContain(message);
});

it('a port in use is found before anything runs', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  // The run would find that this is not a number.
  const { status, stdout, stderr } = await oopslab(['serve', '--port', String(port), '--set', 'id=x']);
  other.close();
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toBe(
    `oopslab: --port: port ${port} is in use by another program; choose another one, or 0 for any that is free\n`,
  );
});
