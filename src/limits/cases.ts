// The limits of what describes a case: scenarios, values for --set, libraries of snippets.

import { HEX, MANIFEST, SYMBOLS } from '../release/manifest.js';
import { HEADER } from '../release/snippet.js';
import { MAX_DATA } from '../scenario/file.js';
import { MAX_ALIASES, MAX_DEPTH, MAX_TOKENS } from '../base/yaml-limits.js';
import { MAX_BUDGET, MAX_GIVEN_MEMORY, MAX_TEXT } from '../scenario/form.js';
import { MAX_EXTENDS } from '../scenario/scenario.js';
import { MAX_WORLD } from '../run/places.js';
import { DOCUMENT_TEXTS, REFUSED, limitsOf } from './limit.js';

/** Of scenarios and libraries. */
export const CASE_LIMITS = [
  ...limitsOf('a scenario', [
    { what: 'its file, and each file that it extends', max: MAX_DATA, unit: 'bytes', beyond: REFUSED },
    { what: 'lists and maps in each other', max: MAX_DEPTH, unit: 'levels', beyond: REFUSED },
    {
      what: 'keys, values, signs and comments of a file',
      max: MAX_TOKENS,
      unit: '',
      beyond: REFUSED,
    },
    { what: 'anchors of a file', max: MAX_ALIASES, unit: '', beyond: REFUSED },
    { what: 'aliases of a file', max: MAX_ALIASES, unit: '', beyond: REFUSED },
    {
      what: 'keys and values of a file, with what its aliases name',
      max: MAX_TOKENS,
      unit: '',
      beyond: REFUSED,
    },
    { what: 'files that extend each other', max: MAX_EXTENDS, unit: 'files', beyond: REFUSED },
    { what: 'one piece of memory under `given`', max: MAX_GIVEN_MEMORY, unit: 'bytes', beyond: REFUSED },
    { what: 'all memory of its world', max: MAX_WORLD, unit: 'bytes', beyond: REFUSED },
    {
      what: 'its `budget`, instructions from one stub to the next',
      max: MAX_BUDGET,
      unit: 'instructions',
      beyond: REFUSED,
    },
    ...DOCUMENT_TEXTS,
    { what: 'a text or contents, as `--set` gives it', max: MAX_TEXT, unit: 'bytes', beyond: REFUSED },
  ]),
  ...limitsOf('a library', [
    { what: 'the manifest of a snippet', max: MANIFEST.max, unit: 'bytes', beyond: REFUSED },
    ...DOCUMENT_TEXTS,
    { what: 'its file of hex digits', max: HEX.max, unit: 'bytes', beyond: REFUSED },
    { what: 'symbols.json', max: SYMBOLS.max, unit: 'bytes', beyond: REFUSED },
    { what: 'candidates.h', max: HEADER.max, unit: 'bytes', beyond: REFUSED },
  ]),
];
