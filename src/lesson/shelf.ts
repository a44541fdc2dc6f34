// Which lessons there are: shipped ones and those of cases, and lessons/ and cases/ of user libraries.

import { basename, join } from 'node:path';
import { nearest } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import { isFolder, isThere, listFolder } from '../base/read-file.js';
import { packageFolder } from '../base/package-folder.js';

/** The shipped lessons, in the order in which they are to be taken. */
const ORDER = [
  'first-steps',
  'reading-an-oops',
  'who-has-the-vma',
  'which-id',
  'the-pattern',
  'once-in-six-years',
];

const rank = (name: string): number => {
  const place = ORDER.indexOf(name);
  return place < 0 ? ORDER.length : place;
};

/** The lesson of a case folder. */
const CASE_LESSON = 'lesson.md';

// The lessons of the case folders in a folder, by the names of the cases.
const caseLessons = (folder: string): (readonly [string, string])[] => {
  const cases = join(folder, 'cases');
  if (!isThere(cases)) return [];
  return listFolder(cases).flatMap((name) => {
    const file = join(cases, name, CASE_LESSON);
    return isThere(file) ? [[name, file] as const] : [];
  });
};

/** Names and files, in the order in which they are to be taken; one of a library takes the place of a shipped one. */
export const listLessons = (libraries: readonly string[] = []): { name: string; file: string }[] => {
  const found = new Map<string, string>();
  for (const folder of [packageFolder(), ...libraries.toReversed()]) {
    for (const [name, file] of caseLessons(folder)) found.set(name, file);
    const lessons = join(folder, 'lessons');
    if (!isThere(lessons)) continue;
    for (const file of listFolder(lessons))
      if (file.endsWith('.md')) found.set(basename(file, '.md'), join(lessons, file));
  }
  return [...found]
    .map(([name, file]) => ({ name, file }))
    .toSorted((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
};

const isPath = (reference: string): boolean => /[/\\]|\.md$|^\.\.?$/u.test(reference);

/**
 * The file of a lesson.
 *
 * @param reference a name, the path of a file, or that of a case folder
 * @throws {InputError} when there is none of that name
 */
export const findLesson = (reference: string, libraries: readonly string[] = []): string => {
  if (isFolder(reference) && (isPath(reference) || isThere(join(reference, CASE_LESSON)))) {
    const file = join(reference, CASE_LESSON);
    if (!isThere(file)) throw new InputError(`is a folder without a ${CASE_LESSON}`, { file: reference });
    return file;
  }
  if (isPath(reference)) return reference;
  const known = listLessons(libraries);
  const found = known.find(({ name }) => name === reference);
  if (found !== undefined) return found.file;
  const names = known.map(({ name }) => name);
  const meant = nearest(reference, names);
  const hint = meant === undefined ? '' : `did you mean ${meant}? `;
  throw new InputError(
    `there is no lesson "${reference}"; ${hint}there are ${names.join(', ')}; a file is named with its path`,
    { field: 'lesson' },
  );
};
