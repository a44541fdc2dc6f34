// `oopslab check` on files for a compiler: its flags, an object, another function.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-check-compiled-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const check = (...args: string[]) =>
  oopslab(['check', ...args, '--runs', '300', '--jobs', '1'], { cwd: temporary });
const hasGcc = spawnSync('gcc', ['--version']).status === 0;
const example = (name: string): string => join(root, 'examples', name);
const FIX = example('own-tests/fix.c');
const OTHER = ['--scenario', 'bounded-copy', '--library', example('bounded-copy')];

describe.skipIf(!hasGcc)('oopslab check of a file (needs gcc)', { timeout: 120_000 }, () => {
  it('--verbose shows the command, with --cc and --cflags in it', async () => {
    const { status, stderr } = await check(FIX, '--verbose', '--cc', 'gcc', '--cflags', '-O1 -DUNUSED=2');
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/^oopslab: gcc .* -O1 -DUNUSED=2 /mu);
  });

  it('another function holds or breaks against the shipped one', async () => {
    const held = await check(example('bounded-copy/copy.c'), ...OTHER);
    expect(held.status, held.stderr).toBe(0);
    const broken = await check(example('bounded-copy/full-field.c'), ...OTHER);
    expect(broken.status, broken.stderr).toBe(1);
    expect(broken.stdout).toContain('full-field breaks writes-inside in step "copy" of bounded-copy.');
    expect(existsSync(join(temporary, 'counterexamples/scenarios/full-field-writes-inside.yaml'))).toBe(true);
  });

  it('an object is as good as its source', async () => {
    const { stderr } = await check(FIX, '--verbose');
    const flags = /^oopslab: gcc (.*)$/mu.exec(stderr)![1]!.split(' ');
    const kernel = flags.filter((flag) => /^-[mfg]/u.test(flag));
    const object = join(temporary, 'fix-object.o');
    const source = `#define NULL ((void *)0)
      void *__kmalloc(unsigned long, unsigned);
      char *cifs_build_path_to_root(void *v, void *c, void *t) { (void)v; (void)c; (void)t; return __kmalloc(1, 0xd0); }`;
    const made = spawnSync('gcc', [...kernel, '-O2', '-c', '-x', 'c', '-', '-o', object], { input: source });
    expect(made.status, String(made.stderr)).toBe(0);
    const { status, stdout } = await check('fix-object.o');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^fix-object\s+holds\s+breaks !\s+\d+\s+uninitialised-read/mu);
  });
});
