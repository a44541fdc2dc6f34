// The engine unicorn.js from the command line and from a program, over the double of its API: loaded where code runs, in every
// process and thread, and nowhere else.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runBuilt } from '../helpers/built.js';
import { DOUBLE } from '../helpers/unicorn-js.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-unicorn-js-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WITH = { OOPSLAB_UNICORN_JS: DOUBLE };
const CHOSEN = { ...WITH, OOPSLAB_ENGINE: 'unicorn.js' };
// Ends the process that loads it.
const TRAP = join(folder, 'trap.js');
writeFileSync(TRAP, 'process.exit(99);\n');

describe('a command', () => {
  it.each([
    ['oops', ['oops']],
    ['replay', ['replay', 'mount-arena', '--json']],
    ['lesson', ['lesson', 'reading-an-oops', '--answers']],
    ['check', ['check', 'terminate-before-convert', '--runs', '60', '--seed', '3']],
    [
      'check by more threads',
      ['check', 'terminate-before-convert', '--runs', '150', '--jobs', '2', '--json'],
    ],
  ])('%s says with it what it says with libunicorn', (_name, args) => {
    const plain = runBuilt(args, { cwd: folder, env: { OOPSLAB_ENGINE: 'unicorn' } });
    const found = runBuilt([...args, '--engine', 'unicorn.js'], { cwd: folder, env: WITH });
    expect(plain.stdout).not.toBe('');
    const withoutTimes = (text: string): string => text.replaceAll(/[\d.]+(?: ?s\b|,? worlds\/s)/gu, '…');
    expect({ ...found, stderr: withoutTimes(found.stderr), stdout: withoutTimes(found.stdout) }).toEqual({
      ...plain,
      stderr: withoutTimes(plain.stderr),
      stdout: withoutTimes(plain.stdout),
    });
  });

  it('that runs without it does not load it, nor does one that runs nothing', () => {
    const env = { OOPSLAB_UNICORN_JS: TRAP };
    expect(runBuilt(['oops', '--engine', 'wasm'], { env }).status).toBe(0);
    expect(runBuilt(['oops', '--engine', 'unicorn'], { env }).status).toBe(0);
    const chosen = { ...env, OOPSLAB_ENGINE: 'unicorn.js' };
    expect(runBuilt(['scenarios'], { env: chosen }).status).toBe(0);
    expect(runBuilt(['decode'], { env: chosen, stdin: 'BUG: unable to handle kernel' }).status).not.toBe(99);
    expect(runBuilt(['oops'], { env: chosen }).status).toBe(99);
  });

  it.each([
    ['the package is not installed', {}, 'which is not installed. Get it with:\n  npm install @alexaltea/unicorn-js\n'],
    ['the file is not there', { OOPSLAB_UNICORN_JS: join(folder, 'nowhere.js') }, 'there is no such file'],
  ] as const)('ends with one message where %s', (_what, env, message) => {
    for (const args of [['oops'], ['check', 'terminate-before-convert', '--runs', '10'], ['lesson', 'reading-an-oops', '--answers']]) {
      const { status, stdout, stderr } = runBuilt(args, { env: { ...env, OOPSLAB_ENGINE: 'unicorn.js' } });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(message);
      expect(stderr).not.toMatch(/^ +at /mu);
    }
  }); // prettier-ignore

  // NODE_PATH stands for the folder that oopslab is installed in.
  it('takes an installed package: the smaller variant where there is one', () => {
    const install = (into: string, exports: Record<string, string>): string => {
      const home = join(folder, into, '@alexaltea/unicorn-js');
      mkdirSync(home, { recursive: true });
      writeFileSync(join(home, 'package.json'), JSON.stringify({ name: '@alexaltea/unicorn-js', exports }));
      writeFileSync(join(home, 'works.js'), `module.exports = require(${JSON.stringify(DOUBLE)});\n`);
      writeFileSync(join(home, 'trap.js'), 'process.exit(99);\n');
      return join(folder, into);
    };
    for (const NODE_PATH of [
      install('whole', { '.': './works.js' }),
      install('variants', { '.': './trap.js', './x86': './works.js' }),
    ]) {
      const { status, stderr } = runBuilt(['oops', '--engine', 'unicorn.js'], { env: { NODE_PATH } });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    }
  });

  it('that reads a recording needs none', () => {
    const recording = join(folder, 'kept.oopslab');
    expect(runBuilt(['replay', '--record', recording]).status).toBe(0);
    const env = { OOPSLAB_ENGINE: 'unicorn.js', OOPSLAB_UNICORN_JS: join(folder, 'nowhere.js') };
    expect(runBuilt(['oops', '--recording', recording], { env }).status).toBe(0);
  });
});

describe('the doctor', () => {
  const diagnose = (env: Record<string, string>) => {
    const { status, stdout } = runBuilt(['doctor', '--json'], { env });
    const { engines, missing } = JSON.parse(stdout) as {
      engines: Record<string, unknown>[];
      missing: { what: string; why: string }[];
    };
    return { status, engine: engines.find(({ name }) => name === 'unicorn.js'), missing };
  };

  it('says that it is there, and why it is chosen', () => {
    const { status, engine } = diagnose(CHOSEN);
    expect(status).toBe(0);
    expect(engine).toEqual({
      name: 'unicorn.js', usable: true, chosen: true, why: 'OOPSLAB_ENGINE names it', version: '2.1.4', path: DOUBLE, problem: null,
    }); // prettier-ignore
    expect(runBuilt(['doctor'], { env: CHOSEN }).stdout).toContain(`unicorn.js  2.1.4    ${DOUBLE}`);
  });

  it('says what is wrong with it; that counts where it is chosen', () => {
    const file = join(folder, 'empty.js');
    writeFileSync(file, '');
    const notChosen = diagnose({ OOPSLAB_UNICORN_JS: file });
    expect(notChosen).toMatchObject({ status: 0, engine: { usable: false, chosen: false } });
    const chosen = diagnose({ OOPSLAB_UNICORN_JS: file, OOPSLAB_ENGINE: 'unicorn.js' });
    expect(chosen).toMatchObject({ status: 1, engine: { usable: false }, missing: [{ what: 'unicorn.js' }] });
    expect(chosen.missing[0]?.why).toContain('exports no function');
  });
});

it('a program loads it with loadEngine, and is told so where it does not', () => {
  const index = new URL('../../dist/index.js', import.meta.url).href;
  const run = (before: string) =>
    spawnSync(
      process.execPath,
      ['--input-type=module', '-e', `import { hashRecording, loadEngine, loadScenario, replay } from ${JSON.stringify(index)}; ${before} try { const run = replay(loadScenario('shm-close-bug')); console.log(run.header.outcome.kind); } catch (error) { console.log(error.code, error.message); }`],
      { encoding: 'utf8', env: { ...process.env, ...CHOSEN }, cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    ).stdout; // prettier-ignore
  expect(run('await loadEngine();')).toBe('bug\n');
  expect(run('')).toBe(
    'ERR_LIBRARY the engine "unicorn.js" is not loaded: first await loadEngine("unicorn.js")\n',
  );
});
