// From what was found to verdicts: counterexamples get their files and reports. How verdicts are shown is not known here.

import { formatWhere } from '../errors.js';
import type { CheckedCandidate } from './check-document.js';
import type { Finished } from './orders.js';
import { EndedError, type Pool } from './pool.js';
import type { Merged, ShardCandidate } from './shard.js';
import { writeLibrary } from './temporary-library.js';

/** Where counterexamples go. */
export interface VerdictOptions {
  readonly scenario: string;
  /** The folder of counterexamples; undefined to keep none. */
  readonly folder: string | undefined;
  /** Folders with snippets of a user's own, as they were given. */
  readonly given: readonly string[];
  /** The folders that a candidate's snippets are in. */
  readonly librariesOf: (candidate: ShardCandidate) => readonly string[];
}

/** A word of a shell's command line. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

const replayCommand = (file: string, libraries: readonly string[]): string =>
  ['oopslab', 'replay', file, ...libraries.flatMap((library) => ['--library', library])]
    .map(shellWord)
    .join(' ');

const endedMessage = (how: string): string =>
  `the emulator itself ended (${how}), in a process of its own: the code jumped to bytes that this Unicorn cannot ` +
  'translate, most likely into the middle of an instruction';

const errorMessage = ({ error }: ShardCandidate): string | null => {
  if (error === null) return null;
  const place = formatWhere(error.where);
  return place === '' ? error.message : `${place}: ${error.message}`;
};

const finishOne = async (
  pool: Pool,
  candidate: ShardCandidate,
  { scenario, folder, librariesOf }: VerdictOptions,
): Promise<Finished | EndedError | undefined> => {
  const { name, variants, own, files, found } = candidate;
  if (found === null || folder === undefined) return undefined;
  writeLibrary(folder, files); // so that the folder is a library that has the code
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
  const { name, expected, found, ended, files } = candidate;
  const error = errorMessage(candidate);
  const finished = await finishOne(pool, candidate, options);
  const died = finished instanceof EndedError ? finished.how : ended;
  const kept = finished instanceof EndedError ? undefined : finished;
  const broke = found !== null || died !== null;
  const libraries =
    options.folder !== undefined && Object.keys(files).length > 0
      ? [...options.given, options.folder]
      : options.given;
  return {
    name,
    expected,
    verdict: error !== null ? 'error' : broke ? 'breaks' : 'holds',
    runs,
    property: found?.property ?? (died === null ? null : 'ends'),
    counterexample: kept?.file ?? null,
    path: found === null || found.path.startsWith('kept:') ? null : found.path,
    replay: kept === undefined ? null : replayCommand(kept.file, libraries),
    message: error ?? (died === null ? null : endedMessage(died)),
    report: kept?.report ?? [],
  };
};
