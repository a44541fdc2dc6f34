// The C of a library: structs.h, and functions in snippets/RELEASE/. Compiled where it has changed, and kept beside.

import { basename, dirname, join } from 'node:path';
import { InputError } from '../base/errors.js';
import { isFolder, isThere, listFolder, readText } from '../base/read-file.js';
import { sha256 } from '../base/sha256.js';
import { bringCandidate, openObject } from '../candidate/bring.js';
import { CompileError, MAX_SOURCE, compileSource } from '../candidate/compile.js';
import { headerText } from '../candidate/header.js';
import { structTexts } from '../kernel/struct-form.js';
import { type Code, madeCode, openCode } from '../release/code.js';
import type { CodeText } from '../release/code-form.js';
import { DEFAULT_RELEASE } from '../release/default-release.js';
import { replaceFile } from '../base/replace-file.js';
import { type Release, loadRelease } from '../release/snippet.js';
import { Layouts } from './c-types.js';
import { FLAGS, type Source, isCurrent, keep, moduleOf } from './case-code.js';
import { describe, describeImage, keptLines, ownStructs } from './describe.js';
import { linkImage, readAside } from './image.js';

/** Where the code of a library's first file lies: after that of a case. Invented. */
const LIBRARY_START = 0xffffffffa1000000n;
const LIBRARY_STEP = 0x200000n;

/** Most files in C of a library. */
export const MAX_LIBRARY_SOURCES = 64;

const sourceOf = (path: string): Source => {
  const text = readText(path, { what: 'a source', max: MAX_SOURCE });
  return { file: basename(path), text, sha256: sha256(text) };
};

// Unless there is no compiler and something older is kept, whose error says what changed.
const orOlder = <T>(path: string, kept: string, make: () => T): T => {
  try {
    return make();
  } catch (error) {
    const isMissing =
      error instanceof InputError && !(error instanceof CompileError) && error.where.field !== undefined;
    if (!isMissing || !isThere(kept)) throw error;
    throw new InputError(`changed since ${basename(kept)} was made of it, and ${error.message}`, {
      ...error.where,
      file: path,
    });
  }
};

const compile = (path: string, release: Release, more: readonly string[]): Uint8Array =>
  compileSource(path, headerText(release), {
    optimize: '-Og',
    flags: [...FLAGS.slice(1), `-ffile-prefix-map=${dirname(path)}/=`, ...more],
  });

/** The file that what was read of a header is kept in: `structs.json` beside `structs.h`. */
const keptOf = (header: string): string => header.replace(/\.h$/u, '.json');

/**
 * The structs that a header declares: what is kept of it if it is the same, otherwise compiled, and kept.
 *
 * @throws {CompileError} when the compiler complains
 * @throws {InputError} when it is no header, or there is no compiler
 */
export const structsOf = (header: string): Code => {
  const kept = keptOf(header);
  if (kept === header) throw new InputError('should be a header in C, such as structs.h', { file: header });
  if (!isThere(header) && isThere(kept)) return openCode(kept).read();
  const source = sourceOf(header);
  if (isThere(kept)) {
    const { text, read } = openCode(kept);
    if (isCurrent(text.sources, [source])) return read();
  }
  return orOlder(header, kept, () => {
    const release = loadRelease(DEFAULT_RELEASE);
    const flags = ['-x', 'c', '-include', 'oopslab.h', '-fno-eliminate-unused-debug-types'];
    const object = openObject(compile(header, release, flags), header);
    const described = describe({ readAside: (name) => readAside(object, name, () => 0n) }, header);
    const layouts = new Layouts();
    for (const { name, type } of described.structs) layouts.add(name, type);
    const text: CodeText = {
      format: 'oopslab code 1',
      sources: [{ file: source.file, sha256: source.sha256 }],
      compiler: described.producer,
      flags: FLAGS,
      release: release.name,
      functions: [],
      data: [],
      symbols: [],
      structs: structTexts(ownStructs(layouts, release)),
      text: [{ file: source.file, lines: keptLines(source.text) }],
    };
    keep(kept, text);
    return madeCode(text, kept);
  });
};

// `FUNCTION.c` or `FUNCTION.VARIANT.c` of a function that the release has: a snippet at its address.
const bringFunction = (
  path: string,
  name: string,
  variant: string | undefined,
  source: Source,
  release: Release,
): void => {
  const manifest = path.replace(/\.c$/u, '.json');
  if (
    isThere(manifest) &&
    readText(manifest, { what: 'a manifest', max: MAX_SOURCE }).includes(source.sha256)
  )
    return;
  orOlder(path, manifest, () => {
    const brought = bringCandidate(path, { function: name, variant: variant ?? 'plain', release });
    const { variant: _variant, ...text } = JSON.parse(brought.manifestText) as Record<string, unknown>;
    const bytes = basename(path).replace(/\.c$/u, '.hex');
    const whole = {
      ...text,
      ...(variant === undefined ? {} : { variant }),
      bytes,
      addressSource: `${String(text['addressSource'])}; compiled from C with the hash ${source.sha256}`,
    };
    replaceFile(path.replace(/\.c$/u, '.hex'), brought.hexText);
    replaceFile(manifest, `${JSON.stringify(whole, undefined, 2)}\n`);
  });
};

// Functions that the release does not have: a module of their own.
const bringModule = (path: string, index: number, source: Source, release: Release): void => {
  const kept = `${path}.json`;
  if (isThere(kept) && isCurrent(openCode(kept).text.sources, [source])) return;
  orOlder(path, kept, () => {
    const start = LIBRARY_START + BigInt(index) * LIBRARY_STEP;
    const image = linkImage(openObject(compile(path, release, []), path), release, start);
    const module = moduleOf(path.replace(/\.c$/u, ''));
    const { text } = describeImage(image, {
      flags: FLAGS,
      module,
      release,
      file: source.file,
      sources: [source],
    });
    madeCode(text, kept);
    keep(kept, text);
  });
};

/**
 * Compile what has changed of the C of a library.
 *
 * @throws {CompileError} when the compiler complains
 * @throws {InputError} when there is no compiler, or the code uses something that the sandbox does not have
 */
export const refreshLibrary = (library: string): void => {
  const header = join(library, 'structs.h');
  if (isThere(header)) structsOf(header);
  const snippets = join(library, 'snippets');
  if (!isFolder(snippets)) return;
  for (const name of listFolder(snippets)) {
    const folder = join(snippets, name);
    const sources = isFolder(folder) ? listFolder(folder).filter((file) => file.endsWith('.c')) : [];
    if (sources.length === 0) continue;
    if (sources.length > MAX_LIBRARY_SOURCES)
      throw new InputError(`has ${sources.length} files in C; a library has at most ${MAX_LIBRARY_SOURCES}`, {
        file: folder,
      });
    const release = loadRelease(name);
    const known = new Set(release.snippets.map((snippet) => snippet.function));
    for (const [index, file] of sources.entries()) {
      const path = join(folder, file);
      const [, replaced = '', variant] = /^([^.]+)(?:\.([^.]+))?\.c$/u.exec(file) ?? [];
      const source = sourceOf(path);
      if (known.has(replaced)) bringFunction(path, replaced, variant, source, release);
      else bringModule(path, index, source, release);
    }
  }
};
