// The laboratory's check against the command: the same words for every shipped candidate, and no "holds" for what was
// not looked at.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Bench } from '../../src/laboratory/bench.js';
import type { CheckDone } from '../../src/laboratory/change-questions.js';
import type { Questions } from '../../src/laboratory/questions.js';
import type { CheckDocument } from '../../src/check/tell/form.js';
import { askLaboratory } from '../helpers/ask-laboratory.js';
import { oopslab } from '../helpers/oopslab.js';

const temporary = mkdtempSync(join(tmpdir(), 'oopslab-laboratory-'));
const bench = new Bench([], { pause: () => new Promise((done) => setTimeout(done)) });
afterAll(() => {
  bench.close();
  rmSync(temporary, { recursive: true, force: true });
});

type Told = Questions['check']['tells'];
const isDone = (told: Told): told is CheckDone => 'done' in told;

const command = async (...args: string[]): Promise<CheckDocument> => {
  const all = ['check', ...args, '--json', '--jobs', '1', '--counterexamples', join(temporary, 'none')];
  const { stdout, stderr } = await oopslab(all, { cwd: temporary });
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as CheckDocument;
};

describe('a check in the laboratory', { timeout: 240_000 }, () => {
  it.each([
    ['mount-arena', 300, 1],
    ['hdlc-buffers', 400, 7],
  ])('finds what the command finds, in %s', async (scenario, runs, seed) => {
    const wanted = await command('--scenario', scenario, '--runs', String(runs), '--seed', String(seed));
    const { tells } = await askLaboratory(bench, 'check', { scenario, runs, seed });
    const found = tells.filter(isDone).map(({ done }) => done);
    // The command keeps counterexamples in a folder, so names their files.
    const plain = (all: readonly object[]) =>
      all.map((one) => ({ ...one, counterexample: null, replay: null }));
    expect(plain(found)).toEqual(plain(wanted.candidates));
    expect(found.map(({ verdict }) => verdict)).not.toContain('error');
  });

  it('draws the counterexample: its run does what the report says', async () => {
    const { tells } = await askLaboratory(bench, 'check', {
      scenario: 'mount-arena',
      candidates: ['bug'],
      runs: 1000,
      seed: 1,
    });
    const [done] = tells.filter(isDone);
    expect(done?.verdict).toBe('breaks');
    const run = await askLaboratory(bench, 'run', done!.world!);
    expect(run.refusal).toBeUndefined();
    expect(run.tells[0]).toMatchObject({ isCorrupt: true });
  });

  it('says "so far" when it is interrupted, with the worlds that were tried, as the command does', async () => {
    const { tells, answer } = await askLaboratory(
      bench,
      'check',
      { scenario: 'mount-arena', candidates: ['terminate-before-convert'], runs: 50_000, seed: 1 },
      (told) => told.filter((one) => 'tells' in one && 'tried' in one.tells).length >= 2,
    );
    const [done] = tells.filter(isDone);
    expect(answer?.isInterrupted).toBe(true);
    expect(done).toMatchObject({
      verdict: 'holds so far',
      incomplete: 'terminate-before-convert: holds so far; interrupted after 2000 worlds',
      done: { verdict: 'holds', complete: false, reason: 'interrupted', runs: 2000 },
    });
    const none = await askLaboratory(
      bench,
      'check',
      { scenario: 'mount-arena', candidates: ['terminate-before-convert'], runs: 5000, seed: 1 },
      () => true,
    );
    expect(none.tells.find(isDone)).toMatchObject({
      verdict: 'not checked',
      done: { verdict: 'error', reason: 'not checked: interrupted', runs: 0 },
    });
  });

  it('refuses what is no candidate, no object, no scenario with a check, and numbers out of range', async () => {
    const refusalOf = async (asks: Partial<Questions['check']['asks']>) => {
      const all = { scenario: 'mount-arena', runs: 100, seed: 1, ...asks };
      const { refusal, tells } = await askLaboratory(bench, 'check', all);
      expect(tells.filter(isDone)).toEqual([]);
      return refusal?.message;
    };
    expect(await refusalOf({ candidates: ['nobody'] })).toContain('nobody');
    expect(await refusalOf({ scenario: 'shm-close-bug' })).toContain('no "check"');
    expect(await refusalOf({ runs: 0 })).toContain('whole number from 1');
    const bytes = new TextEncoder().encode('not an ELF object');
    expect(await refusalOf({ object: { name: 'a b/../c.o', bytes } })).toContain('ELF');
  });
});
