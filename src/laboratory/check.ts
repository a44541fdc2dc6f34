// Whether candidates hold: the search, the verdicts and the words of `oopslab check`, in this thread.

import { join } from 'node:path';
import { wholeNumber } from '../base/arguments.js';
import { MemoryError } from '../base/errors.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../base/temporary-folder.js';
import { replaceFile } from '../base/replace-file.js';
import { variantOf } from '../candidate/bring.js';
import { type Contender, findContenders } from '../check/run/candidates.js';
import { InThread } from '../check/run/in-thread.js';
import { type RunOptions, receiveError } from '../check/run/orders.js';
import { runShard } from '../check/run/run.js';
import { WHOLE } from '../check/run/search.js';
import { mergeWhole } from '../check/run/shard.js';
import type { ShardCandidate } from '../check/run/shard-form.js';
import { TemporaryLibraries } from '../check/run/temporary-library.js';
import { verdictOf } from '../check/run/verdicts.js';
import { type CheckedCandidate, isIncomplete } from '../check/tell/form.js';
import { incompleteText, verdictText } from '../check/tell/incomplete.js';
import { formatVerdicts } from '../check/tell/verdict-table.js';
import { RAISED_BUDGET } from '../check/watch/arena.js';
import { MOST_RUNS, MOST_SEED } from '../check/world/numbers.js';
import { readSubject } from '../check/world/subject.js';
import type { Bench } from './bench.js';
import type { CheckDone } from './change-questions.js';
import type { Questions } from './questions.js';

type Asks = Questions['check']['asks'];
type Tell = (tells: Questions['check']['tells']) => void;

const OPTIONS: RunOptions = { budget: RAISED_BUDGET, thorough: false, exhaustive: null, like: null };

const isUntried = ({ verdict, runs, reason }: CheckedCandidate): boolean =>
  verdict === 'error' && runs === 0 && reason === 'not checked: interrupted';

const doneOf = (
  checked: CheckedCandidate,
  { name, variants, files }: ShardCandidate,
  scenario: string,
): CheckDone => ({
  done: checked,
  // Stopped before its first world: nothing is known of it, and nothing is wrong with it.
  verdict: isUntried(checked) ? 'not checked' : verdictText(checked),
  incomplete: isIncomplete(checked) ? incompleteText(checked) : null,
  world:
    checked.world === null
      ? null
      : {
          scenario,
          set: Object.fromEntries(Object.entries(checked.world).map(([key, value]) => [key, String(value)])),
          candidate: { name, variants, files },
        },
});

// A dropped object goes the way of a file that the command is given.
const withObject = async <Result>(
  object: Asks['object'],
  work: (given: readonly string[]) => Promise<Result>,
): Promise<Result> => {
  if (object === undefined) return work([]);
  const folder = makeTemporaryFolder('oopslab-object-', 'the object');
  try {
    const file = join(folder, `${variantOf(object.name)}.o`);
    replaceFile(file, object.bytes);
    return await work([file]);
  } finally {
    removeTemporaryFolder(folder);
  }
};

/**
 * Check. What it finds does not depend on the thread: the command finds the same with the same seed and runs.
 *
 * @param isInterrupted looked at between blocks of worlds; what was found by then is finished and told
 * @throws {InputError} when the scenario checks nothing, a name is no candidate, or the object cannot be used
 */
export const answerCheck = (
  bench: Bench,
  asks: Asks,
  tell: Tell,
  isInterrupted: () => boolean,
): Promise<Questions['check']['answer']> =>
  withObject(asks.object, async (objects) => {
    const { scenario: reference, runs, seed } = asks;
    wholeNumber('runs', runs, 1, MOST_RUNS);
    wholeNumber('seed', seed, 0, MOST_SEED);
    const given = [...(asks.candidates ?? []), ...objects];
    const scenario = bench.scenario(reference);
    const hands = new InThread(bench.pause);
    const temporary = new TemporaryLibraries();
    try {
      const contenders = findContenders(given, {
        scenario,
        function: readSubject(scenario).function,
        libraries: bench.libraries,
        temporary,
        compile: {},
        onNote: (note) => tell({ note: note.replace(/^.*\/(?=[^/]*\.o: )/u, '') }),
      });
      const [only, ...others] = contenders;
      const isAlone = given.length === 1 && others.length === 0;
      if (isAlone && only?.problem) throw only.problem;
      const done: CheckedCandidate[] = [];
      const onDone = async (candidate: ShardCandidate, contender: Contender): Promise<void> => {
        // Too little memory says nothing about a candidate.
        if (candidate.error !== null && (isAlone || candidate.error.code === new MemoryError('').code))
          throw receiveError(candidate.error);
        const checked = await verdictOf(hands, mergeWhole(candidate, runs), {
          scenario: reference,
          spec: scenario.spec,
          releaseOf: (libraries) => scenario.release(libraries),
          options: OPTIONS,
          exhaustive: null,
          finishing: { folder: null },
          isInterrupted,
          given: bench.libraries,
          librariesOf: () => contender.libraries,
        });
        done.push(checked);
        tell(doneOf(checked, candidate, reference));
      };
      for (const contender of contenders)
        await runShard(
          hands,
          {
            scenario: reference,
            contenders: [contender],
            options: OPTIONS,
            seed,
            runs,
            shard: WHOLE,
            timeLimit: undefined,
            isInterrupted,
            keptOf: () => [],
            onProgress: ({ code }, tried) => tell({ candidate: code.name, tried }),
            onDone: (candidate) => onDone(candidate, contender),
          },
          () => 0,
        );
      const document = { scenario: reference, seed, runs, candidates: done };
      return { lines: formatVerdicts(document), isInterrupted: isInterrupted() };
    } finally {
      hands.close();
      temporary.close();
    }
  });
