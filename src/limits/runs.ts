// The limits of a run of the machine.

import { MAX_STUB_CALLS } from '../machine/machine.js';
import { MAX_INSTRUCTIONS } from '../run/recorder.js';
import { limitsOf } from './limit.js';

/** Of runs. */
export const RUN_LIMITS = limitsOf('a run', [
  {
    what: 'stubs that one call reaches',
    max: MAX_STUB_CALLS,
    unit: '',
    beyond: 'the run ends with the outcome `budget`',
  },
  {
    what: 'instructions that are recorded',
    max: MAX_INSTRUCTIONS,
    unit: 'instructions',
    beyond: 'the run ends with the outcome `budget`',
  },
]);
