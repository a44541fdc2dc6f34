// Turns results into verdicts: counterexamples get their files and reports.

import { formatWhere } from '../../base/errors.js';
import { shellWord } from '../../base/words.js';
import type { CheckedCandidate } from '../tell/form.js';
import type { Finished } from './orders.js';
import { EndedError, type Pool } from './pool.js';
import type { ShardCandidate } from './shard-form.js';
import type { Merged } from './shard.js';
import { writeLibrary } from './temporary-library.js';

/** How a counterexample is finished: with a report, and kept in a folder unless that is null; undefined for neither. */
export type Finishing = { readonly folder: string | null } | undefined;

interface VerdictOptions {
  readonly scenario: string;
  readonly finishing: Finishing;
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

const errorMessage = ({ error }: ShardCandidate): string | null => {
  if (error === null) return null;
  const place = formatWhere(error.where);
  return place === '' ? error.message : `${place}: ${error.message}`;
};

const finishOne = async (
  pool: Pool,
  candidate: ShardCandidate,
  { scenario, finishing, librariesOf }: VerdictOptions,
): Promise<Finished | EndedError | undefined> => {
  const { name, variants, own, files, found } = candidate;
  if (found === null || finishing === undefined) return undefined;
  const { folder } = finishing;
  if (folder !== null) writeLibrary(folder, files); // so that the folder is a library that has the code
  try {
    const libraries = librariesOf(candidate);
    const hand = await pool.open({ kind: 'open', scenario, candidate: { name, variants }, libraries }, own);
    return await hand.ask<'finish'>({
      kind: 'finish',
      property: found.property,
      world: found.world,
      folder,
    });
  } catch (error) {
    if (error instanceof EndedError) return error;
    throw error;
  }
};

/**
 * The verdict on a candidate, with its counterexample kept.
 *
 * @throws {InputError} when the counterexample cannot be written
 */
export const verdictOf = async (
  pool: Pool,
  { candidate, runs }: Merged,
  options: VerdictOptions,
): Promise<CheckedCandidate> => {
  const { name, expected, found, ended, files, nowHold } = candidate;
  const error = errorMessage(candidate);
  const finished = await finishOne(pool, candidate, options);
  const died = finished instanceof EndedError ? finished.how : ended;
  const kept = finished instanceof EndedError ? undefined : finished;
  const broke = found !== null || died !== null;
  const folder = options.finishing?.folder ?? null;
  const libraries =
    folder !== null && Object.keys(files).length > 0 ? [...options.given, folder] : options.given;
  const file = kept?.file ?? null;
  return {
    name,
    expected,
    verdict: error !== null ? 'error' : broke ? 'breaks' : 'holds',
    runs,
    property: found?.property ?? (died === null ? null : 'ends'),
    counterexample: file,
    path: found === null || found.path.startsWith('kept:') ? null : found.path,
    replay: file === null ? null : replayCommand(file, libraries),
    message: error ?? (died === null ? null : endedMessage(died)),
    report: kept?.report ?? [],
    nowHold,
  };
};
