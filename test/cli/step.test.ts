// `oopslab step` with a script. test/end-to-end/step.test.ts has it at a terminal.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oopslab-step-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], stdin = '') => oopslab(['step', ...args], { stdin, cwd: folder });

describe('oopslab step --script', () => {
  it('prints the screens that the file asks for, and needs no terminal', async () => {
    writeFileSync(join(folder, 'keys.txt'), '# the guilty write\ng screen\ns screen\n');
    const { status, stdout, stderr } = await run(['--script', 'keys.txt']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.match(/^ shm-close-bug {2}4\. mount.*$/gmu)).toEqual([
      ' shm-close-bug  4. mount  746/839 convert_delimiter+0x1c',
      ' shm-close-bug  4. mount  747/839 convert_delimiter+0x1f',
    ]);
    expect(stdout.split('\n')).toHaveLength(24 + 1 + 24 + 1);
    expect(stdout).not.toContain('\u001b');
    expect(await run(['--script', '-'], 'g screen s screen')).toEqual({ status, stdout, stderr });
  });

  it('takes a scenario, parameters, and a recording', async () => {
    expect((await run(['shm-close-control', '--script', '-'], 't')).stdout).toContain(
      'nothing trapped in this run',
    );
    expect((await run(['--set', 'prepath=/team', '--set', 'tree=x', '--script', '-'], 'G')).stdout).toContain(
      'end: returned',
    );
    await oopslab(['replay', '--record', join(folder, 'kept.rec')]);
    expect(await run(['--recording', 'kept.rec', '--script', '-'], 't a')).toEqual(
      await run(['--script', '-'], 't a'),
    );
  });

  it.each([
    ['no terminal', [], '', /^oopslab: step needs a terminal; --script FILE prints screens without one\n$/u],
    ['a missing script', ['--script', 'no.txt'], '', /^oopslab: no\.txt: cannot be read: ENOENT.*\n$/u],
    [
      'a wrong key',
      ['--script', '-'],
      's\n\nscren',
      /^oopslab: -:3: there is no key scren; did you mean screen\?\n$/u,
    ],
    ['an unknown scenario', ['shm-close-bgu', '--script', '-'], 's', /^oopslab: .*there is no scenario/u],
  ] as const)('%s is one line on stderr, and exit code 2', async (_, args, input, message) => {
    const { status, stdout, stderr } = await run(args, input);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

it('docs/step.md shows the screens that its scripts print', async () => {
  const document = readFileSync(join(root, 'docs/step.md'), 'utf8');
  const blocks = [...document.matchAll(/^```text\n([\s\S]*?)^```$/gmu)].map(([, text]) => text!);
  expect(blocks).toHaveLength(4);
  for (const [index, script] of blocks.entries())
    if (index % 2 === 0) expect((await run(['--script', '-'], script)).stdout).toBe(blocks[index + 1]);
});
