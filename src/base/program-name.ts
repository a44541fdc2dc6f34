// The program's name as it was typed to start it: commands that messages suggest can be typed as they stand.

import { join, relative } from 'node:path';
import { packageFolder } from './package-folder.js';

// Undefined where the working folder was deleted.
const workingFolder = (): string | undefined => {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
};

/** `./oopslab` or a longer path where that file of the checkout was started, otherwise `oopslab`. */
export const programName = (started = process.argv[1], folder = workingFolder()): string => {
  if (started === undefined || folder === undefined || started !== join(packageFolder(), 'oopslab'))
    return 'oopslab';
  const path = relative(folder, started);
  return path.startsWith('.') ? path : `./${path}`;
};

/** A text in which lines such as `  $ oopslab replay` have the name as it was typed. */
export const withProgramName = (text: string, name = programName()): string =>
  text.replaceAll(/(?<=^ *\$ .*)\boopslab(?= )/gmu, name);
