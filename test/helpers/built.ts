// The built program, in a separate process.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The executable that `npm run build` makes. */
export const builtMain = fileURLToPath(new URL('../../dist/program/main.js', import.meta.url));

/** Run the built program. `stdin` is a text; `env` is added to that of the tests. */
export const runBuilt = (
  args: readonly string[],
  { stdin = '', cwd, env = {} }: { stdin?: string; cwd?: string; env?: Record<string, string> } = {},
) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [builtMain, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    input: stdin,
    maxBuffer: 1 << 26,
  });
  return { status, stdout, stderr };
};
