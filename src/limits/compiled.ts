// The limits of compiled C: a case folder, its object, and what is kept of it.

import { MOST_DEPTH, MOST_LOCATIONS, MOST_MEMBERS, MOST_STRUCT } from '../elf/dwarf-types.js';
import { MAX_FIELDS, MAX_STRUCT, MAX_STRUCTS } from '../kernel/struct-form.js';
import { CODE, MAX_DATA_SIZE } from '../release/code.js';
import { MAX_TEXTS } from '../run/texts.js';
import { MAX_HEADERS } from '../source/case-code.js';
import { MAX_LIBRARY_SOURCES } from '../source/library.js';
import { MAX_LINE, MAX_LINES } from '../source/describe.js';
import { CODE_ROOM, MAX_BUGS, MAX_DATA, MAX_FUNCTIONS } from '../source/image.js';
import { NOT_READ, REFUSED, limitsOf } from './limit.js';

/** Of cases in C. */
export const COMPILED_LIMITS = [
  ...limitsOf('a case in C', [
    { what: 'headers beside its source', max: MAX_HEADERS, unit: 'files', beyond: REFUSED },
    {
      what: 'files in C of a library, of one release',
      max: MAX_LIBRARY_SOURCES,
      unit: 'files',
      beyond: REFUSED,
    },
    { what: 'its functions', max: MAX_FUNCTIONS, unit: '', beyond: REFUSED },
    {
      what: 'the room of its functions, each on pages of its own',
      max: CODE_ROOM,
      unit: 'bytes',
      beyond: REFUSED,
    },
    { what: 'its variables, and its constants', max: MAX_DATA, unit: 'bytes', beyond: REFUSED },
    { what: 'its places of BUG()', max: MAX_BUGS, unit: '', beyond: REFUSED },
    { what: 'members of a struct', max: MOST_MEMBERS, unit: '', beyond: REFUSED },
    { what: 'the size of a type', max: MOST_STRUCT, unit: 'bytes', beyond: REFUSED },
    { what: 'types, or blocks, in each other', max: MOST_DEPTH, unit: 'levels', beyond: REFUSED },
    { what: 'places of variables', max: MOST_LOCATIONS, unit: '', beyond: REFUSED },
    { what: 'lines of a source that are kept', max: MAX_LINES, unit: 'lines', beyond: NOT_READ },
    { what: 'a line of a source that is kept', max: MAX_LINE, unit: 'characters', beyond: NOT_READ },
    { what: 'texts in quotes, of all calls', max: MAX_TEXTS, unit: 'bytes', beyond: REFUSED },
  ]),
  ...limitsOf('what is kept of compiled C (case.json)', [
    { what: 'its size', max: CODE.max, unit: 'bytes', beyond: REFUSED },
    { what: 'a region of data', max: MAX_DATA_SIZE, unit: 'bytes', beyond: REFUSED },
    { what: 'structs', max: MAX_STRUCTS, unit: '', beyond: REFUSED },
    { what: 'fields of a struct', max: MAX_FIELDS, unit: '', beyond: REFUSED },
    { what: 'the size of a struct', max: MAX_STRUCT, unit: 'bytes', beyond: REFUSED },
  ]),
];
