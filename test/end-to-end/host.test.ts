// What a machine, or the Node on it, can lack: each gives one message where a command needs it, and nothing where not.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Io } from '../../src/cli/output.js';
import { builtMain, runBuilt } from '../helpers/built.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oopslab-host-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const report = join(folder, 'oops.txt');
const keys = join(folder, 'keys.txt');
beforeAll(() => {
  writeFileSync(report, runBuilt(['oops']).stdout);
  writeFileSync(keys, 'q');
});

const run = (args: readonly string[], options: string, env: Record<string, string> = {}) => {
  const { status, stderr } = runBuilt(args, { env: { NODE_OPTIONS: options, ...env } });
  return {
    status,
    said: stderr.split('\n').filter((line) => line.startsWith('oopslab: ') || / {4}at /u.test(line)),
  };
};

/** Commands that decode instructions, and some that do not. */
const DISASSEMBLE = [
  ['replay'],
  ['dis', 'shm_close+0x3e'],
  ['decode', report],
  ['lineage'],
  ['report', '-o', join(folder, 'report.html')],
  ['chart', 'lineage'],
  ['step', '--script', keys],
  ['crash', '-c', 'dis shm_close'],
  ['check', '--runs', '5', 'bug'],
];
const REST = [
  ['oops'],
  ['crash', '-c', 'bt'],
  ['scenarios'],
  ['snippets'],
  ['headers'],
  ['compare', '13008943', '13008988'],
];

describe('a Node without WebAssembly', () => {
  it.each(DISASSEMBLE)('refuses %s %s in one line', (...args) => {
    const { status, said } = run(args, '--jitless', { OOPSLAB_ENGINE: '' });
    expect(said).toEqual([
      expect.stringMatching(
        /^oopslab: the (?:disassembler|engine "wasm") needs WebAssembly, which this Node was started without; look for --jitless or --no-expose-wasm on its command line and in NODE_OPTIONS$/u,
      ),
    ]);
    expect(status).toBe(2);
  });

  it.each(REST)('runs %s %s with the other engine', (...args) => {
    expect(run(args, '--jitless', { OOPSLAB_ENGINE: 'unicorn' })).toEqual({ status: 0, said: [] });
  });

  it('is what the doctor tells', () => {
    const { status, stdout } = runBuilt(['doctor', '--json'], { env: { NODE_OPTIONS: '--jitless' } });
    expect(JSON.parse(stdout)).toMatchObject({ usable: false, missing: [{ what: 'WebAssembly' }] });
    expect(status).toBe(1);
  });
});

describe('a Node that loads no addons', () => {
  const flag = '--no-addons';
  // Not allowed in NODE_OPTIONS by every Node: given on the command line.
  const start = (...args: string[]) =>
    spawnSync(process.execPath, [flag, builtMain, ...args], {
      encoding: 'utf8',
      env: { ...process.env, OOPSLAB_ENGINE: 'unicorn' },
    });

  it('refuses in one line what runs a scenario with Unicorn, and does the rest', () => {
    expect(start('oops', '--engine', 'wasm')).toMatchObject({ status: 0, stderr: '' });
    const { status, stderr } = start('oops');
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(
        /^oopslab: koffi, the package that calls libunicorn, cannot be loaded .*--no-addons.*\n$/u,
      ),
    });
    expect(start('scenarios')).toMatchObject({ status: 0, stderr: '' });
    expect(start('decode', report)).toMatchObject({ status: 0, stderr: '' });
  });

  it('is what the doctor tells', () => {
    const { status, stdout } = start('doctor', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ usable: false, koffi: null, missing: [{ what: 'koffi' }] });
    expect(status).toBe(1);
  });
});

describe("an installation without koffi's part for this platform", () => {
  it('says what to install', () => {
    const copy = join(folder, 'package');
    mkdirSync(join(copy, 'node_modules'), { recursive: true });
    cpSync(join(root, 'node_modules/koffi'), join(copy, 'node_modules/koffi'), { recursive: true });
    for (const name of ['iced-x86', 'fast-check', 'pure-rand', 'yaml'])
      symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
    for (const name of ['dist', 'scenarios', 'snippets'])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    const start = (...args: string[]) =>
      spawnSync(process.execPath, [join(copy, 'dist/program/main.js'), ...args], { encoding: 'utf8' });
    expect(start('oops', '--engine', 'wasm')).toMatchObject({ status: 0, stderr: '' });
    const { status, stderr } = start('oops', '--engine', 'unicorn');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^oopslab: koffi, .* cannot be loaded .*npm ci --include=optional.*\n$/u);
    expect(start('decode', report)).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('a Node with other limits', () => {
  it('whose stack is too small is told so', () => {
    vi.stubEnv('NODE_OPTIONS', '--no-warnings --stack-size=50');
    let said = '';
    const stderr = new PassThrough().on('data', (text) => (said += String(text)));
    const io = new Io({ stdin: new PassThrough(), stdout: new PassThrough(), stderr });
    const overflow = (): unknown => [overflow()];
    try {
      overflow();
    } catch (error) {
      io.fail(error, false);
    }
    vi.unstubAllEnvs();
    expect(said).toBe(
      'oopslab: this Node has too small a stack for this command (--stack-size=50): start it without\n',
    );
    expect(io.exitCode).toBe(2);
  });

  it.each(['--disallow-code-generation-from-strings', '--disable-proto=throw'])(
    '%s changes nothing',
    (option) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [option, builtMain, 'replay'], {
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toBe(runBuilt(['replay']).stdout);
    },
  );
});

describe.skipIf(process.platform === 'win32')('surroundings that are not there', () => {
  const shell = (script: string) => {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', `run() { "$NODE" "$MAIN" "$@"; }; ${script}`], {
      encoding: 'utf8',
      env: { ...process.env, NODE: process.execPath, MAIN: builtMain, FOLDER: join(folder, 'gone') },
    });
    return { status, stdout, stderr };
  };
  const oops = () => runBuilt(['oops']).stdout;

  it.each([
    ['no HOME and no TERM', 'unset HOME TERM; run oops'],
    ['a HOME that is a file', 'HOME=/dev/null/x; export HOME; run oops'],
    ['no stdin', 'run oops <&-'],
    ['no stderr', 'run oops 2>&-'],
    ['a deleted working folder', 'mkdir "$FOLDER"; cd "$FOLDER"; rmdir "$FOLDER"; run oops'],
  ])('%s: an oops as ever', (_, script) => {
    expect(shell(script)).toEqual({ status: 0, stdout: oops(), stderr: '' });
  });

  it.each([
    ['decode x.txt', /^oopslab: (?:x\.txt: )?cannot be read: ENOENT.*\n$|working folder is not there/u],
    [
      'replay --record x.rec >/dev/null',
      /^oopslab: x\.rec: cannot be written: ENOENT.*\n$|working folder is not there/u,
    ],
    ['check x.c', /^oopslab: .*(?:no such file|ENOENT|working folder).*\n$/u],
  ])('in a deleted working folder, %s is refused in one line', (command, message) => {
    const { status, stderr } = shell(`mkdir "$FOLDER"; cd "$FOLDER"; rmdir "$FOLDER"; run ${command}`);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/internal error|uv_cwd/u);
  });

  it.skipIf(process.platform !== 'linux')('a full disk at stdout is one line', () => {
    for (const command of ['oops', '--help', 'doctor', 'scenarios --json'])
      expect(shell(`run ${command} >/dev/full`)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^oopslab: stdout cannot be written: ENOSPC.*\n$/u) as string,
      });
  });

  it.each([
    [
      'only open for reading',
      '1</dev/null',
      /^oopslab: stdout cannot be written: EBADF \(it is closed.*\)\n$/u,
    ],
    ['a folder', '1<.', /^oopslab: stdout cannot be written: it is not a file, a terminal or a pipe\n$/u],
  ])('a stdout that is %s is one line', (_, redirect, message) => {
    for (const command of ['oops', '--version', '--help', 'scenarios --json', 'dis shm_close'])
      expect(shell(`run ${command} ${redirect}`), command).toEqual({
        status: 2,
        stdout: '',
        stderr: expect.stringMatching(message) as string,
      });
  });

  // Node opens /dev/null in its place before anything of a program runs.
  it('a closed stdout is as /dev/null', () => {
    expect(shell('run oops >&-')).toEqual(shell('run oops >/dev/null'));
  });
});
