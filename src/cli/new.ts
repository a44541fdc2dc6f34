// `oopslab new`: a case of one's own, from a template.

import { basename, resolve } from 'node:path';
import type { TypeOf } from '../base/form.js';
import { InputError } from '../base/errors.js';
import { withProgramName } from '../base/program-name.js';
import { isCaseName, templateNames, writeCase } from '../source/templates.js';
import type { newForm } from './forms.js';
import type { Io } from './output.js';

interface Options {
  readonly template?: string;
}

export const run = (_io: Io, folder: string, { template }: Options) => {
  const name = basename(resolve(folder));
  if (!isCaseName(name))
    throw new InputError(
      `should end in a name of lower case letters, digits and hyphens, 60 at most, found ${JSON.stringify(name)}`,
      { field: 'name' },
    );
  if (template === undefined)
    throw new InputError(`is missing: choose one of ${templateNames().join(', ')}`, { field: '--template' });
  const files = writeCase(folder, name, template);
  const path = `${folder.replace(/\/+$/u, '')}/`;
  const text = (): string =>
    withProgramName(
      [
        `${path} is a case that works: ${files.join(', ')}.`,
        `Put your bug into ${path}case.c, and what calls it into ${path}scenario.yaml. Then`,
        `  $ oopslab replay ${path}                what happens, and the report`,
        `  $ oopslab why ${path}                   from the symptom back to the cause`,
        `  $ oopslab replay ${path}control.yaml    the same without the cause: it must end well`,
        `  $ oopslab lesson ${path}                three questions about it`,
      ].join('\n'),
    );
  const document: TypeOf<typeof newForm> = { folder: path, name, template, files };
  return { json: () => document, text };
};
