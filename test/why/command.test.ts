// `oopslab why`: chains of the shipped scenarios, places, documents and bad input.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { Case } from '../../src/reading/case.js';
import { replay } from '../../src/run/replay.js';
import { loadControl, loadScenario } from '../../src/scenario/scenario.js';
import type { WhyDocument } from '../../src/why/document.js';
import { WhyCase } from '../../src/why/why.js';
import { oopslab } from '../helpers/oopslab.js';

const schema: unknown = JSON.parse(
  readFileSync(new URL('../../schema/why.schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema as object);

const run = (...args: readonly string[]) => oopslab(['why', ...args]);

const runJson = async (...args: readonly string[]): Promise<WhyDocument> => {
  const { status, stdout, stderr } = await run(...args, '--json');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const document = JSON.parse(stdout) as WhyDocument;
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document;
};

const rendering = (name: string) => fileURLToPath(new URL(`../renderings/${name}.txt`, import.meta.url));

describe('oopslab why', () => {
  // Our own renderings, not evidence: they may be written anew.
  it.each([
    ['why', []],
    ['why-second-victim', ['slabinfo-bug']],
    ['why-empty-slot', ['lookup-empty-slot']],
    ['why-segment-removed', ['lookup-segment-removed']],
    ['why-dot', ['--dot']],
  ] as const)('prints %s', async (name, args) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(rendering(name));
  });

  it('leads from the trap to the write that is missing, as the talk tells it', async () => {
    const { scenario, control, of, at, links } = await runJson();
    expect({ scenario, control, of, at }).toEqual({
      scenario: 'shm-close-bug', control: 'shm-close-control', of: 'rax', at: 'shm_close+0x3e',
    }); // prettier-ignore
    expect(links.length).toBeLessThanOrEqual(12);
    const told = links.map((link) => [link.at, link.by]);
    expect(links[0]).toMatchObject({ place: 'rax', value: '0xffffffffffffffea', by: 'branch' });
    expect(links).toContainEqual(
      expect.objectContaining({ place: 'result@ipc_lock', value: '0xffffffffffffffea' }),
    );
    expect(links).toContainEqual(
      expect.objectContaining({ at: 'idr_find+0x26', place: 'esi', value: '0x5c' }),
    );
    expect(links).toContainEqual(expect.objectContaining({ place: 'sfd.id', value: '0xc6805c', by: 'data' }));
    expect(told).toContainEqual(['convert_delimiter+0x1c', 'out-of-bounds write']);
    expect(links.at(-1)).toMatchObject({ by: 'missing write', place: 'path+0x1f', inControl: true });
    expect(links.at(-1)!.says).toContain('sfd_b at +31');
  });

  it('ends at the stale byte without a control, and says that one would show more', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'oopslab-why-'));
    try {
      const file = join(folder, 'crash.rec');
      expect((await oopslab(['replay', '--record', file])).status).toBe(0);
      const { control, links } = await runJson('--recording', file);
      expect(control).toBeNull();
      expect(links.at(-1)).toMatchObject({ by: 'stale memory', place: 'path+0x1f', inControl: false });
      expect(links.at(-1)!.says).toMatch(/a control would show more/u);
      const beside = await runJson('--recording', file, '--control', 'shm-close-control');
      expect(beside).toEqual(await runJson());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['RSI', 'convert_delimiter+0x1c'],
    ['sfd.id', 'convert_delimiter+0x1c'],
    ['[0xffff8803f382cc60:1]', 'convert_delimiter+0x1c'],
    ['result@ipc_lock', 'convert_delimiter+0x1c'],
    ['rcx', 'idr_find+0x13'],
    ['stack[3]', 'remove_vma+0x20'],
    ['sfd.id@700', 'step "attach A"'],
    ['rdi@shm_close+0x0', 'step "exit"'],
  ])('follows %s to %s', async (place, through) => {
    const { links } = await runJson(place);
    expect(links.map(({ at }) => at)).toContain(through);
  });

  it('follows every word of the report, and every register at every fiftieth step', () => {
    const open = new Map<string, WhyCase>();
    for (const name of ['shm-close-bug', 'slabinfo-bug']) {
      const scenario = loadScenario(name);
      const [bug, control] = [replay(scenario), replay(loadControl(scenario)!)];
      open.set(name, new WhyCase(new Case(bug), new Case(control)));
    }
    const registers = [
      'rax',
      'rbx',
      'rcx',
      'rdx',
      'rsi',
      'rdi',
      'rbp',
      'r8',
      'r9',
      'r12',
      'rip',
      'rsp',
      'rflags',
    ];
    const words = [
      ...registers.map((name) => name.toUpperCase().replace('RFLAGS', 'EFLAGS')),
      'stack[0]',
      'stack[23]',
    ];
    for (const [name, why] of open) {
      const { instructions } = why.view.run.recording;
      for (const word of words)
        expect(why.explain(why.place(word)).links.length, `${name} ${word}`).toBeGreaterThan(0);
      for (let step = 0; step < instructions; step += 50)
        for (const register of registers) {
          const { links } = why.explain(why.place(`${register}@${step}`));
          expect(links.length, `${name} ${register}@${step}`).toBeGreaterThan(0);
          expect(links.length).toBeLessThanOrEqual(12);
        }
    }
  });

  it('has the whole slice with --all', async () => {
    const { slice } = await runJson('--all');
    const of = (at: string) => slice!.filter((link) => link.at === at);
    expect(of('convert_delimiter+0x1c')).not.toHaveLength(0);
    expect(of('idr_find+0x26')).toMatchObject([{ by: 'branch' }]);
    // Nothing of the segment's own counters, which down_write() and shm_close() touch only.
    expect(slice!.map(({ place }) => place)).not.toContain('segment.shm_nattch');
  });

  it.each([
    [['bogus'], '"bogus" is not a place here'],
    [['sfd.idd'], 'struct shm_file_data has no field "idd"; did you mean id?'],
    [['sfd.id@900'], '@900: the run has 839 steps, 0 to 839'],
    [['rax@nowhere+0x3'], '@nowhere+0x3: give a step (a number) or a location in code'],
    [['rax@idr_find+0x77@3'], 'one @ at most'],
    [['result@ipc_lokc'], 'there is no function ipc_lokc; did you mean ipc_lock?'],
    [['result@shm_destroy'], 'shm_destroy did not return before step 838'],
    [['[0x10:4]'], 'nothing is mapped at 0x10'],
    [['[0xffff8803f382cc60:3]'], 'a place has 1, 2, 4 or 8 bytes, found 3'],
    [['CR4'], 'CR4 is stated by the scenario'],
    [['shm-close-control'], 'nothing went wrong in this run'],
    [['--all', '--dot'], 'give one of --all and --dot, not both'],
    [['shm-close-bug', 'rax', '--recording', 'x'], 'give a scenario or --recording, not both'],
  ])('refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
