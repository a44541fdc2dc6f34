// Searches worlds for one that a candidate breaks a property in, block by block, and shrinks it. The blocks make the
// result independent of who runs them: each has its own seed and needs no other.

import { wholeNumber } from '../../base/arguments.js';
import { InputError } from '../../base/errors.js';
import type { Parameters } from '../../scenario/parameters.js';
import type { Arena } from '../watch/arena.js';
import type { Coverage } from '../watch/coverage.js';
import { flakyReason } from '../watch/flaky.js';
import { type PropertyName, type Violation, isOf, worstOf } from '../property/properties.js';
import { MOST_SEED } from '../world/numbers.js';
import { WorldCounter, type WorldCounts } from '../world/world-counts.js';
import type { WorldOptions } from '../world/worlds.js';
import { followPath, isSlow, shrinkWorld } from './shrink.js';
import { BLOCK_RUNS, Walk } from './walk.js';

// How many worlds past the first failure are looked at for a worse one.
const HARVEST_RUNS = 300;

// How many of the worlds that break the same are shrunk; the smallest result counts.
const SHRINK_STARTS = 4;

// A world that ends by its budget takes a hundred times as long as others: no more than so many are looked at for a
// worse one.
const SLOW_HARVEST = 3;

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
  /** What values they had. */
  readonly worlds: WorldCounts;
}

/** A world that breaks a property, as small as shrinking gets it. */
export interface Counterexample {
  readonly property: PropertyName;
  readonly world: Parameters;
  /** All that it breaks. */
  readonly violations: readonly Violation[];
  /** Where it was found: `BLOCK:INDEX`, then which simpler world was taken, time after time. */
  readonly path: string;
  readonly shrinks: number;
}

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
  const walk = new Walk(arena, { seed, block }, options);
  const most = runsInBlock(runs, block);
  const counter = new WorldCounter();
  let broke = false;
  while (walk.index + 1 < most && !broke && walk.flaky === undefined) {
    const violations = walk.run();
    counter.add(walk.world);
    broke = violations.length > 0 && walk.flaky === undefined;
  }
  const { flaky, slow, firstSlow } = walk;
  return {
    block,
    runs: walk.index + 1,
    broke,
    flaky: flaky === undefined ? null : flakyReason(flaky),
    slow,
    firstSlow,
    coverage: arena.coverage,
    worlds: counter.counts,
  };
};

interface Found {
  readonly index: number;
  readonly world: Parameters;
  readonly violations: readonly Violation[];
}

/**
 * Shrink the worst violation that a block found soon after its first.
 *
 * @returns `undefined` when the block breaks nothing
 */
export const shrinkBlock = (
  arena: Arena,
  seed: number,
  { block, runs, broke }: BlockResult,
  options: WorldOptions = {},
): Counterexample | undefined => {
  if (!broke) return undefined;
  const walk = new Walk(arena, { seed, block }, options);
  const found: Found[] = [];
  let slow = 0;
  walk.runTo(runs - 1);
  while (walk.index < runs + HARVEST_RUNS - 1 && slow < SLOW_HARVEST) {
    const violations = [...walk.run()];
    if (arena.slow || arena.tookMore || isSlow(violations)) slow += 1;
    if (violations.length > 0 && walk.flaky === undefined)
      found.push({ index: walk.index, world: walk.world, violations });
  }
  const target = worstOf(found.flatMap(({ violations }) => violations));
  if (target === undefined) return undefined;
  return found
    .filter(({ violations }) => violations.some((violation) => isOf(violation, target)))
    .slice(0, slow > 0 ? 1 : SHRINK_STARTS)
    .map(({ index, world }): Counterexample => {
      const shrunk = shrinkWorld(arena, walk.arbitrary, target, world);
      return {
        property: target.property,
        world: shrunk.world,
        violations: [...arena.run(shrunk.world)],
        path: [block, index, ...shrunk.path].join(':'),
        shrinks: shrunk.path.length,
      };
    })
    .toSorted((a, b) => weightOf(a.world) - weightOf(b.world))[0];
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
 * @param path `BLOCK:INDEX`, then the simpler worlds
 * @returns `undefined` when the world there breaks nothing
 * @throws {TypeError} when it is not a path
 * @throws {InputError} when there are not so many simpler worlds
 */
export const replayPath = (
  arena: Arena,
  seed: number,
  path: string,
  options: WorldOptions = {},
): Counterexample | undefined => {
  wholeNumber('seed', seed, 0, MOST_SEED);
  const [, block, rest] = /^(\d{1,9}):(\d{1,9}(?::\d{1,9})*)$/u.exec(path) ?? [];
  if (block === undefined || rest === undefined)
    throw new TypeError(`a path is BLOCK:PATH in numbers, as 0:17:1:0; found "${path}"`);
  const [index = 0, ...way] = rest.split(':').map(Number);
  const walk = new Walk(arena, { seed, block: Number(block) }, options);
  if (index < BLOCK_RUNS + HARVEST_RUNS) walk.runTo(index);
  const world = index < BLOCK_RUNS + HARVEST_RUNS ? followPath(walk.arbitrary, walk.take(), way) : undefined;
  if (world === undefined)
    throw new InputError(`leads to no world: is it of another seed, or of other code? Found "${path}"`, {
      field: '--path',
    });
  const violations = [...arena.run(world)];
  const property = worstOf(violations)?.property;
  return property === undefined ? undefined : { property, world, violations, path, shrinks: 0 };
};
