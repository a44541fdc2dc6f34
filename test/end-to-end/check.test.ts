// `oopslab check`: jobs, shards, kept counterexamples, reports. Its workers are the built ones.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import type { CheckedCandidate } from '../../src/check/tell/form.js';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-check-cli-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const folder = () => mkdtempSync(join(temporary, 'run-'));
const runIn = (cwd: string, ...args: string[]) => oopslab(args, { cwd });
const check = async (cwd: string, ...args: string[]) => await runIn(cwd, 'check', ...args);

const valid = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(join(root, 'schema/check.schema.json'), 'utf8')) as object,
);
const TWO = ['terminate-before-convert', 'doubled-separator', '--runs', '2500'];

describe('oopslab check', { timeout: 60_000 }, () => {
  it('gives the same with one job, with two, and in merged shards; after its schema', async () => {
    const one = await check(folder(), ...TWO, '--json', '--jobs', '1');
    expect(one.status, one.stderr).toBe(0);
    const document: unknown = JSON.parse(one.stdout);
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
    expect(document).toMatchObject({
      candidates: [
        { verdict: 'holds', complete: true, reason: null, runs: 2500, counterexample: null, world: null },
        { expected: 'breaks', verdict: 'breaks', complete: true, property: 'result', coverage: null },
      ],
    });
    expect((await check(folder(), ...TWO, '--json', '--jobs', '2')).stdout).toBe(one.stdout);
    const shards = folder();
    for (const number of ['1', '2'])
      expect((await check(shards, ...TWO, '--shard', `${number}/2`, '--out', number)).status).toBe(0);
    expect((await check(shards, '--merge', '2', '1', '--json')).stdout).toBe(one.stdout);
    const alone = await check(shards, '--merge', '2');
    expect(alone.status).toBe(2);
    expect(alone.stderr).toContain('shard 1 of 2 is missing');
  });

  it('keeps a counterexample that replays as expected, and tries it first', async () => {
    const cwd = folder();
    const file = 'counterexamples/scenarios/bug-writes-inside.yaml';
    expect((await check(cwd, 'bug', '--runs', '1000', '--junit', 'verdicts.xml')).stdout).toContain(file);
    expect(readFileSync(join(cwd, 'verdicts.xml'), 'utf8')).toContain('tests="1" failures="0" errors="0"');
    expect((await runIn(cwd, 'replay', file)).status).toBe(0);
    expect((await check(cwd, 'bug', '--runs', '1000')).stdout).toMatch(
      /breaks\s+breaks\s+0\s+writes-inside/u,
    );
  });

  it('says that a kept counterexample holds now, and leaves it alone', async () => {
    const cwd = folder();
    const scenarios = join(cwd, 'counterexamples/scenarios');
    await check(cwd, 'bug', '--runs', '1000');
    const text = readFileSync(join(scenarios, 'bug-writes-inside.yaml'), 'utf8');
    const repaired = 'terminate-before-convert';
    const file = `counterexamples/scenarios/${repaired}-writes-inside.yaml`;
    const before = text.replaceAll('bug-writes-inside', `${repaired}-writes-inside`);
    writeFileSync(join(cwd, file), before);
    const { status, stdout, stderr } = await check(cwd, repaired, '--runs', '100', '--json');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `oopslab: ${repaired}: holds\noopslab: ${file} now holds\n`,
    });
    const document: unknown = JSON.parse(stdout);
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
    expect(document).toMatchObject({ candidates: [{ verdict: 'holds', runs: 100, nowHold: [file] }] });
    expect(readFileSync(join(cwd, file), 'utf8')).toBe(before);
  });

  it('--path shows the world of a counterexample again, with its report, and keeps no file', async () => {
    const document = JSON.parse((await check(folder(), 'bug', '--runs', '1000', '--json')).stdout) as {
      candidates: { path: string; report: string[]; replay: string }[];
    };
    const [found] = document.candidates;
    const cwd = folder();
    const again = await check(cwd, 'bug', '--path', found!.path, '--json');
    expect(again.status, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({
      candidates: [{ report: found!.report, counterexample: null, replay: null, path: found!.path }],
    });
    expect(found!.report[0]).toBe('The world, as --set takes it:');
    expect(found!.report.indexOf('Must be so:')).toBeGreaterThan(1);
    expect(found!.report.indexOf('Does not matter:')).toBeGreaterThan(found!.report.indexOf('Must be so:'));
    expect(found!.report.at(-1)).toMatch(/^=+$/u);
    expect((await check(cwd, 'bug', '--path', found!.path)).stdout).toContain(found!.report.join('\n'));
    expect(existsSync(join(cwd, 'counterexamples'))).toBe(false);
  });

  it('writes JUnit XML in which nothing of a candidate is markup', async () => {
    const cwd = folder();
    const file = 'a<b>&"c".c';
    writeFileSync(join(cwd, file), 'int other(void) { return 0; }\n');
    const args = [
      'bug',
      file,
      'terminate-before-convert',
      '--runs',
      '100',
      '--junit',
      'v.xml',
      '--cc',
      'no-such-cc',
    ];
    expect((await check(cwd, ...args)).status).toBe(1);
    const xml = readFileSync(join(cwd, 'v.xml'), 'utf8');
    expect(xml).toContain('tests="3" failures="0" errors="1"');
    expect(xml.match(/<testcase /gu)).toHaveLength(3);
    expect(xml).toMatch(
      /<testcase classname="mount-arena" name="a-b-c">\s+<error message="a&lt;b&gt;&amp;&quot;c&quot;\.c/u,
    );
    expect(xml).not.toContain('a<b>');
  });

  it('stops after --time, counts only the worlds that it tried, and says that it is not complete', async () => {
    const args = ['terminate-before-convert', '--time', '0.01'];
    const { status, stdout, stderr } = await check(folder(), ...args, '--json');
    expect(status).toBe(0);
    const [{ runs, ...rest }] = (JSON.parse(stdout) as { candidates: [{ runs: number }] }).candidates;
    expect(rest).toMatchObject({ verdict: 'holds', complete: false, reason: 'time limit' });
    expect(runs % 1000).toBe(0);
    expect(runs).toBeGreaterThan(0);
    expect(stderr).toContain(`terminate-before-convert: holds so far; time limit after ${runs} worlds\n`);
    const strict = await check(folder(), ...args, '--require-complete', '--junit', 'v.xml');
    expect(strict.status).toBe(1);
    expect(strict.stdout).toMatch(/holds\s+holds so far\s+\d+000/u);
  });

  it('a shard that was cut makes the whole incomplete', async () => {
    const cwd = folder();
    const shard = async (number: number, ...more: string[]) =>
      check(
        cwd,
        'terminate-before-convert',
        '--runs',
        '40000',
        '--shard',
        `${number}/2`,
        '--out',
        `${number}`,
        ...more,
      );
    expect((await shard(1, '--time', '0.01')).status).toBe(0);
    expect((await shard(2)).status).toBe(0);
    const merged = JSON.parse(
      (await check(cwd, '--merge', '1', '2', '--json', '--junit', 'v.xml')).stdout,
    ) as {
      candidates: { runs: number }[];
    };
    expect(merged.candidates[0]).toMatchObject({ verdict: 'holds', complete: false, reason: 'time limit' });
    expect(merged.candidates[0]!.runs).toBeLessThan(40_000);
    expect(readFileSync(join(cwd, 'v.xml'), 'utf8')).toContain(
      '<system-out>not complete: time limit</system-out>',
    );
  });

  it('keeps each counterexample before the next candidate begins', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'counterexamples/scenarios'), { recursive: true });
    // The second candidate's kept file stops the check: what the first one broke is kept by then.
    writeFileSync(join(cwd, 'counterexamples/scenarios/larger-allocation-result.yaml'), 'format: [');
    expect((await check(cwd, 'bug', 'larger-allocation', '--runs', '1000')).status).toBe(2);
    expect(existsSync(join(cwd, 'counterexamples/scenarios/bug-writes-inside.yaml'))).toBe(true);
  });

  it('leaves out a kept world whose parameters have changed, with a note', async () => {
    const cwd = folder();
    const scenarios = join(cwd, 'counterexamples/scenarios');
    mkdirSync(scenarios, { recursive: true });
    const file = 'counterexamples/scenarios/bug-result.yaml';
    writeFileSync(
      join(cwd, file),
      'format: oopslab scenario 1\nname: bug-result\nextends: mount-arena\nparameters: { dfs: { default: maybe } }\n',
    );
    const { status, stdout, stderr } = await check(cwd, 'bug', '--runs', '1000');
    expect(status).toBe(0);
    expect(stderr).toMatch(/counterexamples\/scenarios\/bug-result\.yaml is left out: parameters\..*maybe/u);
    expect(stdout).toContain('bug-writes-inside.yaml');
  });

  it('says what never ran, lists it, and can require that all ran', async () => {
    const cwd = folder();
    // Two of its instructions wait for a length of 0, which came before.
    const args = ['copy-the-nul', '--runs', '2000', '--coverage', 'ran.txt'];
    const { status, stdout, stderr } = await check(cwd, ...args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^copy-the-nul +holds +holds where it ran +2000 /mu);
    const [, never = ''] = /holds where it ran; (\d+) of \d+ instructions never ran/u.exec(stderr) ?? [];
    const listing = readFileSync(join(cwd, 'ran.txt'), 'utf8').split('\n');
    expect(listing.filter((line) => line.startsWith('NEVER'))).toHaveLength(Number(never));
    expect(listing.filter((line) => line.startsWith('ran ')).length).toBeGreaterThan(50);
    const strict = await check(cwd, ...args, '--require-complete', '--json', '--junit', 'v.xml');
    expect(strict.status).toBe(1);
    const [candidate] = (JSON.parse(strict.stdout) as { candidates: [CheckedCandidate] }).candidates;
    expect(candidate).toMatchObject({ verdict: 'holds', complete: false });
    const { run, total } = candidate.coverage!.instructions;
    expect(total - run).toBe(candidate.coverage!.neverRan.length);
    expect(readFileSync(join(cwd, 'v.xml'), 'utf8')).toContain('failures="1" errors="0"');
  });

  it('--like compares with a trusted version, beside what the scenario promises', async () => {
    const cwd = folder();
    writeFileSync(
      join(cwd, 'null.S'),
      '.globl cifs_build_path_to_root\ncifs_build_path_to_root: xor %eax,%eax\nret\n',
    );
    const like = async (candidate: string, trusted: string) =>
      JSON.parse(
        (await check(cwd, candidate, '--like', trusted, '--runs', '500', '--json')).stdout,
      ) as object;
    expect(await like('copy-the-nul', 'terminate-before-convert')).toMatchObject({
      candidates: [{ verdict: 'holds' }],
    });
    expect(await like('copy-the-nul', 'null.S')).toMatchObject({
      candidates: [{ verdict: 'breaks', property: 'result' }],
    });
    expect(await like('null.S', 'null.S')).toMatchObject({
      candidates: [{ verdict: 'breaks', property: 'result' }],
    });
  });

  it.each([
    ['another version', { format: 'oopslab check shard 1' }, 'oopslab check shard 2'],
    ['another budget', { options: { budget: 5, thorough: false, exhaustive: null, like: null } }, 'budget'],
    ['another number of worlds', { runs: 500 }, 'runs'],
  ])('refuses to merge a shard of %s', async (_what, change, says) => {
    const cwd = folder();
    for (const number of ['1', '2'])
      await check(
        cwd,
        'terminate-before-convert',
        '--runs',
        '200',
        '--shard',
        `${number}/2`,
        '--out',
        number,
      );
    const second = JSON.parse(readFileSync(join(cwd, '2'), 'utf8')) as object;
    writeFileSync(join(cwd, '2'), JSON.stringify({ ...second, ...change }));
    const { status, stderr } = await check(cwd, '--merge', '1', '2');
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(says) as string });
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('--new writes a starting point once', async () => {
    const cwd = folder();
    expect((await check(cwd, '--new', 'my-fix')).status).toBe(0);
    expect(existsSync(join(cwd, 'my-fix.c'))).toBe(true);
    expect((await check(cwd, '--new', 'my-fix')).status).toBe(2);
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
    [['bug', '--budget', '0'], '--budget'],
    [['bug', '--like', 'missing.c'], 'missing.c'],
    [['--merge', 'x', '--like', 'y.c'], '--merge'],
    [['bug', '--shard', '1/2', '--out', 'x', '--coverage', 'c'], '--coverage'],
    [['--scenario', 'shm-close-bug'], 'has no "check"'],
    [['--merge', 'missing.json'], 'missing.json'],
    [['--merge', join(root, 'README.md')], 'is not a result of "check --shard", which --out writes'],
  ])('refuses %j in one line', async (args, says) => {
    const cwd = folder();
    const { status, stdout, stderr } = await check(cwd, ...args);
    expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(join(cwd, 'counterexamples'))).toBe(false);
  });
});
