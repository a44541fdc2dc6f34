// Runs a shard of a campaign for each candidate, or one world again.

import { InputError, LibraryError, OopslabError } from '../../base/errors.js';
import type { Contender } from './candidates.js';
import type { Kept } from '../tell/keep.js';
import { sendError } from './orders.js';
import { EndedError, type Pool } from './pool.js';
import { NOTHING, type SearchOptions, type Shard, search } from './search.js';
import { SHARD_FORMAT, type ShardCandidate, type ShardResult } from './shard-form.js';
import { type Merged, shardCandidate, shardError } from './shard.js';

interface Campaign {
  /** The scenario, as the user named it. */
  readonly scenario: string;
  readonly contenders: readonly Contender[];
  readonly seed: number;
  readonly runs: number;
  readonly shard: Shard;
  /** Most time for each candidate, in milliseconds; undefined for no end. */
  readonly timeLimit: number | undefined;
  /** Kept counterexamples of a candidate, which are tried first. */
  readonly keptOf: (contender: Contender) => readonly Kept[];
  readonly onProgress: (contender: Contender, tried: number) => void;
  readonly onDone: (candidate: ShardCandidate) => void;
}

const orderOf = (scenario: string, { code, libraries }: Contender): SearchOptions['order'] => ({
  kind: 'open',
  scenario,
  candidate: code,
  libraries,
});

// A candidate that cannot be run is a result; a machine without libunicorn is an error.
const errorOf = (contender: Contender, error: unknown): ShardCandidate => {
  if (!(error instanceof OopslabError) || error instanceof LibraryError) throw error;
  const sent = sendError(error);
  // The snippet of a file is in a temporary folder, whose name would mean nothing to a reader.
  const where = Object.keys(contender.files).length === 0 ? sent.where : {};
  return shardError(contender, { ...sent, where });
};

const runOne = async (
  pool: Pool,
  campaign: Campaign,
  contender: Contender,
  clock: () => number,
): Promise<ShardCandidate> => {
  if (contender.problem !== null) return shardError(contender, sendError(contender.problem));
  const { scenario, seed, runs, shard, timeLimit, keptOf, onProgress } = campaign;
  const kept = keptOf(contender);
  const start = clock();
  try {
    const found = await search(pool, {
      order: orderOf(scenario, contender),
      apart: contender.own,
      seed,
      runs,
      shard,
      kept: kept.map(({ world }) => world),
      isOver: () => timeLimit !== undefined && clock() - start >= timeLimit,
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
 * Run a shard.
 *
 * @param clock milliseconds since some moment
 * @throws {InputError} when a kept counterexample is damaged
 * @throws {LibraryError} when libunicorn cannot be loaded
 */
export const runShard = async (pool: Pool, campaign: Campaign, clock: () => number): Promise<ShardResult> => {
  const candidates: ShardCandidate[] = [];
  for (const contender of campaign.contenders) {
    const candidate = await runOne(pool, campaign, contender, clock);
    campaign.onDone(candidate);
    candidates.push(candidate);
  }
  const { shard, scenario, seed, runs } = campaign;
  return {
    format: SHARD_FORMAT,
    shard: { number: shard.index + 1, of: shard.count },
    scenario,
    seed,
    runs,
    candidates,
  };
};

/**
 * Look at one world again.
 *
 * @param path `BLOCK:PATH`
 * @throws {InputError} when it is not a path
 */
export const runPath = async (
  pool: Pool,
  scenario: string,
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
    const hand = await pool.open(orderOf(scenario, contender), contender.own);
    const counterexample = await hand.ask<'path'>({ kind: 'path', seed, path });
    const found = counterexample === null ? NOTHING : { ...NOTHING, first, counterexample };
    return { candidate: shardCandidate(contender, found), runs: 1 };
  } catch (error) {
    if (error instanceof EndedError) {
      const found = { ...NOTHING, first, ended: { how: error.how, block } };
      return { candidate: shardCandidate(contender, found), runs: 1 };
    }
    return { candidate: errorOf(contender, error), runs: 0 };
  }
};
