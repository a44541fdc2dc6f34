// Finds and loads libunicorn, and koffi, which calls it; neither before it is needed.

import { createRequire } from 'node:module';
import type { LibraryHandle } from 'koffi';
import { HostError, LibraryError } from '../base/errors.js';
import { escapeInLine } from '../base/visible-text.js';
import { fileOf, findFileProblem, isPath } from './library-file.js';
import { type LibraryVersion, type ProbeAnswer, isKnown, probe, remember } from './library-probe.js';
import { LIBRARY_VARIABLE, installCommands, isSet, searchPlaces } from './library-search.js';

/** The package that calls C functions. */
export type Koffi = typeof import('koffi');

let koffi: Koffi | undefined;

/**
 * Load koffi, once per process.
 *
 * @throws {HostError} when the package, or the part of it for this platform, is not there or cannot be loaded
 */
export const loadKoffi = (): Koffi => {
  try {
    return (koffi ??= createRequire(import.meta.url)('koffi') as Koffi);
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new HostError(
      `koffi, the package that calls libunicorn, cannot be loaded on ${process.platform} ${process.arch} (${reason.trim()}). ` +
        'It needs its part for this platform (an optional package: npm ci --include=optional) and a Node that may load addons ' +
        '(without --no-addons, and with --allow-addons under --permission)',
    );
  }
};

/** A library that is loaded. */
export interface Libunicorn {
  readonly library: LibraryHandle;
  /** The path or system name that it was loaded from. */
  readonly path: string;
  readonly version: LibraryVersion;
}

/** One place where libunicorn was looked for: either `version` or `problem` is there. */
export interface SearchResult {
  readonly place: string;
  readonly version?: LibraryVersion;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** Take apart what `uc_version` returns: one byte each since 2.0, `major << 8 | minor` before. */
export const decodeVersion = (value: number): LibraryVersion =>
  value < 0x10000
    ? { major: value >>> 8, minor: value & 0xff, patch: 0 }
    : { major: value >>> 24, minor: (value >>> 16) & 0xff, patch: (value >>> 8) & 0xff };

/** `2.0.1` */
export const formatVersion = ({ major, minor, patch }: LibraryVersion): string =>
  `${major}.${minor}.${patch}`;

// The system's loader names the reason; koffi puts its own words before it.
const reasonOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  if (text.startsWith('Cannot find function'))
    return 'is a library, but not libunicorn (it has no uc_version)';
  const reason = text.replace(/^Failed to load shared library:\s*/u, '').trim();
  return /no such file/iu.test(reason) ? 'not found' : `cannot be loaded (${reason})`;
};

/**
 * Load one library into this process, whatever comes of it.
 *
 * @param place a path, or a name for the system's loader
 * @returns the library, or why it is not taken
 */
export const loadLibrary = (place: string): Libunicorn | string => {
  const koffi = loadKoffi();
  try {
    const library = koffi.load(place);
    const uc_version = library.func('uc_version', 'uint32_t', ['void *', 'void *']);
    const version = decodeVersion(uc_version(null, null) as number);
    if (version.major !== 2) return `is Unicorn ${formatVersion(version)}; 2.0 or 2.1 is needed`;
    return { library, path: place, version };
  } catch (error) {
    return reasonOf(error);
  }
};

// Loading a damaged file can end the process, so a child tries every file first that this user has not tried as it is now.
// What the system's package manager installed is trusted where nothing can be kept: a child takes as long as a command.
const tryPlace = (place: string): Libunicorn | string => {
  const file = fileOf(place);
  if (file !== undefined) {
    const problem = findFileProblem(file);
    if (problem !== undefined) return problem;
    if (!isKnown(file) && (isPath(place) || remember(file, 'untried'))) {
      const answer = probe(file);
      if (answer?.problem !== undefined) return answer.problem;
      if (answer !== undefined) remember(file, 'works');
    }
  }
  return loadLibrary(place);
};

const describePlace = (place: string): ProbeAnswer => {
  const file = fileOf(place);
  const problem = file === undefined ? undefined : findFileProblem(file);
  if (problem !== undefined) return { problem };
  const answer = probe(file ?? place);
  if (file !== undefined && answer?.version !== undefined) remember(file, 'works');
  if (answer !== undefined) return answer;
  const found = loadLibrary(place);
  return typeof found === 'string' ? { problem: found } : { version: found.version };
};

/** Try every place, the ones after the first that works too; each in a child process, which it may end. */
export const describeSearch = (): SearchResult[] =>
  searchPlaces().map((place) => ({ place, ...describePlace(place) }));

const messageOf = (tried: readonly SearchResult[]): string => {
  const only = isSet(process.env[LIBRARY_VARIABLE]);
  const lines = tried.map(({ place, problem }) => escapeInLine(`${place}: ${problem ?? ''}`));
  return [
    ...(only
      ? [`libunicorn cannot be loaded from ${lines.join('')}`]
      : ['libunicorn was not found. Looked for:', ...lines.map((line) => `  ${line}`)]),
    only ? `Name a libunicorn 2 there, or unset it and install one with:` : 'Install it with one of:',
    ...installCommands().map((command) => `  ${command}`),
    ...(only ? [] : [`or name the library in ${LIBRARY_VARIABLE}.`]),
  ].join('\n');
};

let loaded: Libunicorn | undefined;

/** Take a library that is loaded for the one of this process. */
export const useLibrary = (library: Libunicorn): void => {
  loaded = library;
};

/**
 * Load libunicorn, once per process.
 *
 * @throws {LibraryError} when no place has it; the message says where it was looked for and how to install it
 */
export const loadLibunicorn = (): Libunicorn => {
  if (loaded !== undefined) return loaded;
  const tried: SearchResult[] = [];
  for (const place of searchPlaces()) {
    const found = tryPlace(place);
    if (typeof found !== 'string') {
      loaded = found;
      return found;
    }
    tried.push({ place, problem: found });
  }
  throw new LibraryError(
    messageOf(tried),
    isSet(process.env[LIBRARY_VARIABLE]) ? { field: LIBRARY_VARIABLE } : {},
  );
};
