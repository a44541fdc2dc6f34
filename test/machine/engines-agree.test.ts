// Two engines as witnesses: the same run, byte for byte. OOPSLAB_FULL=1 tries more worlds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { worldArbitrary } from '../../src/check/world/worlds.js';
import { formatParameters } from '../../src/scenario/parameters.js';
import { listScenarios, loadScenario } from '../../src/scenario/scenario.js';
import type { Scenario } from '../../src/scenario/scenario.js';
import { replay } from '../../src/run/replay.js';
import { ENGINES_HERE } from '../helpers/unicorn.js';

const WORLDS = process.env['OOPSLAB_FULL'] === '1' ? 10_000 : 60;
const SEED = 15;

const recordings = (scenario: Scenario, set?: ReadonlyMap<string, string>) =>
  ENGINES_HERE.map((engine) => {
    const { header, data } = replay(scenario, { engine, ...(set === undefined ? {} : { set }) });
    const digits = (array: Uint8Array | Uint32Array): string =>
      Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
    return {
      header,
      memory: digits(data.memory),
      registers: digits(data.registers),
      accesses: digits(data.accesses),
    };
  });

describe('every engine records the same of', () => {
  it('worlds that were drawn', () => {
    const scenario = loadScenario('mount-arena');
    for (const world of fc.sample(worldArbitrary(scenario), { numRuns: WORLDS, seed: SEED })) {
      const set = new Map(
        Object.entries(formatParameters(world)).map(([name, value]) => [name, String(value)]),
      );
      const [first, ...others] = recordings(scenario, set);
      for (const other of others) expect(other).toEqual(first);
    }
  }, 3_600_000);

  it.each(listScenarios().map(({ name }) => name))('%s', (name) => {
    const [first, ...others] = recordings(loadScenario(name));
    expect(others.length).toBeGreaterThan(0);
    for (const other of others) expect(other).toEqual(first);
  });
});
