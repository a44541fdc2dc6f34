// A block of worlds under unicorn.js (its double) and under libunicorn: the same verdicts, violations and coverage.
import { afterEach, expect, it, vi } from 'vitest';
import { runBlock } from '../../src/check/find/campaign.js';
import { findCandidate } from '../../src/check/run/shipped.js';
import { Arena } from '../../src/check/watch/arena.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { DOUBLE, loadUnicornJsFrom } from '../helpers/unicorn-js.js';

const RUNS = 40;
const SEED = 15;

await loadUnicornJsFrom(DOUBLE);
afterEach(() => vi.unstubAllEnvs());

it.each(['terminate-before-convert', 'doubled-separator', 'zeroed-allocation'])('%s', (name) => {
  const scenario = loadScenario('mount-arena');
  const [expected, found] = ['unicorn', 'unicorn.js'].map((engine) => {
    vi.stubEnv('OOPSLAB_ENGINE', engine);
    using arena = new Arena(scenario, findCandidate(name), {});
    return runBlock(arena, SEED, 0, RUNS);
  });
  expect(found).toEqual(expected);
  expect(found?.runs).toBeGreaterThan(0);
});
