// All worlds up to a bound: each once, all allowed, none missing.
import { describe, expect, it } from 'vitest';
import { exhaustiveSpace } from '../../src/check/find/exhaustive.js';
import { formatParameters, readParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { checkedScenario } from '../../src/check/world/stale-parameter.js';

const textOf = (values: Record<string, string | number>): string => JSON.stringify(values);

describe('all worlds up to a bound', () => {
  const scenario = checkedScenario(loadScenario('mount-arena'));

  it('come once each, and --set takes each of them', () => {
    const space = exhaustiveSpace(scenario, 1);
    const seen = new Set<string>();
    for (let index = 0; index < space.count; index += 7) {
      const world = space.world(index);
      const values = formatParameters(world);
      seen.add(textOf(values));
      const set = new Map(Object.entries(values).map(([name, value]) => [name, String(value)]));
      expect(formatParameters(readParameters(scenario, set))).toEqual(values);
    }
    expect(seen.size).toBe(Math.ceil(space.count / 7));
  });

  it('have every text of the bytes that matter, NULL and the empty one, and every choice', () => {
    const space = exhaustiveSpace(scenario, 2);
    const values = new Map<string, Set<string | number>>();
    for (let index = 0; index < space.count; index += 1)
      for (const [name, value] of Object.entries(formatParameters(space.world(index)))) {
        const all = values.get(name) ?? new Set();
        all.add(value);
        values.set(name, all);
      }
    // Of a, /, \ and 0x80: four texts of one byte, sixteen of two.
    expect(values.get('tree')!.size).toBe(20);
    expect([...values.get('prepath')!]).toEqual(['\\N', '', '/', '/a', '//', '/\\\\', String.raw`/\x80`]);
    expect(values.get('position')!.size).toBe(5);
    expect([...values.get('fail')!].toSorted((a, b) => Number(a) - Number(b))).toEqual([
      -3, -2, -1, 0, 1, 2, 3,
    ]);
    expect(values.get('dfs')).toEqual(new Set(['no', 'no+0xfffd', 'yes', 'yes+0xfffd']));
  }, 120_000);

  it('that are too many are refused, with what would fit', () => {
    expect(() => exhaustiveSpace(scenario, 9)).toThrow(/at most 5000000 are tried; 3 would fit/u);
  });
});
