// `oopslab check --new`: a starting point for a candidate.

import { InputError } from '../base/errors.js';
import { withProgramName } from '../base/program-name.js';
import { createFile } from '../base/replace-file.js';
import { isCandidateName, newCandidateText } from '../candidate/folder.js';
import { readSubject } from '../check/world/subject.js';
import { loadScenario } from '../scenario/scenario.js';
import type { CheckOptions } from './check-options.js';
import type { Answer } from './command.js';
import { librariesOf } from './options.js';

/**
 * Write NAME.c.
 *
 * @throws {InputError} when it is no name, or the file is there already
 */
export const writeNew = (name: string, options: CheckOptions): Answer => {
  if (!isCandidateName(name))
    throw new InputError(
      `is a name of lower case letters, digits and hyphens, found ${JSON.stringify(name)}`,
      {
        field: '--new',
      },
    );
  const file = `${name}.c`;
  const libraries = librariesOf(options);
  const { function: checked } = readSubject(loadScenario(options.scenario, libraries));
  createFile(file, newCandidateText(name, checked, libraries), 'choose another name');
  return {
    text: () =>
      withProgramName(
        `${file} is a starting point: it has the bug. Repair it, then\n  $ oopslab check ${file}`,
      ),
  };
};
