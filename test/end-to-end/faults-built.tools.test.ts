// The built program where the machine refuses it a process, ends it, or takes its output no more. (One test needs a C
// compiler's name only.)
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Pool } from '../../src/check/run/pool.js';
import { builtMain, runBuilt } from '../helpers/built.js';
import { FULL } from '../helpers/effort.js';
import { type Fault, withFault } from '../helpers/faults.js';
import { hexCandidate } from '../helpers/hex-candidate.js';

const top = mkdtempSync(join(tmpdir(), 'oopslab-built-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
let folder = '';
let temporary = '';
beforeEach(() => {
  folder = mkdtempSync(join(top, 'test-'));
  temporary = join(folder, 'temporary');
  mkdirSync(temporary);
});

const preload = fileURLToPath(new URL('../helpers/faults.cjs', import.meta.url));

const runWith = (fault: Fault, args: readonly string[]) =>
  runBuilt(args, {
    cwd: folder,
    env: { TMPDIR: temporary, NODE_OPTIONS: `--require=${preload}`, OOPSLAB_FAULT: JSON.stringify(fault) },
  });

describe('a process that cannot be started', () => {
  const fault: Fault = { kind: 'spawn', nth: 1, what: 'EAGAIN' };

  it('is an error of a check, and no verdict about the candidate', async () => {
    const library = join(folder, 'library');
    mkdirSync(library);
    hexCandidate(library, 'null', [0x31, 0xc0, 0xc3]); // xor %eax,%eax; ret
    const found = runWith(fault, ['check', 'null', '--library', library, '--runs', '1']);
    expect(found).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('a process for the candidate cannot be started: EAGAIN') as string,
    });
    const pool = new Pool(1);
    const order = { kind: 'open', scenario: 'mount-arena', candidate: { name: 'null', variants: {} }, libraries: [], options: {} } as unknown as Parameters<Pool['open']>[0]; // prettier-ignore
    await withFault(fault, () =>
      expect(pool.open(order, true)).rejects.toThrow(/cannot be started: EAGAIN/u),
    );
    await pool.end();
  });
});

// Limits of address space, in KiB, between what Node needs to start and what everything needs.
describe('too little address space', () => {
  it.each(['5000000', '3000000', '1800000', '1200000'])(
    'of %s KiB is told in words, or is enough',
    (limit) => {
      const under = (...args: string[]) =>
        spawnSync('sh', ['-c', `ulimit -v ${limit} && exec "$@"`, 'sh', process.execPath, ...args], {
          encoding: 'utf8',
        });
      if (under('-e', '0').status !== 0) return; // less than this version of Node starts with
      const { status, stderr } = under(builtMain, 'replay');
      if (status !== 0) expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/^oopslab: there is too little memory: .*\n$/u) as string }); // prettier-ignore
    },
  );
});

// What a worker meets: an error of the command, never a verdict or an internal error.
describe.each([
  ['thread', ['check', 'copy-the-nul', '--runs', '1', '--jobs', '1', '--counterexamples', 'kept']],
  [
    'child',
    ['check', 'null', '--library', 'library', '--runs', '1', '--jobs', '1', '--counterexamples', 'kept'],
  ],
] as const)('a fault in a %s', (where, args) => {
  it.each([
    ['read', 'EIO', 3],
    ['open', 'EMFILE', 5],
    ['memory', 'ENOMEM', 1],
  ] as const)(
    'at %s is told',
    (kind, what, nth) => {
      mkdirSync(join(folder, 'library'));
      hexCandidate(join(folder, 'library'), 'null', [0x31, 0xc0, 0xc3]);
      for (const place of FULL ? Array.from({ length: 25 }, (_, index) => index * 6 + 1) : [nth]) {
        const { status, stdout, stderr } = runWith({ kind, nth: place, what, where }, args);
        const said = `${stdout}${stderr}`;
        expect(said).not.toMatch(/internal error|^ {4}at |injected|ended|status 1/mu);
        if (status === 2 || /\berror\b/u.test(stdout))
          expect(said).toMatch(new RegExp(`${what}|too little memory`, 'u'));
        else if (!FULL) expect(said).toContain(what);
      }
    },
    600_000,
  );
});

describe('output that goes nowhere', () => {
  it.each([[['replay']], [['decode', 'report.txt', '--json']], [['scenarios', '--json']]])(
    'a full disk under the output of %j is exit code 2 and a line',
    async (args) => {
      copyFileSync('test/golden/oops.txt', join(folder, 'report.txt'));
      const full = openSync('/dev/full', 'w');
      const child = spawn(process.execPath, [builtMain, ...args], {
        cwd: folder,
        stdio: ['ignore', full, 'pipe'],
      });
      closeSync(full);
      let said = '';
      child.stderr!.on('data', (data: Buffer) => (said += data.toString()));
      expect(await once(child, 'close')).toEqual([2, null]);
      expect(said).toBe('oopslab: stdout cannot be written: ENOSPC (there is no space left on the disk)\n');
    },
  );
});

describe('SIGKILL', () => {
  it('between any two changes of files leaves the old or the new recording, and the next run works', () => {
    const out = join(folder, 'out');
    runBuilt(['replay', '--record', out]);
    const good = readFileSync(out);
    const from = FULL ? 1 : 2; // the first is before anything is there
    let nth = from;
    for (; ; nth += 1) {
      writeFileSync(out, 'old');
      const { status } = runWith({ kind: 'change', nth, what: 'kill' }, ['replay', '--record', out]);
      if (status === 0) break;
      expect(status).toBe(null);
      const left = readFileSync(out);
      expect(left.toString() === 'old' || left.equals(good)).toBe(true);
    }
    expect(nth).toBeGreaterThan(from + 2);
    expect(readFileSync(out).equals(good)).toBe(true);
  }, 120_000);
});

// Where a run is at a moment depends on the machine, so only the long run does this: what must hold does not depend.
if (FULL)
  describe('SIGKILL at 60 moments', () => {
    it('leaves the old or the new recording, and the next run works', async () => {
      const out = join(folder, 'out');
      const start = performance.now();
      runBuilt(['replay', '--record', out]);
      const took = performance.now() - start;
      const good = readFileSync(out);
      let killed = 0;
      for (let moment = 0; moment < 60; moment += 1) {
        writeFileSync(out, 'old');
        const child = spawn(process.execPath, [builtMain, 'replay', '--record', out], { stdio: 'ignore' });
        const ended = once(child, 'close');
        const timer = setTimeout(() => child.kill('SIGKILL'), (took * (moment + 30)) / 75);
        const [, signal] = (await ended) as [number | null, string | null];
        clearTimeout(timer);
        killed += signal === 'SIGKILL' ? 1 : 0;
        const left = readFileSync(out);
        expect(left.toString() === 'old' || left.equals(good)).toBe(true);
      }
      process.stderr.write(`faults-built: ${killed} of 60 were killed before their end\n`);
      expect(runBuilt(['replay', '--record', out]).status).toBe(0);
      expect(readFileSync(out).equals(good)).toBe(true);
    }, 600_000);
  });

describe.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('%s', (signal) => {
  it('ends a check that waits for a compiler, and leaves no temporary folder', async () => {
    const started = join(folder, 'started');
    const compiler = join(folder, 'slow-cc');
    writeFileSync(compiler, `#!/bin/sh\necho > '${started}'\nsleep 1\nexit 1\n`);
    chmodSync(compiler, 0o755);
    writeFileSync(join(folder, 'fix.c'), '');
    const child = spawn(process.execPath, [builtMain, 'check', './fix.c', '--cc', compiler], {
      cwd: folder,
      env: { ...process.env, TMPDIR: temporary },
      stdio: 'ignore',
    });
    const ended = once(child, 'close');
    await expect.poll(() => existsSync(started), { timeout: 40_000 }).toBe(true);
    child.kill(signal);
    await ended;
    expect(readdirSync(temporary)).toEqual([]);
  }, 60_000);
});

describe('SIGTERM', () => {
  it('ends a check at work, and its temporary library', async () => {
    const args = ['check', './fix.c', '--runs', '1000000000', '--jobs', '1'];
    // A right candidate, so that the search goes on.
    writeFileSync(join(folder, 'fix.c'), readFileSync('candidates/cifs_build_path_to_root.c', 'utf8').replace('kmalloc(dfsplen', 'kzalloc(dfsplen')); // prettier-ignore
    const child = spawn(process.execPath, [builtMain, ...args], { cwd: folder, env: { ...process.env, TMPDIR: temporary }, stdio: 'ignore' }); // prettier-ignore
    const ended = once(child, 'close');
    await expect.poll(() => readdirSync(temporary).some((name) => name.startsWith('oopslab-check-')), { timeout: 40_000 }).toBe(true); // prettier-ignore
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(readdirSync(temporary)).toEqual([]);
  }, 60_000);
});
