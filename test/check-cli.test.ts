// `oopslab check` as somebody types it: the built program, in processes of its own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'dist/cli/main.js');
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-check-cli-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const folder = () => mkdtempSync(join(temporary, 'run-'));
const runIn = (cwd: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd, encoding: 'utf8' });
  return { status, stdout, stderr };
};
const check = (cwd: string, ...args: string[]) => runIn(cwd, 'check', ...args);

const valid = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(join(root, 'schema/check.schema.json'), 'utf8')) as object,
);
const TWO = ['terminate-before-convert', 'doubled-separator', '--runs', '2500'];

describe('oopslab check', { timeout: 60_000 }, () => {
  it('gives the same with one job, with two, and in merged shards; after its schema', () => {
    const one = check(folder(), ...TWO, '--json', '--jobs', '1');
    expect(one.status, one.stderr).toBe(0);
    const document: unknown = JSON.parse(one.stdout);
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
    expect(document).toMatchObject({
      candidates: [
        { verdict: 'holds', runs: 2500, counterexample: null },
        { expected: 'breaks', verdict: 'breaks', property: 'result' },
      ],
    });
    expect(check(folder(), ...TWO, '--json', '--jobs', '2').stdout).toBe(one.stdout);
    const shards = folder();
    for (const number of ['1', '2'])
      expect(check(shards, ...TWO, '--shard', `${number}/2`, '--out', number).status).toBe(0);
    expect(check(shards, '--merge', '2', '1', '--json').stdout).toBe(one.stdout);
    const alone = check(shards, '--merge', '2');
    expect(alone.status).toBe(2);
    expect(alone.stderr).toContain('shard 1 of 2 is missing');
  });

  it('keeps a counterexample that replays as expected, and tries it first', () => {
    const cwd = folder();
    const file = 'counterexamples/scenarios/bug-writes-inside.yaml';
    expect(check(cwd, 'bug', '--runs', '1000', '--junit', 'verdicts.xml').stdout).toContain(file);
    expect(readFileSync(join(cwd, 'verdicts.xml'), 'utf8')).toContain('tests="1" failures="0" errors="0"');
    expect(runIn(cwd, 'replay', file).status).toBe(0);
    expect(check(cwd, 'bug', '--runs', '1000').stdout).toMatch(/breaks\s+breaks\s+0\s+writes-inside/u);
  });

  it('--new writes a starting point once', () => {
    const cwd = folder();
    expect(check(cwd, '--new', 'my-fix').status).toBe(0);
    expect(existsSync(join(cwd, 'my-fix.c'))).toBe(true);
    expect(check(cwd, '--new', 'my-fix').status).toBe(2);
  });

  it.each([
    [['terminate-before-convart'], 'did you mean "terminate-before-convert"?'],
    [['missing.c'], 'missing.c'],
    [['bug', '--runs', '0'], '--runs'],
    [['bug', '--seed', 'x'], '--seed'],
    [['bug', '--shard', '3/2', '--out', 'x'], '--shard'],
    [['bug', '--shard', '1/2'], '--shard'],
    [['bug', '--path', 'x'], '--path'],
    [['--path', '0:1'], '--path'],
    [['--scenario', 'shm-close-bug'], 'has no "check"'],
    [['--merge', 'missing.json'], 'missing.json'],
    [['--merge', join(root, 'README.md')], 'is not a result of "check --shard", which --out writes'],
  ])('refuses %j in one line', (args, says) => {
    const cwd = folder();
    const { status, stdout, stderr } = check(cwd, ...args);
    expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(join(cwd, 'counterexamples'))).toBe(false);
  });
});
