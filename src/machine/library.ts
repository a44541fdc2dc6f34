// Finds and loads libunicorn, and koffi, which calls it; neither before it is needed.

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { LibraryHandle } from 'koffi';
import { LibraryError } from '../base/errors.js';

/** The package that calls C functions. */
export type Koffi = typeof import('koffi');

let koffi: Koffi | undefined;

/** Load koffi, once per process. */
export const loadKoffi = (): Koffi => (koffi ??= createRequire(import.meta.url)('koffi') as Koffi);

/** A version of libunicorn, as `uc_version` gives it. */
export interface LibraryVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

interface Libunicorn {
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

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variable that, when set, names the only place. */
export const LIBRARY_VARIABLE = 'OOPSLAB_LIBUNICORN';

const SYSTEM_NAMES: Readonly<Record<string, readonly string[]>> = {
  linux: ['libunicorn.so.2', 'libunicorn.so'],
  darwin: [
    'libunicorn.2.dylib',
    'libunicorn.dylib',
    '/opt/homebrew/lib/libunicorn.2.dylib',
    '/usr/local/lib/libunicorn.2.dylib',
  ],
  win32: ['unicorn.dll', 'libunicorn.dll'],
};

const PIP = 'pip install unicorn';

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  linux: [
    'sudo apt-get install libunicorn2    # Debian, Ubuntu',
    'sudo dnf install unicorn            # Fedora',
    'sudo pacman -S unicorn              # Arch',
    `${PIP}                 # anywhere with Python 3, no root needed`,
  ],
  darwin: ['brew install unicorn    # Homebrew', `${PIP}     # anywhere with Python 3`],
  win32: [`${PIP}    # anywhere with Python 3`],
};

/** The commands that install libunicorn on a platform, to choose from; the comment says where each applies. */
export const installCommands = (platform: string = process.platform): readonly string[] =>
  COMMANDS[platform] ?? COMMANDS['linux']!;

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
};

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

// Folders like those that Python is installed below: X, with X/bin/python3 or X\python.exe and X/lib/python3.11 or X\Lib.
const pythonPrefixes = (platform: string, env: Environment): string[] => {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  const searched = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((path) => path !== '');
  const own = [env['VIRTUAL_ENV'], env['CONDA_PREFIX']].filter(isSet);
  if (platform === 'win32') {
    return [
      ...own,
      ...searched,
      ...list(join(env['APPDATA'] ?? home, 'Python')),
      ...list(join(env['LOCALAPPDATA'] ?? home, 'Programs/Python')),
    ];
  }
  return [
    ...own,
    ...searched.filter((path) => /[/\\]bin$/u.test(path)).map((path) => dirname(path)),
    ...(home === '' ? [] : [join(home, '.local')]),
    ...list(env['PYENV_ROOT'] ?? join(home, '.pyenv'))
      .filter((path) => path.endsWith('versions'))
      .flatMap(list),
    '/usr/local',
    '/usr',
    '/opt/homebrew',
    ...(platform === 'darwin'
      ? [...list(join(home, 'Library/Python')), ...list('/Library/Frameworks/Python.framework/Versions')]
      : []),
  ];
};

// The Python package `unicorn` carries the library in its own folder. Found without running Python.
const pythonCopies = (platform: string, env: Environment): string[] => {
  const libraries = pythonPrefixes(platform, env).flatMap((prefix) =>
    platform === 'win32'
      ? [join(prefix, 'Lib'), prefix]
      : [
          ...list(join(prefix, 'lib')).filter((path) => /python3?(?:\.\d+)?$/u.test(path)),
          ...list(join(prefix, 'lib64')).filter((path) => /python3?(?:\.\d+)?$/u.test(path)),
        ],
  );
  const copies = libraries
    .flatMap((folder) => [
      join(folder, 'site-packages/unicorn/lib'),
      join(folder, 'dist-packages/unicorn/lib'),
    ])
    .flatMap(list)
    .filter((path) => /[/\\](?:lib)?unicorn(?:\.\d+)?\.(?:so(?:\.\d+)?|dylib|dll)$/u.test(path));
  return copies.filter(
    (path, index) => copies.findIndex((other) => realpathOf(other) === realpathOf(path)) === index,
  );
};

const realpathOf = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path; // a dangling link: loading it reports the problem
  }
};

/**
 * Where libunicorn is looked for, in order: the system's names, then the copies of the Python package.
 * `OOPSLAB_LIBUNICORN`, when set, is the only place; a relative path there counts from the working directory.
 */
export const searchPlaces = (
  env: Environment = process.env,
  platform: string = process.platform,
): string[] => {
  const only = env[LIBRARY_VARIABLE];
  if (isSet(only)) return [/[/\\]/u.test(only) || existsSync(only) ? resolve(only) : only];
  return [...(SYSTEM_NAMES[platform] ?? SYSTEM_NAMES['linux']!), ...pythonCopies(platform, env)];
};

const problemOf = (path: string): string | undefined => {
  if (!/[/\\]/u.test(path)) return undefined; // a name: the system's loader knows the place
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'there is no such file';
  if (stats.isDirectory()) return 'is a folder; name the library itself';
  return stats.isFile() ? undefined : 'is not a regular file';
};

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

const tryLoad = (path: string): Libunicorn | string => {
  try {
    const problem = problemOf(path);
    if (problem !== undefined) return problem;
    const library = loadKoffi().load(path);
    const uc_version = library.func('uc_version', 'uint32_t', ['void *', 'void *']);
    const version = decodeVersion(uc_version(null, null) as number);
    if (version.major !== 2) return `is Unicorn ${formatVersion(version)}; 2.0 or 2.1 is needed`;
    return { library, path, version };
  } catch (error) {
    return reasonOf(error);
  }
};

/** Try every place, the ones after the first that works too. */
export const describeSearch = (): SearchResult[] =>
  searchPlaces().map((place) => {
    const found = tryLoad(place);
    return typeof found === 'string' ? { place, problem: found } : { place, version: found.version };
  });

const messageOf = (tried: readonly SearchResult[]): string => {
  const only = isSet(process.env[LIBRARY_VARIABLE]);
  const lines = tried.map(({ place, problem }) => `${place}: ${problem ?? ''}`);
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

/**
 * Load libunicorn, once per process.
 *
 * @throws {LibraryError} when no place has it; the message says where it was looked for and how to install it
 */
export const loadLibunicorn = (): Libunicorn => {
  if (loaded !== undefined) return loaded;
  const tried: SearchResult[] = [];
  for (const place of searchPlaces()) {
    const found = tryLoad(place);
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
