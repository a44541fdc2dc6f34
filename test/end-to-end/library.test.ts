// Where libunicorn is looked for, and what becomes of libraries that are not it. Each test loads the modules anew, which
// a process that other tests share does not survive: koffi knows each of its types once.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { diagnose, formatDiagnosis } from '../../src/cli/doctor.js';
import { LibraryError } from '../../src/base/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-library-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
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

describe('libunicorn', () => {
  it('is found on this machine, in version 2', async () => {
    const { path, version } = await load();
    expect(path).not.toBe('');
    expect(version.major).toBe(2);
  });

  it('is loaded once', async () => {
    const { loadLibunicorn } = await import('../../src/machine/library.js');
    expect(loadLibunicorn()).toBe(loadLibunicorn());
  });

  it('has a version of one byte each since 2.0, and of two bytes before', async () => {
    const { decodeVersion } = await import('../../src/machine/library.js');
    expect(decodeVersion(0x020001ff)).toEqual({ major: 2, minor: 0, patch: 1 });
    expect(decodeVersion(0x02010400)).toEqual({ major: 2, minor: 1, patch: 4 });
    expect(decodeVersion(0x0100)).toEqual({ major: 1, minor: 0, patch: 0 });
  });
});

describe('OOPSLAB_LIBUNICORN', () => {
  const variants: readonly (readonly [string, () => string, RegExp])[] = [
    ['a missing file', () => join(folder, 'nowhere.so'), /nowhere\.so: there is no such file/u],
    ['a name that the system does not know', () => 'libnowhere.so.2', /libnowhere\.so\.2: /u],
    ['a folder', () => folder, /is a folder; name the library itself/u],
    ['a text', () => file('text.so', 'no library\n'), /text\.so: cannot be loaded \(.+\)/u],
    ['an empty file', () => file('empty.so', ''), /empty\.so: cannot be loaded \(.+\)/u],
  ];

  it.each(variants)(
    'that names %s is refused, with the reason and the commands that help',
    async (_, make, reason) => {
      const error = await refusal(make());
      expect(error.code).toBe('ERR_LIBRARY');
      expect(error.where).toEqual({ field: 'OOPSLAB_LIBUNICORN' });
      expect(error.message).toMatch(reason);
      expect(error.message).toContain('pip install unicorn');
      expect(error.message).not.toContain('\n    at ');
    },
  );

  it('that is a device is refused without reading it', async () => {
    expect((await refusal('/dev/zero')).message).toMatch(/is not a regular file|no such file/u);
  });
});

describe('the search', () => {
  const places = async (env: Record<string, string>, platform = 'linux') =>
    (await import('../../src/machine/library-search.js')).searchPlaces(env, platform);

  it('asks the system first', async () => {
    expect((await places({}, 'linux'))[0]).toBe('libunicorn.so.2');
    expect((await places({}, 'darwin')).slice(0, 3)).toContain('/opt/homebrew/lib/libunicorn.2.dylib');
    expect((await places({}, 'win32'))[0]).toBe('unicorn.dll');
  });

  it('asks nowhere else when OOPSLAB_LIBUNICORN is set, and as usual when it is empty', async () => {
    expect(await places({ OOPSLAB_LIBUNICORN: 'some/lib.so' })).toEqual([resolve('some/lib.so')]);
    expect((await places({ OOPSLAB_LIBUNICORN: '' }))[0]).toBe('libunicorn.so.2');
  });

  const copies: readonly (readonly [string, string, (home: string) => Record<string, string>])[] = [
    ['of the user', '.local/lib/python3.11/site-packages', (home) => ({ HOME: home })],
    [
      'of a virtual environment',
      'venv/lib/python3.12/site-packages',
      (home) => ({ VIRTUAL_ENV: join(home, 'venv') }),
    ],
    ['of pyenv', '.pyenv/versions/3.13.1/lib/python3.13/site-packages', (home) => ({ HOME: home })],
    [
      'of the Python on PATH',
      'opt/lib/python3.10/dist-packages',
      (home) => ({ PATH: join(home, 'opt/bin') }),
    ],
  ];

  it.each(copies)("finds the Python package's copy %s", async (name, below, env) => {
    const home = join(folder, name.replaceAll(' ', '-'));
    const copy = join(home, below, 'unicorn/lib/libunicorn.so.2');
    mkdirSync(join(copy, '..'), { recursive: true });
    writeFileSync(copy, '');
    writeFileSync(join(copy, '../libunicorn.a'), ''); // comes with it, cannot be loaded
    const found = await places(env(home));
    expect(found).toContain(copy);
    expect(found.join('\n')).not.toContain('libunicorn.a');
  });
});

describe('the doctor', () => {
  it('says which libunicorn is used', async () => {
    const diagnosis = await diagnose();
    expect(diagnosis).toMatchObject({ usable: true, missing: [] });
    expect(diagnosis.libunicorn?.version).toMatch(/^2\.\d+\.\d+$/u);
    expect(formatDiagnosis(diagnosis)).toContain(`libunicorn  ${diagnosis.libunicorn!.version}`);
  });

  it('says what is missing, where it was looked for and how to get it', async () => {
    vi.stubEnv('OOPSLAB_LIBUNICORN', join(folder, 'nowhere.so'));
    vi.stubEnv('OOPSLAB_ENGINE', '');
    expect(await diagnose()).toMatchObject({ usable: true, libunicorn: null, missing: [] });
    vi.stubEnv('OOPSLAB_ENGINE', 'unicorn');
    const diagnosis = await diagnose();
    expect(diagnosis).toMatchObject({ usable: false, libunicorn: null, missing: [{ what: 'libunicorn 2' }] });
    const text = formatDiagnosis(diagnosis);
    expect(text).toContain('nowhere.so: there is no such file');
    expect(text).toContain('pip install unicorn');
  });
});
