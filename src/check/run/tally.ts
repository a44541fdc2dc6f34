// What the blocks of a search say together, joined as they come, in any order: what is kept does not grow with them.

import type { BlockResult } from '../find/campaign.js';
import { type Coverage, joinAll } from '../watch/coverage.js';
import { NO_WORLDS, type WorldCounts, joinCounts } from '../world/world-counts.js';

/** A world by the number of its block, and its own in it, from 0; kept worlds have block -1. */
export interface WorldPlace {
  readonly block: number;
  readonly index: number;
}

/** Of blocks in which nothing was found. */
export class Tally {
  /** Blocks, and the worlds in them. */
  blocks = 0;
  tried = 0;
  /** How many worlds were slow, and the first of them. */
  slow = 0;
  firstSlow: WorldPlace | null = null;
  /** What of the code ran; null where nothing is known. */
  coverage: Coverage | null = null;
  /** What values the worlds had. */
  worlds: WorldCounts = NO_WORLDS;

  /** Count kept worlds that are slow, by their numbers. */
  addKept([first, ...others]: readonly number[]): void {
    if (first === undefined) return;
    this.slow += 1 + others.length;
    this.firstSlow = { block: -1, index: first };
  }

  add({ block, runs, slow, firstSlow, coverage, worlds }: BlockResult): void {
    this.blocks += 1;
    this.tried += runs;
    this.slow += slow;
    if (firstSlow !== null && (this.firstSlow === null || block < this.firstSlow.block))
      this.firstSlow = { block, index: firstSlow };
    this.coverage = joinAll([this.coverage, coverage]);
    this.worlds = joinCounts(this.worlds, worlds);
  }
}
