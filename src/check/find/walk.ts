// The worlds of one block, in order, each run once. What comes depends on the seed, the block and the candidate's code alone,
// so any worker can walk it: what was seen in other blocks does not count.

import type { Parameters } from '../../scenario/parameters.js';
import type { Arena } from '../watch/arena.js';
import type { Flaky } from '../watch/flaky.js';
import type { Violation } from '../property/properties.js';
import type { Dictionary } from '../world/dictionary.js';
import type { WorldArbitrary } from '../world/world-arbitrary.js';
import { type WorldOptions, worldArbitrary } from '../world/worlds.js';
import { dictionaryOf } from './code-constants.js';
import { Dice, blockSeed } from './dice-of.js';
import { Steering } from './steering.js';

// Steps after the checked call run in each world that broke something, and in every eighth besides: a call that changed
// nothing outside its own allocations leaves later steps the same as any other such call.
const WHOLE_EVERY = 8;

// A second run with other bytes where nobody wrote comes with each world that broke something, with each that reached new
// code, and with every eighth besides.
const COMPARE_EVERY = 8;
const COMPARE_AT = 4;

/**
 * How many slow worlds of a block are run with the larger budget: each takes as long as some hundred others. After the
 * first world that broke something there are no more: a slow one is not worse.
 */
export const RAISED_IN_BLOCK = 3;

// Blocks that are steered by observed worlds: the first ones, and every fourth of the later ones, which are much the same.
const isSteered = (block: number): boolean => block < 10 || block % 4 === 0;

/** Worlds in a block. */
export const BLOCK_RUNS = 1000;

const dictionaries = new WeakMap<Arena, Dictionary>();

const dictionaryFor = (arena: Arena): Dictionary => {
  let dictionary = dictionaries.get(arena);
  if (dictionary === undefined) dictionaries.set(arena, (dictionary = dictionaryOf(arena.code)));
  return dictionary;
};

// Where a block is in a campaign.
interface BlockPlace {
  readonly seed: number; // of the campaign, 32 bits
  readonly block: number;
}

/** A walk through a block, from its first world on. */
export class Walk {
  readonly arbitrary: WorldArbitrary;
  /** The index in the block of the world that was taken last; -1 before the first. */
  index = -1;
  /** That world. */
  world: Parameters = new Map();
  /** What made the last run differ from an equal one; then its violations mean nothing. */
  flaky: Flaky | undefined;
  /** How many worlds were slow, and the index of the first of those. */
  slow = 0;
  firstSlow: number | null = null;
  readonly #arena: Arena;
  readonly #place: BlockPlace;
  readonly #dice: Dice;
  readonly #steering: Steering;
  #allocations = 0; // most that a call asked for
  #broke = false; // whether some world did

  constructor(arena: Arena, place: BlockPlace, options: WorldOptions = {}) {
    const { scenario } = arena.subject;
    this.arbitrary = worldArbitrary(scenario, { dictionary: dictionaryFor(arena), ...options });
    this.#arena = arena;
    this.#place = place;
    this.#dice = new Dice(blockSeed(place.seed, place.block));
    this.#steering = new Steering(this.arbitrary, scenario.spec.parameters ?? {});
    arena.begin();
  }

  /** Take the next world, without running it. */
  take(): Parameters {
    this.index += 1;
    const place = { ...this.#place, index: this.index };
    const { exhaustive } = this.#arena;
    if (exhaustive !== undefined) {
      this.world = exhaustive.world(this.#place.block * BLOCK_RUNS + this.index);
      return this.world;
    }
    const drawn = this.arbitrary.at(place, this.#dice.at(this.index));
    const steered = this.arbitrary.isPlanned(place) ? drawn : this.#steering.steer(this.index, drawn);
    this.world = this.#withFailure(steered);
    return this.world;
  }

  // An allocation that fails is one of those that were asked for.
  #withFailure(world: Parameters): Parameters {
    const { fail } = this.#arena.subject;
    const value = fail === undefined ? undefined : world.get(fail);
    const most = this.#allocations;
    if (fail === undefined || value?.type !== 'int32' || Math.abs(value.value) <= most || most === 0)
      return world;
    const failing = Math.sign(value.value) * (1 + (Math.abs(value.value) % most));
    return this.arbitrary.changed(world, fail, () => ({ type: 'int32', value: failing })) ?? world;
  }

  /** Run the next world. */
  run(): readonly Violation[] {
    const arena = this.#arena;
    const world = this.take();
    arena.raises = this.slow < RAISED_IN_BLOCK && !this.#broke;
    const violations = arena.run(world, {
      whole: arena.thorough || this.index % WHOLE_EVERY === 0,
      compare: arena.thorough || this.index % COMPARE_EVERY === COMPARE_AT,
    });
    arena.raises = true;
    this.flaky = arena.flaky;
    this.#broke ||= violations.length > 0 && this.flaky === undefined;
    this.#allocations = Math.max(this.#allocations, arena.requests.length);
    if (arena.slow) {
      this.slow += 1;
      this.firstSlow ??= this.index;
    } else if (this.flaky === undefined && violations.length === 0) this.#observe(world);
    return violations;
  }

  #observe(world: Parameters): void {
    const arena = this.#arena;
    const wants = isSteered(this.#place.block) && this.#steering.wants(this.index, arena.sawNew);
    if (arena.thorough || wants) this.#steering.learn(world, arena.observe(world));
  }

  /** Run the worlds before one, so that it is the next. */
  runTo(index: number): void {
    while (this.index < index - 1) this.run();
  }
}
