// The code of a case folder: compiled from its case.c, and kept beside it, so that a run needs no compiler until the
// source changes.

import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../base/errors.js';
import { isFolder, isThere, listFolder, readText } from '../base/read-file.js';
import { replaceFile } from '../base/replace-file.js';
import { sha256 } from '../base/sha256.js';
import { openObject } from '../candidate/bring.js';
import { CompileError, MAX_SOURCE, compileSource } from '../candidate/compile.js';
import { headerText } from '../candidate/header.js';
import { type Code, madeCode, openCode } from '../release/code.js';
import { DEFAULT_RELEASE } from '../release/default-release.js';
import { loadRelease } from '../release/snippet.js';
import { describeImage } from './describe.js';
import { linkImage } from './image.js';

/** The source of a case. */
const CASE_SOURCE = 'case.c';

/** What is kept of it when it is compiled. */
export const CASE_CODE = 'case.json';

/** The scenario of a case. */
export const CASE_SCENARIO = 'scenario.yaml';

/** Whether a folder is a case: it has a case.c, or what was compiled from one. */
export const isCaseFolder = (folder: string): boolean =>
  isFolder(folder) && (isThere(join(folder, CASE_SOURCE)) || isThere(join(folder, CASE_CODE)));

/**
 * Frames and variables that a reader can follow count for more here than speed: nothing is inlined that the source does
 * not say, and a variable stays in its place.
 */
export const FLAGS = [
  '-Og',
  '-DOOPSLAB_CASE',
  '-gdwarf-4',
  '-fno-delete-null-pointer-checks',
  '-fno-optimize-sibling-calls',
  '-Werror=implicit-int',
  '-Werror=implicit-function-declaration',
];

export const MAX_HEADERS = 32;

/** A source, read. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly sha256: string;
}

// case.c first, then the headers beside it.
const sourcesOf = (folder: string): Source[] => {
  const headers = listFolder(folder).filter((name) => name.endsWith('.h'));
  if (headers.length > MAX_HEADERS)
    throw new InputError(`has ${headers.length} headers; a case has at most ${MAX_HEADERS}`, {
      file: folder,
    });
  return [CASE_SOURCE, ...headers].map((file) => {
    const text = readText(join(folder, file), { what: 'a source', max: MAX_SOURCE });
    return { file, text, sha256: sha256(text) };
  });
};

/** The name of a case as a module has it. */
export const moduleOf = (folder: string): string =>
  basename(resolve(folder))
    .replaceAll(/\W/gu, '_')
    .replace(/^(?=\d)/u, '_')
    .slice(0, 55) || 'case';

// The compiler names files with the folder, which stands before its complaint already.
const inFolder = <T>(folder: string, compile: () => T): T => {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const own = (text: string): string => text.replaceAll(`${folder}/`, '');
    throw new CompileError(own(error.message), error.where.file!, own(error.said));
  }
};

const compile = (folder: string, sources: readonly Source[], kept: string): Code => {
  const path = join(folder, CASE_SOURCE);
  const release = loadRelease(DEFAULT_RELEASE);
  const named = `-ffile-prefix-map=${dirname(path)}/=`;
  const bytes = inFolder(folder, () =>
    compileSource(path, headerText(release), {
      optimize: '-Og',
      flags: [...FLAGS.slice(1), named],
    }),
  );
  const image = linkImage(openObject(bytes, path), release);
  const { text } = describeImage(image, {
    flags: FLAGS,
    module: moduleOf(folder),
    release,
    file: CASE_SOURCE,
    sources,
  });
  const code = madeCode(text, kept);
  keep(kept, text);
  return code;
};

/** Keep a document beside its source. A folder that cannot be written is compiled each time. */
export const keep = (file: string, text: unknown): void => {
  try {
    replaceFile(file, `${JSON.stringify(text, undefined, 1)}\n`);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
};

/** Whether kept code is of these sources. */
export const isCurrent = (
  kept: readonly { readonly file: string; readonly sha256: string }[],
  now: readonly Source[],
): boolean =>
  kept.length === now.length &&
  kept.every((one, index) => one.file === now[index]!.file && one.sha256 === now[index]!.sha256);

// What can be made again need not be mended.
const whatIsKept = (kept: string, sources: readonly Source[]): Code | undefined => {
  try {
    const { text, read } = openCode(kept);
    return isCurrent(text.sources, sources) ? read() : undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${error.message}; delete the file, and it is made again from ${CASE_SOURCE}`,
      error.where,
    );
  }
};

/**
 * The code of a case: what is kept of it, if its sources are still the same; otherwise compiled, and kept.
 *
 * @throws {CompileError} when the compiler complains
 * @throws {InputError} when there is no compiler, or the code uses something that the sandbox does not have
 */
export const codeOfCase = (folder: string): Code => {
  const kept = join(folder, CASE_CODE);
  const isKept = isThere(kept);
  if (!isThere(join(folder, CASE_SOURCE))) return openCode(kept).read();
  const sources = sourcesOf(folder);
  if (isKept) {
    const found = whatIsKept(kept, sources);
    if (found !== undefined) return found;
  }
  try {
    return compile(folder, sources, kept);
  } catch (error) {
    if (
      !isKept ||
      !(error instanceof InputError) ||
      error instanceof CompileError ||
      error.where.field === undefined
    )
      throw error;
    // There is no compiler.
    const file = join(folder, CASE_SOURCE);
    throw new InputError(`changed since ${CASE_CODE} was made of it, and ${error.message}`, {
      ...error.where,
      file,
    });
  }
};
