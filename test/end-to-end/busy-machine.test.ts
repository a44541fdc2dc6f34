// A machine that has no time for a process changes no result. A stopped process is the busiest machine there is.
import childProcess, { type ChildProcess } from 'node:child_process';
import { afterEach, it, vi } from 'vitest';
import { WorkerHand } from '../../src/check/run/pool.js';

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
