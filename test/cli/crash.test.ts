// `oopslab crash` as somebody types it: the built program with -c, from a pipe, and at a terminal.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'oopslab-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'crash', ...args], {
    cwd: folder,
    encoding: 'utf8',
    input,
    maxBuffer: 1 << 26,
  });
  return { status, stdout, stderr };
};

const ajv = new Ajv2020({ allErrors: true, strict: true });
const validate = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(join(root, `schema/${name}.schema.json`), 'utf8')) as object);

const PRIVATE = 'struct file.private_data 0xffff8800148fcb80';
const printed = '  private_data = 0xffff8803f382cc60\n';

describe('oopslab crash -c', () => {
  it('runs one command after another, in one session', () => {
    expect(run(['-c', PRIVATE])).toEqual({ status: 0, stdout: printed, stderr: '' });
    const id = 'shm_file_data.id ffff8803f382cc60';
    expect(run(['-c', 'set radix 16', '--command', id, '-c', PRIVATE]).stdout).toBe(
      `output radix: 16 (hex)\n  id = 0xc6805c\n${printed}`,
    );
  });

  it('ends at quit', () => {
    expect(run(['-c', PRIVATE, '-c', 'quit', '-c', 'brt'])).toEqual({
      status: 0,
      stdout: printed,
      stderr: '',
    });
  });

  it('takes a scenario, parameters, and a recording', () => {
    expect(run(['shm-close-control', '-c', 'shm_file_data.id ffff8803f382cc60']).stdout).toBe(
      '  id = 13008943\n',
    );
    const id = 'shm_file_data.id ffff8803f382cc60';
    expect(run(['--set', 'id=98304', '-c', id]).stdout).toMatch(/^ {2}id = \d+\n$/u);
    const recording = join(folder, 'kept.rec');
    spawnSync(process.execPath, [main, 'replay', '--record', recording]);
    expect(run(['--recording', 'kept.rec', '-c', 'bt -FF'])).toEqual(run(['-c', 'bt -FF']));
  });

  it('--json is one document, and it has a schema', () => {
    const { status, stdout, stderr } = run(['-c', PRIVATE, '-c', '# nothing', '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const document: unknown = JSON.parse(stdout);
    const isValid = validate('crash');
    expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
    expect(document).toEqual({
      scenario: 'shm-close-bug',
      commands: [
        { command: PRIVATE, lines: [printed.trimEnd()] },
        { command: '# nothing', lines: [] },
      ],
    });
  });

  it.each([
    ['a wrong command', ['-c', 'brt'], /^oopslab: brt: there is no such command; did you mean bt\?\n$/u],
    ['a wrong argument', ['-c', 'struct shm_file_dat'], /^oopslab: struct: there is no struct "shm_file_dat"/u],
    ['an unsupported command', ['-c', 'foreach bt'], /^oopslab: foreach: crash has this command, but it is not here; the nearest is ps\n$/u],
    ['--json without -c', ['--json'], /^oopslab: --json needs -c\n$/u],
    ['an unknown scenario', ['shm-close-bgu', '-c', 'bt'], /^oopslab: .*there is no scenario "shm-close-bgu"/u],
    ['a missing recording', ['--recording', 'no.rec', '-c', 'bt'], /^oopslab: .*no\.rec/u],
    ['-c without a value', ['-c'], /^oopslab: .*argument missing/u],
  ] as const)('%s is one line on stderr, and exit code 2', (_, args, message) => {
    const { status, stdout, stderr } = run(args);
    expect({ status, stdout }).toEqual({
      status: 2,
      stdout: args.includes('--json' as never) ? expect.any(String) : '',
    });
    if (!args.includes('--json' as never)) expect(stderr).toMatch(message);
    expect(stderr.split('\n').length).toBeLessThanOrEqual(2);
    const json = run([...args, '--json']);
    expect(json.status).toBe(2);
    expect(validateError(JSON.parse(json.stdout)), json.stdout).toBe(true);
  }); // prettier-ignore
  const validateError = validate('error');

  it('prints what was right before the first wrong command, and nothing after', () => {
    const { status, stdout, stderr } = run(['-c', PRIVATE, '-c', 'brt', '-c', 'ipcs']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: printed });
    expect(stderr).toMatch(/^oopslab: brt: .*\n$/u);
  });

  it('says which of several commands was wrong, by number and text, with --json as well', () => {
    const text = '(-c number 2, "rd 10")';
    const args = ['-c', PRIVATE, '-c', 'rd 10', '-c', 'ipcs'];
    expect(run(args).stderr).toBe(`oopslab: rd: 10 is not mapped ${text}\n`);
    expect(JSON.parse(run([...args, '--json']).stdout)).toMatchObject({
      error: { code: 'ERR_INPUT', message: `10 is not mapped ${text}`, where: { field: 'rd' } },
    });
    expect(run(['-c', 'rd 10']).stderr).toBe('oopslab: rd: 10 is not mapped\n');
  });

  it('q ends it, and complains about an argument', () => {
    expect(run(['-c', 'q  # done', '-c', 'brt'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(run(['-c', 'q 1']).stderr).toBe('oopslab: q: it takes no argument\n');
  });
});

describe('oopslab crash from a pipe', () => {
  it('runs lines without a prompt; empty lines and comments are nothing', () => {
    expect(run([], `\n# which object\n${PRIVATE}   # of slide 36\n\n${PRIVATE}`)).toEqual({
      status: 0,
      stdout: printed + printed,
      stderr: '',
    });
    expect(run([])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.each(['q', 'quit', 'exit', '  q  '])('ends at %s', (end) => {
    expect(run([], `${PRIVATE}\n${end}\nbrt\n`)).toEqual({ status: 0, stdout: printed, stderr: '' });
  });

  it('ends at the first wrong line, with exit code 2', () => {
    const { status, stdout, stderr } = run([], `${PRIVATE}\nbrt\n${PRIVATE}\n`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: printed });
    expect(stderr).toMatch(/^oopslab: brt: .*\n$/u);
  });

  it('keeps what set changed', () => {
    expect(run([], 'set hex\nshm_file_data.id ffff8803f382cc60\n').stdout).toMatch(/ {2}id = 0xc6805c\n$/u);
  });
});

it.skipIf(process.platform === 'win32')('ends quietly when its reader goes away (needs a shell)', () => {
  for (const command of [
    `"${process.execPath}" "${main}" crash -c 'kmem -S' -c 'rd ffff880001000000 8192' | head -c 1`,
    `printf 'kmem -S\\nkmem -S\\nrd ffff880001000000 8192\\n' | "${process.execPath}" "${main}" crash | head -c 1`,
  ]) {
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: 'C', stderr: '' });
  }
});

const hasTmux = process.platform !== 'win32' && spawnSync('tmux', ['-V']).status === 0;

describe.skipIf(!hasTmux)('the prompt at a terminal (needs tmux)', () => {
  let session = 0;
  let socket = ''; // a server of its own for each test: the last one may still be on its way out
  const tmux = (...args: readonly string[]): string =>
    spawnSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' }).stdout;
  const all = (): string[] => tmux('capture-pane', '-p').trimEnd().split('\n');
  // Without the lines that it begins with, and the blank one behind them.
  const screen = (): string[] => all().slice(4);
  const keys = (...names: readonly string[]): string => tmux('send-keys', ...names);
  const type = (text: string): string => tmux('send-keys', '-l', text);

  /** The screen, as soon as its last line is this, and it has more than so many lines. */
  const until = async (last: string | RegExp, more = 0): Promise<string[]> => {
    for (let waited = 0; waited < 20_000; waited += 50) {
      const lines = screen();
      const found = lines.at(-1) ?? '';
      if (lines.length > more && (typeof last === 'string' ? found === last : last.test(found))) return lines;
      await sleep(50);
    }
    throw new Error(`waited for ${String(last)}, but there is\n${screen().join('\n')}`);
  };

  /** End the line that was typed, and wait for the next prompt: the one that is there already is no answer. */
  const enter = async (line: string): Promise<string[]> => {
    const before = (await until(`crash> ${line}`.trimEnd())).length;
    keys('Enter');
    return until('crash>', before);
  };
  const ask = (line: string): Promise<string[]> => {
    type(line);
    return enter(line);
  };

  beforeEach(async () => {
    socket = join(folder, `tmux-${(session += 1)}`);
    const command = `"${process.execPath}" "${main}" crash; echo "exit code $?"; sleep 600`;
    tmux('new-session', '-d', '-x', '150', '-y', '100', 'sh', '-c', command);
    await until('crash>');
  });
  afterEach(() => tmux('kill-server'));

  it('prints what a command prints, and comes again', async () => {
    const lines = await ask('ipcs -m');
    expect(lines[0]).toBe('crash> ipcs -m');
    expect(lines[3]).toMatch(/^ffff8803792ed0d0 000027b4 12976174 /u);
    expect(lines).toHaveLength(10);
  });

  it('begins with the scenario, its release, how it ended, and the task', () => {
    expect(all().slice(0, 5)).toEqual([
      'SCENARIO: shm-close-bug  RELEASE: 3.0.101-84-default',
      '   PANIC: "kernel BUG at /usr/src/packages/BUILD/kernel-default-3.0.101/linux-3.0/ipc/shm.c:205!"',
      '     PID: 26341  COMMAND: "<redacted>"  TASK: ffff8801b49c8040  CPU: 1',
      '',
      'crash>',
    ]);
  });

  it('CTRL-Z does nothing: who started it through npx would get no terminal back', async () => {
    type('half');
    await until('crash> half');
    keys('C-z');
    type(' a line');
    await until('crash> half a line');
  });

  it('completes when TAB is pressed twice at once', async () => {
    type('dis shm_cl');
    await until('crash> dis shm_cl');
    type('\t\t');
    await until('crash> dis shm_close');
  });

  it('stays after a wrong command, and says what was wrong', async () => {
    expect(await ask('brt')).toEqual([
      'crash> brt',
      'brt: there is no such command; did you mean bt?',
      'crash>',
    ]);
    await enter('');
    await ask('# a comment');
    expect((await ask(PRIVATE)).slice(-2)).toEqual([printed.trimEnd(), 'crash>']);
  });

  it('completes commands, symbols and members with TAB', async () => {
    type('hel');
    keys('Tab');
    await until('crash> help');
    keys('C-u');
    type('bt');
    keys('Tab');
    await until('crash> bt');
    keys('C-u');
    type('dis shm_cl');
    keys('Tab');
    await until('crash> dis shm_close');
    keys('C-u');
    type('struct shm_file_data.v');
    keys('Tab');
    await until('crash> struct shm_file_data.vm_ops');
  });

  it('has a history', async () => {
    await ask(PRIVATE);
    keys('Up');
    expect((await enter(PRIVATE)).filter((line) => line === printed.trimEnd())).toHaveLength(2);
  });

  it.each([['quit'], ['q'], ['exit']])('%s ends it with 0', async (word) => {
    type(word);
    keys('Enter');
    expect(await until(/^exit code/u)).toContain('exit code 0');
  });

  it('ends at the end of input with 0; CTRL-C only drops the line', async () => {
    type('half a li');
    const before = (await until('crash> half a li')).length;
    keys('C-c');
    await until('crash>', before);
    expect(await enter('')).toEqual(['crash> half a li', 'crash>', 'crash>']);
    keys('C-d');
    expect(await until(/exit code/u)).toEqual(
      expect.arrayContaining([expect.stringMatching(/exit code 0$/u)]),
    );
  });
});
