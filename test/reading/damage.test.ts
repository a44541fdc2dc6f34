// Damage stays visible: from the wrong write on, until the byte is written again rightly, or its object ends.
import { describe, expect, it } from 'vitest';
import { Case } from '../../src/reading/case.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { type Code, lifetimeRun } from '../helpers/lifetime-runs.js';

const RET = [0xc3];
const OVERRUN = [0xc6, 0x47, 0x20, 0x07]; // movb $7,32(%rdi): the first byte of the neighbour
const NOP = [0x90];
const BEFORE = ['kzalloc: { as: high, size: 32 }', 'kzalloc: { as: low, size: 32 }'];

// Which states have a damaged byte in `high`, over the guest's instructions.
const damaged = (code: Code, before = BEFORE, list = "'&low', '&high'"): string => {
  const run = new Case(lifetimeRun({ code: [...code, RET], before, arguments: list }));
  const high = BigInt(run.findNamed('high')!.address);
  return Array.from({ length: run.recording.instructions + 1 }, (_, state) =>
    run.damage.in(high, 32, state).length > 0 ? '!' : '.',
  ).join('');
};

describe('a damaged byte', () => {
  it.each<[string, Code, string]>([
    ['stays damaged to the end', [NOP, OVERRUN, NOP, NOP], '..!!!!'],
    ['until its object writes it', [OVERRUN, NOP, [0xc6, 0x06, 0x01], NOP], '.!!...'], // movb $1,(%rsi)
    ['but not when another byte is written', [OVERRUN, [0xc6, 0x46, 0x01, 0x01], NOP], '.!!!!'],
    ['not where the write changes nothing', [[0xc6, 0x47, 0x20, 0x00], NOP], '....'],
    ['until its object is freed', [[0x53], [0x48, 0x89, 0xf3], OVERRUN, [0x48, 0x89, 0xdf], { call: 'kfree' }, [0x5b]], '...!!...'],
    ['and again by a second wrong write', [OVERRUN, [0xc6, 0x06, 0x00], [0xc6, 0x47, 0x20, 0x05]], '.!.!!'],
  ])('%s', (_name, code, expected) => {
    expect(damaged(code)).toBe(expected);
  }); // prettier-ignore

  it('is also one that a write through a stale pointer left', () => {
    const before = ['kzalloc: { as: old, size: 32 }', 'free: old', 'kzalloc: { as: high, size: 32 }'];
    const code: Code = [[0xc6, 0x07, 0x09], NOP];
    expect(damaged(code, before, "'&old'")).toBe('.!!!');
    const run = new Case(lifetimeRun({ code: [...code, RET], before, arguments: "'&old'" }));
    expect(run.damage.all).toMatchObject([
      { old: 0, new: 9, by: 'guest+0x0', kind: 'use-after-free', instruction: 0, from: 1, until: undefined },
    ]);
  });
});

it('of the published bug is the 5c in the id, until the end', () => {
  const run = new Case(replay(loadScenario('shm-close-bug')));
  expect(run.damage.at(run.last)).toMatchObject([
    {
      address: 0xffff8803f382cc60n,
      old: 0x2f,
      new: 0x5c,
      by: 'convert_delimiter+0x1c',
      kind: 'out-of-bounds',
    },
  ]);
  expect(new Case(replay(loadScenario('shm-close-control'))).damage.all).toEqual([]);
});
