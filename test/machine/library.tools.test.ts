// Libraries that are not the libunicorn that is wanted: gcc makes them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LibraryError } from '../../src/base/errors.js';
import { has } from '../helpers/candidate-tools.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-libraries-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A shared library made of C source. */
const compile = (name: string, source: string): string => {
  const path = join(folder, `${name}.so`);
  const { status, stderr } = spawnSync('gcc', ['-shared', '-fPIC', '-x', 'c', '-', '-o', path], {
    input: source,
  });
  if (status !== 0) throw new Error(String(stderr));
  return path;
};

/** The module keeps what it loaded: each test gets its own copy, under its own environment. */
const load = async () => (await import('../../src/machine/library.js')).loadLibunicorn();

const refusal = async (setting: string): Promise<LibraryError> => {
  vi.stubEnv('OOPSLAB_LIBUNICORN', setting);
  const { LibraryError: Expected } = await import('../../src/base/errors.js');
  const error: unknown = await load().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Expected);
  return error as LibraryError;
};

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllEnvs());

describe.skipIf(!has('gcc'))('a library that OOPSLAB_LIBUNICORN names (needs gcc)', () => {
  it('of something else is refused', async () => {
    const other = compile('other', 'int answer(void) { return 42; }');
    expect((await refusal(other)).message).toMatch(/is a library, but not libunicorn/u);
  });

  it.each([
    ['1.0', 0x100],
    ['3.0.0', 0x03000000],
  ])('of Unicorn %s is refused', async (version, value) => {
    const other = compile(`unicorn-${version}`, `unsigned uc_version(void *a, void *b) { return ${value}; }`);
    const { message } = await refusal(other);
    expect(message).toContain(`is Unicorn ${version}`);
    expect(message).toContain('2.0 or 2.1 is needed');
  });

  it('that has the version of Unicorn 2 and nothing else is refused', async () => {
    const other = compile('unicorn-2', 'unsigned uc_version(void *a, void *b) { return 0x02010400; }');
    expect((await refusal(other)).message).toMatch(/is not a whole libunicorn 2 \(.*'uc_open'/u);
  });
});
