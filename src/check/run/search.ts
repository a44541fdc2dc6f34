// Searches a shard's blocks for the first that a candidate breaks. The result does not depend on the number of workers.

import type { Parameters } from '../../scenario/parameters.js';
import { type BlockResult, type Counterexample, blocksOf } from '../find/campaign.js';
import type { Coverage } from '../watch/coverage.js';
import { NOT_AGAIN } from '../watch/flaky.js';
import type { WorldCounts } from '../world/world-counts.js';
import type { OpenOrder } from './orders.js';
import { EndedError, InterruptedError } from './pool.js';
import type { Hand, Hands } from './hands.js';
import { Tally, type WorldPlace } from './tally.js';

/** Which part of a campaign: every `count`-th block, starting with block `index`, counted from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** The whole of it. */
export const WHOLE: Shard = { index: 0, count: 1 };

/** Why a search ended before all of its blocks were tried, and nothing was found. */
export type Cut = 'interrupted' | 'time limit';

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
  /** Called before each block: why it is not to be begun. */
  readonly isOver?: () => Cut | undefined;
  /** Called after each block with the number of worlds tried. */
  readonly onProgress?: (tried: number) => void;
}

/** The result of a search. */
export interface Search {
  /** How many of the shard's blocks have been tried without finding anything: the first ones, unless it was cut. */
  readonly blocks: number;
  /** Worlds in them. */
  readonly tried: number;
  /** The first block that broke something or was flaky; null for none, or where the emulator ended. */
  readonly first: Pick<BlockResult, 'block' | 'runs'> | null;
  /** The counterexample, from a kept world or from `first`. */
  readonly counterexample: Counterexample | null;
  /** Whether it is a kept world. */
  readonly wasKept: boolean;
  /** The kept worlds that break nothing any more, by their numbers from 0. */
  readonly nowHold: readonly number[];
  /** How the emulator's process ended, where it did, and the block in which it was. */
  readonly ended: { readonly how: string; readonly block: number } | null;
  /** Why `first` is flaky; null where it is not. */
  readonly flaky: string | null;
  /** How many worlds were slow, and the first of them; where nothing was found, as `coverage`. */
  readonly slow: number;
  readonly firstSlow: WorldPlace | null;
  /** What of the code ran in the worlds that were tried. */
  readonly coverage: Coverage | null;
  /** What values they had; null as `coverage`. */
  readonly worlds: WorldCounts | null;
  /** Why not all blocks were tried; null when they were, or something was found. */
  readonly cut: Cut | null;
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
  flaky: null,
  slow: 0,
  firstSlow: null,
  coverage: null,
  worlds: null,
  cut: null,
};

const blocksOfShard = (runs: number, { index, count }: Shard): number =>
  Math.max(0, Math.ceil((blocksOf(runs) - index) / count));

// The first of what has been found so far; places are counted among the shard's blocks.
interface First {
  readonly place: number;
  readonly found: BlockResult | { readonly how: string; readonly block: number };
}

class Hunt {
  /** What was done, all of it; of use where nothing is found. */
  readonly tally = new Tally();
  readonly #runs: (number | undefined)[] = []; // of each block
  #next = 0;
  first: First | undefined;
  cut: Cut | undefined;

  constructor(
    private readonly options: SearchOptions,
    private readonly total: number,
  ) {}

  // One block is tried whatever the time is.
  #isDone(): boolean {
    if (this.#next >= this.total || this.first !== undefined) return true;
    const over = this.options.isOver?.();
    if (over === undefined || (over === 'time limit' && this.#next === 0)) return false;
    this.cut = over;
    return true;
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
        if (result.broke || result.flaky !== null) return this.#found({ place, found: result });
        this.#runs[place] = result.runs;
        this.tally.add(result);
      } catch (error) {
        if (error instanceof InterruptedError) {
          this.cut = 'interrupted';
          return undefined;
        }
        if (!(error instanceof EndedError)) throw error;
        return this.#found({ place, found: { how: error.how, block } });
      }
      onProgress?.(this.tally.tried);
    }
    return undefined;
  }

  #found(one: First): void {
    if (this.first === undefined || one.place < this.first.place) this.first = one;
  }

  /** What was done before the first find, or all. Of slow worlds and coverage is told only where nothing was found. */
  get done(): Pick<Search, 'blocks' | 'tried' | 'slow' | 'firstSlow' | 'coverage' | 'worlds' | 'cut'> {
    const { blocks, tried, slow, firstSlow, coverage, worlds } = this.tally;
    if (this.first === undefined)
      return { blocks, tried, slow, firstSlow, coverage, worlds, cut: this.cut ?? null };
    const before = this.#runs.slice(0, this.first.place).filter((one) => one !== undefined);
    return { ...NOTHING, blocks: before.length, tried: before.reduce((sum, runs) => sum + runs, 0) };
  }
}

const tryKeptFirst = async (hand: Hand, kept: readonly Parameters[], tally: Tally): Promise<Search> => {
  if (kept.length === 0) return NOTHING;
  try {
    const { counterexample, nowHold, slow, flaky } = await hand.ask<'kept'>({ kind: 'kept', worlds: kept });
    const found = { ...NOTHING, counterexample, nowHold, wasKept: counterexample !== null };
    if (counterexample !== null) return found;
    if (flaky !== null) return { ...found, wasKept: true, first: { block: -1, runs: 0 }, flaky };
    tally.addKept(slow);
    return found;
  } catch (error) {
    if (!(error instanceof EndedError)) throw error;
    return { ...NOTHING, wasKept: true, ended: { how: error.how, block: 0 } };
  }
};

type Shrunk = Pick<Search, 'counterexample' | 'ended' | 'flaky'>;

// Interrupted, the world is taken as it was found.
const shrinkFirst = async (
  pool: Hands,
  { order, apart, seed, isOver }: SearchOptions,
  first: BlockResult,
): Promise<Shrunk> => {
  const asFound = async (): Promise<Counterexample | null> => {
    const hand = await pool.open(order, apart);
    const path = `${first.block}:${first.runs - 1}`;
    return (await hand.ask<'path'>({ kind: 'path', seed, path })).counterexample;
  };
  const shrunk = async (): Promise<Counterexample | null> => {
    const hand = await pool.open(order, apart);
    return hand.ask<'shrink'>({ kind: 'shrink', seed, result: first });
  };
  const whole = async (): Promise<Counterexample | null> => {
    if (isOver?.() === 'interrupted') return asFound();
    try {
      return await shrunk();
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
      return asFound();
    }
  };
  try {
    const counterexample = await whole();
    return { counterexample, ended: null, flaky: counterexample === null ? NOT_AGAIN : null };
  } catch (error) {
    if (!(error instanceof EndedError)) throw error;
    return { counterexample: null, ended: { how: error.how, block: first.block }, flaky: null };
  }
};

/**
 * Search a shard for a world that a candidate breaks.
 *
 * @throws {InputError} when the candidate cannot be run
 */
export const search = async (pool: Hands, options: SearchOptions): Promise<Search> => {
  const { order, apart, runs, shard, kept } = options;
  let known = NOTHING;
  const total = blocksOfShard(runs, shard);
  const hunt = new Hunt(options, total);
  try {
    const hand = await pool.open(order, apart);
    known = await tryKeptFirst(hand, kept, hunt.tally);
    if (known.wasKept) return known;
    const open = async (index: number): Promise<Hand> =>
      index === 0 ? hand : pool.open(order, apart, index);
    const working = pool.indices(total).map(async (index) => hunt.work(await open(index)));
    const failed = (await Promise.allSettled(working)).filter((one) => one.status === 'rejected');
    const [worst] = failed.toSorted(
      (a, b) => Number(isInterrupted(a.reason)) - Number(isInterrupted(b.reason)),
    );
    if (worst !== undefined) throw worst.reason;
  } catch (error) {
    if (!isInterrupted(error)) throw error;
    hunt.cut = 'interrupted';
  }
  const { first } = hunt;
  const done = { ...NOTHING, nowHold: known.nowHold, ...hunt.done };
  if (first === undefined) return done;
  const { found } = first;
  if ('how' in found) return { ...done, ended: found };
  const at = { block: found.block, runs: found.runs };
  if (found.flaky !== null) return { ...done, first: at, flaky: found.flaky };
  return { ...done, first: at, ...(await shrinkFirst(pool, options, found)) };
};

const isInterrupted = (error: unknown): boolean => error instanceof InterruptedError;
