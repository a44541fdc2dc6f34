// What is said not to matter in a counterexample does not matter: further worlds agree.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { loadCandidates } from '../../src/check/run/shipped.js';
import { Arena } from '../../src/check/watch/arena.js';
import { checkCandidate } from '../../src/check/run/check-candidate.js';
import type { ParameterFinding } from '../../src/check/find/mattering-document.js';
import { findMattering } from '../../src/check/find/mattering.js';
import { matteringText } from '../../src/check/tell/mattering-text.js';
import { isOf, worstOf } from '../../src/check/property/properties.js';
import { checkedScenario } from '../../src/check/world/stale-parameter.js';
import { parameterArbitrary } from '../../src/check/world/worlds.js';
import { type ParameterValue, readParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { FULL } from '../helpers/effort.js';

const scenario = loadScenario('mount-arena');
const specs = checkedScenario(scenario).spec.parameters!;
const wrong = loadCandidates().filter(({ expected }) => expected === 'breaks');
const FURTHER = FULL ? 200 : 60;

const bytesOf = (value: ParameterValue): Uint8Array | undefined =>
  value.type === 'contents' && value.fill !== undefined
    ? Uint8Array.from({ length: 64 }, (_, index) => value.fill![index % value.fill!.length]!)
    : undefined;

// Whether a statement says that a value breaks the property, with the others as they stand; undefined when it says
// nothing of it.
const saysOf = (finding: ParameterFinding, value: ParameterValue): boolean | undefined => {
  switch (finding.kind) {
    case 'any':
      return true;
    case 'not-empty':
      return value.type === 'text' ? value.bytes.length > 0 : undefined;
    case 'not-null':
      return value.type === 'text' ? value.isNull !== true : undefined;
    case 'only':
      return undefined;
    case 'choice': {
      // The lists are about the bits besides that the world has: none, in the shrunk worlds that end here.
      if (value.type === 'choice' && (value.beside !== undefined || finding.beside === 'needed'))
        return undefined;
      const key = value.type === 'choice' ? value.key : value.type === 'int32' ? String(value.value) : '';
      return finding.does.includes(key) ? true : finding.doesNot.includes(key) ? false : undefined;
    }
    case 'no-nul': {
      const bytes = bytesOf(value);
      return bytes !== undefined && !bytes.subarray(finding.from, finding.to + 1).includes(0)
        ? true
        : undefined;
    }
    case 'takes-byte': {
      const bytes = bytesOf(value);
      if (bytes === undefined) return undefined;
      const at = bytes.subarray(0, finding.to + 1).indexOf(finding.byte, finding.from);
      return at >= 0 && (finding.stop === null || !bytes.subarray(finding.stop, at).includes(0));
    }
    case 'matters':
      return undefined;
  }
};

describe.each(wrong)('what does not matter for $name', (candidate) => {
  it('does not in further worlds', () => {
    using arena = new Arena(scenario, candidate);
    for (const seed of candidate.name === 'bug' ? [1, 2] : [1]) {
      const found = checkCandidate(scenario, candidate, { runs: 1000, seed }).counterexample!;
      const { parameters } = findMattering(arena, found, { seed, runs: FULL ? 500 : 100 });
      const target = worstOf(found.violations)!;
      const breaks = (change: Readonly<Record<string, ParameterValue>>): boolean =>
        arena
          .run(new Map([...found.world, ...Object.entries(change)]))
          .some((violation) => isOf(violation, target));
      const free = parameters.flatMap((one) => (one.kind === 'any' && one.together ? [one.parameter] : []));
      const together = fc.record(
        Object.fromEntries(free.map((name) => [name, parameterArbitrary(specs[name]!)])),
      );
      const disagree = fc
        .sample(together, { numRuns: FURTHER, seed: 77 + seed })
        .filter((change) => !breaks(change));
      expect(disagree).toEqual([]);
      for (const finding of parameters) {
        const { parameter } = finding;
        const values = fc.sample(parameterArbitrary(specs[parameter]!), {
          numRuns: FURTHER,
          seed: 99 + seed,
        });
        const against = values.filter((value) => {
          const says = saysOf(finding, value);
          return says !== undefined && breaks({ [parameter]: value }) !== says;
        });
        expect(against, parameter).toEqual([]);
      }
    }
  });
});

describe('what did not matter for the bug', () => {
  const bug = wrong.find(({ name }) => name === 'bug')!;
  const world = readParameters(
    scenario,
    new Map([
      ['tree', 'a'], ['dfs', 'no'], ['prepath', '/a'], ['position', 'first'], ['previous', '41'], ['neighbour', '2f'],
    ]),
  ); // prettier-ignore

  it('is the same for the same seed, and claims no more than was tried', () => {
    using arena = new Arena(scenario, bug);
    const one = findMattering(arena, { property: 'writes-inside', world });
    expect(findMattering(arena, { property: 'writes-inside', world })).toEqual(one);
    const of = (name: string) => one.parameters.find(({ parameter }) => parameter === name);
    expect(one.parameters.map(({ parameter }) => parameter)).toEqual(Object.keys(specs));
    expect(of('tree')).toMatchObject({ kind: 'any', together: true });
    expect(of('fail')).toMatchObject({ kind: 'choice', doesNot: ['-1', '1'] });
    const { mustBeSo, doesNotMatter } = matteringText(one);
    expect(doesNotMatter.join('\n')).toMatch(/^tree, .*in any combination/u);
    expect(mustBeSo.join('\n')).toMatch(/^fail: .*; not -1 or 1 \(\d+ worlds tried\)$/mu);
  });

  it('is not asked of a world that breaks nothing', () => {
    using arena = new Arena(scenario, bug);
    const empty = new Map(world).set('prepath', { type: 'text', bytes: new Uint8Array(0) });
    expect(() => findMattering(arena, { property: 'writes-inside', world: empty })).toThrow(TypeError);
  });
});
