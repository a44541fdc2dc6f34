// The limits of a run of the machine.

import { MOST_REPORTS } from '../detectors/sight.js';
import { MOST_TOUCHED } from '../detectors/touched.js';
import { MAX_STUB_CALLS } from '../machine/machine.js';
import { MAX_ACCESSES, MAX_EVENTS, MAX_INSTRUCTIONS, MAX_REGISTER_WORDS } from '../recording/bounds.js';
import { KASAN_POOL_SIZE } from '../run/kasan-pool.js';
import { KFENCE_OBJECTS } from '../run/kfence-pool.js';
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
  {
    what: "objects in KFENCE's pool, with `detectors`",
    max: KFENCE_OBJECTS,
    unit: '',
    beyond: 'later ones lie in the heap, without guard pages',
  },
  {
    what: "KASAN's pool, with `detectors`",
    max: KASAN_POOL_SIZE,
    unit: 'bytes',
    beyond: 'later objects lie in the heap, without a shadow',
  },
  { what: 'reports of a detector', max: MOST_REPORTS, unit: '', beyond: 'counted, not kept' },
  {
    what: 'bytes that a detector looks at and guest code touches',
    max: MOST_TOUCHED,
    unit: '',
    beyond: 'not counted',
  },
]);
