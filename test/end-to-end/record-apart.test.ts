// Code that would end the process is run in a child, and the command line reports how that ended.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { hashRecording } from '../../src/recording/file.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { oopslab } from '../helpers/oopslab.js';
import { writeGuest } from '../helpers/guest-library.js';

const SCENARIO = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
parameters: { n: { type: int32, default: 5 } }
world:
  caches: { size-32: { frames: [0x20000] }, size-64: { frames: [0x20001] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
  one: { call: { function: guest, arguments: ['$n'], rsp: RSP, returnTo: 0xffffffff81e00000 } }
expect:
  outcome: { kind: returned }
`;

const scenario = (rsp = '0xffff880211337f00'): string => SCENARIO.replace('RSP', rsp);

const run = async (...args: readonly string[]) => {
  const { status, stdout } = await oopslab([...args, '--library', library, '--json']);
  return { status, document: JSON.parse(stdout) as Record<string, unknown> };
};

const temporary = mkdtempSync(join(tmpdir(), 'oopslab-apart-'));
afterAll(() => rmSync(temporary, { recursive: true }));
let library = '';
beforeEach(() => {
  library = mkdtempSync(join(temporary, 'library-'));
});

// jmp into a constant that holds lock bts %eax,%ecx, which no version of Unicorn survives
const JUMP = [0xeb, 0x01, 0xb8, 0xf0, 0x0f, 0xab, 0xc1, 0xc3];
// the same constant, never jumped into
const HARMLESS = [0xb8, 0xf0, 0x0f, 0xab, 0xc1, 0x89, 0xf8, 0xc3];

describe('a guest that jumps onto bytes that end the process', () => {
  it.each([['replay'], ['oops'], ['diff', 'guest']])('is refused by %s, with the place', async (...args) => {
    writeGuest(library, JUMP, scenario());
    const { status, document } = await run(...args, 'guest');
    expect(status).toBe(2);
    expect(document).toMatchObject({
      error: {
        code: 'ERR_INPUT',
        message: expect.stringMatching(
          /^running it ended a process \(SIG\w+\).* guest\+0x3, into the middle of/u,
        ) as string,
        where: { file: expect.stringMatching(/guest\.json$/u) as string, field: 'bytes' },
      },
    });
  });
});

describe('a guest with such bytes that it does not jump to', () => {
  it('gives the recording that replay() gives, with its parameters', async () => {
    writeGuest(library, HARMLESS, scenario());
    const libraries = [library];
    const set = new Map([['n', '-7']]);
    const { status, document } = await run('replay', 'guest', '--set', 'n=-7');
    expect(status).toBe(0);
    expect(document).toMatchObject({ hash: hashRecording(replay(loadScenario('guest', libraries), { set, libraries })), outcome: { value: '0xfffffff9' } }); // prettier-ignore
  });

  it('has its mistakes reported as always', async () => {
    writeGuest(library, HARMLESS, scenario('0x10'));
    const { status, document } = await run('replay', 'guest');
    expect(status).toBe(2);
    const where = { line: 10, field: 'steps.one.call.rsp' };
    expect(document).toMatchObject({
      error: { code: 'ERR_INPUT', message: 'there is no memory below this address', where },
    });
  });
});
