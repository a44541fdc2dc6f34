// The built program as a shell starts it. test/cli/ runs the same command line without a process.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtMain, runBuilt } from '../helpers/built.js';
import { oopslab } from '../helpers/oopslab.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const golden = readFileSync(new URL('../golden/oops.txt', import.meta.url), 'utf8');

describe('the built program', { timeout: 60_000 }, () => {
  it('prints the report of the talk in any place, time zone and language', () => {
    const env = {
      TZ: 'Asia/Tokyo',
      LANG: 'tr_TR.UTF-8',
      LC_ALL: 'tr_TR.UTF-8',
      NO_COLOR: '',
      FORCE_COLOR: '1',
    };
    expect(runBuilt(['oops'], { env, cwd: '/' })).toEqual({ status: 0, stdout: golden, stderr: '' });
  });

  it('prints and exits like the command line in this process, of which no run leaves a trace', async () => {
    writeFileSync(join(folder, 'oops.txt'), golden);
    const lines: readonly (readonly [
      readonly string[],
      { stdin?: string; env?: Record<string, string> }?,
    ])[] = [
      [['scenarios'], { env: { OOPSLAB_LIBRARY: 'nowhere' } }],
      [['oops', '--provenance', '--full']],
      [['replay', '--set', 'previous=zero', '--json']],
      [['replay', 'shm-close-bgu', '--json']],
      [['oops', 'shm-close-control']],
      [['scenarios', '--json']],
      [['crash'], { stdin: 'bt\nnonsense\nsys\n' }],
      [['decode'], { stdin: golden }],
      [['decode', 'oops.txt', '--code', 'shm_close', '--md']],
      [['step', '--script', '-'], { stdin: 'g screen' }],
      [['compare', '13008943', '13008988', '--json']],
      [['dis', 'shm_close+0x3e', '--bytes']],
      [['check', 'bug', '--path', '0:7', '--jobs', '1']],
      [['lesson', '--scenario', 'x']],
      [['help', 'lineage']],
      [['diff', 'shm-close-bug', '--help', '--json']],
      [[]],
    ];
    const state = (): unknown => [process.cwd(), process.exitCode, { ...process.env }];
    const before = state();
    const inProcess = [];
    for (const [args, around] of lines) inProcess.push(await oopslab(args, { ...around, cwd: folder }));
    expect(state()).toEqual(before);
    const apart = lines.map(([args, around]) => runBuilt(args, { ...around, cwd: folder }));
    expect(inProcess).toEqual(apart);
  });

  it('says which libunicorn is missing, and what to do', () => {
    const env = { OOPSLAB_LIBUNICORN: '/nowhere/libunicorn.so', OOPSLAB_ENGINE: 'unicorn' };
    const { status, stdout, stderr } = runBuilt(['replay'], { env });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(
      /^oopslab: OOPSLAB_LIBUNICORN: libunicorn cannot be loaded from .*libunicorn\.so: there is no such file$/mu,
    );
    expect(stderr).toContain('pip install unicorn');
  });
});

describe.skipIf(process.platform === 'win32')('the built program in a shell', { timeout: 60_000 }, () => {
  const shell = (command: string) => {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, OOPSLAB: builtMain, NODE: process.execPath },
    });
    return { status, stdout, stderr };
  };

  it('starts through a link, as npm installs it', () => {
    symlinkSync(builtMain, join(folder, 'oopslab'));
    expect(shell('"$NODE" ./oopslab oops')).toEqual({ status: 0, stdout: golden, stderr: '' });
  });

  it('reads the report in a pipe, and writes a pipe', () => {
    const { status, stdout } = shell(
      '"$NODE" "$OOPSLAB" oops --full | "$NODE" "$OOPSLAB" decode --json | cat',
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ reports: [{ kind: 'bug' }] });
  });

  it.each([
    ['"$NODE" "$OOPSLAB" replay --json', '{'],
    [`"$NODE" "$OOPSLAB" crash -c 'kmem -S' -c 'rd ffff880001000000 8192'`, 'C'],
    [`printf 'kmem -S\\nkmem -S\\nrd ffff880001000000 8192\\n' | "$NODE" "$OOPSLAB" crash`, 'C'],
  ])('%s ends quietly when its reader goes away', (command, first) => {
    expect(shell(`${command} | head -c 1`)).toMatchObject({ stdout: first, stderr: '' });
  });

  it.skipIf(!existsSync('/dev/full'))('says in one line that its output takes no more', () => {
    expect(shell('"$NODE" "$OOPSLAB" replay > /dev/full')).toMatchObject({
      status: 2,
      stderr: 'oopslab: stdout cannot be written: ENOSPC (there is no space left on the disk)\n',
    });
  });
});
