// Without a usable folder for temporary files: what needs none works, what needs one names it. (Needs a C compiler.)
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';
import { writeGuest } from '../helpers/guest-library.js';

const top = mkdtempSync(join(tmpdir(), 'oopslab-temporary-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(top, 'test-'));
  writeFileSync(join(folder, 'fix.c'), SOURCE);
});

// The candidate with the bug, which the repository has.
const SOURCE = readFileSync('candidates/cifs_build_path_to_root.c', 'utf8');

const unusable = (): [string, string][] => {
  writeFileSync(join(folder, 'file'), '');
  return [
    [join(folder, 'missing'), 'ENOENT'],
    [join(folder, 'file'), 'ENOTDIR'],
    [join(folder, 'n'.repeat(300)), 'ENAMETOOLONG'],
  ];
};

describe('a check of a source', () => {
  it('says which folder cannot be used, and that TMPDIR names another one; exit code 2', async () => {
    for (const [TMPDIR, code] of unusable())
      for (const more of [[], ['bug']]) {
        const found = await oopslab(['check', './fix.c', ...more], { cwd: folder, env: { TMPDIR } });
        expect(found).toEqual({
          status: 2,
          stdout: '',
          stderr: expect.stringMatching(
            new RegExp(
              `^oopslab: ${TMPDIR}: a folder for the compiler's files cannot be made here: ${code} .*; set TMPDIR`,
              'u',
            ),
          ) as string,
        });
      }
    expect(readdirSync(folder).toSorted()).toEqual(['file', 'fix.c']);
  });

  it('works in one with blanks in its name, also relative, and leaves nothing there', async () => {
    const name = ' b l a ';
    mkdirSync(join(folder, name));
    for (const TMPDIR of [name, join(folder, name)]) {
      const { status } = await oopslab(['check', './fix.c', '--runs', '10', '--shard', '1/2', '--out', 'shard'], { cwd: folder, env: { TMPDIR } }); // prettier-ignore
      expect(status).not.toBe(2);
      expect(readdirSync(join(folder, name))).toEqual([]);
    }
  });
});

describe('the assembler of the shipped snippets', () => {
  it('names the folder that cannot be used; exit code 2', () => {
    const script = fileURLToPath(new URL('../../scripts/assemble-snippets.mjs', import.meta.url));
    const [[TMPDIR]] = unusable() as [[string, string]];
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR },
    });
    const words = `${TMPDIR}: a folder for the assembler's files cannot be made here: ENOENT`;
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(words) as string });
    expect(stderr.split('\n')).toHaveLength(2);
  });
});

// A constant that holds an instruction whose translation would end the process; it is never jumped into.
const GUEST = [0xb8, 0xf0, 0x0f, 0xab, 0xc1, 0x89, 0xf8, 0xc3];

const SCENARIO = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
parameters:
  a: { type: text, max: 10, default: x }
  b: { type: text, max: 10, default: x }
world:
  caches: { size-32: { frames: [0x20000] }, size-64: { frames: [0x20001] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
  one: { call: { function: guest, arguments: [5], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }
expect:
  outcome: { kind: returned }
`;

describe('a run of code that the library would not survive', () => {
  beforeEach(() => writeGuest(folder, GUEST, SCENARIO));

  it('needs no folder for temporary files', async () => {
    const args = ['replay', 'guest', '--library', folder, '--json'];
    for (const [TMPDIR] of unusable()) expect((await oopslab(args, { env: { TMPDIR } })).status).toBe(0);
  });

  // Linux takes 128 KiB for one argument of a process.
  it.each([70_000, 100_000])('takes two values of %i bytes', async (length) => {
    const set = ['a', 'b'].flatMap((name) => ['--set', `${name}=${'x'.repeat(length)}`]);
    const { status, stdout, stderr } = await oopslab([
      'replay',
      'guest',
      '--library',
      folder,
      '--json',
      ...set,
    ]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ERR_INPUT', message: expect.stringContaining('at most 10 are allowed') as string } }); // prettier-ignore
  });

  it('gets libraries with names of 200 kB together', async () => {
    const libraries = [folder, ...Array.from({ length: 100 }, () => `${folder}/${'./'.repeat(1000)}`)];
    const { status } = await oopslab(['replay', 'guest', ...libraries.flatMap((one) => ['--library', one])]);
    expect(status).toBe(0);
  });
});
