// `oopslab lineage`: ledgers, charts and documents.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { LineageDocument } from '../../src/lineage/document.js';
import { oopslab } from '../helpers/oopslab.js';

const schema: unknown = JSON.parse(
  readFileSync(new URL('../../schema/lineage.schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema as object);

const run = (...args: readonly string[]) => oopslab(['lineage', ...args]);

const runJson = async (...args: readonly string[]): Promise<LineageDocument> => {
  const { status, stdout, stderr } = await run(...args, '--json');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const document = JSON.parse(stdout) as LineageDocument;
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document;
};

const rendering = (name: string) => fileURLToPath(new URL(`../renderings/${name}.txt`, import.meta.url));

describe('oopslab lineage', () => {
  // Our own renderings, not evidence: they may be written anew.
  it.each([
    ['lineage-run', []],
    ['lineage-analyst', ['--analyst']],
    ['lineage-at-the-trap', ['--at', 'shm_close+0x3e']],
    ['lineage-chart', ['--chart']],
    ['lineage-chart-analyst', ['--chart', '--analyst', '--value', 'file']],
  ] as const)('prints %s', async (name, args) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(rendering(name));
  });

  it('--json has the fields of its contract', async () => {
    const { scenario, values } = await runJson('--value', 'vma');
    expect(scenario).toBe('shm-close-bug');
    expect(values).toMatchObject([
      { name: 'vma', type: 'struct vm_area_struct *', value: '0xffff88016d2319e0' },
    ]);
    expect(values[0]!.places[0]).toEqual({
      place: 'rdi',
      from: { step: 776, at: 'remove_vma+0x0' },
      copiedFrom: null,
      until: { step: 795, at: 'shm_close+0x1d', by: 'mov %r12,%rdi', how: 'destroyed' },
    });
    expect(values[0]!.places.at(-1)).toMatchObject({ copiedFrom: 'rbx', until: null });
  });

  it('--json of every view, step and question is as its schema says', async () => {
    for (const args of [
      ['--all'],
      ['--all', '--analyst'],
      ['--step', 'mount'],
      ['--at', 'shm_close+0x3e'],
      ['slabinfo-bug'],
      ['shm-close-control', '--analyst'],
    ]) {
      expect((await runJson(...args)).values.length).toBeGreaterThan(0);
    }
  });

  it('has no colours but on a terminal, and stays within its width', async () => {
    const { stdout } = await run('--chart');
    expect(stdout).not.toContain('\u001b');
    const [, ...lines] = stdout.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('has colours at a terminal, and no other sequence', async () => {
    const at = (env: Readonly<Record<string, string | undefined>>) =>
      oopslab(['lineage', '--chart'], { columns: 100, env });
    const { stdout } = await at({ NO_COLOR: undefined });
    expect(stdout).toMatch(/\u001b\[31m[aA]\u001b\[0m/u);
    const plain = stdout.replaceAll(/\u001b\[\d+m/gu, '');
    expect(plain).not.toMatch(/\u001b|\\x1b/u);
    expect((await at({ NO_COLOR: '1' })).stdout).toBe(plain);
  });

  it.each([
    [['--value', 'nobody'], /^oopslab: --value: there is no value nobody here; there are .*vma/u],
    [['--step', 'nowhere'], /^oopslab: --step: there is no step nowhere; there are attach A, /u],
    [['--step', 'attach A'], /^oopslab: --step: step attach A runs no code; steps that do are detach B, /u],
    [['--at', 'nothing+0x3'], /^oopslab: nothing\+0x3: nothing\+0x3 is not a location/u],
    [['--at', 'shm_close+0x40'], /^oopslab: shm_close\+0x40: shm_close\+0x40 was not reached in this run/u],
    [['--run', '--analyst'], /^oopslab: --analyst: give one of --run and --analyst, not both/u],
    [['--at', 'shm_close', '--chart'], /^oopslab: --chart: give one of --at and --chart, not both/u],
    [['--wrong'], /^oopslab: unknown option '--wrong'/u],
  ] as const)('%s is one clear error, and exit code 2', async (args, message) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
