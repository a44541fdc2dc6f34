// The result of a part of a campaign, as a value and as a file, and how parts become a whole.

import { FormatError, InputError } from '../../base/errors.js';
import { formatParameters } from '../../scenario/parameters.js';
import { type DataKind, ScenarioFile } from '../../scenario/file.js';
import type { Contender } from './candidates.js';
import { runsInBlock } from '../find/campaign.js';
import { joinAll } from '../watch/coverage.js';
import { NO_WORLDS, joinCounts } from '../world/world-counts.js';
import type { SentError } from './orders.js';
import type { Search, Shard } from './search.js';
import { SHARD_FORMAT, type ShardCandidate, type ShardResult, shardForm } from './shard-form.js';

const SHARD: DataKind = { what: 'a result of "check --shard"', format: SHARD_FORMAT, json: true };

const describe = ({ code, expected, own, files }: Contender) => ({
  name: code.name,
  expected,
  own,
  variants: code.variants,
  files,
});

/**
 * A search's result, for a file.
 *
 * @param keptFiles the files of the kept worlds that were tried, in their order
 */
export const shardCandidate = (
  contender: Contender,
  found: Search,
  keptFiles: readonly string[] = [],
): ShardCandidate => {
  const {
    blocks,
    tried,
    first,
    counterexample,
    ended,
    wasKept,
    flaky,
    slow,
    firstSlow,
    coverage,
    worlds,
    cut,
  } = found;
  const at = first ?? (ended === null ? null : { block: wasKept ? -1 : ended.block, runs: 0 });
  return {
    ...describe(contender),
    error: null,
    blocks,
    tried,
    first: at === null ? null : { block: at.block, runs: at.runs },
    found:
      counterexample === null
        ? null
        : {
            property: counterexample.property,
            world: formatParameters(counterexample.world),
            path: counterexample.path,
          },
    ended: ended === null ? null : ended.how,
    flaky,
    slow: firstSlow === null ? null : { worlds: slow, ...firstSlow },
    coverage,
    worlds,
    cut,
    nowHold: found.nowHold.flatMap((index) => keptFiles[index] ?? []),
  };
};

/** The result of a candidate that cannot be run. */
export const shardError = (contender: Contender, error: SentError): ShardCandidate => ({
  ...describe(contender),
  error,
  blocks: 0,
  tried: 0,
  first: null,
  found: null,
  ended: null,
  flaky: null,
  slow: null,
  coverage: null,
  worlds: null,
  cut: null,
  nowHold: [],
});

/** The result of all shards together for a candidate. */
export interface Merged {
  readonly candidate: ShardCandidate;
  /** Worlds that were tried, up to the first that broke something. */
  readonly runs: number;
}

// How many worlds of a shard's blocks before `block` have been tried.
const worldsBefore = (runs: number, { index, count }: Shard, tried: number, block: number): number => {
  const blocks = Math.max(0, Math.min(tried, Math.ceil((block - index) / count)));
  if (blocks === 0) return 0;
  const last = index + (blocks - 1) * count;
  return (blocks - 1) * runsInBlock(runs, 0) + runsInBlock(runs, last);
};

/** The place of a shard's find among the finds of all shards: kept worlds come first. */
const orderOf = ({ first, found }: ShardCandidate): number =>
  first?.block ?? (found === null ? Infinity : -1);

const mergeSlow = (all: readonly ShardCandidate[]): ShardCandidate['slow'] => {
  const slow = all.flatMap((one) => one.slow ?? []).toSorted((a, b) => a.block - b.block);
  const [first] = slow;
  return first === undefined ? null : { ...first, worlds: slow.reduce((sum, { worlds }) => sum + worlds, 0) };
};

const mergeCandidate = (all: readonly ShardCandidate[], runs: number): Merged => {
  const failed = all.find(({ error }) => error !== null);
  if (failed !== undefined) return { candidate: failed, runs: 0 };
  const candidate = all.reduce((best, one) => (orderOf(one) < orderOf(best) ? one : best));
  const place = orderOf(candidate);
  const before = all.reduce(
    (sum, { blocks, tried }, number) =>
      sum +
      (place === Infinity ? tried : worldsBefore(runs, { index: number, count: all.length }, blocks, place)),
    0,
  );
  const nowHold = [...new Set(all.flatMap((one) => one.nowHold))].toSorted();
  const whole =
    place === Infinity
      ? {
          slow: mergeSlow(all),
          coverage: joinAll(all.map(({ coverage }) => coverage)),
          worlds: all.reduce((sum, { worlds }) => joinCounts(sum, worlds ?? NO_WORLDS), NO_WORLDS),
          cut: all.find(({ cut }) => cut !== null)?.cut ?? null,
        }
      : {};
  return { candidate: { ...candidate, ...whole, nowHold }, runs: before + (candidate.first?.runs ?? 0) };
};

/**
 * The results of all shards together, which do not depend on how many there are.
 *
 * @param shards all of them, in the order of their numbers
 */
export const mergeShards = (shards: readonly ShardResult[]): readonly Merged[] =>
  (shards[0]?.candidates ?? []).map((_, index) =>
    mergeCandidate(
      shards.map((shard) => shard.candidates[index]!),
      shards[0]!.runs,
    ),
  );

/** The result of a search that was no part of another. */
export const mergeWhole = (candidate: ShardCandidate, runs: number): Merged =>
  mergeCandidate([candidate], runs);

// A file that is not even YAML was never a shard's result: it may be a candidate's source, or verdicts.
const openShard = (file: string): ScenarioFile => {
  try {
    return new ScenarioFile(file, SHARD);
  } catch (error) {
    if (!(error instanceof InputError) || error.where.line === undefined) throw error;
    throw new InputError(`is not ${SHARD.what}, which --out writes: ${error.message}`, error.where);
  }
};

const readShard = (file: string): ShardResult => {
  const source = openShard(file);
  const format = (source.value as { format?: unknown } | null)?.format;
  if (typeof format === 'string' && format !== SHARD_FORMAT && format.startsWith('oopslab check shard '))
    throw new FormatError(
      `its format is "${format}", and this version reads "${SHARD_FORMAT}"; run the shard again with this version`,
      { file },
    );
  return source.read(shardForm);
};

const identityOf = ({
  scenario,
  seed,
  runs,
  options: { budget, thorough, exhaustive, like },
  candidates,
}: ShardResult): Record<string, string> => ({
  scenario,
  seed: String(seed),
  runs: String(runs),
  budget: String(budget),
  thorough: String(thorough),
  exhaustive: String(exhaustive),
  like: JSON.stringify(like),
  candidates: candidates.map(({ name }) => name).join(', '),
  code: JSON.stringify(candidates.map(({ variants, files }) => [variants, files])),
});

/**
 * Read all shards of a campaign.
 *
 * @returns them in the order of their numbers
 * @throws {InputError} when one is missing, there twice, or of another campaign
 */
export const readShards = (files: readonly string[]): readonly ShardResult[] => {
  const read = files.map((file) => ({ file, result: readShard(file) }));
  const [{ file: firstFile, result: first } = { file: '', result: undefined }] = read;
  if (first === undefined) throw new InputError('needs the files of all shards', { field: '--merge' });
  const expected = identityOf(first);
  const byNumber = new Map<number, { file: string; result: ShardResult }>();
  for (const one of read) {
    const { number, of } = one.result.shard;
    const fail = (field: string, message: string): never => {
      throw new InputError(message, { file: one.file, field });
    };
    if (of !== first.shard.of) fail('shard.of', `is ${of}, but ${first.shard.of} in ${firstFile}`);
    if (number > of) fail('shard.number', `should be at most ${of}, found ${number}`);
    for (const [field, value] of Object.entries(identityOf(one.result)))
      if (value !== expected[field])
        fail(
          field,
          field === 'code' || field === 'like'
            ? `differs from ${firstFile}`
            : `is ${value}, but ${expected[field]} in ${firstFile}`,
        );
    const other = byNumber.get(number);
    if (other !== undefined) fail('shard.number', `is ${number}, as in ${other.file}`);
    byNumber.set(number, one);
  }
  const numbers = Array.from({ length: first.shard.of }, (_, index) => index + 1);
  const missing = numbers.filter((number) => !byNumber.has(number));
  if (missing.length > 0)
    throw new InputError(`shard ${missing.slice(0, 20).join(', ')} of ${first.shard.of} is missing`, {
      field: '--merge',
    });
  return numbers.map((number) => byNumber.get(number)!.result);
};
