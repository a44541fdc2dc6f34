// Turns results into verdicts: counterexamples get their files and reports.

import { formatWhere } from '../../base/errors.js';
import { shellWord } from '../../base/words.js';
import type { Release } from '../../release/snippet.js';
import type { ScenarioSpec } from '../../scenario/form.js';
import { tellCoverage } from '../tell/coverage.js';
import { tellParameters } from '../tell/worlds-text.js';
import type { CheckedCandidate } from '../tell/form.js';
import type { FinishOrder, Finished, RunOptions } from './orders.js';
import { outcomeOf } from './outcome.js';
import { EndedError, InterruptedError } from './pool.js';
import type { Hands } from './hands.js';
import type { ShardCandidate } from './shard-form.js';
import type { Merged } from './shard.js';
import { writeLibrary } from './temporary-library.js';

/** How a counterexample is finished: with a report, and kept in a folder unless that is null; undefined for neither. */
export type Finishing = { readonly folder: string | null } | undefined;

interface VerdictOptions {
  readonly scenario: string;
  /** The same, read. */
  readonly releaseOf: (libraries: readonly string[]) => Release;
  readonly spec: ScenarioSpec;
  readonly options: RunOptions;
  /** What all worlds of an exhaustive search are; null where they were drawn. */
  readonly exhaustive: { readonly bound: string; readonly count: number } | null;
  readonly finishing: Finishing;
  /** Whether the check was interrupted: what takes long is left out then. */
  readonly isInterrupted: () => boolean;
  /** Folders with user snippets, as they were given. */
  readonly given: readonly string[];
  /** The folders that a candidate's snippets are in. */
  readonly librariesOf: (candidate: ShardCandidate) => readonly string[];
}

const replayCommand = (file: string, libraries: readonly string[]): string =>
  ['oopslab', 'replay', file, ...libraries.flatMap((library) => ['--library', library])]
    .map(shellWord)
    .join(' ');

const endedMessage = (how: string): string =>
  `the emulator itself ended (${how}), in a separate process: the code jumped to bytes that this Unicorn cannot ` +
  'translate, most likely into the middle of an instruction';

const finishOne = async (
  pool: Hands,
  candidate: ShardCandidate,
  { scenario, options, finishing, isInterrupted, librariesOf }: VerdictOptions,
): Promise<Finished | EndedError | undefined> => {
  const { name, variants, own, files, found } = candidate;
  if (found === null || finishing === undefined) return undefined;
  const { folder } = finishing;
  if (folder !== null) writeLibrary(folder, files); // so that the folder is a library that has the code
  const libraries = librariesOf(candidate);
  const finish = async (quick: boolean): Promise<Finished> => {
    const hand = await pool.open(
      { kind: 'open', scenario, candidate: { name, variants }, libraries, options },
      own,
    );
    const order: FinishOrder = {
      kind: 'finish',
      property: found.property,
      world: found.world,
      folder,
      quick,
    };
    return hand.ask<'finish'>(order);
  };
  try {
    return await finish(isInterrupted());
  } catch (error) {
    if (error instanceof EndedError) return error;
    if (!(error instanceof InterruptedError)) throw error;
    return finish(true);
  }
};

type Outcome = Pick<CheckedCandidate, 'verdict' | 'complete' | 'reason'>;

const errorMessage = ({ message, where }: NonNullable<ShardCandidate['error']>): string => {
  const place = formatWhere(where);
  return place === '' ? message : `${place}: ${message}`;
};

/**
 * The verdict on a candidate, with its counterexample kept.
 *
 * @throws {InputError} when the counterexample cannot be written
 */
export const verdictOf = async (
  pool: Hands,
  { candidate, runs }: Merged,
  options: VerdictOptions,
): Promise<CheckedCandidate> => {
  const { name, expected, error, ended, files, nowHold, variants } = candidate;
  const finished = await finishOne(pool, candidate, options);
  const died = finished instanceof EndedError ? finished.how : ended;
  const kept = finished instanceof EndedError ? undefined : finished;
  const flaky = kept?.flaky ?? candidate.flaky;
  const found = flaky === null ? candidate.found : null;
  const coverage =
    candidate.coverage === null
      ? null
      : tellCoverage(candidate.coverage, options.releaseOf(options.librariesOf(candidate)).select(variants));
  const parameters =
    candidate.worlds === null ? {} : tellParameters(candidate.worlds, options.spec.parameters ?? {});
  const outcome = ((): Outcome => {
    if (error !== null) return { verdict: 'error', complete: false, reason: errorMessage(error) };
    if (died !== null) return { verdict: 'breaks', complete: true, reason: endedMessage(died) };
    if (flaky !== null) return { verdict: 'flaky', complete: false, reason: flaky };
    if (found !== null) return { verdict: 'breaks', complete: true, reason: null };
    if (candidate.cut !== null && candidate.tried === 0)
      return { verdict: 'error', complete: false, reason: `not checked: ${candidate.cut}` };
    return outcomeOf(candidate, coverage, options.options.budget);
  })();
  const folder = options.finishing?.folder ?? null;
  const libraries =
    folder !== null && Object.keys(files).length > 0 ? [...options.given, folder] : options.given;
  const file = kept?.file ?? null;
  return {
    name,
    expected,
    ...outcome,
    runs,
    property: found?.property ?? (died === null ? null : 'ends'),
    counterexample: file,
    world: found?.world ?? null,
    path: found === null || found.path.startsWith('kept:') ? null : found.path,
    replay: file === null ? null : replayCommand(file, libraries),
    report: kept?.report ?? [],
    nowHold,
    coverage,
    worlds: {
      tried: runs,
      exhaustive: options.exhaustive,
      parameters,
      failedAllocations: candidate.coverage?.allocations ?? [],
    },
  };
};
