// `oopslab check`: test candidates against the properties, and report which hold.

import { dirname } from 'node:path';
import { type Contender, type Trusted, findContenders, findTrusted } from '../check/run/candidates.js';
import { readKept } from '../check/tell/keep.js';
import { type RunOptions, receiveError } from '../check/run/orders.js';
import { Pool } from '../check/run/pool.js';
import { runPath, runShard } from '../check/run/run.js';
import { SHARD_FORMAT, type ShardCandidate, type ShardResult } from '../check/run/shard-form.js';
import { type Merged, mergeShards, mergeWhole, readShards } from '../check/run/shard.js';
import { type LibraryFiles, TemporaryLibraries } from '../check/run/temporary-library.js';
import { type Finishing, verdictOf } from '../check/run/verdicts.js';
import { readSubject } from '../check/world/subject.js';
import { exhaustiveSpace } from '../check/find/exhaustive.js';
import { InputError } from '../base/errors.js';
import { type Scenario, loadScenario } from '../scenario/scenario.js';
import { isCaseFolder } from '../source/case-code.js';
import { writeNew } from './check-new.js';
import { type CheckOptions, type CheckValues, readCheckOptions } from './check-options.js';
import { type KeptIn, folderOfCase, readyOutputs } from './check-outputs.js';
import { Progress } from './check-progress.js';
import { type Done, showShard, showVerdicts } from './check-show.js';
import type { Answer } from './command.js';
import { librariesOf } from './options.js';
import { EXIT, type Io } from './output.js';

type Head = Pick<ShardResult, 'scenario' | 'seed' | 'runs' | 'options'>;

/** A running check: what it uses, and what it cleans up at its end. */
class Check {
  readonly #io: Io;
  readonly #options: CheckOptions;
  readonly #values: CheckValues;
  readonly #kept: KeptIn;
  readonly #temporary = new TemporaryLibraries();
  readonly #written = new Map<string, readonly string[]>();
  readonly #pool: Pool;
  readonly #progress: Progress;
  #libraries: readonly string[];
  #interrupted = false;

  constructor(io: Io, options: CheckOptions, values: CheckValues, kept: KeptIn) {
    this.#kept = kept;
    this.#io = io;
    this.#progress = new Progress(io);
    this.#options = options;
    this.#values = values;
    this.#libraries = librariesOf(options);
    this.#pool = new Pool(values.jobs);
  }

  // Said once a search begins: an error before it is the one message.
  #keepIn(): string | null {
    const { keepIn, problem } = this.#kept;
    if (problem !== undefined) this.#io.note(problem);
    return keepIn;
  }

  #scenario(): Scenario {
    return loadScenario(this.#options.scenario, this.#libraries);
  }

  #sources() {
    const { cc, cflags, verbose } = this.#options;
    const scenario = this.#scenario();
    return {
      scenario,
      function: readSubject(scenario).function,
      libraries: this.#libraries,
      temporary: this.#temporary,
      compile: {
        ...(cc === undefined ? {} : { cc }),
        ...(cflags === undefined ? {} : { flags: cflags.split(/\s+/u).filter((flag) => flag !== '') }),
        ...(verbose === true
          ? { onCommand: (command: readonly string[]) => this.#io.note(command.join(' ')) }
          : {}),
      },
      onNote: (text: string) => text.split('\n').forEach((line) => this.#io.note(line)),
    };
  }

  // Its code runs beside each candidate's: in a separate process if it is a user's.
  #findTrusted(): Trusted | undefined {
    const { like } = this.#options;
    if (like === undefined) return undefined;
    const trusted = findTrusted(like, this.#sources());
    this.#libraries = [...this.#libraries, ...trusted.libraries];
    return trusted;
  }

  #findContenders(given: readonly string[], trusted: Trusted | undefined): readonly Contender[] {
    const contenders = findContenders(given, this.#sources());
    const [only, ...others] = contenders;
    if (given.length === 1 && others.length === 0 && only?.problem) throw only.problem;
    return contenders.map((one) => ({ ...one, own: one.own || trusted?.own === true }));
  }

  // Snippets that came in the files of shards are written where they can be run.
  #write(key: string, files: LibraryFiles): readonly string[] {
    if (Object.keys(files).length === 0) return [];
    let folders = this.#written.get(key);
    if (folders === undefined) {
      folders = [this.#temporary.write(files)];
      this.#written.set(key, folders);
    }
    return folders;
  }

  #librariesOf({ name, files }: ShardCandidate): readonly string[] {
    return [...this.#libraries, ...this.#write(`candidate ${name}`, files)];
  }

  async #verdict(merged: Merged, head: Head, finishing: Finishing): Promise<Done> {
    const { candidate } = merged;
    for (const file of candidate.nowHold) this.#io.note(`${file} now holds`);
    const loaded = loadScenario(head.scenario, this.#libraries);
    const { spec } = loaded;
    const checked = await verdictOf(this.#pool, merged, {
      scenario: head.scenario,
      spec,
      releaseOf: (libraries) => loaded.release(libraries),
      options: this.#runOptions(head.options),
      exhaustive: this.#exhaustive(head),
      finishing,
      isInterrupted: () => this.#interrupted,
      given: this.#options.library,
      librariesOf: (one) => this.#librariesOf(one),
    });
    const snippets = () => {
      const names = Object.keys(candidate.variants);
      const selected = loaded.release(this.#librariesOf(candidate)).select(candidate.variants);
      return selected.filter((snippet) => names.includes(snippet.function));
    };
    return { candidate, checked, snippets };
  }

  #runOptions({ budget, thorough, exhaustive, like }: ShardResult['options']): RunOptions {
    return { budget, thorough, exhaustive, like: like?.variants ?? null };
  }

  #exhaustive({ options: { exhaustive } }: Head): { bound: string; count: number } | null {
    if (exhaustive === null) return null;
    const { bound, count } = exhaustiveSpace(this.#scenario(), exhaustive);
    return { bound, count };
  }

  #head(trusted: Trusted | undefined): Head {
    const { seed, budget, exhaustive } = this.#values;
    const runs =
      exhaustive === null ? this.#values.runs : exhaustiveSpace(this.#scenario(), exhaustive).count;
    const like = trusted === undefined ? null : { variants: trusted.variants, files: trusted.files };
    const options = { budget, thorough: this.#options.thorough === true, exhaustive, like };
    return { scenario: this.#options.scenario, seed, runs, options };
  }

  async #merge(given: readonly string[]): Promise<Answer> {
    const shards = readShards(given);
    const head = shards[0]!;
    this.#libraries = [...this.#libraries, ...this.#write('trusted', head.options.like?.files ?? {})];
    const done: Done[] = [];
    const finishing = { folder: this.#keepIn() };
    for (const one of mergeShards(shards)) done.push(await this.#verdict(one, head, finishing));
    return showVerdicts(this.#io, head, done, [], this.#options, this.#interrupted);
  }

  async #path(head: Head, contenders: readonly Contender[], path: string): Promise<Answer> {
    const [contender, ...others] = contenders;
    if (contender === undefined || others.length > 0)
      throw new InputError('is a world of one candidate; name it', { field: '--path' });
    const opened = { scenario: head.scenario, options: this.#runOptions(head.options) };
    const merged = await runPath(this.#pool, opened, contender, head.seed, path);
    const done = await this.#verdict(merged, head, { folder: null });
    return showVerdicts(this.#io, { ...head, runs: 1 }, [done], contenders, this.#options, this.#interrupted);
  }

  // Each candidate is finished, and its counterexample kept, before the next one begins.
  async #search(given: readonly string[], contenders: readonly Contender[], head: Head): Promise<Answer> {
    const { scenario: reference, shard: isShard } = this.#options;
    const { folder } = this.#kept;
    const keepIn = this.#keepIn();
    const { runs } = head;
    const scenario = this.#scenario();
    const finishing = isShard === undefined ? { folder: keepIn } : undefined;
    const done: Done[] = [];
    const onSkip = (file: string, why: string): void => this.#io.note(`${file} is left out: ${why}`);
    const { shard, timeLimit } = this.#values;
    const campaign = {
      ...head,
      shard,
      timeLimit,
      contenders,
      options: this.#runOptions(head.options),
      isInterrupted: () => this.#interrupted,
      keptOf: ({ code, libraries }: Contender) =>
        readKept({ folder, scenario, reference, libraries }, code.name, onSkip),
      onProgress: ({ code }: Contender, tried: number) => this.#progress.show(code.name, tried),
      onDone: async (candidate: ShardCandidate) => {
        this.#progress.done(candidate);
        if (given.length === 1 && contenders[0]?.own === true && candidate.error !== null)
          throw receiveError(candidate.error);
        done.push(await this.#verdict(mergeWhole(candidate, runs), head, finishing));
      },
    };
    const candidates = await runShard(this.#pool, campaign, () => performance.now());
    if (isShard === undefined)
      return showVerdicts(this.#io, head, done, contenders, this.#options, this.#interrupted);
    const result: ShardResult = {
      format: SHARD_FORMAT,
      shard: { number: shard.index + 1, of: shard.count },
      ...head,
      candidates,
    };
    const checked = done.map((one) => one.checked);
    return showShard(result, checked, this.#options, this.#interrupted);
  }

  async run(given: readonly string[]): Promise<Answer> {
    const { path, merge } = this.#options;
    if (merge === true) return this.#merge(given);
    const trusted = this.#findTrusted();
    const contenders = this.#findContenders(given, trusted);
    const head = this.#head(trusted);
    return path === undefined ? this.#search(given, contenders, head) : this.#path(head, contenders, path);
  }

  /** End the search; what was found is finished and shown. */
  interrupt(): void {
    this.#interrupted = true;
    this.#progress.close();
    this.#io.note('interrupted: what was found so far follows; once more ends at once');
    this.#pool.interrupt();
  }

  async close(): Promise<void> {
    this.#progress.close();
    const ended = this.#pool.end(); // its processes are ended at once
    this.#temporary.close();
    await ended;
  }
}

// Undefined for what is no case.
const usualFolder = (options: CheckOptions): string | undefined => {
  if (options.counterexamples !== undefined || options.merge === true) return undefined;
  const { name, ownFile } = loadScenario(options.scenario, librariesOf(options));
  return isCaseFolder(dirname(ownFile)) ? folderOfCase(name) : undefined;
};

/** Put candidates to the property tests. */
export const run = async (io: Io, given: readonly string[], options: CheckOptions): Promise<Answer> => {
  if (options.new !== undefined) {
    if (given.length > 0) throw new InputError('writes a new candidate, and checks none', { field: '--new' });
    return writeNew(options.new, options);
  }
  const values = readCheckOptions(options);
  const running = new Check(io, options, values, readyOutputs(options, usualFolder(options)));
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) {
      void running.close();
      process.exit(EXIT.interrupted);
    }
    interrupted = true;
    running.interrupt();
  };
  process.on('SIGINT', interrupt);
  try {
    return await running.run(given);
  } finally {
    await running.close();
    // A second Ctrl-C while the process ends must end it the same way.
    if (!interrupted) process.off('SIGINT', interrupt);
  }
};
