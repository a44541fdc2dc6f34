// A fix, checked in your own tests: the file goes through the system's compiler.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import {
  Arena,
  type Parameters,
  bringCandidate,
  checkCandidate,
  loadScenario,
  readParameters,
  worldArbitrary,
} from 'oopslab/check';
import { matchers } from 'oopslab/vitest';
import { afterAll, describe, expect, it } from 'vitest';

expect.extend(matchers); // or setupFiles: ['oopslab/vitest/setup'] in the configuration

const file = fileURLToPath(new URL('../fix.c', import.meta.url));
const scenario = loadScenario('mount-arena');

describe('the fix', { timeout: 60_000 }, () => {
  it('holds in two thousand worlds', () => {
    expect(file).toHold({ runs: 2000 });
  });

  it('holds compiled with -O0 too', () => {
    expect(bringCandidate(file, { optimize: '-O0' })).toHold({ scenario, runs: 500 });
  });

  it('is needed: the shipped code does not hold', () => {
    expect({ name: 'shipped', variants: {} }).not.toHold({ runs: 500 });
  });
});

// What the matcher does, by hand: a library with the code, and an arena to run it in.
describe('the fix, world by world', { timeout: 60_000 }, () => {
  const library = mkdtempSync(join(tmpdir(), 'own-tests-'));
  afterAll(() => rmSync(library, { recursive: true }));
  bringCandidate(file).saveAsLibrary(library);
  const fix = { name: 'fix', variants: { cifs_build_path_to_root: 'fix' } };
  const libraries = [library];

  it('has a verdict', () => {
    const { verdict, counterexample } = checkCandidate(scenario, fix, { runs: 500, libraries });
    expect({ verdict, counterexample }).toEqual({ verdict: 'holds', counterexample: null });
  });

  it('holds in the world of the crash, where the shipped code does not', () => {
    const crash = readParameters(scenario);
    using repaired = new Arena(scenario, fix, { libraries });
    using shipped = new Arena(scenario, { name: 'shipped', variants: {} });
    expect(repaired.run(crash)).toEqual([]);
    expect(shipped.run(crash).map(({ property }) => property)).toContain('writes-inside');
  });

  it('can be put to your own properties: worlds are arbitraries of fast-check', () => {
    using arena = new Arena(scenario, fix, { libraries });
    const alone = readParameters(scenario, new Map([['position', 'alone']]));
    const fixed = new Map([...alone].filter(([name]) => name === 'position'));
    fc.assert(
      fc.property(worldArbitrary(scenario, { fixed }), (world) => arena.run(world).length === 0),
      { numRuns: 300 },
    );
  });

  it('fails an own property with a world on one line, and a path that leads back to it', () => {
    using arena = new Arena(scenario, { name: 'shipped', variants: {} });
    const holds = (world: Parameters): boolean => arena.run(world).length === 0;
    const property = fc.property(worldArbitrary(scenario), holds);
    const { counterexample, counterexamplePath, seed } = fc.check(property, { seed: 7 });
    const [world] = counterexample!;
    expect(() => fc.assert(property, { seed: 7 })).toThrow(/^Counterexample: \[tree=\S+ dfs=no .*\]$/mu);
    const again = fc.check(property, { seed, path: counterexamplePath!, endOnFailure: true });
    expect(again.counterexample).toEqual([world]);
  });
});
