// Tries a library in a child process: loading a damaged one can end the process that does it, or never come back. Which
// files worked is kept, so that a file is tried once after each change of it.

import { statSync } from '../host/files.js';
import { spawnSync } from '../host/processes.js';
import { join } from 'node:path';
import { cacheFolder } from '../base/cache-folder.js';
import { compiledFile, packageFolder } from '../base/package-folder.js';
import { readText } from '../base/read-file.js';
import { makeFolder, replaceFile } from '../base/replace-file.js';

/** A version of libunicorn, as `uc_version` gives it. */
export interface LibraryVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** What became of a library in a child: either `version` or `problem` is there. */
export interface ProbeAnswer {
  readonly version?: LibraryVersion;
  readonly problem?: string;
}

/** What the child writes before it loads the library; its absence says that it did not come so far. */
export const READY = 'ready\n';
/** The file descriptor that the child answers on: stdout is for whatever the library prints. */
export const ANSWER = 3;

const MAX_ANSWER = 1 << 16; // bytes

/** Seconds of processor time that loading a library may take; that and one instruction take 0.05. */
export const MAX_SECONDS = 3;
/** Looks in a row that find the child asleep, without any processor time in between. */
export const MAX_ASLEEP = 100;
/** Milliseconds between two looks. */
export const LOOK_MS = 100;

/**
 * Load a library in a child process, and run an instruction with it.
 *
 * @param place a path, or a name for the system's loader
 * @returns undefined where no child could be started
 */
export const probe = (place: string): ProbeAnswer | undefined => {
  const { output } = spawnSync(process.execPath, [compiledFile('machine/probe-child.js'), place], {
    cwd: packageFolder(), // this process's own may be gone
    encoding: 'utf8',
    maxBuffer: MAX_ANSWER,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const text = output?.[ANSWER] ?? '';
  if (!text.startsWith(READY)) return undefined;
  try {
    return JSON.parse(text.slice(READY.length)) as ProbeAnswer;
  } catch {
    // How it ended is not told: the same library can end one process in several ways.
    return { problem: 'ends the process that loads it: it is damaged, or not libunicorn' };
  }
};

// --- what is kept ---------------------------------------------------------------------------------------------------

export const STAMPS = { what: 'a list of libraries', max: 1 << 16 };
export const MAX_STAMPS = 16;

const stampFile = (): string | undefined => {
  const folder = cacheFolder();
  return folder === undefined ? undefined : join(folder, 'libraries.json');
};

// A file that is changed in place or replaced has another one.
const identityOf = (file: string): string | undefined => {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return [file, dev, ino, size, mtimeNs, ctimeNs, process.arch].join(' ');
};

const readStamps = (): string[] => {
  try {
    const path = stampFile();
    const known: unknown = path === undefined ? [] : JSON.parse(readText(path, STAMPS));
    return Array.isArray(known) ? known.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
};

/** Whether this file worked, as it is now. */
export const isKnown = (file: string): boolean => readStamps().includes(identityOf(file) ?? '');

/**
 * Keep that a file works, or only try whether that could be kept.
 *
 * @returns whether it could
 */
export const remember = (file: string, state: 'works' | 'untried'): boolean => {
  const path = stampFile();
  const identity = identityOf(file);
  if (path === undefined || identity === undefined) return false;
  const others = readStamps().filter((one) => one !== identity);
  const stamps = state === 'works' ? [identity, ...others] : others;
  try {
    makeFolder(join(path, '..'));
    replaceFile(path, `${JSON.stringify(stamps.slice(0, MAX_STAMPS))}\n`);
    return true;
  } catch {
    return false;
  }
};
