// Searches a shard's blocks for the first that a candidate breaks. The result does not depend on the number of workers.

import type { Parameters } from '../../scenario/parameters.js';
import { type BlockResult, type Counterexample, blocksOf } from '../find/campaign.js';
import type { OpenOrder } from './orders.js';
import { EndedError, type Hand, type Pool } from './pool.js';

/** Which part of a campaign: every `count`-th block, starting with block `index`, counted from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** The whole of it. */
export const WHOLE: Shard = { index: 0, count: 1 };

/** A search of one candidate. */
export interface SearchOptions {
  readonly order: OpenOrder;
  /** Whether the code runs in separate processes. */
  readonly apart: boolean;
  readonly seed: number;
  /** Worlds of the whole campaign. */
  readonly runs: number;
  readonly shard: Shard;
  /** Worlds to try before, which do not count. */
  readonly kept: readonly Parameters[];
  /** Called before each block; true to stop. */
  readonly isOver?: () => boolean;
  /** Called after each block with the number of worlds tried. */
  readonly onProgress?: (tried: number) => void;
}

/** The result of a search. */
export interface Search {
  /** How many of the shard's first blocks have been tried without finding anything. */
  readonly blocks: number;
  /** Worlds in them. */
  readonly tried: number;
  /** The first block that broke something; null for none, or where the emulator ended. */
  readonly first: Pick<BlockResult, 'block' | 'runs'> | null;
  /** The counterexample, from a kept world or from `first`. */
  readonly counterexample: Counterexample | null;
  /** Whether it is a kept world. */
  readonly wasKept: boolean;
  /** The kept worlds that break nothing any more, by their numbers from 0. */
  readonly nowHold: readonly number[];
  /** How the emulator's process ended, where it did, and the block in which it was. */
  readonly ended: { readonly how: string; readonly block: number } | null;
}

/** A search that found nothing, and tried nothing. */
export const NOTHING: Search = {
  blocks: 0,
  tried: 0,
  first: null,
  counterexample: null,
  wasKept: false,
  nowHold: [],
  ended: null,
};

const blocksOfShard = (runs: number, { index, count }: Shard): number =>
  Math.max(0, Math.ceil((blocksOf(runs) - index) / count));

// The first of what has been found so far; places are counted among the shard's blocks.
interface First {
  readonly place: number;
  readonly found: BlockResult | { readonly how: string; readonly block: number };
}

class Hunt {
  readonly #counts: number[] = [];
  #next = 0;
  first: First | undefined;

  constructor(
    private readonly options: SearchOptions,
    private readonly total: number,
  ) {}

  #isDone(): boolean {
    const { isOver } = this.options;
    return this.#next >= this.total || this.first !== undefined || isOver?.() === true;
  }

  /** Take block after block, until there are no more, or one before them is broken. */
  async work(hand: Hand): Promise<void> {
    const { seed, runs, shard, onProgress } = this.options;
    while (!this.#isDone()) {
      const place = this.#next;
      this.#next += 1;
      const block = shard.index + place * shard.count;
      try {
        const result = await hand.ask<'block'>({ kind: 'block', seed, block, runs });
        if (result.broke) return this.#found({ place, found: result });
        this.#counts[place] = result.runs;
      } catch (error) {
        if (!(error instanceof EndedError)) throw error;
        return this.#found({ place, found: { how: error.how, block } });
      }
      onProgress?.(this.#counts.reduce((sum, count) => sum + count, 0));
    }
  }

  #found(one: First): void {
    if (this.first === undefined || one.place < this.first.place) this.first = one;
  }

  /** Blocks and worlds before the first find; all of them when there is none. */
  get before(): { readonly blocks: number; readonly tried: number } {
    const blocks = this.first?.place ?? this.#counts.length;
    const tried = this.#counts.slice(0, blocks).reduce((sum, count) => sum + count, 0);
    return { blocks, tried };
  }
}

const tryKeptFirst = async (
  hand: Hand,
  kept: readonly Parameters[],
): Promise<Pick<Search, 'counterexample' | 'wasKept' | 'nowHold' | 'ended'>> => {
  if (kept.length === 0) return NOTHING;
  try {
    const { counterexample, nowHold } = await hand.ask<'kept'>({ kind: 'kept', worlds: kept });
    return { counterexample, wasKept: counterexample !== null, nowHold, ended: null };
  } catch (error) {
    if (!(error instanceof EndedError)) throw error;
    return { counterexample: null, wasKept: true, nowHold: [], ended: { how: error.how, block: 0 } };
  }
};

const shrinkFirst = async (
  pool: Pool,
  { order, apart, seed }: SearchOptions,
  first: BlockResult,
): Promise<Pick<Search, 'first' | 'counterexample' | 'ended'>> => {
  try {
    const hand = await pool.open(order, apart);
    const counterexample = await hand.ask<'shrink'>({ kind: 'shrink', seed, result: first });
    if (counterexample === null)
      throw new Error(`block ${first.block} of seed ${seed} broke something and does not do so again`);
    return { first, counterexample, ended: null };
  } catch (error) {
    if (!(error instanceof EndedError)) throw error;
    return { first, counterexample: null, ended: { how: error.how, block: first.block } };
  }
};

/**
 * Search a shard for a world that a candidate breaks.
 *
 * @throws {InputError} when the candidate cannot be run
 */
export const search = async (pool: Pool, options: SearchOptions): Promise<Search> => {
  const { order, apart, runs, shard, kept } = options;
  const hand = await pool.open(order, apart);
  const known = await tryKeptFirst(hand, kept);
  if (known.wasKept) return { ...NOTHING, ...known };
  const { nowHold } = known;
  const total = blocksOfShard(runs, shard);
  const hunt = new Hunt(options, total);
  const open = async (index: number): Promise<Hand> => (index === 0 ? hand : pool.open(order, apart, index));
  const working = pool.indices(total).map(async (index) => hunt.work(await open(index)));
  const [failed] = (await Promise.allSettled(working)).filter((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const { first } = hunt;
  if (first === undefined) return { ...NOTHING, nowHold, ...hunt.before };
  if ('how' in first.found) return { ...NOTHING, nowHold, ...hunt.before, ended: first.found };
  return { ...NOTHING, nowHold, ...hunt.before, ...(await shrinkFirst(pool, options, first.found)) };
};
