// Runs and sweeps of the laboratory: what a page is told is what a replay of the same values did.
import { afterAll, describe, expect, it } from 'vitest';
import { Bench } from '../../src/laboratory/bench.js';
import type { SweepTold } from '../../src/laboratory/sweep-data.js';
import type { Questions } from '../../src/laboratory/questions.js';
import { pageData } from '../../src/report/collect.js';
import { replay } from '../../src/run/replay.js';
import { loadControl, loadScenario } from '../../src/scenario/scenario.js';
import { askLaboratory } from '../helpers/ask-laboratory.js';

const bench = new Bench([]);
afterAll(() => bench.close());

const run = (asks: Omit<Questions['run']['asks'], 'scenario'> & { readonly scenario?: string }) =>
  askLaboratory(bench, 'run', { scenario: 'shm-close-bug', ...asks });

describe('a run in the laboratory', () => {
  it('tells what was damaged, with the bytes around it', async () => {
    const { tells, answer } = await run({ set: {} });
    const [trial] = tells;
    expect(answer).toBeNull();
    expect(trial).toMatchObject({
      isCorrupt: true,
      sentence: 'corrupt: shm_file_data.id 13008943 -> 13008988 (0x2f -> 0x5c)',
      isTrap: true,
      path: { texts: ['tree', 'prepath'] },
    });
    const { before, after, harmed } = trial!.strip!;
    expect(harmed.map((index) => [before[index], after[index]])).toEqual([[0x2f, 0x5c]]);
  });

  it('tells what an earlier question did not change: equal questions have equal answers', async () => {
    const first = await run({ set: { previous: 'zero' } });
    await run({ set: { prepath: '/another' } });
    expect(await run({ set: { previous: 'zero' } })).toEqual(first);
    expect(first.tells[0]).toMatchObject({ isCorrupt: false, isTrap: false });
  });

  it('gives the page of a run, beside its control, where it is wanted', async () => {
    const set = { prepath: '/team' };
    const { answer } = await run({ set, page: true });
    const scenario = loadScenario('shm-close-bug');
    const values = new Map(Object.entries(set));
    const pair = [scenario, loadControl(scenario)!].map((one) => replay(one, { set: values }));
    expect(answer).toEqual(structuredClone(pageData(pair[0]!, pair[1])));
  });

  it('stretches the path, and refuses what is not allowed, with the field', async () => {
    expect((await run({ set: {}, length: 12 })).tells[0]?.path?.length).toBe(12);
    const refusals = [
      await run({ set: {}, length: 1 }),
      await run({ set: {}, length: 1e9 }),
      await run({ set: { prepath: 'x'.repeat(5000) } }),
      await run({ set: { nobody: '1' } }),
      await run({ set: { prepath: '\ud800' } }),
      await run({ scenario: 'nobody', set: {} }),
      await run({ scenario: 'timer-list', set: {}, length: 4 }),
    ];
    expect(refusals.map(({ tells }) => tells.length)).toEqual(refusals.map(() => 0));
    expect(refusals.map(({ refusal }) => refusal?.field)).toEqual([
      'length',
      'length',
      'prepath',
      'nobody',
      'set',
      'scenario',
      'length',
    ]);
  });

  it('calls no run safe that does not return', async () => {
    const { tells } = await run({ scenario: 'lookup-empty-slot', set: {} });
    const returns = replay(loadScenario('lookup-empty-slot')).header.outcome.kind === 'returned';
    expect(tells[0]?.isCorrupt).toBe(!returns);
  });
});

describe('a sweep in the laboratory', () => {
  it('grows row by row; each cell can be run, and did what its run does', async () => {
    const { tells } = await askLaboratory(bench, 'sweep', { scenario: 'shm-close-bug', set: {} });
    const [head, ...rows] = tells;
    expect(head).toMatchObject({ lengths: Array.from({ length: 40 }, (_, index) => index + 1) });
    const swept = rows as SweepTold[];
    expect(swept.map(({ row }) => row)).toEqual(swept.map((_, index) => index));
    for (const cell of [7, 20].flatMap((length) => [swept[0]!.cells[length]!, swept[1]!.cells[length]!])) {
      const { tells: told } = await run({ set: cell.set! });
      expect(told[0]?.path?.length).toBe(cell.length);
      expect(told[0]?.isCorrupt).toBe(cell.harm !== null);
    }
  });

  it('is offered where there is a path, and a check for a function that is called', async () => {
    const offer = async (scenario: string) => (await askLaboratory(bench, 'offer', { scenario })).answer!;
    expect(await offer('shm-close-bug')).toMatchObject({
      check: { scenario: 'mount-arena', function: 'cifs_build_path_to_root' },
      sweep: { lengths: Array.from({ length: 40 }, (_, index) => index + 1) },
    });
    expect(await offer('timer-list')).toMatchObject({
      sweep: expect.stringContaining('cannot be swept') as string,
    });
  });
});
