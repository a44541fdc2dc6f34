// The worlds of one block, in order, each run once. The block depends on its seed alone, so any worker can walk it.

import type { Parameters } from '../../scenario/parameters.js';
import type { Arena } from '../watch/arena.js';
import type { Violation } from '../property/properties.js';
import type { WorldArbitrary } from '../world/world-arbitrary.js';
import { type WorldOptions, worldArbitrary } from '../world/worlds.js';
import { Dice, blockSeed } from './dice-of.js';

// Steps after the checked call run in each world that broke something, and in every eighth besides: a call that changed
// nothing outside its own allocations leaves later steps the same as any other such call.
const WHOLE_EVERY = 8;

// A second run with other bytes where nobody wrote comes with each world that broke something, with each that reached new
// code, and with every eighth besides.
const COMPARE_EVERY = 8;
const COMPARE_AT = 4;

// Where a block is in a campaign.
interface BlockPlace {
  readonly seed: number; // of the campaign, 32 bits
  readonly block: number;
}

/** A walk through a block. */
export class Walk {
  readonly arbitrary: WorldArbitrary;
  /** The index in the block of the world that was run last; -1 before the first. */
  index = -1;
  /** The world that was run last. */
  world: Parameters = new Map();
  readonly #arena: Arena;
  readonly #place: BlockPlace;
  readonly #dice: Dice;

  constructor(arena: Arena, place: BlockPlace, options: WorldOptions = {}) {
    this.arbitrary = worldArbitrary(arena.subject.scenario, options);
    this.#arena = arena;
    this.#place = place;
    this.#dice = new Dice(blockSeed(place.seed, place.block));
  }

  /** Go on with the world of an index. */
  startAt(index: number): void {
    this.index = index - 1;
  }

  /** Take the next world, without running it. */
  take(): Parameters {
    this.index += 1;
    const { index } = this;
    this.world = this.arbitrary.at({ ...this.#place, index }, this.#dice.at(index));
    return this.world;
  }

  /** Run the next world. */
  run(): readonly Violation[] {
    const world = this.take();
    return this.#arena.run(world, {
      whole: this.index % WHOLE_EVERY === 0,
      compare: this.index % COMPARE_EVERY === COMPARE_AT,
    });
  }
}
