// `oopslab step` at a terminal.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { compiledFile } from '../../src/base/package-folder.js';
import { builtMain } from '../helpers/built.js';
import { oopslab } from '../helpers/oopslab.js';
import { Tmux, hasTmux } from '../helpers/tmux.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-step-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (keys: string) => oopslab(['step', '--script', '-'], { stdin: keys });

describe.skipIf(!hasTmux)('the stepper at a terminal (needs tmux)', () => {
  const tmux = new Tmux(folder);
  const keys = (...names: readonly string[]): void => tmux.keys(...names);
  const shows = (text: string): Promise<string[]> => tmux.shows(text);
  /** Alternate screen, mouse, cursor: as flags. */
  const flags = (): string =>
    tmux.run('display', '-p', '#{alternate_on}#{mouse_any_flag}#{cursor_flag}').trim();

  const start = async (command: string, first: string, environment = ''): Promise<void> => {
    const number = tmux.starts + 1;
    const inner = `echo \\$\\$ > pid-${number}; ${environment} exec ${command}`;
    const outer = `cd "${folder}"; stty -a > before-${number}; echo on the main screen; sh -c "${inner}"; code=$?; stty -a > after-${number}; echo "exit code $code"; sleep 600`;
    tmux.start(outer, 80, 24);
    await shows(first);
  };
  const step = (environment = ''): Promise<void> =>
    start(`'${process.execPath}' '${builtMain}' step`, 's step  n over', environment);
  const pid = (): number => Number(readFileSync(join(folder, `pid-${tmux.starts}`), 'utf8'));

  /** The terminal is as it was: its own screen, the cursor, no mouse, no raw mode. */
  const isRestored = async (code: number): Promise<void> => {
    const lines = await shows('exit code');
    expect(lines).toContain(`exit code ${code}`);
    expect(lines.slice(0, 1)).toEqual(['on the main screen']);
    expect(flags()).toBe('001');
    const settings = (name: string) => readFileSync(join(folder, `${name}-${tmux.starts}`), 'utf8').replace(/rows \d+; columns \d+;/u, '');
    expect(settings('after')).toBe(settings('before'));
  }; // prettier-ignore

  afterEach(() => tmux.end());

  it('takes keys and draws the screen that a script prints', async () => {
    await step();
    expect(flags()).toBe('110');
    keys('g');
    const lines = await shows('746/839');
    const { stdout } = await script('g screen');
    expect(lines.map((one) => one.trimEnd()).join('\n')).toBe(stdout.trimEnd());
    keys('Right');
    await shows('747/839');
    keys('Left');
    await shows('746/839');
    keys('/');
    await shows('search: _');
    tmux.type('ud2');
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
    tmux.run('resize-window', '-x', '200', '-y', '60');
    const lines = await tmux.until((all) => all.length === 60 && all[1]!.includes('|-- registers') && all[59]!.includes('q quit'), 'a wide screen');
    const { stdout } = await script('size 200x60 t screen');
    expect(lines.map((one) => one.trimEnd()).join('\n')).toBe(stdout.trimEnd());
    tmux.run('resize-window', '-x', '40', '-y', '12');
    await tmux.until((all) => all.length === 12 && all[0]!.startsWith(' shm-close-bug') && all[11]!.includes('q quit'), 'a small screen');
    keys('q');
    await shows('exit code 0');
    expect(flags()).toBe('001');
  }); // prettier-ignore

  it('takes the mouse', async () => {
    await step();
    keys('t');
    const lines = await shows('838/839');
    const row = lines.findIndex((one) => one.includes(' r12 '));
    tmux.type(`\u001b[<0;60;${row + 1}M`);
    tmux.type(`\u001b[<0;60;${row + 1}m`);
    await shows('== registers: r12');
    tmux.type(`\u001b[<65;60;${row + 1}M`);
    await shows('== registers: r15');
    keys('q');
    await isRestored(0);
  });

  it('goes to the background with Ctrl-Z, and comes back where it was', async () => {
    await start('bash --norc -i', '$', "PS1='$ '");
    tmux.type(`'${process.execPath}' '${builtMain}' step`);
    keys('Enter');
    await shows('s step  n over');
    keys('g');
    await shows('746/839');
    keys('C-z');
    await shows('Stopped');
    expect(flags()).toBe('001');
    tmux.type('fg');
    keys('Enter');
    await shows('746/839');
    expect(flags()).toBe('110');
    keys('s');
    await shows('747/839');
    keys('q');
    await tmux.until((lines) => !lines.some((one) => one.includes('747/839')), 'the main screen');
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

  it('gives the terminal back after a defect of the stepper, and reports it', async () => {
    const mistake = join(folder, 'mistake.mjs');
    const load = (file: string) => JSON.stringify(pathToFileURL(compiledFile(file)).href);
    writeFileSync(
      mistake,
      `import { StepTerminal } from ${load('cli/step-terminal.js')};
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
      await start(`'${process.execPath}' '${mistake}'`, 'ready');
      keys(key);
      expect(await shows('exit code')).toContain(message);
      await isRestored(2);
      tmux.end();
    }
  });

  it('has no colours with NO_COLOR, and the same text', async () => {
    const coloured = /\u001b\[(?:\d+;)*(?:3[0-7]|9[0-7])(?:;\d+)*m/u; // eslint-disable-line no-control-regex
    await step();
    keys('g');
    const text = await shows('746/839');
    expect(tmux.run('capture-pane', '-p', '-e')).toMatch(coloured);
    tmux.end();
    await step('NO_COLOR=1');
    keys('g');
    expect(await shows('746/839')).toEqual(text);
    expect(tmux.run('capture-pane', '-p', '-e')).not.toMatch(coloured);
  });
});
