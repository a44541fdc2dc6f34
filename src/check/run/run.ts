// Runs a shard of a campaign for each candidate, or one world again.

import { HostError, InputError, LibraryError, OopslabError } from '../../base/errors.js';
import type { Contender } from './candidates.js';
import type { Kept } from '../tell/keep.js';
import { type RunOptions, sendError } from './orders.js';
import { EndedError, InterruptedError } from './pool.js';
import type { Hands } from './hands.js';
import { type Cut, NOTHING, type SearchOptions, type Shard, search } from './search.js';
import type { ShardCandidate } from './shard-form.js';
import { type Merged, shardCandidate, shardError } from './shard.js';

interface Campaign {
  /** The scenario, as the user named it. */
  readonly scenario: string;
  readonly contenders: readonly Contender[];
  readonly options: RunOptions;
  readonly seed: number;
  readonly runs: number;
  readonly shard: Shard;
  /** Most time for each candidate, in milliseconds; undefined for no end. */
  readonly timeLimit: number | undefined;
  /** Whether the check was interrupted: what was not begun by then is not begun any more. */
  readonly isInterrupted: () => boolean;
  /** Kept counterexamples of a candidate, which are tried first. */
  readonly keptOf: (contender: Contender) => readonly Kept[];
  readonly onProgress: (contender: Contender, tried: number) => void;
  /** Called with each candidate when it is done, and waited for before the next one. */
  readonly onDone: (candidate: ShardCandidate) => Promise<void>;
}

type Opened = Pick<Campaign, 'scenario' | 'options'>;

const orderOf = ({ scenario, options }: Opened, { code, libraries }: Contender): SearchOptions['order'] => ({
  kind: 'open',
  scenario,
  candidate: code,
  libraries,
  options,
});

// A candidate that cannot be run is a result; a machine without libunicorn is an error.
const errorOf = (contender: Contender, error: unknown): ShardCandidate => {
  if (!(error instanceof OopslabError) || error instanceof LibraryError || error instanceof HostError)
    throw error;
  const sent = sendError(error);
  // The snippet of a file is in a temporary folder, whose name would mean nothing to a reader.
  const where = Object.keys(contender.files).length === 0 ? sent.where : {};
  return shardError(contender, { ...sent, where });
};

const runOne = async (
  pool: Hands,
  campaign: Campaign,
  contender: Contender,
  clock: () => number,
): Promise<ShardCandidate> => {
  if (contender.problem !== null) return shardError(contender, sendError(contender.problem));
  const { seed, runs, shard, timeLimit, keptOf, onProgress, isInterrupted } = campaign;
  if (isInterrupted()) return shardCandidate(contender, { ...NOTHING, cut: 'interrupted' });
  const kept = keptOf(contender);
  const start = clock();
  const isOver = (): Cut | undefined => {
    if (isInterrupted()) return 'interrupted';
    return timeLimit !== undefined && clock() - start >= timeLimit ? 'time limit' : undefined;
  };
  try {
    const found = await search(pool, {
      order: orderOf(campaign, contender),
      apart: contender.own,
      seed,
      runs,
      shard,
      kept: kept.map(({ world }) => world),
      isOver,
      onProgress: (tried) => onProgress(contender, tried),
    });
    return shardCandidate(
      contender,
      found,
      kept.map(({ file }) => file),
    );
  } catch (error) {
    return errorOf(contender, error);
  }
};

/**
 * Run a shard, one candidate after the other.
 *
 * @param clock milliseconds since some moment
 * @throws {InputError} when a kept counterexample is damaged
 * @throws {LibraryError} when libunicorn cannot be loaded
 */
export const runShard = async (
  pool: Hands,
  campaign: Campaign,
  clock: () => number,
): Promise<readonly ShardCandidate[]> => {
  const candidates: ShardCandidate[] = [];
  for (const contender of campaign.contenders) {
    const candidate = await runOne(pool, campaign, contender, clock);
    await campaign.onDone(candidate);
    candidates.push(candidate);
  }
  return candidates;
};

/**
 * Look at one world again.
 *
 * @param path `BLOCK:PATH`
 * @throws {InputError} when it is not a path
 */
export const runPath = async (
  pool: Hands,
  opened: Opened,
  contender: Contender,
  seed: number,
  path: string,
): Promise<Merged> => {
  const block = Number(/^\d{1,9}(?=:\d)/u.exec(path)?.[0]);
  if (!/^\d{1,9}(?::\d{1,9})+$/u.test(path))
    throw new InputError(`should be BLOCK:PATH in numbers, as 0:17:1:0; found "${path}"`, {
      field: '--path',
    });
  if (contender.problem !== null)
    return { candidate: shardError(contender, sendError(contender.problem)), runs: 0 };
  const first = { block, runs: 1 };
  try {
    const hand = await pool.open(orderOf(opened, contender), contender.own);
    const { counterexample, isSlow, flaky } = await hand.ask<'path'>({ kind: 'path', seed, path });
    const index = Number(path.split(':')[1]);
    const slow = isSlow ? { slow: 1, firstSlow: { block, index } } : {};
    const found =
      counterexample === null && flaky === null
        ? { ...NOTHING, tried: 1, ...slow }
        : { ...NOTHING, first, counterexample, flaky };
    return { candidate: shardCandidate(contender, found), runs: 1 };
  } catch (error) {
    if (error instanceof InterruptedError)
      return { candidate: shardCandidate(contender, { ...NOTHING, cut: 'interrupted' }), runs: 0 };
    if (error instanceof EndedError) {
      const found = { ...NOTHING, first, ended: { how: error.how, block } };
      return { candidate: shardCandidate(contender, found), runs: 1 };
    }
    return { candidate: errorOf(contender, error), runs: 0 };
  }
};
