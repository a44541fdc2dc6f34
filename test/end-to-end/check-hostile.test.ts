// Candidates that do their worst, through the command: each gets its verdict, none hangs the check.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Pool } from '../../src/check/run/pool.js';
import { callTo, hexCandidate } from '../helpers/hex-candidate.js';
import { oopslab } from '../helpers/oopslab.js';

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

describe('a candidate that', { timeout: 60_000 }, () => {
  it.each(CASES)('%s breaks', async (name, _code, property) => {
    const args = ['check', name, '--library', folder, '--runs', '1000', '--jobs', '1', '--json'];
    const { status, stdout, stderr } = await oopslab(args, { cwd: mkdtempSync(join(folder, 'run-')) });
    expect(status, stderr).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      candidates: [{ name, expected: null, verdict: 'breaks', property }],
    });
  });
});

it('a process that works on without an answer is stopped and reported', async () => {
  const pool = new Pool(1, 1);
  const candidate = { name: 'bug', variants: {} };
  const options = { budget: 20_000_000, thorough: false, like: null };
  await expect(
    pool.open({ kind: 'open', scenario: 'mount-arena', candidate, libraries: [], options }, true),
  ).rejects.toThrow(
    'the process that runs it worked for 0.001 s without an answer ("open"), and was stopped',
  );
  await pool.end();
});
