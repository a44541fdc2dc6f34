// A machine that has no time for a process changes no result. A stopped process is the busiest machine there is.
import childProcess, { type ChildProcess } from 'node:child_process';
import { afterEach, expect, it, vi } from 'vitest';
import { WorkerHand } from '../../src/check/run/pool.js';
import { MAX_RUN_MS, Runner } from '../../src/serve/runner.js';

const TASK = { scenario: 'shm-close-bug', libraries: [] };
const WISH = { set: new Map<string, string>(), length: undefined };
const HOURS = 10 * 3_600_000;

const caught = (): { readonly child: () => ChildProcess } => {
  const fork = vi.spyOn(childProcess, 'fork');
  return { child: () => fork.mock.results.at(-1)!.value as ChildProcess };
};

// Hours of the clock pass while the process does not.
const stopFor = async (child: ChildProcess, meanwhile: () => void): Promise<void> => {
  child.kill('SIGSTOP');
  vi.useFakeTimers();
  meanwhile();
  await vi.advanceTimersByTimeAsync(HOURS);
  vi.useRealTimers();
  child.kill('SIGCONT');
};

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('a run of the live page has its answer though its process was stopped for hours, also while it started', async () => {
  const { child } = caught();
  const runner = new Runner(TASK);
  try {
    for (const _turn of ['starting', 'running']) {
      let answer: Promise<{ readonly outcome: string }> | undefined;
      if (_turn === 'starting') answer = runner.run(WISH);
      await stopFor(child(), () => (answer ??= runner.run(WISH)));
      expect((await answer!).outcome).toMatch(/BUG/u);
    }
  } finally {
    runner.close();
  }
});

it('a run of the live page that uses up its CPU time is ended, and the next one gets another process', async () => {
  const { child } = caught();
  const runner = new Runner(TASK, 1);
  try {
    await expect(runner.run(WISH)).rejects.toThrow(
      'this run used 0.001 s of CPU time without an end and was stopped',
    );
    expect(child().killed).toBe(true);
  } finally {
    runner.close();
  }
  expect(MAX_RUN_MS).toBeGreaterThanOrEqual(60_000);
});

it('a worker of check answers though it was stopped for hours', async () => {
  const { child } = caught();
  const hand = new WorkerHand(true);
  const order = {
    kind: 'open',
    options: { budget: 1000, thorough: false, exhaustive: null, like: null },
    scenario: 'mount-arena',
    candidate: { name: 'bug', variants: {} },
    libraries: [],
  } as const;
  let asked: Promise<unknown> | undefined;
  try {
    await stopFor(child(), () => (asked = hand.ask(order)));
    await asked;
  } finally {
    await hand.end();
  }
});
