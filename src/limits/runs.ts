// The limits of a run of the machine.

import { MAX_STUB_CALLS } from '../machine/machine.js';
import { MAX_ACCESSES, MAX_EVENTS, MAX_INSTRUCTIONS, MAX_REGISTER_WORDS } from '../recording/bounds.js';
import { REFUSED, limitsOf } from './limit.js';

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
  { what: 'words of registers that are recorded', max: MAX_REGISTER_WORDS, unit: '', beyond: REFUSED },
  { what: 'accesses to memory that are recorded', max: MAX_ACCESSES, unit: '', beyond: REFUSED },
  { what: 'events that are recorded', max: MAX_EVENTS, unit: '', beyond: REFUSED },
]);
