// The candidates of candidates/FUNCTION.yaml, shipped or of a library: versions of a function as sets of snippet
// variants, and what a check of each should find.

import { unknownName } from '../../base/did-you-mean.js';
import { InputError } from '../../base/errors.js';
import {
  type TypeOf,
  constant,
  list,
  map,
  matching,
  named,
  oneOf,
  record,
  says,
  someText,
  titled,
} from '../../base/form.js';
import { candidateFiles, shippedLists } from '../../candidate/folder.js';
import { type DataKind, ScenarioFile } from '../../scenario/file.js';
import { type Release, type Variants, loadRelease } from '../../release/snippet.js';
import { PROPERTIES } from '../property/properties.js';

const CANDIDATES: DataKind = { what: 'a list of candidates', format: 'oopslab candidates 1' };

const symbolForm = named('symbol', matching(/^[A-Za-z_.][A-Za-z0-9_.]*$/u));
const nameForm = named('name', matching(/^[a-z0-9][a-z0-9-]*$/u));

const candidateForm = record({
  name: nameForm,
  variants: says(
    'which variant of each function it is; the plain version of every function that is not named',
    map(nameForm, { propertyNames: symbolForm }),
  ),
  expected: says('what a check finds, given enough runs', oneOf(['holds', 'breaks'])),
  caughtBy: says(
    'the properties that its flaw breaks, the one that names the flaw first; empty where it holds',
    list(oneOf(PROPERTIES), { uniqueItems: true }),
  ),
  thought: says('what its author was thinking, one sentence', someText),
  why: says('why it is right or wrong', someText),
});

/** A file of candidates. */
export const candidatesForm = titled(
  'Candidates: versions of one function, with what a check should find',
  record({
    format: constant(CANDIDATES.format),
    function: says('the function that they are versions of', symbolForm),
    candidates: list(candidateForm, { minItems: 1 }),
  }),
);

/** A version of a function, by its function too. */
export interface Candidate extends TypeOf<typeof candidateForm> {
  readonly function: string;
}

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
  const names = candidates.map((candidate) => candidate.name);
  throw new InputError(unknownName('candidate', name, names), { field: 'candidate' });
};
