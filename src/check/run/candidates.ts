// What the arguments of a check mean: candidates by name, files, variants of a library. Nothing runs here.

import { type CompileOptions, CompileError } from '../../candidate/compile.js';
import { bringCandidate, variantOf } from '../../candidate/bring.js';
import { candidatesFor } from './shipped.js';
import { unknownName } from '../../base/did-you-mean.js';
import { InputError } from '../../base/errors.js';
import { TemporaryFolderError } from '../../base/temporary-folder.js';
import type { Scenario } from '../../scenario/scenario.js';
import { type Release, isShipped } from '../../release/snippet.js';
import type { CandidateCode } from '../watch/arena.js';
import type { LibraryFiles, TemporaryLibraries } from './temporary-library.js';

/** One that is checked. */
export interface Contender {
  readonly code: CandidateCode;
  /** What a check should find; null for a user's, which should hold. */
  readonly expected: 'holds' | 'breaks' | null;
  /** Folders in which its snippets are, besides the shipped ones. */
  readonly libraries: readonly string[];
  /** Whether some of its code is not shipped. */
  readonly own: boolean;
  /** Its snippets, where it came from a file; empty otherwise. */
  readonly files: LibraryFiles;
  /** The file; null where it has none. */
  readonly source: string | null;
  /** Why it cannot be run; null where no reason is known. */
  readonly problem: InputError | null;
}

// Where names are looked up.
interface CandidateSources {
  /** The scenario, and the function that it checks. */
  readonly scenario: Scenario;
  readonly function: string;
  readonly libraries: readonly string[];
  readonly temporary: TemporaryLibraries;
  readonly compile: CompileOptions;
  /** Called with notes about a file. */
  readonly onNote: (note: string) => void;
}

const isFile = (argument: string): boolean => /[/\\]|\.(?:c|o|s)$/iu.test(argument);

/** Whether some of the code that a candidate runs is not shipped. */
const hasOwnCode = (scenario: Scenario, variants: CandidateCode['variants'], release: Release): boolean =>
  release.select({ ...scenario.spec.variants, ...variants }).some((snippet) => !isShipped(snippet));

const fromFile = (path: string, sources: CandidateSources, variant = variantOf(path)): Contender => {
  const { scenario, function: checked, libraries, temporary, compile, onNote } = sources;
  const code = { name: variant, variants: { [checked]: variant } };
  const without = { code, expected: null, own: true, source: path };
  try {
    const brought = bringCandidate(path, {
      ...compile,
      function: checked,
      variant,
      release: scenario.release(libraries),
      libraries,
    });
    for (const note of brought.notes) onNote(`${path}: ${note}`);
    const { folder, files } = temporary.save(brought);
    return { ...without, libraries: [...libraries, folder], files, problem: null };
  } catch (error) {
    if (error instanceof TemporaryFolderError || !(error instanceof InputError)) throw error;
    if (error instanceof CompileError) onNote(error.said);
    return { ...without, libraries, files: {}, problem: error };
  }
};

/** A trusted version of the checked function, which the effect of candidates is compared with. */
export type Trusted = Pick<Contender, 'files' | 'own'> & {
  readonly variants: CandidateCode['variants'];
  /** Folders in which its snippets are, besides those that were given. */
  readonly libraries: readonly string[];
};

/**
 * The trusted version that an argument means: a file, or a name that a candidate may have.
 *
 * @throws {InputError} when it is none, or cannot be used
 */
export const findTrusted = (argument: string, sources: CandidateSources): Trusted => {
  // Its name must not be that of a candidate's file.
  const found = isFile(argument)
    ? fromFile(argument, sources, `trusted-${variantOf(argument)}`)
    : findContenders([argument], sources)[0]!;
  if (found.problem !== null) throw found.problem;
  const { code, files, own } = found;
  const libraries = found.libraries.filter((folder) => !sources.libraries.includes(folder));
  return { variants: code.variants, files, own, libraries };
};

/**
 * The candidates that arguments mean; without any all candidates for the checked function, or the function as it is.
 *
 * @throws {InputError} when an argument is not a candidate, or two have the same name. A file that cannot be used has a
 *   `problem`
 */
export const findContenders = (given: readonly string[], sources: CandidateSources): readonly Contender[] => {
  const { scenario, function: checked, libraries } = sources;
  const release = scenario.release(libraries);
  const known = candidatesFor(checked, libraries);
  const variants = release.snippets
    .filter((snippet) => snippet.function === checked)
    .flatMap(({ variant }) => variant ?? []);
  const named = (name: string, own: CandidateCode['variants'], expected: Contender['expected']) => ({
    code: { name, variants: own },
    expected,
    libraries,
    own: hasOwnCode(scenario, own, release),
    files: {},
    source: null,
    problem: null,
  });
  const resolve = (argument: string): Contender => {
    const candidate = known.find(({ name }) => name === argument);
    if (candidate !== undefined) return named(argument, candidate.variants, candidate.expected);
    if (argument === checked) return named(argument, {}, null); // the function as it is
    if (variants.includes(argument)) return named(argument, { [checked]: argument }, null);
    if (isFile(argument)) return fromFile(argument, sources);
    const names = [...new Set([...known.map(({ name }) => name), checked, ...variants])];
    const problem = `${unknownName('candidate', argument, names)}; a file ends in .c, .S or .o`;
    throw new InputError(problem, { field: 'candidate' });
  };
  const all = given.length > 0 ? given : known.length > 0 ? known.map(({ name }) => name) : [checked];
  const names = new Map<string, string>();
  return all.map((argument) => {
    const contender = resolve(argument);
    const { name } = contender.code;
    const other = names.get(name);
    if (other !== undefined)
      throw new InputError(`${argument} and ${other} are both called "${name}"; rename one`, {
        field: 'candidate',
      });
    names.set(name, argument);
    return contender;
  });
};
