// Makes a world that breaks a property simpler, as long as it goes on breaking it: each time the first simpler world that
// does.

import type { Parameters } from '../../scenario/parameters.js';
import type { Arena } from '../watch/arena.js';
import { type Target, type Violation, isOf } from '../property/properties.js';
import type { WorldArbitrary } from '../world/world-arbitrary.js';

// A world that never ends takes ten times as long as others, one with the larger budget a hundred times: so many of the
// former are tried, or eight times fewer of the latter.
const SLOW_SHRINKS = 64;
const MUCH_SLOWER = 8;

// Simpler worlds that are tried at most; hundreds are usual.
export const MOST_TRIES = 20_000;

/** Whether a world used up its budget. */
export const isSlow = (violations: readonly Violation[]): boolean =>
  violations.some((one) => one.property === 'ends' && one.result.kind === 'budget');

// A world, as simple as it gets, and the way to it.
interface Shrunk {
  readonly world: Parameters;
  readonly path: readonly number[]; // which simpler world was taken, counted from 0, time after time
}

/** Shrink a world that breaks the target. */
export const shrinkWorld = (
  arena: Arena,
  arbitrary: WorldArbitrary,
  target: Target,
  start: Parameters,
): Shrunk => {
  const path: number[] = [];
  let world = start;
  let tries = 0;
  let slow = 0;
  const breaks = (simpler: Parameters): boolean => {
    tries += 1;
    const violations = arena.run(simpler);
    if (arena.slow || arena.tookMore) slow += MUCH_SLOWER;
    else if (isSlow(violations)) slow += 1;
    return arena.flaky === undefined && violations.some((violation) => isOf(violation, target));
  };
  // More time changes nothing about what is wrong before a run is slow.
  arena.raises = target.property === 'ends' || target.property === 'readers';
  for (let found = true; found;) {
    found = false;
    let place = 0;
    for (const { value } of arbitrary.shrink(world)) {
      if (tries >= MOST_TRIES || slow >= SLOW_SHRINKS) break;
      if (breaks(value)) {
        world = value;
        path.push(place);
        found = true;
        break;
      }
      place += 1;
    }
  }
  arena.raises = true;
  return { world, path };
};

/** Follow a path; `undefined` where it leads to no world. */
export const followPath = (
  arbitrary: WorldArbitrary,
  start: Parameters,
  path: readonly number[],
): Parameters | undefined => {
  let world = start;
  for (const place of path) {
    const [next] = arbitrary.shrink(world).drop(place).take(1);
    if (next === undefined) return undefined;
    world = next.value;
  }
  return world;
};
