// The candidates of candidates/FUNCTION.yaml, shipped or of a library: versions of a function as sets of snippet
// variants, and what a check of each should find.

import { nearest } from '../../base/did-you-mean.js';
import { InputError } from '../../base/errors.js';
import { candidateFiles, shippedLists } from '../../candidate/folder.js';
import { type DataKind, ScenarioFile } from '../../scenario/file.js';
import { type Release, type Variants, loadRelease } from '../../release/snippet.js';
import { type CandidateSpec, candidatesForm } from './candidates-form.js';

/** A version of a function, by its function too. */
export interface Candidate extends CandidateSpec {
  readonly function: string;
}

const CANDIDATES: DataKind = { what: 'a list of candidates', format: 'oopslab candidates 1' };

const checkVariants = (
  variants: Variants,
  release: Release,
  fail: (field: string, problem: string) => never,
): void => {
  for (const [name, variant] of Object.entries(variants)) {
    try {
      release.select({ [name]: variant });
    } catch (error) {
      if (error instanceof InputError) fail(name, error.message);
      throw error;
    }
  }
};

const readCandidates = (file: string, release: Release | undefined): Candidate[] => {
  const source = new ScenarioFile(file, CANDIDATES);
  const { function: of, candidates } = source.read(candidatesForm);
  const names = new Set<string>();
  return candidates.map((candidate, index) => {
    const { name, variants, expected, caughtBy } = candidate;
    const fail = (field: string, message: string): never => {
      throw source.error(['candidates', index, ...field.split('/')], message);
    };
    if (names.has(name)) fail('name', `there is another candidate "${name}"`);
    names.add(name);
    if (release !== undefined)
      checkVariants(variants, release, (field, message) => fail(`variants/${field}`, message));
    if (expected === 'holds' && caughtBy.length > 0)
      fail('caughtBy', 'must be empty: no property catches a candidate that holds');
    if (expected === 'breaks' && caughtBy.length === 0)
      fail('caughtBy', 'should name the properties that catch a candidate that breaks');
    return { ...candidate, function: of };
  });
};

/**
 * Read a file of candidates; all shipped ones without a name.
 *
 * @param release whose variants they are
 * @throws {InputError} with the file, line and field, where it is not what the schema wants, names a variant that does
 *   not exist, gives a name twice, or names a property for a candidate that holds, or none for one that breaks
 */
export const loadCandidates = (file?: string, release: Release = loadRelease()): readonly Candidate[] =>
  (file === undefined ? shippedLists() : [file]).flatMap((list) => readCandidates(list, release));

/**
 * The candidates for a function, of libraries too: one of a later library takes the place of another of its name.
 * Whether a release has their variants shows when they are used.
 *
 * @throws {InputError} as `loadCandidates`
 */
export const candidatesFor = (name: string, libraries: readonly string[]): readonly Candidate[] => {
  const all = candidateFiles(`${name}.yaml`, libraries)
    .flatMap((list) => readCandidates(list, undefined))
    .filter((candidate) => candidate.function === name);
  return [...new Map(all.map((candidate) => [candidate.name, candidate])).values()];
};

/** What is wrong with the name of a candidate that is not there. */
export const unknownCandidate = (name: string, known: readonly string[]): string => {
  const near = nearest(name, known);
  const hint = near === undefined ? '; there' : `; did you mean "${near}"? There`;
  return `there is no candidate "${name}"${hint} are ${known.join(', ')}`;
};

/**
 * The shipped candidate of a name.
 *
 * @throws {InputError} when there is none, with the nearest name
 */
export const findCandidate = (
  name: string,
  candidates: readonly Candidate[] = loadCandidates(),
): Candidate => {
  const found = candidates.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  throw new InputError(
    unknownCandidate(
      name,
      candidates.map((candidate) => candidate.name),
    ),
    { field: 'candidate' },
  );
};
