// Searches worlds for one that a candidate breaks a property in, block by block, and shrinks it. The blocks make the
// result independent of who runs them: each has its own seed and needs no other.

import fc from 'fast-check';
import type { Parameters } from '../../scenario/parameters.js';
import type { Arena } from '../watch/arena.js';
import type { Coverage } from '../watch/coverage.js';
import { flakyReason } from '../watch/flaky.js';
import { type PropertyName, type Target, type Violation, isOf, worstOf } from '../property/properties.js';
import { type WorldOptions, worldArbitrary } from '../world/worlds.js';

const BLOCK_RUNS = 1000; // worlds in a block

// How many slow worlds of a block are run with the larger budget: each takes as long as some hundred others.
const RAISED_IN_BLOCK = 3;

// How many worlds past the first failure are looked at for a worse one.
const HARVEST_RUNS = 300;

// How many of the worlds that break the same are shrunk; the smallest result counts.
const SHRINK_STARTS = 4;

// A world that ends by its budget takes a hundred times as long as others: no more than so many are looked at for a
// worse one, and in shrinking.
const SLOW_HARVEST = 3;
const SLOW_SHRINKS = 8;

const isSlow = (violations: readonly Violation[]): boolean =>
  violations.some((one) => one.property === 'ends' && one.result.kind === 'budget');

// Steps after the checked call run in each world that broke something, and in every eighth besides: a call that changed
// nothing outside its own allocations leaves later steps the same as any other such call.
const WHOLE_EVERY = 8;

/** The result of a block of worlds. */
export interface BlockResult {
  readonly block: number;
  /** Worlds that ran: up to the first that broke something. */
  readonly runs: number;
  /** Whether the last of them broke something. */
  readonly broke: boolean;
  /** Why the last of them was flaky, a sentence; null where it was not. */
  readonly flaky: string | null;
  /** How many of them were slow, and the number of the first of those, from 0; null for none. */
  readonly slow: number;
  readonly firstSlow: number | null;
  /** What of the candidate's code has run, in them and in others of blocks before. */
  readonly coverage: Coverage | null;
}

/** A world that breaks a property, as small as shrinking gets it. */
export interface Counterexample {
  readonly property: PropertyName;
  readonly world: Parameters;
  /** All that it breaks. */
  readonly violations: readonly Violation[];
  /** Where it was found: `BLOCK:PATH`, with the path as fast-check gives it. */
  readonly path: string;
  readonly shrinks: number;
}

/**
 * The seed of a block.
 *
 * @param seed of the campaign, 32 bits
 */
export const blockSeed = (seed: number, block: number): number => {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(block + 1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) | 0;
};

/** How many blocks a campaign of `runs` worlds has. */
export const blocksOf = (runs: number): number => Math.ceil(runs / BLOCK_RUNS);

/** How many worlds a block has: the last one may have fewer. */
export const runsInBlock = (runs: number, block: number): number =>
  Math.max(0, Math.min(BLOCK_RUNS, runs - block * BLOCK_RUNS));

/**
 * Run one block, up to the first world that breaks something.
 *
 * @param runs worlds of the whole campaign
 */
export const runBlock = (
  arena: Arena,
  seed: number,
  block: number,
  runs: number,
  options: WorldOptions = {},
): BlockResult => {
  let count = 0;
  let slow = 0;
  let firstSlow: number | null = null;
  let broke = false;
  arena.raises = true;
  const property = fc.property(worldArbitrary(arena.subject.scenario, options), (world) => {
    count += 1;
    const violations = arena.run(world, count % WHOLE_EVERY === 1);
    if (arena.slow) {
      slow += 1;
      firstSlow ??= count - 1;
      arena.raises = slow < RAISED_IN_BLOCK;
    }
    broke = arena.flaky === undefined && violations.length > 0;
    return arena.flaky === undefined && !broke;
  });
  fc.check(property, { seed: blockSeed(seed, block), numRuns: runsInBlock(runs, block), endOnFailure: true });
  arena.raises = true;
  const flaky = arena.flaky === undefined ? null : flakyReason(arena.flaky);
  return { block, runs: count, broke, flaky, slow, firstSlow, coverage: arena.coverage ?? null };
};

/**
 * Shrink the worst violation that a block found soon after its first.
 *
 * @returns `undefined` when the block breaks nothing
 */
export const shrinkBlock = (
  arena: Arena,
  seed: number,
  result: BlockResult,
  options: WorldOptions = {},
): Counterexample | undefined => {
  if (!result.broke) return undefined;
  const own = blockSeed(seed, result.block);
  const found: { readonly run: number; readonly violations: readonly Violation[] }[] = [];
  let run = -1;
  let slow = 0;
  fc.check(
    fc.property(worldArbitrary(arena.subject.scenario, options), (world) => {
      run += 1;
      if (run + 1 < result.runs || slow >= SLOW_HARVEST) return;
      const violations = arena.run(world);
      if (isSlow(violations)) slow += 1;
      if (violations.length > 0) found.push({ run, violations: [...violations] });
    }),
    { seed: own, numRuns: result.runs + HARVEST_RUNS },
  );
  const target = worstOf(found.flatMap(({ violations }) => violations));
  if (target === undefined) return undefined;
  const starts = found.filter(({ violations }) => violations.some((violation) => isOf(violation, target)));
  return starts
    .slice(0, slow > 0 ? 1 : SHRINK_STARTS)
    .flatMap(
      (start) => shrink(arena, target, result.block, { seed: own, path: String(start.run) }, options) ?? [],
    )
    .toSorted((a, b) => weightOf(a.world) - weightOf(b.world))[0];
};

const shrink = (
  arena: Arena,
  target: Target,
  block: number,
  parameters: { readonly seed: number; readonly path: string },
  options: WorldOptions,
): Counterexample | undefined => {
  let slow = 0;
  const property = fc.property(worldArbitrary(arena.subject.scenario, options), (world) => {
    if (slow >= SLOW_SHRINKS) return true;
    const violations = arena.run(world);
    if (isSlow(violations)) slow += 1;
    return !violations.some((violation) => isOf(violation, target));
  });
  const details = fc.check(property, parameters);
  const [world] = details.counterexample ?? [];
  if (world === undefined) return undefined;
  return {
    property: target.property,
    world,
    violations: [...arena.run(world)],
    path: `${block}:${details.counterexamplePath ?? ''}`,
    shrinks: details.numShrinks,
  };
};

// How much there is to read in a world.
const weightOf = (world: Parameters): number => {
  let weight = 0;
  for (const value of world.values()) {
    switch (value.type) {
      case 'text':
        weight += value.bytes.length;
        break;
      case 'contents':
        weight += value.fill?.length ?? 2;
        break;
      case 'choice':
        weight += Number(value.value > 0n);
        break;
      case 'int32':
        weight += Math.min(10, Math.abs(value.value));
    }
  }
  return weight;
};

/**
 * Come back to a counterexample by its path.
 *
 * @param path `BLOCK:PATH`
 * @returns `undefined` when the world there breaks nothing
 * @throws {TypeError} when it is not a path
 */
export const replayPath = (
  arena: Arena,
  seed: number,
  path: string,
  options: WorldOptions = {},
): Counterexample | undefined => {
  const [, block, rest] = /^(\d{1,9}):(\d+(?::\d+)*)$/u.exec(path) ?? [];
  if (block === undefined || rest === undefined)
    throw new TypeError(`a path is BLOCK:PATH in numbers, as 0:17:1:0; found "${path}"`);
  let world: Parameters | undefined;
  let violations: readonly Violation[] = [];
  fc.check(
    fc.property(worldArbitrary(arena.subject.scenario, options), (one) => {
      world = one;
      violations = [...arena.run(one)];
      return violations.length === 0;
    }),
    { seed: blockSeed(seed, Number(block)), path: rest, numRuns: 1, endOnFailure: true },
  );
  const property = worstOf(violations)?.property;
  return world === undefined || property === undefined
    ? undefined
    : { property, world, violations, path, shrinks: 0 };
};
