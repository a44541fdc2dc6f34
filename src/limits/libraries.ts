// The limits of libunicorn: the file, and what trying it may take.

import { MAX_SEGMENTS } from '../elf/shared-library.js';
import { CACHE, LIBRARY } from '../machine/library-file.js';
import { LOOK_MS, MAX_ASLEEP, MAX_SECONDS, MAX_STAMPS, STAMPS } from '../machine/library-probe.js';
import { REFUSED, limitsOf } from './limit.js';

/** Of libunicorn. */
export const LIBRARY_LIMITS = limitsOf('libunicorn', [
  { what: 'its file', max: LIBRARY.max, unit: 'bytes', beyond: REFUSED },
  { what: 'segments of its file', max: MAX_SEGMENTS, unit: '', beyond: REFUSED },
  {
    what: 'to load it and run an instruction, once for each file',
    max: MAX_SECONDS,
    unit: 'seconds of CPU time',
    beyond: REFUSED,
  },
  {
    what: 'the same, asleep all the time (by the clock)',
    max: (MAX_ASLEEP * LOOK_MS) / 1000,
    unit: 'seconds',
    beyond: REFUSED,
  },
  {
    what: 'files that are known to work',
    max: MAX_STAMPS,
    unit: 'files',
    beyond: 'older ones are tried again',
  },
  { what: 'the list of them', max: STAMPS.max, unit: 'bytes', beyond: 'they are tried again' },
  {
    what: "the cache of the system's loader",
    max: CACHE.max,
    unit: 'bytes',
    beyond: 'only its usual folders are searched',
  },
]);
