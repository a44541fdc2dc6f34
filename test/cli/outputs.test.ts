// Files that commands write: one that cannot be written is refused before the work, and what is there stays.

import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFifo } from '../helpers/fifo.js';
import { oopslab } from '../helpers/oopslab.js';

const isLinux = process.platform === 'linux'; // whose /proc takes no file, also of root

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'oopslab-outputs-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

// Each with a scenario, a recording, a candidate or a shard that is not there: what is said of the output shows that it
// was looked at first.
const WRITERS: readonly (readonly [string, (output: string) => string[]])[] = [
  ['replay --record', (output) => ['replay', 'none', '--record', output]],
  ['replay --recording --record', (output) => ['replay', '--recording', 'none', '--record', output]],
  ['chart lineage -o', (output) => ['chart', 'lineage', 'none', '-o', output]],
  ['chart slab -o', (output) => ['chart', 'slab', 'none', '-o', output]],
  ['chart sweep -o', (output) => ['chart', 'sweep', 'none', '-o', output]],
  ['report -o', (output) => ['report', 'none', '-o', output]],
  ['check --junit', (output) => ['check', 'none', '--junit', output]],
  ['check --coverage', (output) => ['check', 'none', '--coverage', output]],
  ['check --path --junit', (output) => ['check', 'none', '--path', '0:7', '--junit', output]],
  ['check --merge --junit', (output) => ['check', '--merge', 'none', '--junit', output]],
  ['check --shard --out', (output) => ['check', 'none', '--shard', '1/2', '--out', output]],
];

const PLACES: readonly (readonly [string, string, RegExp])[] = [
  ['a folder', 'folder', /EISDIR \(it is a folder\)/u],
  ['a link to a folder', 'link', /EISDIR \(it is a folder\)/u],
  ['in a folder that is not there', 'missing/file', /ENOENT \(there is no such file\)/u],
  ['through a file', 'old/file', /ENOTDIR \(its path leads through a file\)/u],
  ['of a name that ends in a slash', 'missing/', /is the name of a folder/u],
  ['of a name that is too long', 'x'.repeat(300), /ENAMETOOLONG/u],
  ['a fifo', 'fifo', /is not a regular file/u],
  ...(isLinux ? [['where no file can be made', '/proc/file', /cannot be written: E[A-Z]+/u] as const] : []),
];

const makePlaces = (): void => {
  mkdirSync(join(cwd, 'folder'));
  symlinkSync('folder', join(cwd, 'link'));
  writeFileSync(join(cwd, 'old'), 'old content');
  makeFifo(join(cwd, 'fifo'));
};

describe.each(WRITERS)('%s', (_, argsFor) => {
  it.each(PLACES)('%s is refused before the work', async (_place, output, message) => {
    makePlaces();
    const before = readdirSync(cwd);
    const { status, stdout, stderr } = await oopslab(argsFor(output), { cwd });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.startsWith(`oopslab: ${output}: `)).toBe(true);
    expect(stderr.match(/\n/gu)).toHaveLength(1);
    expect(readdirSync(cwd)).toEqual(before);
  });

  it('a file that is there stays as it is when the work fails', async () => {
    makePlaces();
    const { status, stderr } = await oopslab(argsFor('old'), { cwd });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^oopslab: .*none/u);
    expect(readFileSync(join(cwd, 'old'), 'utf8')).toBe('old content');
    expect(readdirSync(cwd).toSorted()).toEqual(['fifo', 'folder', 'link', 'old']);
  });
});

describe('check', () => {
  it('refuses a folder of counterexamples that is a file, before the candidates', async () => {
    writeFileSync(join(cwd, 'old'), 'old content');
    const { status, stderr } = await oopslab(['check', 'none', '--counterexamples', 'old'], { cwd });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^oopslab: old\/scenarios: cannot be written: ENOTDIR .*\n$/u);
  });

  it.runIf(isLinux)(
    'gives verdicts all the same where the folder that nobody named cannot be made',
    async () => {
      const args = ['check', 'bug', '--runs', '100', '--jobs', '1'];
      const { status, stdout, stderr } = await oopslab(args, { cwd: '/proc' });
      expect(status).toBe(0); // it is expected to break
      expect(stderr).toMatch(
        /^oopslab: counterexamples\/scenarios: cannot be written: .*; counterexamples are not kept/u,
      );
      expect(stdout).toMatch(/breaks/u);
    },
    60_000,
  );

  it('refuses one file for two outputs', async () => {
    const args = ['check', 'none', '--junit', 'x', '--coverage', './x'];
    expect(await oopslab(args, { cwd })).toMatchObject({ status: 2, stderr: expect.stringMatching(/--coverage: is the file of --junit/u) as string }); // prettier-ignore
  });
});

it.runIf(isLinux)('a lesson whose progress cannot be kept does not begin', async () => {
  const args = ['lesson', 'reading-an-oops'];
  const { status, stdout, stderr } = await oopslab(args, { cwd, env: { OOPSLAB_STATE: '/proc/lab' } });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^oopslab: \/proc\/lab: cannot be written: .*\n$/u);
});

it('a new lesson in a folder that takes no file is refused before its subject is run', async () => {
  const args = ['lesson', '--new', 'x'.repeat(300), '--scenario', 'none'];
  expect(await oopslab(args, { cwd })).toMatchObject({ status: 2, stderr: expect.stringMatching(/ENAMETOOLONG/u) as string }); // prettier-ignore
});
