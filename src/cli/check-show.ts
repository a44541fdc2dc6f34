// What `oopslab check` gives back: verdicts as text, JSON, JUnit and a listing of coverage; notes and the exit code.

import { isThere, readText } from '../base/read-file.js';
import { replaceFile } from '../base/replace-file.js';
import { visibleJson } from '../base/visible-text.js';
import { MAX_SOURCE } from '../candidate/compile.js';
import type { Contender } from '../check/run/candidates.js';
import type { ShardCandidate, ShardResult } from '../check/run/shard-form.js';
import { coverageListing, type ListedCandidate } from '../check/tell/coverage-listing.js';
import { type CheckDocument, type CheckedCandidate, isAsExpected, isIncomplete } from '../check/tell/form.js';
import { incompleteText } from '../check/tell/incomplete.js';
import { junitText } from '../check/tell/junit.js';
import { formatVerdicts } from '../check/tell/verdict-table.js';
import type { Snippet } from '../release/snippet.js';
import type { CheckOptions } from './check-options.js';
import type { Answer } from './command.js';
import { EXIT, type Io } from './output.js';

/** A candidate that has its verdict, with what it comes from. */
export interface Done {
  readonly candidate: ShardCandidate;
  readonly checked: CheckedCandidate;
  /** Its code. */
  readonly snippets: () => readonly Snippet[];
}

const SOURCE = { what: 'a source', max: MAX_SOURCE };

const sourceOf = (contender: Contender | undefined): ListedCandidate['source'] => {
  const file = contender?.source ?? undefined;
  if (file === undefined || !/\.[cS]$/iu.test(file) || !isThere(file)) return undefined;
  return { file, text: readText(file, SOURCE) };
};

const listedOf = (
  { candidate, checked, snippets }: Done,
  contenders: readonly Contender[],
): ListedCandidate => {
  const { name, runs, coverage: told } = checked;
  const code = candidate.coverage;
  return {
    name,
    worlds: runs,
    coverage: told === null || code === null ? null : { code, told },
    snippets: snippets(),
    source: sourceOf(contenders.find((contender) => contender.code.name === name)),
  };
};

const exitOf = (
  candidates: readonly CheckedCandidate[],
  { requireComplete }: CheckOptions,
  interrupted: boolean,
): number => {
  if (interrupted) return EXIT.interrupted;
  const good = candidates.every(
    (candidate) => isAsExpected(candidate) && !(requireComplete === true && isIncomplete(candidate)),
  );
  return good ? EXIT.asExpected : EXIT.notAsExpected;
};

/** Verdicts, in all forms that were asked for. @throws {InputError} when a file cannot be written */
export const showVerdicts = (
  io: Io,
  { scenario, seed, runs }: Pick<CheckDocument, 'scenario' | 'seed' | 'runs'>,
  done: readonly Done[],
  contenders: readonly Contender[],
  options: CheckOptions,
  interrupted: boolean,
): Answer => {
  const { junit, coverage, path, requireComplete } = options;
  const candidates = done.map(({ checked }) => checked);
  const document = { scenario, seed, runs, candidates };
  if (junit !== undefined) replaceFile(junit, junitText(document, requireComplete));
  if (coverage !== undefined)
    replaceFile(coverage, coverageListing(done.map((one) => listedOf(one, contenders))));
  for (const candidate of candidates) if (isIncomplete(candidate)) io.note(incompleteText(candidate));
  return {
    json: () => document,
    text: () => formatVerdicts(document, path !== undefined).join('\n'),
    exit: exitOf(candidates, options, interrupted),
  };
};

/**
 * The result of a shard. One that finds nothing decides nothing about a candidate that should break: another shard may
 * find it.
 *
 * @throws {InputError} when the file cannot be written
 */
export const showShard = (
  result: ShardResult,
  candidates: readonly CheckedCandidate[],
  { out }: CheckOptions,
  interrupted: boolean,
): Answer => {
  if (out !== undefined) replaceFile(out, `${visibleJson(result, 2)}\n`);
  const odd = candidates.some((candidate) => candidate.verdict !== 'holds' && !isAsExpected(candidate));
  return {
    json: () => result,
    text: () => `shard ${result.shard.number} of ${result.shard.of} is in ${out ?? ''}`,
    exit: interrupted ? EXIT.interrupted : odd ? EXIT.notAsExpected : EXIT.asExpected,
  };
};
