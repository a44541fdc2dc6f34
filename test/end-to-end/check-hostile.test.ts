// Candidates that do their worst, through the command: each gets its verdict, none hangs the check.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Pool } from '../../src/check/run/pool.js';
import type { CheckedCandidate } from '../../src/check/tell/form.js';
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
  ['smashes-its-stack', [0x31, 0xc0, 0x48, 0x89, 0xe7, 0xb9, 0x80, 0, 0, 0, 0xf3, 0xaa, 0xc3], 'ends'],
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

describe('a candidate that', { timeout: 60_000 }, () => {
  const run = async (name: string, code: readonly number[], ...more: string[]) => {
    hexCandidate(folder, name, code);
    const args = ['check', name, '--library', folder, '--runs', '1000', '--jobs', '1', '--json', ...more];
    const { status, stdout, stderr } = await oopslab(args, { cwd: mkdtempSync(join(folder, 'run-')) });
    const [candidate] = (JSON.parse(stdout) as { candidates: [CheckedCandidate] }).candidates;
    return { status, stderr, candidate };
  };

  // A 64-bit counter that no budget sees the end of; a number of rounds that the larger budget is enough for.
  const COUNTS = [0x48, 0xff, 0xc0, 0xeb, 0xfb]; // inc %rax; jmp
  const WAITS = [0xb8, 0x40, 0x0d, 0x03, 0, 0xff, 0xc8, 0x75, 0xfc, 0xc3]; // mov $200000,%eax; 1: dec %eax; jnz 1b; ret

  it('only counts is slow, and no endless run', async () => {
    const { status, candidate } = await run('counts', COUNTS, '--budget', '1000000');
    expect(status).toBe(1);
    expect(candidate).toMatchObject({ verdict: 'slow', complete: false, property: null, runs: 1000 });
    expect(candidate.reason).toMatch(
      /^1000 worlds used up the budget, the first is 0:0: no state came back, and 1000000 instructions were too few \(3 of a block/u,
    );
    const again = await run('counts', COUNTS, '--budget', '1000000', '--path', '0:0');
    expect(again.candidate).toMatchObject({ verdict: 'slow', runs: 1 });
  });

  it('takes its time is given it, and breaks what it breaks', async () => {
    expect((await run('waits', WAITS)).candidate).toMatchObject({ verdict: 'breaks', property: 'result' });
    expect((await run('waits', WAITS, '--budget', '1000')).candidate).toMatchObject({ verdict: 'slow' });
  });

  it('jumps into an instruction that differs in each run is flaky, by its name', async () => {
    // jmp 1f+1; 1: mov $0x9090310f,%eax, in which rdtsc lies; ret
    const { status, candidate } = await run('differs', [0xeb, 0x01, 0xb8, 0x0f, 0x31, 0x90, 0x90, 0xc3]);
    expect(status).toBe(1);
    expect(candidate).toMatchObject({ verdict: 'flaky', property: null, counterexample: null, report: [] });
    expect(candidate.reason).toBe(
      'the instruction at cifs_build_path_to_root+0x3, rdtsc, gives something else in each run, and runs must be equal',
    );
  });
});

it('a process that works on without an answer is stopped and reported', async () => {
  const pool = new Pool(1, 1);
  const candidate = { name: 'bug', variants: {} };
  const options = { budget: 20_000_000, thorough: false, exhaustive: null, like: null };
  await expect(
    pool.open({ kind: 'open', scenario: 'mount-arena', candidate, libraries: [], options }, true),
  ).rejects.toThrow(
    'the process that runs it worked for 0.001 s without an answer ("open"), and was stopped',
  );
  await pool.end();
});
