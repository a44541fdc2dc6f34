// The table of limits: every bound of an input, as rows. Only scripts and tests read it; a module that enforces a bound
// exports it, and its row stands here.

import { CANDIDATE_LIMITS } from './candidates.js';
import { CASE_LIMITS } from './cases.js';
import { COMPILED_LIMITS } from './compiled.js';
import type { Limit } from './limit.js';
import { LIBRARY_LIMITS } from './libraries.js';
import { RECORDING_LIMITS } from './recordings.js';
import { RUN_LIMITS } from './runs.js';
import { SERVER_LIMITS } from './server.js';
import { TEXT_LIMITS } from './texts.js';

/** All rows; those of one input stand together. */
export const limits: readonly Limit[] = [
  ...CASE_LIMITS,
  ...RUN_LIMITS,
  ...RECORDING_LIMITS,
  ...CANDIDATE_LIMITS,
  ...COMPILED_LIMITS,
  ...TEXT_LIMITS,
  ...SERVER_LIMITS,
  ...LIBRARY_LIMITS,
];
