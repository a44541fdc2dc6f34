// What `expect()` is given, as code that can be checked: a file is compiled, and what was brought gets a library.

import { fileURLToPath } from 'node:url';
import { InputError, formatWhere } from '../../base/errors.js';
import type { Brought } from '../../candidate/bring.js';
import type { CompileOptions } from '../../candidate/compile.js';
import type { Scenario } from '../../scenario/scenario.js';
import { findContenders } from '../run/candidates.js';
import type { LibraryFiles, TemporaryLibraries } from '../run/temporary-library.js';
import type { CandidateCode } from '../watch/arena.js';
import { readSubject } from '../world/subject.js';

/**
 * Code to check: variants of functions that a library has; what `bringCandidate` gives; or, as `oopslab check` takes it,
 * the path of a `.c`, `.S`, `.s` or `.o` file, or the name of a candidate.
 */
export type Checkable = CandidateCode | Brought | string | URL;

/** Code that can be checked. */
export interface Contending {
  readonly code: CandidateCode;
  readonly libraries: readonly string[];
  /** Its snippet, where it came from a file; empty otherwise. */
  readonly files: LibraryFiles;
  /** How a command line names it; undefined where only this process knows it. */
  readonly argument: string | undefined;
}

interface Sources {
  readonly scenario: Scenario;
  readonly libraries: readonly string[];
  /** Where a file's code is written. */
  readonly temporary: TemporaryLibraries;
  readonly compile: CompileOptions;
}

const isBrought = (value: object): value is Brought => 'snippet' in value && 'saveAsLibrary' in value;

const isCode = (value: object): value is CandidateCode => 'name' in value && 'variants' in value;

const fromArgument = (argument: string, sources: Sources): Contending => {
  const said: string[] = [];
  const { function: checked } = readSubject(sources.scenario);
  const [found] = findContenders([argument], {
    ...sources,
    function: checked,
    onNote: (note) => said.push(note),
  });
  const { code, problem, libraries, files } = found!;
  if (problem === null) return { code, libraries, files, argument };
  const place = formatWhere(problem.where);
  throw new InputError([place === '' ? problem.message : `${place}: ${problem.message}`, ...said].join('\n'));
};

const fromBrought = (brought: Brought, { libraries, temporary }: Sources): Contending => {
  const { function: name, variant = name } = brought.snippet;
  const { folder, files } = temporary.save(brought);
  const code = { name: variant, variants: { [name]: variant } };
  return { code, libraries: [...libraries, folder], files, argument: undefined };
};

/**
 * Make code ready to be checked.
 *
 * @throws {InputError} when it is nothing that can be, or cannot be compiled; the message has what the compiler said
 */
export const contendingOf = (given: unknown, sources: Sources): Contending => {
  if (given instanceof URL) return fromArgument(fileURLToPath(given), sources);
  if (typeof given === 'string') return fromArgument(given, sources);
  if (typeof given === 'object' && given !== null) {
    if (isBrought(given)) return fromBrought(given, sources);
    if (isCode(given)) return { code: given, libraries: sources.libraries, files: {}, argument: undefined };
  }
  throw new InputError(
    'toHold() takes the path of a .c, .S or .o file, what bringCandidate() gives, or { name, variants }; ' +
      `found ${given === null ? 'null' : typeof given}`,
  );
};
