// Finds and loads libunicorn. Knows where people have it; knows nothing of what it does.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { LibraryError } from './errors.js';

/** A loaded libunicorn. */
export interface Libunicorn {
  readonly library: LibraryHandle;
  /** The path or system name that it was loaded from. */
  readonly path: string;
  readonly version: { readonly major: number; readonly minor: number; readonly patch: number };
}

/** The commands that install libunicorn, by package manager. */
export const INSTALL_COMMANDS: Readonly<Record<string, string>> = {
  'apt (Debian, Ubuntu)': 'apt-get install libunicorn2',
  'dnf (Fedora)': 'dnf install unicorn',
  'pacman (Arch)': 'pacman -S unicorn',
  'brew (macOS)': 'brew install unicorn',
  'pip (Windows, others)': 'pip install unicorn',
};

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

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
};

// The Python package `unicorn` carries the library in its own folder.
const pythonCopies = (): string[] => {
  const home = process.env['HOME'] ?? process.env['USERPROFILE'] ?? '';
  const roots = [
    ...['/usr/lib', '/usr/local/lib', join(home, '.local/lib')].flatMap(list).filter((path) => /python3/u.test(path)),
    ...list(join(process.env['APPDATA'] ?? home, 'Python')).map((path) => join(path, 'Lib')),
    ...(process.env['VIRTUAL_ENV'] === undefined ? [] : list(join(process.env['VIRTUAL_ENV'], 'lib'))),
  ];
  return roots
    .flatMap((root) => [join(root, 'site-packages/unicorn/lib'), join(root, 'dist-packages/unicorn/lib')])
    .flatMap(list)
    .filter((path) => /(?:^|[/\\])(?:lib)?unicorn[^/\\]*\.(?:so(?:\.2)?|dylib|dll)$/u.test(path));
};

/** Where libunicorn is looked for, in order. `OOPSLAB_LIBUNICORN`, when set, is the only place. */
export const searchPlaces = (): string[] => {
  const only = process.env['OOPSLAB_LIBUNICORN'];
  if (only !== undefined && only !== '') return [only];
  return [...(SYSTEM_NAMES[process.platform] ?? SYSTEM_NAMES['linux']!), ...pythonCopies()];
};

const problemOf = (path: string): string | undefined => {
  if (!/[/\\]/u.test(path)) return undefined;
  if (!existsSync(path)) return 'there is no such file';
  return statSync(path).isDirectory() ? 'is a folder; name the library itself' : undefined;
};

const tryLoad = (path: string): Libunicorn | string => {
  const problem = problemOf(path);
  if (problem !== undefined) return problem;
  try {
    const library = koffi.load(path);
    const version = library.func('uc_version', 'uint32_t', ['void *', 'void *'])(null, null) as number;
    const [major, minor, patch] = [version >>> 24, (version >>> 16) & 0xff, (version >>> 8) & 0xff];
    if (major !== 2) return `is Unicorn ${major}.${minor}.${patch}; 2.0 or 2.1 is needed`;
    return { library, path, version: { major, minor, patch } };
  } catch {
    return 'could not be loaded as libunicorn';
  }
};

const message = (tried: readonly string[]): string =>
  [
    'libunicorn 2 was not found. Looked for:',
    ...tried.map((line) => `  ${line}`),
    'Install it with one of:',
    ...Object.entries(INSTALL_COMMANDS).map(([system, command]) => `  ${command}    # ${system}`),
    'or name the library in OOPSLAB_LIBUNICORN.',
  ].join('\n');

let loaded: Libunicorn | undefined;

/**
 * Load libunicorn, once per process.
 *
 * @throws {LibraryError} when no place has it; the message says where it was looked for and how to install it
 */
export const loadLibunicorn = (): Libunicorn => {
  if (loaded !== undefined) return loaded;
  const tried: string[] = [];
  for (const path of searchPlaces()) {
    const found = tryLoad(path);
    if (typeof found !== 'string') {
      loaded = found;
      return found;
    }
    tried.push(`${path}: ${found}`);
  }
  throw new LibraryError(message(tried), {});
};
