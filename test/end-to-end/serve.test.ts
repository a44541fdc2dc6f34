// `oopslab serve` as a process: the page of `report` on this machine, with a user's library in it, until Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtMain } from '../helpers/built.js';
import { writeGuest } from '../helpers/guest-library.js';
import { bodyOf, exchange, headersOf, request, statusOf } from '../helpers/http.js';
import { oopslab } from '../helpers/oopslab.js';

const GUEST = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
parameters: { n: { type: int32, default: 5 } }
world:
  caches: { size-32: { frames: [0x20000] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
  one: { call: { function: guest, arguments: ['$n'], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }
expect:
  outcome: { kind: returned }
`;

describe('oopslab serve', { timeout: 60_000 }, () => {
  const started: ChildProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'oopslab-serve-'));
  afterAll(() => {
    started.forEach((one) => one.kill('SIGKILL'));
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (...args: readonly string[]) => {
    const process_ = spawn(process.execPath, [builtMain, 'serve', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(process_);
    let [stdout, stderr] = ['', ''];
    process_.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    process_.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = once(process_, 'close').then(([status]: unknown[]) => ({ status, stdout, stderr }));
    while (!stdout.includes('\n') && process_.exitCode === null)
      await Promise.race([once(process_.stdout, 'data'), ended]);
    return { process: process_, port: Number(/:(\d+)\//u.exec(stdout)?.[1]), ended };
  };

  it('serves what report writes, with its policy as a header; Ctrl-C ends it quietly', async () => {
    writeGuest(folder, [0xc3], GUEST);
    const args = ['guest', '--library', folder, '--set', 'n=7'];
    const file = join(folder, 'page.html');
    expect((await oopslab(['report', ...args, '--output', file])).status).toBe(0);
    const { process: server, port, ended } = await start(...args);
    const reply = await exchange(port, request(port, {}));
    expect(statusOf(reply)).toBe(200);
    expect(bodyOf(reply)).toBe(readFileSync(file, 'utf8'));
    const policy = headersOf(reply)['content-security-policy'];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-\S+ 'wasm-unsafe-eval'; worker-src blob:/u,
    );
    expect(policy).toMatch(/connect-src 'none'.*; frame-ancestors 'none'$/u);
    server.kill('SIGINT');
    expect(await ended).toEqual({
      status: 130,
      stdout: `http://127.0.0.1:${port}/\n`,
      stderr: 'oopslab: Ctrl-C ends it\n',
    });
  });
});
