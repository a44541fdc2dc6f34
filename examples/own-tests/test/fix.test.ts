// A fix, checked in your own tests: the file goes through the system's compiler.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  Arena,
  bringCandidate,
  checkCandidate,
  loadScenario,
  readParameters,
  worldArbitrary,
} from 'oopslab/check';
import { afterAll, describe, expect, it } from 'vitest';

const library = mkdtempSync(join(tmpdir(), 'own-tests-'));
afterAll(() => rmSync(library, { recursive: true }));

const scenario = loadScenario('mount-arena');
const file = new URL('../fix.c', import.meta.url).pathname;
bringCandidate(file).saveAsLibrary(library);
const fix = { name: 'fix', variants: { cifs_build_path_to_root: 'fix' } };

describe('the fix', () => {
  it('holds in two thousand worlds', () => {
    const { verdict, counterexample } = checkCandidate(scenario, fix, { runs: 2000, libraries: [library] });
    expect({ verdict, counterexample }).toEqual({ verdict: 'holds', counterexample: null });
  });

  it('holds in the world of the crash, where the shipped code does not', () => {
    const crash = readParameters(scenario);
    using repaired = new Arena(scenario, fix, { libraries: [library] });
    using shipped = new Arena(scenario, { name: 'shipped', variants: {} });
    expect(repaired.run(crash)).toEqual([]);
    expect(shipped.run(crash).map(({ property }) => property)).toContain('writes-inside');
  });

  it('can be put to your own properties: worlds are arbitraries of fast-check', () => {
    using arena = new Arena(scenario, fix, { libraries: [library] });
    const alone = readParameters(scenario, new Map([['position', 'alone']]));
    const fixed = new Map([...alone].filter(([name]) => name === 'position'));
    fc.assert(
      fc.property(worldArbitrary(scenario, { fixed }), (world) => arena.run(world).length === 0),
      { numRuns: 300 },
    );
  });
});
