// Candidates that do their worst, through the command: each gets its verdict, none hangs the check.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { callTo, hexCandidate } from '../helpers/hex-candidate.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'oopslab-check-hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START = 0xffffffffa0421030n;
const KMALLOC = 0xffffffff81157310n;
const KFREE = 0xffffffff81157670n;
const HUGE = [0x31, 0xc0, 0x48, 0xc7, 0xc1, 0xff, 0xff, 0xff, 0x7f]; // xor %eax,%eax; mov $0x7fffffff,%rcx

const CASES: readonly (readonly [string, readonly number[], string])[] = [
  ['loops', [0xeb, 0xfe], 'ends'],
  ['loops-over-kfree', [0x31, 0xff, ...callTo(KFREE, 2), 0xeb, 0xf7], 'ends'],
  ['loops-over-kmalloc', [0xbf, 0x20, 0, 0, 0, 0xbe, 0xd0, 0, 0, 0, ...callTo(KMALLOC, 10), 0xeb, 0xef], 'ends'],
  ['recurses', callTo(START, 0), 'ends'],
  ['fills-its-stack', [...HUGE, 0x48, 0x8d, 0x7c, 0x24, 0x80, 0xf3, 0xaa, 0xc3], 'ends'],
  ['fills-its-input', [...HUGE, 0xf3, 0xaa, 0xc3], 'writes-inside'],
  ['jumps-wild', [0xb8, 0x78, 0x56, 0x34, 0x12, 0xff, 0xe0], 'ends'],
  ['jumps-to-its-stack', [0xff, 0xe4], 'ends'],
  ['smashes-its-stack', [0x48, 0x89, 0xe7, 0xb9, 0x80, 0, 0, 0, 0xf3, 0xaa, 0xc3], 'ends'],
  ['calls-nothing-known', [...callTo(0xffffffff81234560n, 0), 0xc3], 'ends'],
]; // prettier-ignore

for (const [name, code] of CASES) hexCandidate(folder, name, code);

describe('a candidate that', { timeout: 120_000 }, () => {
  it.each(CASES)('%s is told to break', (name, _code, property) => {
    const args = ['check', name, '--library', folder, '--runs', '1000', '--jobs', '1', '--json'];
    const cwd = mkdtempSync(join(folder, 'run-'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
      cwd,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      candidates: [{ name, expected: null, verdict: 'breaks', property }],
    });
  });
});

describe('a check', { timeout: 120_000 }, () => {
  it('stops a process that does not answer, and says so', () => {
    const script = `import { Pool } from ${JSON.stringify(join(root, 'dist/check/run/pool.js'))};
      const pool = new Pool(1, 1);
      const order = { kind: 'open', scenario: 'mount-arena', candidate: { name: 'bug', variants: {} }, libraries: [] };
      await pool.open(order, true).catch((error) => process.stdout.write(error.code + ' ' + error.message));
      await pool.end();`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(stdout).toBe(
      'ERR_INPUT the process that runs it did not answer within 0.001 s ("open"), and was stopped',
    );
  });

  it.skipIf(process.platform !== 'linux')(
    'that is interrupted ends with 130, and its workers with it',
    async () => {
      const cwd = mkdtempSync(join(folder, 'run-'));
      const args = ['check', 'loops-over-kmalloc', '--library', folder, '--jobs', '1'];
      const child = spawn(process.execPath, [main, ...args], { cwd, stdio: 'ignore' });
      const ended = new Promise<number | null>((resolve) => child.on('exit', (status) => resolve(status)));
      // A user's code runs in a process of its own, which is the command's only child.
      const children = (): string =>
        readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
      while (children() === '') await new Promise((resolve) => setTimeout(resolve, 20));
      const worker = children();
      child.kill('SIGINT');
      expect(await ended).toBe(130);
      while (existsSync(`/proc/${worker}`)) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  );
});
