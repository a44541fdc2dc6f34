// Where `oopslab check` writes, looked at before the search: what could not be written at its end is refused now.

import { join, resolve } from 'node:path';
import { InputError, formatWhere } from '../base/errors.js';
import { refuseUnwritable } from '../base/replace-file.js';
import { refuseUnkeepable } from '../check/tell/keep.js';
import type { CheckOptions } from './check-options.js';

const DEFAULT_FOLDER = 'counterexamples';

/** Where the counterexamples of a case are kept: the code of two cases has the same addresses. */
export const folderOfCase = (name: string): string => join(DEFAULT_FOLDER, name);

/** The folder of counterexamples. */
export interface KeptIn {
  /** Where kept ones are read. */
  readonly folder: string;
  /** Where new ones are kept; null to keep none. */
  readonly keepIn: string | null;
  /** Why none can be kept, where nobody named a folder. */
  readonly problem: string | undefined;
}

const refuseOutputs = ({ out, junit, coverage }: CheckOptions): void => {
  if (junit !== undefined && coverage !== undefined && resolve(junit) === resolve(coverage))
    throw new InputError('is the file of --junit, too', { field: '--coverage' });
  for (const file of [out, junit, coverage]) if (file !== undefined) refuseUnwritable(file);
};

/**
 * Refuse outputs that could not be written. A folder of counterexamples that nobody named is no reason to check nothing.
 *
 * @throws {InputError} when a file or folder that an option names could not be written
 */
export const readyOutputs = (options: CheckOptions, usual = DEFAULT_FOLDER): KeptIn => {
  refuseOutputs(options);
  const { counterexamples, path, shard } = options;
  const folder = counterexamples ?? usual;
  if (path !== undefined || shard !== undefined) return { folder, keepIn: null, problem: undefined };
  try {
    refuseUnkeepable(folder);
  } catch (error) {
    if (!(error instanceof InputError) || counterexamples !== undefined) throw error;
    const problem = `${formatWhere(error.where)}: ${error.message}; counterexamples are not kept, unless --counterexamples names another folder`;
    return { folder, keepIn: null, problem };
  }
  return { folder, keepIn: folder, problem: undefined };
};
