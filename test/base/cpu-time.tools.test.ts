// A limit of CPU time: what else the machine does, and what a clock says, does not count.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UNKNOWN_LOAD, watchCpuTime } from '../../src/base/cpu-time.js';

const BUSY = 'process.stdout.write("\\n"); for (;;);';
const IDLE = 'process.stdout.write("\\n"); setInterval(() => {}, 1000);';

const children: ChildProcess[] = [];
const start = async (code: string): Promise<ChildProcess> => {
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
};

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  children.splice(0).forEach((child) => child.kill('SIGKILL'));
});

describe('a limit of CPU time', () => {
  it('is met by a process that works', async () => {
    const { pid } = await start(BUSY);
    await new Promise<void>((resolve) => watchCpuTime(pid, 200, resolve));
  });

  it.each([
    ['waits', IDLE, undefined],
    ['is stopped', BUSY, 'SIGSTOP'],
  ] as const)('is not met by a process that %s, whatever the clock says', async (_what, code, signal) => {
    const child = await start(code);
    if (signal !== undefined) child.kill(signal);
    await expect.poll(() => stateOf(child.pid!)).toMatch(/[ST]/u);
    vi.useFakeTimers();
    const onOver = vi.fn();
    const end = watchCpuTime(child.pid, 60_000, onOver);
    vi.advanceTimersByTime(10 * 3_600_000);
    end();
    expect(onOver).not.toHaveBeenCalled();
  });

  it('counts looks where the system does not tell, so that a jump of the clock is one look', () => {
    vi.spyOn(fs, 'readFileSync').mockImplementation(() => {
      throw new Error('there is no /proc');
    });
    vi.useFakeTimers();
    const onOver = vi.fn();
    watchCpuTime(process.pid, 2000, onOver);
    vi.setSystemTime(Date.now() + 24 * 3_600_000);
    vi.advanceTimersByTime(2000 * UNKNOWN_LOAD - 1);
    expect(onOver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2000);
    expect(onOver).toHaveBeenCalledOnce();
  });
});

const stateOf = (pid: number): string => {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
};
