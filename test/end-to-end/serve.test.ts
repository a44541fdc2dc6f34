// `oopslab serve` as a process: real runs in its child, signals, and guests that go astray.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtMain } from '../helpers/built.js';
import { writeGuest } from '../helpers/guest-library.js';
import { bodyOf, exchange, post, request, statusOf } from '../helpers/http.js';

const GUEST = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
budget: 300000
parameters: { n: { type: int32, default: 5 } }
world:
  caches: { size-32: { frames: [0x20000] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
  one: { call: { function: guest, arguments: ['$n'], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }
expect:
  outcome: { kind: returned }
`;

// cmp $5,%edi; jne into a constant that holds lock bts %eax,%ecx, whose translation Unicorn does not survive; ret
const ASTRAY = [0x83, 0xff, 0x05, 0x75, 0x01, 0xb8, 0xf0, 0x0f, 0xab, 0xc1, 0xc3];
// cmp $5,%edi; jne to itself; ret
const LOOP = [0x83, 0xff, 0x05, 0x75, 0xfe, 0xc3];

describe('oopslab serve', { timeout: 60_000 }, () => {
  const started: ChildProcess[] = [];
  afterAll(() => started.forEach((one) => one.kill('SIGKILL')));

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

  const ask = async (
    port: number,
    wish: object,
  ): Promise<{ status: number; body: Record<string, unknown> }> => {
    const reply = await exchange(port, post(port, JSON.stringify(wish)));
    return { status: statusOf(reply), body: JSON.parse(bodyOf(reply)) as Record<string, unknown> };
  };

  it('prints the address, serves, and reports that 7 bytes are safe and 8 are not; Ctrl-C ends it quietly', async () => {
    const { process: server, port, ended } = await start();
    expect(statusOf(await exchange(port, request(port, {})))).toBe(200);
    const seven = await ask(port, { length: 7 });
    const eight = await ask(port, { length: 8 });
    expect(seven).toMatchObject({
      status: 200,
      body: { isCorrupt: false, path: { length: 7 }, outcome: expect.stringMatching(/^returned/u) },
    });
    expect(eight).toMatchObject({
      status: 200,
      body: {
        isCorrupt: true,
        path: { length: 8 },
        sentence: 'corrupt: shm_file_data.id 13008943 -> 13008988 (0x2f -> 0x5c)',
        outcome: expect.stringMatching(/^BUG at shm_close\+0x3e/u),
      },
    });
    expect(await ask(port, { set: { previous: 'zero' }, length: 8 })).toMatchObject({
      body: { isCorrupt: false },
    });
    expect(await ask(port, { set: { delimiter: '/' } })).toMatchObject({ body: { isCorrupt: false } });
    for (const [set, field] of [
      [{ previous: 'soup' }, 'previous'],
      [{ nothing: '1' }, 'nothing'],
      [{ prepath: `/${'x'.repeat(2000)}` }, 'prepath'],
    ] as const) {
      const { status, body } = await ask(port, { set });
      expect({ status, body }).toMatchObject({
        status: 400,
        body: { error: { code: 'ERR_INPUT', where: { field } } },
      });
    }
    server.kill('SIGINT');
    expect(await ended).toEqual({
      status: 130,
      stdout: `http://127.0.0.1:${port}/\n`,
      stderr: 'oopslab: Ctrl-C ends it\n',
    });
  });

  it.each([
    [
      'traps where a CPU does',
      ASTRAY,
      { status: 200, body: { outcome: expect.stringMatching(/invalid.opcode/u) } },
    ],
    [
      'is too long for a page',
      LOOP,
      {
        status: 400,
        body: {
          error: {
            code: 'ERR_INPUT',
            message: expect.stringMatching(/^the run of guest has 300000 instructions; a page takes up to/u),
          },
        },
      },
    ],
  ] as const)('reports that a run %s, and goes on', async (_, code, expected) => {
    const library = mkdtempSync(join(tmpdir(), 'oopslab-serve-'));
    writeGuest(library, code, GUEST);
    const { process: server, port, ended } = await start('guest', '--library', library);
    expect(await ask(port, { set: { n: '6' } })).toMatchObject(expected);
    expect(await ask(port, { set: { n: '5' } })).toMatchObject({
      status: 200,
      body: { isCorrupt: false, path: null, picture: null, scenario: 'guest' },
    });
    expect(await ask(port, { length: 8 })).toMatchObject({
      status: 400,
      body: { error: { message: 'guest has no path', where: { field: 'length' } } },
    });
    server.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 130 });
    rmSync(library, { recursive: true, force: true });
  });
});
