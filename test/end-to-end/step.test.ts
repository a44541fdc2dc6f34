// `oopslab step` as somebody uses it: with a script, without a terminal, and at one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'oopslab-step-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'step', ...args], {
    cwd: folder,
    encoding: 'utf8',
    input,
  });
  return { status, stdout, stderr };
};

describe('oopslab step --script', () => {
  it('prints the screens that the file asks for, and needs no terminal', () => {
    writeFileSync(join(folder, 'keys.txt'), '# the guilty write\ng screen\ns screen\n');
    const { status, stdout, stderr } = run(['--script', 'keys.txt']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.match(/^ shm-close-bug {2}4\. mount.*$/gmu)).toEqual([
      ' shm-close-bug  4. mount  746/839 convert_delimiter+0x1c',
      ' shm-close-bug  4. mount  747/839 convert_delimiter+0x1f',
    ]);
    expect(stdout.split('\n')).toHaveLength(24 + 1 + 24 + 1);
    expect(stdout).not.toContain('\u001b');
    expect(run(['--script', '-'], 'g screen s screen')).toEqual({ status, stdout, stderr });
  });

  it('takes a scenario, parameters, and a recording', () => {
    expect(run(['shm-close-control', '--script', '-'], 't').stdout).toContain('nothing trapped in this run');
    expect(run(['--set', 'prepath=/team', '--set', 'tree=x', '--script', '-'], 'G').stdout).toContain(
      'end: returned',
    );
    spawnSync(process.execPath, [main, 'replay', '--record', join(folder, 'kept.rec')]);
    expect(run(['--recording', 'kept.rec', '--script', '-'], 't a')).toEqual(run(['--script', '-'], 't a'));
  });

  it.each([
    ['no terminal', [], '', /^oopslab: step needs a terminal; --script FILE prints screens without one\n$/u],
    [
      'a missing script',
      ['--script', 'no.txt'],
      '',
      /^oopslab: no\.txt: --script: cannot be read: ENOENT.*\n$/u,
    ],
    [
      'a wrong key',
      ['--script', '-'],
      's\n\nscren',
      /^oopslab: -:3: there is no key scren; did you mean screen\?\n$/u,
    ],
    ['an unknown scenario', ['shm-close-bgu', '--script', '-'], 's', /^oopslab: .*there is no scenario/u],
  ] as const)('%s is one line on stderr, and exit code 2', (_, args, input, message) => {
    const { status, stdout, stderr } = run(args, input);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

it('docs/step.md shows the screens that its scripts print', () => {
  const document = readFileSync(join(root, 'docs/step.md'), 'utf8');
  const blocks = [...document.matchAll(/^```text\n([\s\S]*?)^```$/gmu)].map(([, text]) => text!);
  expect(blocks).toHaveLength(4);
  for (const [index, script] of blocks.entries())
    if (index % 2 === 0) expect(run(['--script', '-'], script).stdout).toBe(blocks[index + 1]);
});

const hasTmux = process.platform !== 'win32' && spawnSync('tmux', ['-V']).status === 0;

describe.skipIf(!hasTmux)('the stepper at a terminal (needs tmux)', () => {
  let session = 0;
  let socket = ''; // a server of its own for each test
  const tmux = (...args: readonly string[]): string =>
    spawnSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' }).stdout;
  const screen = (): string[] => tmux('capture-pane', '-p').replace(/\n$/u, '').split('\n');
  const keys = (...names: readonly string[]): string => tmux('send-keys', ...names);
  /** Alternate screen, mouse, cursor: as flags. */
  const flags = (): string => tmux('display', '-p', '#{alternate_on}#{mouse_any_flag}#{cursor_flag}').trim();

  const until = async (holds: (lines: readonly string[]) => boolean, what: string): Promise<string[]> => {
    for (let waited = 0; waited < 20_000; waited += 50) {
      const lines = screen();
      if (holds(lines)) return lines;
      await sleep(50);
    }
    throw new Error(`waited for ${what}, but there is\n${screen().join('\n')}`);
  };
  const shows = (text: string): Promise<string[]> =>
    until((lines) => lines.some((one) => one.includes(text)), text);

  const start = async (command: string, first: string, environment = ''): Promise<void> => {
    session += 1;
    socket = join(folder, `tmux-${session}`);
    const inner = `echo \\$\\$ > pid-${session}; ${environment} exec ${command}`;
    const outer = `cd "${folder}"; stty -a > before-${session}; echo on the main screen; sh -c "${inner}"; echo "exit code $?"; stty -a > after-${session}; sleep 600`;
    tmux('new-session', '-d', '-x', '80', '-y', '24', 'sh', '-c', outer);
    await shows(first);
  };
  const step = (environment = ''): Promise<void> =>
    start(`'${process.execPath}' '${main}' step`, 's step  n over', environment);
  const pid = (): number => Number(readFileSync(join(folder, `pid-${session}`), 'utf8'));

  /** The terminal is as it was: its own screen, the cursor, no mouse, no raw mode. */
  const isRestored = async (code: number): Promise<void> => {
    const lines = await shows('exit code');
    expect(lines).toContain(`exit code ${code}`);
    expect(lines.slice(0, 1)).toEqual(['on the main screen']);
    expect(flags()).toBe('001');
    await sleep(200); // for stty
    const settings = (name: string) => readFileSync(join(folder, `${name}-${session}`), 'utf8').replace(/rows \d+; columns \d+;/u, '');
    expect(settings('after')).toBe(settings('before'));
  }; // prettier-ignore

  afterEach(() => tmux('kill-server'));

  it('takes keys and draws the screen that a script prints', async () => {
    await step();
    expect(flags()).toBe('110');
    keys('g');
    const lines = await shows('746/839');
    const { stdout } = run(['--script', '-'], 'g screen');
    expect(lines.map((one) => one.trimEnd()).join('\n')).toBe(stdout.trimEnd());
    keys('Right');
    await shows('747/839');
    keys('Left');
    await shows('746/839');
    keys('/');
    await shows('search: _');
    tmux('send-keys', '-l', 'ud2');
    await shows('search: ud2_');
    keys('Enter');
    await shows('838/839 shm_close+0x3e');
    keys('Tab');
    await shows('== registers: rax shp');
    keys('Down', 'Down', 'Down');
    await shows('== registers: rbx shp, [sfd] destroyed by shm_close+0x39');
    keys('BTab');
    await shows('== code:');
    keys('?');
    await shows('to the return of this function');
    keys('Escape');
    await shows('-- registers');
    keys('q');
    await isRestored(0);
  });

  it('follows the size of the terminal', async () => {
    await step();
    keys('t');
    await shows('838/839');
    tmux('resize-window', '-x', '200', '-y', '60');
    const lines = await until((all) => all.length === 60 && all[1]!.includes('|-- registers') && all[59]!.includes('q quit'), 'a wide screen');
    const { stdout } = run(['--script', '-'], 'size 200x60 t screen');
    expect(lines.map((one) => one.trimEnd()).join('\n')).toBe(stdout.trimEnd());
    tmux('resize-window', '-x', '40', '-y', '12');
    await until((all) => all.length === 12 && all[0]!.startsWith(' shm-close-bug') && all[11]!.includes('q quit'), 'a small screen');
    keys('q');
    await shows('exit code 0');
    expect(flags()).toBe('001');
  }); // prettier-ignore

  it('takes the mouse', async () => {
    await step();
    keys('t');
    const lines = await shows('838/839');
    const row = lines.findIndex((one) => one.includes(' r12 '));
    tmux('send-keys', '-l', `\u001b[<0;60;${row + 1}M`);
    tmux('send-keys', '-l', `\u001b[<0;60;${row + 1}m`);
    await shows('== registers: r12');
    tmux('send-keys', '-l', `\u001b[<65;60;${row + 1}M`);
    await shows('== registers: r15');
    keys('q');
    await isRestored(0);
  });

  it('goes to the background with Ctrl-Z, and comes back where it was', async () => {
    await start('bash --norc -i', '$', "PS1='$ '");
    tmux('send-keys', '-l', `'${process.execPath}' '${main}' step`);
    keys('Enter');
    await shows('s step  n over');
    keys('g');
    await shows('746/839');
    keys('C-z');
    await shows('Stopped');
    expect(flags()).toBe('001');
    tmux('send-keys', '-l', 'fg');
    keys('Enter');
    await shows('746/839');
    expect(flags()).toBe('110');
    keys('s');
    await shows('747/839');
    keys('q');
    await until((lines) => !lines.some((one) => one.includes('747/839')), 'the main screen');
    expect(flags()).toBe('001');
  });

  it('gives the terminal back after Ctrl-C, with 130', async () => {
    await step();
    keys('C-c');
    await isRestored(130);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('gives the terminal back after %s, with %i', async (signal, code) => {
    await step();
    process.kill(pid(), signal);
    await isRestored(code);
  });

  it('gives the terminal back after a mistake of its own, and says so', async () => {
    const script = join(folder, 'mistake.mjs');
    const load = (path: string) => JSON.stringify(pathToFileURL(join(root, path)).href);
    writeFileSync(
      script,
      `import { StepTerminal } from ${load('dist/cli/step-terminal.js')};
const stepper = {
  resize() {},
  get screen() { return { lines: [[{ text: 'ready', style: 'plain' }]], placed: [] }; },
  key(name) { if (name === 'l') setTimeout(() => { throw new Error('later'); }); else throw new Error('a mistake'); },
};
const { exitCode, error } = await new StepTerminal(stepper, false).run();
console.log(error.message);
process.exitCode = exitCode;
`,
    );
    for (const [key, message] of [
      ['x', 'a mistake'],
      ['l', 'later'],
    ] as const) {
      await start(`'${process.execPath}' '${script}'`, 'ready');
      keys(key);
      expect(await shows('exit code')).toContain(message);
      await isRestored(2);
      tmux('kill-server');
    }
  });

  it('has no colours with NO_COLOR, and the same text', async () => {
    const coloured = /\u001b\[(?:\d+;)*(?:3[0-7]|9[0-7])(?:;\d+)*m/u; // eslint-disable-line no-control-regex
    await step();
    keys('g');
    const text = await shows('746/839');
    expect(tmux('capture-pane', '-p', '-e')).toMatch(coloured);
    tmux('kill-server');
    await step('NO_COLOR=1');
    keys('g');
    expect(await shows('746/839')).toEqual(text);
    expect(tmux('capture-pane', '-p', '-e')).not.toMatch(coloured);
  });
});
