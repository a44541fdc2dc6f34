// Where libunicorn is looked for: names that the system's loader knows, and the copies of the Python package.

import { existsSync, readdirSync, realpathSync } from '../host/files.js';
import { delimiter, dirname, join, resolve } from 'node:path';

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

/** Whether a variable of the environment says something. */
export const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

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
