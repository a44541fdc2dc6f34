// The files of a scenario that was named by its path, with what it extends and its case, as a page takes them along. They
// lie there under names of the page's own: a page says nothing of the folders of the machine that it was made on.

import { dirname, join, relative, resolve, sep } from 'node:path';
import { InputError } from '../base/errors.js';
import { packageFolder } from '../base/package-folder.js';
import { listFolder, readBytes } from '../base/read-file.js';
import { listScenarios, type Scenario } from '../scenario/scenario.js';

/** Most bytes of them together. */
export const MAX_GIVEN = 4 << 20;

/** Where the page's worker finds what it was given. */
export const GIVEN_FILE = '/given.json';

/** What it was given besides libraries. */
export interface Given {
  /** Files of scenarios that no library has, by their names. */
  readonly scenarios: Readonly<Record<string, string>>;
  /** Why something is not there; null where all is. */
  readonly problem: string | null;
}

const KINDS = /\.(?:ya?ml|json|hex|c|h|s)$/iu;

const isBelow = (file: string, folder: string): boolean => !relative(folder, file).startsWith('..');

// The folder that all files are in.
const folderOf = (files: readonly string[]): string => {
  let folder = dirname(files[0]!);
  while (!files.every((file) => isBelow(file, folder))) folder = dirname(folder);
  return folder;
};

// Its own files, and for a case those beside: what was compiled of its code.
const ownFiles = (scenario: Scenario): string[] => {
  const own = scenario.files.map((file) => resolve(file)).filter((file) => !isBelow(file, packageFolder()));
  if (own.length === 0 || scenario.code.length === 0) return own;
  const folder = dirname(resolve(scenario.ownFile));
  return [
    ...new Set([
      ...own,
      ...listFolder(folder)
        .filter((name) => KINDS.test(name))
        .map((name) => join(folder, name)),
    ]),
  ];
};

const collect = (files: readonly string[], scenario: Scenario): ReadonlyMap<string, Uint8Array> => {
  const folder = folderOf(files);
  const nameOf = (file: string): string => `/own/${relative(folder, file).split(sep).join('/')}`;
  let room = MAX_GIVEN;
  const found = files.map((file): [string, Uint8Array] => {
    const bytes = readBytes(file, { what: 'a file of a scenario', max: room });
    room -= bytes.length;
    return [nameOf(file), bytes];
  });
  return new Map([...found, ...told({ [scenario.name]: nameOf(resolve(scenario.ownFile)) }, null)]);
};

const told = (scenarios: Given['scenarios'], problem: string | null): ReadonlyMap<string, Uint8Array> =>
  new Map([[GIVEN_FILE, new TextEncoder().encode(JSON.stringify({ scenarios, problem } satisfies Given))]]);

/**
 * The files, by their paths in the page, with GIVEN_FILE. What is too large, or cannot be read, is left out, and the page
 * says so.
 *
 * @param scenario what ran; none for a recording
 */
export const scenarioFiles = (
  scenario: Scenario | undefined,
  libraries: readonly string[],
): ReadonlyMap<string, Uint8Array> => {
  if (scenario === undefined) return told({}, null);
  const isNamed = listScenarios(libraries).some(({ file }) => resolve(file) === resolve(scenario.ownFile));
  const files = isNamed ? [] : ownFiles(scenario);
  if (files.length === 0) return told({}, null);
  try {
    return collect(files, scenario);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return told({}, `a file of ${scenario.name} ${error.message}`);
  }
};
