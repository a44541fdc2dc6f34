// Numbers that callers of the package give: wrong ones are refused by name before any work is done with them.
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { findMattering } from '../../src/check/find/mattering.js';
import { replayPath } from '../../src/check/find/campaign.js';
import { checkCandidate } from '../../src/check/run/check-candidate.js';
import { loadCandidates } from '../../src/check/run/shipped.js';
import { Arena } from '../../src/check/watch/arena.js';
import { parameterArbitrary, textBytes } from '../../src/check/world/worlds.js';
import { matchers } from '../../src/check/expect/to-hold.js';
import type { ParameterSpec } from '../../src/scenario/form.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { callCode, machineWith } from '../helpers/small-machine.js';

const scenario = loadScenario('mount-arena');
const [candidate] = loadCandidates();
const WRONG: readonly unknown[] = [
  NaN,
  Infinity,
  -Infinity,
  -1,
  0.5,
  2 ** 53,
  1e300,
  '5',
  null,
  {},
  [],
  true,
];
const world = readParameters(scenario);

const refused = (call: () => unknown, field: string): void => {
  const error = (() => {
    try {
      return call();
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).where.field).toBe(field);
  expect((error as InputError).message).toMatch(/^should be a whole number from [01] to \d+, found/u);
};

describe.each(WRONG)('the number %j', (wrong) => {
  const number = wrong as number;

  it('is refused by findMattering()', () => {
    using arena = new Arena(scenario, candidate!);
    const found = { property: 'ends', world } as const;
    refused(() => findMattering(arena, found, { runs: number }), 'runs');
    refused(() => findMattering(arena, found, { seed: number }), 'seed');
  });

  it('is refused by checkCandidate(), the arena and toHold()', () => {
    refused(() => checkCandidate(scenario, candidate!, { runs: number }), 'runs');
    refused(() => checkCandidate(scenario, candidate!, { seed: number }), 'seed');
    refused(() => checkCandidate(scenario, candidate!, { runs: 1, budget: number }), 'budget');
    refused(() => new Arena(scenario, candidate!, { budget: number }), 'budget');
    refused(() => matchers.toHold.call({}, candidate!, { scenario, runs: number }), 'runs');
  });

  it('is refused by replayPath() and a machine', () => {
    using arena = new Arena(scenario, candidate!);
    refused(() => replayPath(arena, number, '0:1'), 'seed');
    using machine = machineWith([0xeb, 0xfe]); // jmp .
    refused(() => callCode(machine, { budget: number }), 'budget');
  });

  it('is refused as the bound of a parameter', () => {
    const spec = { type: 'text', default: 'x', max: number } as ParameterSpec;
    expect(() => parameterArbitrary(spec)).toThrow(InputError);
    expect(() => textBytes(spec)).toThrow(InputError);
  });
});

it('a world of findMattering() is of a property that there is', () => {
  using arena = new Arena(scenario, candidate!);
  expect(() => findMattering(arena, { property: 'nothing' as 'ends', world })).toThrow(
    /"?property"?|should be one of/u,
  );
});

it('runs of findMattering() are bounded: all are drawn before the first', () => {
  using arena = new Arena(scenario, candidate!);
  refused(() => findMattering(arena, { property: 'ends', world }, { runs: 100_001 }), 'runs');
});
