// The options of `oopslab check`, read: numbers, shards, and which go together.

import { availableParallelism } from 'node:os';
import { MOST_INSTRUCTIONS } from '../base/arguments.js';
import { InputError } from '../base/errors.js';
import { MOST_RUNS, MOST_SEED } from '../check/world/numbers.js';
import { MAX_SHARDS } from '../check/run/shard-form.js';
import { WHOLE, type Shard } from '../check/run/search.js';
import type { LibraryOptions } from './options.js';

/** Options as commander gives them. */
export interface CheckOptions extends LibraryOptions {
  readonly scenario: string;
  readonly runs?: string;
  readonly seed: string;
  readonly path?: string;
  readonly jobs?: string;
  readonly time?: string;
  readonly shard?: string;
  readonly out?: string;
  readonly merge?: true;
  readonly junit?: string;
  readonly json?: true;
  readonly counterexamples?: string;
  readonly new?: string;
  readonly verbose?: true;
  readonly cc?: string;
  readonly cflags?: string;
  readonly budget?: string;
  readonly thorough?: true;
  readonly exhaustive?: string;
  readonly requireComplete?: true;
  readonly coverage?: string;
  readonly like?: string;
}

export const MOST_JOBS = 1024;
export const MOST_BYTES = 16;
/** Seconds of `--time`. */
export const MOST_SECONDS = 9_999_999;

/** Instructions for a world that uses up the scenario's budget, unless told otherwise. */
const DEFAULT_BUDGET = '20000000';

const wholeNumber = (field: string, text: string, least: number, most: number): number => {
  const value = /^\d{1,10}$/u.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most))
    throw new InputError(`is a whole number from ${least} to ${most}, found ${JSON.stringify(text)}`, {
      field,
    });
  return value;
};

const readShard = (text: string): Shard => {
  const [, number = '', of = ''] = /^(\d+)\/(\d+)$/u.exec(text) ?? [];
  const count = Number(of);
  const index = Number(number) - 1;
  if (count < 1 || count > MAX_SHARDS || index < 0 || index >= count)
    throw new InputError(`is NUMBER/OF, from 1/3 to 3/3 for three; found ${JSON.stringify(text)}`, {
      field: '--shard',
    });
  return { index, count };
};

const readTime = (text: string): number => {
  const seconds = /^\d{1,16}(?:\.\d{1,3})?$/u.test(text) ? Number(text) : 0;
  if (seconds <= 0 || seconds > MOST_SECONDS)
    throw new InputError(
      `is a number of seconds up to ${MOST_SECONDS}, as 60 or 0.5; found ${JSON.stringify(text)}`,
      {
        field: '--time',
      },
    );
  return seconds * 1000;
};

/** Options with their values. */
export interface CheckValues {
  readonly runs: number;
  readonly seed: number;
  readonly jobs: number;
  /** Most time for each candidate, in milliseconds. */
  readonly timeLimit: number | undefined;
  /** Instructions for a world that uses up the scenario's budget. */
  readonly budget: number;
  /** Texts of up to so many bytes, all of them; null where worlds are drawn. */
  readonly exhaustive: number | null;
  readonly shard: Shard;
}

const refuseTogether = (options: CheckOptions): void => {
  const refuse = (field: string, message: string): never => {
    throw new InputError(message, { field });
  };
  if (options.shard !== undefined && options.path !== undefined)
    refuse('--path', 'is one world, which has no shards');
  if (options.shard !== undefined && options.out === undefined && options.json === undefined)
    refuse('--shard', 'needs --out FILE or --json, for what --merge reads later');
  if (options.shard !== undefined && options.junit !== undefined)
    refuse('--junit', 'is for verdicts, which --merge gives');
  if (options.shard !== undefined && options.coverage !== undefined)
    refuse('--coverage', 'is for verdicts, which --merge gives');
  if (options.out !== undefined && options.shard === undefined)
    refuse('--out', 'is for the result of a --shard');
  if (options.exhaustive !== undefined && options.runs !== undefined)
    refuse('--runs', 'is for worlds that are drawn; --exhaustive tries all up to its bound');
  if (options.merge === true && (options.shard ?? options.path) !== undefined)
    refuse('--merge', 'runs nothing; it reads what shards have found');
  if (
    options.merge === true &&
    (options.like ?? options.budget ?? options.thorough ?? options.exhaustive) !== undefined
  )
    refuse('--merge', 'runs as the shards did: --like, --budget, --thorough and --exhaustive are theirs');
  for (const [field, value] of Object.entries({
    '--out': options.out,
    '--junit': options.junit,
    '--coverage': options.coverage,
    '--like': options.like,
    '--counterexamples': options.counterexamples,
  }))
    if (value === '') refuse(field, 'needs a name, found ""');
};

/**
 * Read the options.
 *
 * @throws {InputError} when one is wrong, or two do not go together
 */
export const readCheckOptions = (options: CheckOptions): CheckValues => {
  refuseTogether(options);
  const { seed, jobs, time, shard, budget = DEFAULT_BUDGET, exhaustive } = options;
  const runs = options.runs ?? (time === undefined ? '10000' : String(MOST_RUNS));
  return {
    runs: wholeNumber('--runs', runs, 1, MOST_RUNS),
    seed: wholeNumber('--seed', seed, 0, MOST_SEED),
    jobs: jobs === undefined ? availableParallelism() : wholeNumber('--jobs', jobs, 1, MOST_JOBS),
    budget: wholeNumber('--budget', budget, 1, MOST_INSTRUCTIONS),
    timeLimit: time === undefined ? undefined : readTime(time),
    exhaustive: exhaustive === undefined ? null : wholeNumber('--exhaustive', exhaustive, 0, MOST_BYTES),
    shard: shard === undefined ? WHOLE : readShard(shard),
  };
};
