// What a user sets with fc.configureGlobal is for their own properties: no result of a check depends on it.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Arena,
  checkCandidate,
  findMattering,
  formatParameters,
  loadScenario,
  replayPath,
} from '../../src/check.js';

const scenario = loadScenario('mount-arena');
const BUG = { name: 'bug', variants: {} };
const RIGHT = { name: 'right', variants: { cifs_build_path_to_root: 'terminate-first' } };
const LATE = { name: 'late', variants: { cifs_build_path_to_root: 'nul-one-too-early' } };

const fails = (): never => {
  throw new Error('a function of fc.configureGlobal was called');
};
const SETTINGS: readonly (fc.GlobalParameters & { readonly path?: string })[] = [
  { numRuns: 1 },
  { seed: 99 },
  { path: '3:1' },
  { skipAllAfterTimeLimit: 0 },
  { interruptAfterTimeLimit: 0 },
  { interruptAfterTimeLimit: 0, markInterruptAsFailure: true },
  { maxSkipsPerRun: 0 },
  { endOnFailure: true },
  { verbose: 2 },
  { unbiased: true },
  { randomType: 'mersenne' },
  { skipEqualValues: true },
  { ignoreEqualValues: true },
  { includeErrorInReport: false },
  { baseSize: 'xlarge' },
  { defaultSizeToMaxWhenMaxSpecified: true },
  { reporter: fails },
  { beforeEach: fails, afterEach: fails },
];

/** All that a check says of three versions. */
const found = () =>
  [BUG, RIGHT, LATE].map((code) => {
    const { counterexample, ...result } = checkCandidate(scenario, code, { seed: 5, runs: 1500 });
    if (counterexample === null) return result;
    const { property, world, path, shrinks } = counterexample;
    using arena = new Arena(scenario, code);
    return {
      ...result,
      found: { property, world: formatParameters(world), path, shrinks },
      mattering: findMattering(arena, counterexample, { runs: 20 }),
      again: formatParameters(replayPath(arena, 5, path)!.world),
    };
  });

describe('fc.configureGlobal', () => {
  const before = fc.readConfigureGlobal();
  afterEach(() => fc.configureGlobal(before));

  it('has settings that would change a property', () => {
    fc.configureGlobal({ ...before, numRuns: 1 });
    expect(fc.check(fc.property(fc.nat(), () => true)).numRuns).toBe(1);
  });

  fc.configureGlobal({});
  const expected = JSON.stringify(found());
  fc.configureGlobal(before);

  it.each(SETTINGS.map((one) => [Object.keys(one).join(', '), one] as const))(
    'has no say in a check: %s',
    (_names, settings) => {
      fc.configureGlobal(settings);
      expect(JSON.stringify(found())).toBe(expected);
    },
  );
});
