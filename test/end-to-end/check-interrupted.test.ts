// Ctrl-C during a check: nothing of it goes on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { builtMain } from '../helpers/built.js';
import { hexCandidate } from '../helpers/hex-candidate.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-check-interrupted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.skipIf(process.platform !== 'linux')(
  'a check that is interrupted ends with 130, and its workers with it (needs /proc)',
  { timeout: 60_000 },
  async () => {
    hexCandidate(folder, 'loops', [0xeb, 0xfe]); // jmp to itself
    const args = ['check', 'loops', '--library', folder, '--jobs', '1'];
    const child = spawn(process.execPath, [builtMain, ...args], { cwd: folder, stdio: 'ignore' });
    const ended = once(child, 'exit');
    // User code runs in a separate process, which is the command's only child.
    const children = (): string =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    await expect.poll(children, { timeout: 20_000 }).not.toBe('');
    const worker = children();
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    await expect.poll(() => existsSync(`/proc/${worker}`), { timeout: 20_000 }).toBe(false);
  },
);
