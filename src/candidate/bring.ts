// A user's version of a function, from a .c, .S or .o file to a snippet that takes the place of the shipped one.

import { basename, extname, join } from 'node:path';
import { InputError } from '../base/errors.js';
import { readBytes } from '../base/read-file.js';
import { makeFolder, replaceFile } from '../base/replace-file.js';
import { ET_REL, ElfFile } from '../elf/elf.js';
import { sourceOf } from '../elf/source.js';
import { DEFAULT_RELEASE } from '../release/default-release.js';
import type { Manifest } from '../release/manifest.js';
import { type Release, type Snippet, loadRelease, makeSnippet } from '../release/snippet.js';
import { type CompileOptions, MAX_OBJECT, compileSource } from './compile.js';
import { defaultFunction } from './folder.js';
import { headerText } from './header.js';
import { link } from './link.js';
import { describeLinked, hexText } from './manifest-of.js';
import { findEntry } from './place.js';

/** How a file is imported. */
export interface BringOptions extends CompileOptions {
  /** The function that it replaces; the one that has shipped candidates without it. */
  readonly function?: string;
  /** Kernel release, by name or loaded; the shipped one without it. */
  readonly release?: string | Release;
  /** Folders with user snippets, for a release by name. */
  readonly libraries?: readonly string[];
  /** The variant's name; made from the file's name without it. */
  readonly variant?: string;
}

/** A user-supplied version of a function. */
export interface Brought {
  readonly snippet: Snippet;
  /** The manifest and the bytes, as files of a library hold them. */
  readonly manifestText: string;
  readonly hexText: string;
  /** Warnings, a sentence each. */
  readonly notes: readonly string[];
  /**
   * Write `snippets/RELEASE/FUNCTION.VARIANT.json` and `.hex` below a folder, which `--library` then takes.
   *
   * @returns the files written
   * @throws {InputError} when they cannot be written
   */
  readonly saveAsLibrary: (folder: string) => string[];
}

const SOURCES = ['.c', '.S', '.s'];

/** The name of a variant, from a file's: `Fix 2.c` becomes `fix-2`. */
export const variantOf = (path: string): string => {
  const name = basename(path, extname(path)).toLowerCase();
  const plain = name.replaceAll(/[^a-z0-9]+/gu, '-').replaceAll(/^-+|-+$/gu, '');
  return plain === '' ? 'candidate' : plain.slice(0, 60).replace(/-+$/u, '');
};

// The object, and how it was made.
const objectOf = (
  path: string,
  release: Release,
  options: BringOptions,
): { bytes: Uint8Array; how: string } => {
  const kind = extname(path);
  if (kind === '.o')
    return { bytes: readBytes(path, { what: 'an object', max: MAX_OBJECT }), how: 'from an object' };
  if (!SOURCES.includes(kind))
    throw new InputError(
      `is not a candidate: a candidate is a .c, .S or .o file${kind === '' ? '' : `, not ${kind}`}`,
      { file: path },
    );
  const { optimize = '-O2' } = options;
  const language = kind === '.c' ? `C, ${optimize}` : 'assembly';
  return { bytes: compileSource(path, headerText(release), options), how: `compiled from ${language}` };
};

export const MAX_SYMBOLS = 0x20000;
export const MAX_RELOCATIONS = 0x40000;

const TYPES: Readonly<Record<number, string>> = {
  2: 'an executable',
  3: 'a shared object',
  4: 'a core dump',
};

/** A relocatable ELF file, with bounds on what reading it may cost. @throws {InputError} when it is not one */
export const openObject = (bytes: Uint8Array, file: string): ElfFile => {
  const object = new ElfFile(
    sourceOf(bytes, file),
    'a candidate is an ELF64 object of x86-64, as "gcc -m64 -c" writes it',
  );
  const { type, symbolCount, relocationCount } = object;
  if (type !== ET_REL)
    object.fail(`is ${TYPES[type] ?? `ELF of type ${type}`}, not a relocatable object; compile with -c`);
  if (symbolCount > MAX_SYMBOLS) object.fail(`has ${symbolCount} symbols; at most ${MAX_SYMBOLS} are read`);
  if (relocationCount > MAX_RELOCATIONS)
    object.fail(`has ${relocationCount} relocations; at most ${MAX_RELOCATIONS} are read`);
  return object;
};

// Files of the same names are replaced.
const saveAsLibrary = (
  folder: string,
  manifest: Manifest,
  { manifestText, hexText }: { readonly manifestText: string; readonly hexText: string },
): string[] => {
  const target = join(folder, 'snippets', manifest.release);
  makeFolder(target);
  const name = `${manifest.function}.${manifest.variant!}`;
  // The bytes first: a manifest whose bytes are not there yet would be refused.
  const files = [
    [join(target, `${name}.hex`), hexText],
    [join(target, `${name}.json`), manifestText],
  ] as const;
  for (const [path, text] of files) replaceFile(path, text);
  return files.map(([path]) => path);
};

/**
 * Import a version of a function: an ELF64 object as gcc and clang write it, or a source that the system's compiler
 * makes one of. It takes the place of the release's own function, at the same address.
 *
 * @param path of a `.c`, `.S`, `.s` or `.o` file
 * @throws {InputError} when it cannot be compiled (a CompileError), is damaged, or uses something that the sandbox does not have
 */
export const bringCandidate = (path: string, options: BringOptions = {}): Brought => {
  const { function: name = defaultFunction(), variant = variantOf(path) } = options;
  const release =
    typeof options.release === 'object'
      ? options.release
      : loadRelease(options.release ?? DEFAULT_RELEASE, options.libraries ?? []);
  const { bytes: objectBytes, how } = objectOf(path, release, options);
  const object = openObject(objectBytes, path);
  const linked = link(object, findEntry(object, name), release);
  const { manifest, text, notes } = describeLinked(linked, { name, variant, release, path, how });
  const files = { manifestText: text, hexText: hexText(linked.bytes) };
  return {
    snippet: makeSnippet(manifest, linked.bytes, path),
    ...files,
    notes,
    saveAsLibrary: (folder) => saveAsLibrary(folder, manifest, files),
  };
};
