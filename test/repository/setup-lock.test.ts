// Several setups at once in one checkout, setups that are killed, and checkouts that cannot be written.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeProject, type Project, root, setup, startSetup, temporary } from '../helpers/setup-project.js';

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Folders and files of the checkout that only a setup at work has. */
const leftovers = (folder: string) =>
  readdirSync(folder).filter((name) => /^dist\.|^\.setup-lock/u.test(name));

/**
 * A npm whose `ci` writes down that it ran, waits until there is a file `go`, and then installs what the copy had.
 * @returns the environment that makes setup call it
 */
const fakeNpm = ({ folder, home }: Project) => {
  const cli = join(home, 'npm-cli.js');
  const paths = { folder, home };
  writeFileSync(
    cli,
    `
    const fs = require('node:fs');
    const { folder, home } = ${JSON.stringify(paths)};
    fs.appendFileSync(home + '/log', 'begins\\n');
    fs.mkdirSync(folder + '/node_modules', { recursive: true });
    (function wait() {
      if (!fs.existsSync(home + '/go')) return void setTimeout(wait, 20);
      fs.cpSync(home + '/installed', folder + '/node_modules', { recursive: true, verbatimSymlinks: true });
      fs.appendFileSync(home + '/log', 'ends\\n');
    })();
    `,
  );
  const installed = join(folder, 'node_modules');
  spawnSync('mv', [installed, join(home, 'installed')]);
  return { npm_execpath: cli };
};

const npmLog = ({ home }: Project) =>
  existsSync(join(home, 'log')) ? readFileSync(join(home, 'log'), 'utf8').trimEnd().split('\n') : [];

describe('five setups at once in a fresh clone', () => {
  it('install and build once; the others say in one line that they wait, and go on', async () => {
    const project = makeProject('five');
    const env = fakeNpm(project);
    const all = Array.from({ length: 5 }, () => startSetup(project, env, '--build'));
    const waiting = () => all.filter(({ said }) => said().includes('waiting for it')).length;
    await vi.waitFor(() => expect(waiting()).toBe(4), 30_000);
    writeFileSync(join(project.home, 'go'), '');
    const ends = await Promise.all(all.map(({ ended }) => ended));
    expect(ends.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0]);
    expect(npmLog(project)).toEqual(['begins', 'ends']);
    const wait = /^setup: another setup is at work in this folder \(process \d+\); waiting for it\n$/u;
    expect(ends.filter(({ stderr }) => wait.test(stderr))).toHaveLength(4);
    expect(ends.filter(({ stderr }) => stderr.endsWith('npm ci)\nsetup: building\n'))).toHaveLength(1);
    expect(leftovers(project.folder)).toEqual([]);
    expect(setup(project, {}, '--build').stderr).toBe('');
  });
});

describe.skipIf(process.platform !== 'linux')('a setup that was killed (needs Linux)', () => {
  it('while npm ran: the next one waits for that npm, and does what is left to do', async () => {
    const project = makeProject('killed-npm');
    const env = fakeNpm(project);
    const first = startSetup(project, env, '--build');
    await vi.waitFor(() => expect(npmLog(project)).toEqual(['begins']), 30_000);
    first.child.kill('SIGKILL');
    first.child.stderr.destroy(); // which that npm still holds
    const second = startSetup(project, env, '--build');
    await vi.waitFor(() => expect(second.said()).toMatch(/killed left process \d+ at work/u), 30_000);
    expect(npmLog(project)).toEqual(['begins']);
    writeFileSync(join(project.home, 'go'), '');
    const { status, stderr } = await second.ended;
    expect(status).toBe(0);
    // The first npm came to its end, so nothing was left to install.
    expect(npmLog(project)).toEqual(['begins', 'ends']);
    expect(stderr).toMatch(/setup: building\n$/u);
    expect(leftovers(project.folder)).toEqual([]);
  });

  it('while npm removed the old packages: what is left of them does not pass for installed', () => {
    const project = makeProject('killed-removal');
    const cli = join(project.home, 'npm-cli.js');
    // It removes files of one package, and the setup that called it.
    writeFileSync(
      cli,
      `require('node:fs').appendFileSync(${JSON.stringify(join(project.home, 'log'))}, 'begins\\n');
       process.kill(process.ppid, 'SIGKILL');`,
    );
    const lock = join(project.folder, 'package-lock.json');
    const wanted = readFileSync(lock, 'utf8');
    writeFileSync(lock, wanted.replace(/("node_modules\/yaml": \{\s*"version": ")[^"]*/u, '$199.0.0'));
    setup(project, { npm_execpath: cli }, '--build');
    expect(npmLog(project)).toEqual(['begins']);
    writeFileSync(lock, wanted); // with which the old packages were right
    setup(project, { npm_execpath: cli }, '--build');
    expect(npmLog(project)).toEqual(['begins', 'begins']);
  });

  it('while it built: the next one removes what it left, and builds', async () => {
    const project = makeProject('killed-build');
    const first = startSetup(project, {}, '--build');
    await vi.waitFor(
      () => expect(leftovers(project.folder).some((name) => name.endsWith('.part'))).toBe(true),
      { timeout: 30_000, interval: 5 },
    );
    first.child.kill('SIGKILL');
    await first.ended;
    expect(leftovers(project.folder)).not.toEqual([]);
    mkdirSync(join(project.folder, 'dist.1.old')); // as one that was killed between two renames leaves it
    const { status, stderr } = setup(project, {}, '--build');
    expect(status).toBe(0);
    expect(stderr).toMatch(/setup: building\n$/u);
    expect(leftovers(project.folder)).toEqual([]);
    expect(setup(project, {}, '--build').stderr).toBe('');
  });
});

describe('the lock', () => {
  let folder: string;
  let said: string[];
  const lock = () => join(folder, '.setup-lock');
  const fast = { say: (text: string) => void said.push(text), pollMs: 2, quiet: 20 };

  const withLock = async (work: () => unknown, options: object = fast): Promise<unknown> => {
    const module = pathToFileURL(join(root, 'scripts/setup-lock.mjs')).href;
    const { withLock: run } = (await import(module)) as {
      withLock: (root: string, work: () => unknown, options: object) => Promise<unknown>;
    };
    return run(folder, work, options);
  };

  const claim = (text: string): string => {
    mkdirSync(lock());
    writeFileSync(join(lock(), 'other'), text);
    return join(lock(), 'other');
  };

  /** What a setup writes into its claim, taken from a lock that this process holds. */
  const ownClaim = async (): Promise<Record<string, unknown>> => {
    let text = '';
    await withLock(() => (text = readFileSync(join(lock(), readdirSync(lock())[0]!), 'utf8')));
    return JSON.parse(text.split('\n')[0]!) as Record<string, unknown>;
  };

  beforeEach(() => {
    folder = join(temporary, `lock-${Math.random()}`);
    mkdirSync(folder);
    said = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is gone afterwards, also when the work fails', async () => {
    await expect(withLock(() => 7)).resolves.toBe(7);
    await expect(withLock(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync(folder)).toEqual([]);
    expect(said).toEqual([]);
  });

  it('lets one of twenty in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (inside += 1));
      await new Promise((resolve) => setTimeout(resolve, 3));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 20 }, () => withLock(work)));
    expect(most).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  const DEAD: readonly (readonly [string, () => object | string | Promise<object | string>])[] = [
    [
      'a process that ended',
      async () => ({ ...(await ownClaim()), pid: spawnSync(process.execPath, ['--version']).pid }),
    ],
    ['a process whose number another one has now', async () => ({ ...(await ownClaim()), start: '1' })],
    [
      'a process of another machine that is silent',
      () => ({ pid: 1, start: '1', where: 'b [2]', host: 'b' }),
    ],
    ['nobody: a damaged claim', () => '{'],
    ['nobody: an empty claim', () => ''],
    ['nobody: a claim of other JSON', () => 'null'],
  ];

  it.skipIf(process.platform !== 'linux').each(DEAD)('is taken from %s', async (_, make) => {
    const made = await make();
    claim(typeof made === 'string' ? made : `${JSON.stringify(made)}\n0\n`);
    await expect(withLock(() => 7)).resolves.toBe(7);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')(
    'is taken from a process that ended and that nobody waits for',
    async () => {
      // The shell starts a process, becomes another program, and so never asks for the end of the first one.
      const shell = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const pid = await new Promise<string>((resolve) =>
        shell.stdout.once('data', (text) => resolve(String(text).trim())),
      );
      const program = () => readFileSync(`/proc/${shell.pid}/comm`, 'utf8');
      await vi.waitFor(() => expect(program()).toBe('sleep\n'), 20_000);
      process.kill(Number(pid), 'SIGKILL');
      const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      await vi.waitFor(() => expect(stat()[0]).toBe('Z'), 20_000);
      claim(`${JSON.stringify({ ...(await ownClaim()), pid: Number(pid), start: stat()[19] })}\n0\n`);
      await expect(withLock(() => 7)).resolves.toBe(7);
      shell.kill('SIGKILL');
    },
  );

  it('is not taken from a process of another machine that shows life, nor from one of this machine', async () => {
    const text = (beat: number) => `{"pid":5,"host":"b"}\n${beat + 1_000_000}\n`;
    const path = claim(text(0));
    let beat = 0;
    const alive = setInterval(() => writeFileSync(path, text((beat += 1)), { flag: 'r+' }), 1);
    let done = false;
    const mine = withLock(() => (done = true), { ...fast, quiet: 500 });
    await vi.waitFor(() => expect(beat).toBeGreaterThan(100), 20_000);
    expect(done).toBe(false);
    expect(said).toEqual(['another setup is at work in this folder (process 5 on b); waiting for it']);
    clearInterval(alive);
    await mine;
    expect(done).toBe(true);

    if (process.platform !== 'linux') return;
    let release = (): void => undefined;
    const held = withLock(() => new Promise<void>((resolve) => (release = resolve)));
    await vi.waitFor(() => expect(existsSync(lock())).toBe(true), 20_000);
    said = [];
    const next = withLock(() => undefined, { ...fast, quiet: 1 });
    await new Promise((resolve) => setTimeout(resolve, 100)); // far more looks than one
    release();
    await next;
    expect(said).toEqual([
      `another setup is at work in this folder (process ${process.pid}); waiting for it`,
    ]);
    await held;
  });
});

describe('a checkout that cannot be written', () => {
  /** Makes every call that would write fail as it does on a file system that is mounted for reading. */
  const readOnly = (home: string) => {
    const file = join(home, 'read-only.cjs');
    const calls = ['mkdirSync', 'writeFileSync', 'renameSync', 'rmSync', 'rmdirSync', 'unlinkSync'];
    writeFileSync(
      file,
      `const fs = require('node:fs');
       for (const name of ${JSON.stringify(calls)})
         fs[name] = () => {
           throw Object.assign(new Error('EROFS: read-only file system, ' + name), { code: 'EROFS' });
         };
       require('node:module').syncBuiltinESMExports();`,
    );
    return { NODE_OPTIONS: `--require ${file}` };
  };

  it('needs no lock when it is set up, and is refused in one line when it is not', () => {
    const project = makeProject('read-only');
    const env = readOnly(project.home);
    const refused = setup(project, env);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toBe(
      `setup: this checkout is not built, or not from these sources, and its folder ${project.folder}/ cannot be ` +
        'written (EROFS): run npm run build where it can be written, or in a copy.\n',
    );
    expect(setup(project).status).toBe(0);
    expect(setup(project, env)).toMatchObject({ status: 0, stderr: '' });
    rmSync(join(project.folder, 'node_modules/.oopslab-setup'), { recursive: true });
    expect(setup(project, env)).toMatchObject({ status: 0, stderr: '' });
    rmSync(join(project.folder, 'node_modules'), { recursive: true });
    const bare = setup(project, env);
    expect(bare.status).toBe(2);
    expect(bare.stderr).toMatch(/^setup: this checkout is without its dependencies, and its folder .*\n$/u);
  });
});
