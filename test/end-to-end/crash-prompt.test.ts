// The prompt of `oopslab crash`, at a terminal.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtMain } from '../helpers/built.js';
import { Tmux, hasTmux } from '../helpers/tmux.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-crash-prompt-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PRIVATE = 'struct file.private_data 0xffff8800148fcb80';
const printed = '  private_data = 0xffff8803f382cc60\n';

describe.skipIf(!hasTmux)('the prompt at a terminal (needs tmux)', () => {
  const tmux = new Tmux(folder);
  const type = (text: string): void => tmux.type(text);
  const keys = (...names: readonly string[]): void => tmux.keys(...names);
  const written = (lines: readonly string[]): string[] => lines.join('\n').trimEnd().split('\n');
  // Without the heading and the blank line after it.
  const answers = (lines: readonly string[]): string[] => written(lines).slice(4);

  /** What is on the screen, as soon as its last line is this, and there are more than so many lines. */
  const until = async (last: string | RegExp, more = 0): Promise<string[]> => {
    const holds = (lines: readonly string[]): boolean => {
      const found = answers(lines).at(-1) ?? '';
      const isLast = typeof last === 'string' ? found === last : last.test(found);
      return isLast && answers(lines).length > more;
    };
    return answers(await tmux.until(holds, String(last)));
  };

  /** End the line that was typed, and wait for the next prompt: the one that is there already is not an answer. */
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
    tmux.start(`"${process.execPath}" "${builtMain}" crash; echo "exit code $?"; sleep 600`, 150, 100);
    await until('crash>');
  });
  afterEach(() => tmux.end());

  it('prints what a command prints, and comes again', async () => {
    const lines = await ask('ipcs -m');
    expect(lines[0]).toBe('crash> ipcs -m');
    expect(lines[3]).toMatch(/^ffff8803792ed0d0 000027b4 12976174 /u);
    expect(lines).toHaveLength(10);
  });

  it('begins with the scenario, its release, how it ended, and the task', () => {
    expect(written(tmux.screen()).slice(0, 5)).toEqual([
      'SCENARIO: shm-close-bug  RELEASE: 3.0.101-84-default',
      '   PANIC: "kernel BUG at /usr/src/packages/BUILD/kernel-default-3.0.101/linux-3.0/ipc/shm.c:205!"',
      '     PID: 26341  COMMAND: "<redacted>"  TASK: ffff8801b49c8040  CPU: 1',
      '',
      'crash>',
    ]);
  });

  it('CTRL-Z does nothing: started through npx, the terminal would not come back', async () => {
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
