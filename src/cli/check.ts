// `oopslab check`: test candidates against the properties, and report which hold.

import { existsSync } from 'node:fs';
import { isCandidateName, newCandidateText } from '../candidate/folder.js';
import { type CheckDocument, isAsExpected } from '../check/tell/form.js';
import { type Contender, findContenders } from '../check/run/candidates.js';
import { junitText } from '../check/tell/junit.js';
import { readKept } from '../check/tell/keep.js';
import { receiveError } from '../check/run/orders.js';
import { Pool } from '../check/run/pool.js';
import { runPath, runShard } from '../check/run/run.js';
import type { ShardCandidate, ShardResult } from '../check/run/shard-form.js';
import { type Merged, mergeShards, readShards } from '../check/run/shard.js';
import { readSubject } from '../check/world/subject.js';
import { TemporaryLibraries, writeLibrary } from '../check/run/temporary-library.js';
import { formatVerdicts } from '../check/tell/verdict-table.js';
import { type Finishing, verdictOf } from '../check/run/verdicts.js';
import { InputError } from '../base/errors.js';
import { withProgramName } from '../base/program-name.js';
import { replaceFile } from '../base/replace-file.js';
import { loadScenario } from '../scenario/scenario.js';
import { type CheckOptions, type CheckValues, readCheckOptions } from './check-options.js';
import { Progress } from './check-progress.js';
import type { Answer } from './command.js';
import { librariesOf } from './options.js';
import { EXIT, type Io } from './output.js';

const writeNew = (name: string, options: CheckOptions): Answer => {
  if (!isCandidateName(name))
    throw new InputError(
      `is a name of lower case letters, digits and hyphens, found ${JSON.stringify(name)}`,
      {
        field: '--new',
      },
    );
  const file = `${name}.c`;
  if (existsSync(file))
    throw new InputError('is there already; choose another name', { file, field: '--new' });
  const libraries = librariesOf(options);
  const { function: checked } = readSubject(loadScenario(options.scenario, libraries));
  replaceFile(file, newCandidateText(name, checked, libraries));
  return {
    text: () =>
      withProgramName(
        `${file} is a starting point: it has the bug. Repair it, then\n  $ oopslab check ${file}`,
      ),
  };
};

/** A running check: what it uses, and what it cleans up at its end. */
class Check {
  readonly #io: Io;
  readonly #options: CheckOptions;
  readonly #values: CheckValues;
  readonly #libraries: readonly string[];
  readonly #temporary = new TemporaryLibraries();
  readonly #pool: Pool;
  readonly #progress: Progress;

  constructor(io: Io, options: CheckOptions, values: CheckValues) {
    this.#io = io;
    this.#progress = new Progress(io);
    this.#options = options;
    this.#values = values;
    this.#libraries = librariesOf(options);
    this.#pool = new Pool(values.jobs);
  }

  #find(given: readonly string[]): readonly Contender[] {
    const { cc, cflags, verbose, scenario: reference } = this.#options;
    const scenario = loadScenario(reference, this.#libraries);
    const contenders = findContenders(given, {
      scenario,
      function: readSubject(scenario).function,
      libraries: this.#libraries,
      temporary: this.#temporary,
      compile: {
        ...(cc === undefined ? {} : { cc }),
        ...(cflags === undefined ? {} : { flags: cflags.split(/\s+/u).filter((flag) => flag !== '') }),
        ...(verbose === true ? { onCommand: (command) => this.#io.note(command.join(' ')) } : {}),
      },
      onNote: (text) => text.split('\n').forEach((line) => this.#io.note(line)),
    });
    const [only, ...others] = contenders;
    if (given.length === 1 && others.length === 0 && only?.problem) throw only.problem;
    return contenders;
  }

  async #search(contenders: readonly Contender[]): Promise<ShardResult> {
    const { scenario: reference, counterexamples: folder } = this.#options;
    const scenario = loadScenario(reference, this.#libraries);
    const campaign = {
      ...this.#values,
      scenario: reference,
      contenders,
      keptOf: ({ code, libraries }: Contender) =>
        readKept({ folder, scenario, reference, libraries }, code.name),
      onProgress: ({ code }: Contender, tried: number) => this.#progress.show(code.name, tried),
      onDone: (candidate: ShardCandidate) => this.#progress.done(candidate),
    };
    return runShard(this.#pool, campaign, () => performance.now());
  }

  // Snippets that came in the files of shards are written where they can be run.
  #librariesOf(candidate: ShardCandidate): readonly string[] {
    if (Object.keys(candidate.files).length === 0) return this.#libraries;
    const folder = this.#temporary.add();
    writeLibrary(folder, candidate.files);
    return [...this.#libraries, folder];
  }

  async #document(
    merged: readonly Merged[],
    { scenario, seed, runs }: Pick<ShardResult, 'scenario' | 'seed' | 'runs'>,
    finishing: Finishing,
  ): Promise<CheckDocument> {
    const options = {
      scenario,
      finishing,
      given: this.#options.library,
      librariesOf: (candidate: ShardCandidate) => this.#librariesOf(candidate),
    };
    const candidates = [];
    for (const one of merged) {
      for (const file of one.candidate.nowHold) this.#io.note(`${file} now holds`);
      candidates.push(await verdictOf(this.#pool, one, options));
    }
    return { scenario, seed, runs, candidates };
  }

  #show(document: CheckDocument): Answer {
    const { junit, path } = this.#options;
    if (junit !== undefined) replaceFile(junit, junitText(document));
    return {
      json: () => document,
      text: () => formatVerdicts(document, path !== undefined).join('\n'),
      exit: document.candidates.every(isAsExpected) ? EXIT.asExpected : EXIT.notAsExpected,
    };
  }

  // A shard that finds nothing decides nothing about a candidate that should break: another shard may find it.
  async #showShard(result: ShardResult): Promise<Answer> {
    const { out } = this.#options;
    if (out !== undefined) replaceFile(out, `${JSON.stringify(result, undefined, 2)}\n`);
    const document = await this.#document(mergeShards([result]), result, undefined);
    const odd = document.candidates.some(
      (candidate) => candidate.verdict !== 'holds' && !isAsExpected(candidate),
    );
    return {
      json: () => result,
      text: () => `shard ${result.shard.number} of ${result.shard.of} is in ${out ?? ''}`,
      exit: odd ? EXIT.notAsExpected : EXIT.asExpected,
    };
  }

  async run(given: readonly string[]): Promise<Answer> {
    const { path, merge, shard, scenario, counterexamples: folder } = this.#options;
    if (merge === true) {
      const shards = readShards(given);
      return this.#show(await this.#document(mergeShards(shards), shards[0]!, { folder }));
    }
    const contenders = this.#find(given);
    if (path !== undefined) {
      const [contender, ...others] = contenders;
      if (contender === undefined || others.length > 0)
        throw new InputError('is a world of one candidate; name it', { field: '--path' });
      const merged = await runPath(this.#pool, scenario, contender, this.#values.seed, path);
      return this.#show(
        await this.#document([merged], { scenario, seed: this.#values.seed, runs: 1 }, { folder: null }),
      );
    }
    const result = await this.#search(contenders);
    const [only] = result.candidates;
    if (given.length === 1 && contenders[0]?.own === true && only?.error) throw receiveError(only.error);
    if (shard !== undefined) return this.#showShard(result);
    return this.#show(await this.#document(mergeShards([result]), result, { folder }));
  }

  async close(): Promise<void> {
    this.#progress.close();
    await this.#pool.end();
    this.#temporary.close();
  }
}

/** Put candidates to the property tests. */
export const run = async (io: Io, given: readonly string[], options: CheckOptions): Promise<Answer> => {
  if (options.new !== undefined) {
    if (given.length > 0) throw new InputError('writes a new candidate, and checks none', { field: '--new' });
    return writeNew(options.new, options);
  }
  const running = new Check(io, options, readCheckOptions(options));
  const interrupt = (): void => {
    void running.close().finally(() => process.exit(EXIT.interrupted));
  };
  process.on('SIGINT', interrupt);
  try {
    return await running.run(given);
  } finally {
    await running.close();
    process.off('SIGINT', interrupt);
  }
};
