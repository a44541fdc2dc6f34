// Steering: what a candidate compares becomes a world to try. The candidate is a model here: a list of conditions.
import { describe, expect, it } from 'vitest';
import { Dice, blockSeed } from '../../src/check/find/dice-of.js';
import { Steering } from '../../src/check/find/steering.js';
import type { Compared, Observation } from '../../src/run/observation.js';
import { worldArbitrary } from '../../src/check/world/worlds.js';
import type { Parameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { valueOf } from '../helpers/campaign-worlds.js';

const arena = loadScenario('mount-arena');
const scenario = arena.with({
  parameters: {
    ...arena.spec.parameters,
    flags: { type: 'choice', default: 'off', choices: { off: 0x0, on: 0x4 }, beside: '0xfffffff0' },
    count: { type: 'int32', default: 7 },
  },
});
const arbitrary = worldArbitrary(scenario);

const text = (world: Parameters, name: string) => valueOf(world, name, 'text').bytes;
const sum = (world: Parameters) => text(world, 'tree').length + text(world, 'prepath').length;

/** A comparison of the model, and whether the world passes it. */
interface Condition {
  readonly compares: (world: Parameters) => readonly (readonly [left: number, right: number, bits: number])[];
  readonly passes: (world: Parameters) => boolean;
}

const equals = (value: (world: Parameters) => number, wanted: number, bits: number): Condition => ({
  compares: (world) => [[value(world), wanted, bits]],
  passes: (world) => value(world) === wanted,
});

// Runs conditions one after the other until one does not pass: nested ifs.
const observe = (conditions: readonly Condition[], world: Parameters): Observation & { passed: number } => {
  const compares: Compared[] = [];
  const branches = new Map<bigint, number>();
  const executed = new Set<bigint>();
  let passed = 0;
  for (const [index, { compares: made, passes }] of conditions.entries()) {
    const pc = 0x1000n + BigInt(index * 16);
    executed.add(pc);
    for (const [left, right, bits] of made(world))
      compares.push({ pc, left: BigInt.asUintN(bits, BigInt(left)), right: BigInt.asUintN(bits, BigInt(right)), bits });
    branches.set(pc + 3n, passes(world) ? 2 : 1);
    if (!passes(world)) break;
    passed = index + 1;
  }
  return { compares, branches, executed, passed };
}; // prettier-ignore

// Worlds of a block until all conditions pass; Infinity where they never do.
const worldsUntil = (conditions: readonly Condition[], seed: number, steers: boolean): number => {
  const dice = new Dice(blockSeed(seed, 20));
  const steering = new Steering(arbitrary, scenario.spec.parameters!);
  let most = -1;
  for (let index = 0; index < 1000; index += 1) {
    const place = { seed, block: 20, index };
    const drawn = arbitrary.at(place, dice.at(index));
    const world = steers && !arbitrary.isPlanned(place) ? steering.steer(index, drawn) : drawn;
    const observation = observe(conditions, world);
    if (observation.passed === conditions.length) return index + 1;
    if (steering.wants(index, observation.passed > most)) steering.learn(world, observation);
    most = Math.max(most, observation.passed);
  }
  return Infinity;
};

const CASES: Readonly<Record<string, readonly Condition[]>> = {
  'a length of one text': [equals((world) => text(world, 'prepath').length, 777, 64)],
  'a length, with its NUL, in a register of 32 bits': [equals((world) => text(world, 'prepath').length + 1, 415, 32)],
  'the sum of the texts': [equals(sum, 733, 64)],
  'a byte at a place from the front': [equals((world) => text(world, 'tree')[9] ?? 0, 0xa7, 8)],
  'a byte at the end, compared as an int': [equals((world) => text(world, 'prepath').at(-1) ?? 0, 0xb3, 32)],
  'a word of text': [
    {
      compares: (world) =>
        text(world, 'tree').length < 8 ? [] : [[Buffer.from(text(world, 'tree')).readInt32LE(2), 0x64636261, 32]],
      passes: (world) => Buffer.from(text(world, 'tree')).indexOf('abcd') === 2,
    },
  ],
  'a number': [equals((world) => valueOf(world, 'count', 'int32').value, -87_654_321, 32)],
  'a pattern of flags': [equals((world) => Number(valueOf(world, 'flags', 'choice').value), 0x10240104, 64)],
  'one after the other': [
    equals((world) => text(world, 'prepath').length, 300, 64),
    equals((world) => text(world, 'tree').length, 53, 64),
    equals((world) => valueOf(world, 'count', 'int32').value, 1_234_567, 32),
    equals((world) => text(world, 'tree')[3] ?? 0, 0x9b, 8),
  ],
}; // prettier-ignore

describe('a block that is steered', () => {
  it.each(Object.entries(CASES))('comes soon to %s', (_what, conditions) => {
    const seeds = [1, 2, 3, 4, 5];
    const steered = seeds.map((seed) => worldsUntil(conditions, seed, true)).toSorted((a, b) => a - b);
    const drawn = seeds.map((seed) => worldsUntil(conditions, seed, false)).toSorted((a, b) => a - b);
    expect(steered.at(-1), `${steered}`).toBeLessThanOrEqual(400);
    expect(drawn[2], `${drawn}`).toBeGreaterThan(steered[2]!);
  });

  it('is the same each time', () => {
    const conditions = CASES['one after the other']!;
    expect(worldsUntil(conditions, 7, true)).toBe(worldsUntil(conditions, 7, true));
  });
});
