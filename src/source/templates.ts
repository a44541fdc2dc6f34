// The templates of cases: folders of the package that are cases themselves, each named new-case.

import { join } from 'node:path';
import { unknownName } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import { packageFolder } from '../base/package-folder.js';
import { type FileKind, isThere, listFolder, readText } from '../base/read-file.js';
import { createFile, makeFolder } from '../base/replace-file.js';
import { CASE_CODE, moduleOf } from './case-code.js';

const templateRoot = (): string => join(packageFolder(), 'templates');

/** The names of all templates. */
export const templateNames = (): string[] => listFolder(templateRoot());

const TEMPLATE: FileKind = { what: 'a file of a template', max: 1 << 20 };

/** The order of the files, as a reader takes them. */
const FILES = ['case.c', 'scenario.yaml', 'control.yaml', 'lesson.md', 'README.md', CASE_CODE] as const;

// What the compiler made of the template's C, as another module: the source is the same.
const asModule = (text: string, module: string): string => {
  const code = JSON.parse(text) as {
    module: string;
    functions: { module: string }[];
    symbols: { module: string }[];
  };
  for (const one of [code, ...code.functions, ...code.symbols]) one.module = module;
  return `${JSON.stringify(code, undefined, 1)}\n`;
};

/** Whether a name can be that of a case, and so of its scenario and lesson. */
export const isCaseName = (name: string): boolean => /^[a-z0-9][a-z0-9-]*$/u.test(name) && name.length <= 60;

/**
 * Write the folder of a new case.
 *
 * @param folder which is not there, or empty
 * @param name of the case
 * @returns the files written
 * @throws {InputError} when there is no such template, or the folder has files
 */
export const writeCase = (folder: string, name: string, template: string): string[] => {
  const names = templateNames();
  if (!names.includes(template))
    throw new InputError(unknownName('template', template, names), { field: '--template' });
  if (isThere(folder) && listFolder(folder).length > 0)
    throw new InputError('is there already, and stays as it is; choose another name', { file: folder });
  const texts = FILES.map((file): [string, string] => {
    const text = readText(join(templateRoot(), template, file), TEMPLATE);
    return [file, file === CASE_CODE ? asModule(text, moduleOf(folder)) : text.replaceAll('new-case', name)];
  });
  makeFolder(folder);
  for (const [file, text] of texts) createFile(join(folder, file), text, 'choose another name');
  return texts.map(([file]) => file);
};
