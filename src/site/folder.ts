// The folder of a site: which files are its own, and how they come into it. Each is whole at any time, the first page comes
// last, and what nobody made here is never touched.

import { join } from 'node:path';
import { InputError } from '../base/errors.js';
import { isFolder, isThere, listFolder, readText } from '../base/read-file.js';
import { makeFolder, refuseUnwritableFolder, replaceFile } from '../base/replace-file.js';
import { rmSync } from '../host/files.js';
import { SITE_FORMAT } from './site-data.js';

/** The list of the files of a site, in its folder. */
const MARK = 'oopslab-site.json';
const MARK_KIND = { what: `a site's ${MARK}`, max: 1 << 20 };

const FILE = /^[\w.-]{1,300}\.html$/u;

// The files that are listed; undefined where it is no list of a site.
const filesIn = (text: string): string[] | undefined => {
  try {
    const { format, files } = JSON.parse(text) as { format?: unknown; files?: unknown };
    const isList = Array.isArray(files) && files.every((one) => typeof one === 'string' && FILE.test(one));
    return format === SITE_FORMAT && isList ? (files as string[]) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * The files of a site that stands in a folder; none where there is none yet.
 *
 * @throws {InputError} when the folder holds anything else, or takes no file
 */
export const filesOfSite = (folder: string): readonly string[] => {
  refuseUnwritableFolder(folder);
  if (!isThere(folder) || listFolder(folder).length === 0) return [];
  const mark = join(folder, MARK);
  const files = isThere(mark) ? filesIn(readText(mark, MARK_KIND)) : undefined;
  if (files === undefined)
    throw new InputError('is not a site that oopslab made, and stays as it is; choose another name', {
      file: folder,
    });
  return files;
};

const writeMark = (folder: string, files: readonly string[]): void =>
  replaceFile(join(folder, MARK), `${JSON.stringify({ format: SITE_FORMAT, files }, undefined, 1)}\n`);

const removeFiles = (folder: string, files: readonly string[]): void => {
  for (const file of files) rmSync(join(folder, file), { force: true });
};

const quietly = (action: () => void): void => {
  try {
    action();
  } catch {
    // what led here is told, not what cannot be tidied up
  }
};

/**
 * Write a site, in place of the one that stands there.
 *
 * @param files contents by name, the first page last
 * @param old what `filesOfSite` found
 * @throws {InputError} when something cannot be written; of a new site nothing is left then
 */
export const writeSite = (
  folder: string,
  files: ReadonlyMap<string, string>,
  old: readonly string[],
): void => {
  const wasThere = isFolder(folder);
  const names = [...files.keys()];
  const written: string[] = [];
  makeFolder(folder);
  try {
    writeMark(folder, [...new Set([...old, ...names])]);
    for (const [name, html] of files) {
      replaceFile(join(folder, name), html);
      written.push(name);
    }
  } catch (error) {
    if (old.length === 0) quietly(() => removeFiles(folder, [...written, MARK]));
    if (!wasThere) quietly(() => rmSync(folder, { recursive: true, force: true }));
    throw error;
  }
  removeFiles(
    folder,
    old.filter((name) => !files.has(name)),
  );
  writeMark(folder, names);
};
