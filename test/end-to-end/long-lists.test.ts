// Lists that are longer than what a call can take as arguments, read and printed by the built program. Its call stack is
// a tenth of the usual one, so lists of 20,000 stand for lists of 200,000.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { builtMain } from '../helpers/built.js';
import { writeGuest } from '../helpers/guest-library.js';

const LONG = 30_000;
const library = mkdtempSync(join(tmpdir(), 'oopslab-long-'));
afterAll(() => rmSync(library, { recursive: true, force: true }));

const scenario = (name: string, text: string): string => {
  const file = join(library, `${name}.yaml`);
  writeFileSync(file, `format: oopslab scenario 1\nname: ${name}\nextends: shm-close-bug\n${text}`);
  return file;
};

const withLittleStack = (args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--stack-size=100', ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 1 << 26,
  });
  return { status, stdout, stderr };
};

const names = Array.from({ length: LONG }, (_, index) => `m${index}`);

it('a long text of --set is refused by its length', () => {
  const { status, stderr } = withLittleStack([builtMain, 'replay', '--set', `prepath=${'a'.repeat(LONG)}`]);
  expect(stderr).toMatch(/prepath: has 30001 bytes, at most 1023 are allowed/u);
  expect(status).toBe(2);
});

it('a long text of escapes, which gets a lead, is refused by its length', () => {
  const set = `prepath=${String.raw`\x61`.repeat(LONG)}`;
  const { status, stderr } = withLittleStack([builtMain, 'replay', '--set', set]);
  expect(stderr).toMatch(/prepath: has 30001 bytes, at most 1023 are allowed/u);
  expect(status).toBe(2);
});

it('a long list of modules is printed', () => {
  const { status, stdout } = withLittleStack([
    builtMain,
    'oops',
    scenario('modules', `given: { modules: [${names}] }\n`),
  ]);
  expect(stdout).toContain(` m0 m1 m2`);
  expect(stdout).toContain(` m${LONG - 1} [last unloaded: ppa]`);
  expect(status).toBe(0);
});

it('a function of many instructions is listed', () => {
  writeGuest(library, Array.from({ length: LONG }, () => 0x90), ''); // prettier-ignore
  const { status, stdout } = withLittleStack([builtMain, 'dis', 'guest', '--bytes', '--library', library]);
  expect(stdout.match(/\tnop/gu)).toHaveLength(LONG);
  expect(status).toBe(0);
});

it('a recording with many pages is written', () => {
  const pages = LONG / 2; // two parts of the file each
  const code = `
    import { encodeRecording } from ${JSON.stringify(new URL('../../dist/recording/file.js', import.meta.url))};
    const memory = new Uint8Array(${pages} * 4096).fill(1);
    const data = { memory, registers: new Uint32Array(0), accesses: new Uint32Array(0) };
    console.log(encodeRecording({ header: { regions: [{ size: memory.length }] }, data }).length > memory.length);`;
  const { status, stdout, stderr } = withLittleStack(['--input-type=module', '--eval', code]);
  expect(stderr).toBe('');
  expect(stdout).toBe('true\n');
  expect(status).toBe(0);
});
