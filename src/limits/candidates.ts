// The limits of candidates: sources, objects, their debug information, and the options of `check`.

import { MAX_NAME as MOST_OF_NAME } from '../base/form.js';
import { MAX_RELOCATIONS, MAX_SYMBOLS } from '../candidate/bring.js';
import { MAX_OBJECT, MAX_SAID, MAX_SOURCE, MOST_WAITING, TIME_LIMIT } from '../candidate/compile.js';
import { TEMPLATE } from '../candidate/folder.js';
import { MAX_FUNCTIONS, MAX_SIZE } from '../candidate/link.js';
import { MAX_ALIGNMENT } from '../candidate/place.js';
import { MOST_WORLDS } from '../check/find/exhaustive.js';
import { MOST_TRIES } from '../check/find/shrink.js';
import { MAX_CANDIDATE, MAX_SHARDS } from '../check/run/shard-form.js';
import { PATIENCE } from '../check/run/pool.js';
import { MOST_INSTRUCTIONS } from '../base/arguments.js';
import { MOST_MATTERING } from '../check/find/mattering.js';
import { MOST_RUNS, MOST_SEED } from '../check/world/numbers.js';
import { MOST_BYTES, MOST_JOBS, MOST_SECONDS } from '../cli/check-options.js';
import { MOST_ABBREVIATIONS, MOST_ENTRIES } from '../elf/dwarf-entries.js';
import { MAX_OPERATIONS } from '../elf/dwarf-frames.js';
import { MOST_CALLS, MOST_RANGES } from '../elf/dwarf-inlines.js';
import { MAX_ENTRIES, MAX_ROWS } from '../elf/dwarf-lines.js';
import { MAX_TEXT } from '../elf/byte-reader.js';
import { MAX_NAME, MAX_PART } from '../elf/elf.js';
import { MAX_DATA } from '../scenario/file.js';
import { REFUSED, limitsOf } from './limit.js';

const NOT_READ = 'this debug information is not used, and a note says so';

/** Of candidates, and of `check`. */
export const CANDIDATE_LIMITS = [
  ...limitsOf('a candidate', [
    { what: 'its source', max: MAX_SOURCE, unit: 'bytes', beyond: REFUSED },
    { what: 'its object', max: MAX_OBJECT, unit: 'bytes', beyond: REFUSED },
    { what: 'symbols of the object', max: MAX_SYMBOLS, unit: '', beyond: REFUSED },
    { what: 'relocations of the object', max: MAX_RELOCATIONS, unit: '', beyond: REFUSED },
    { what: 'functions of the object', max: MAX_FUNCTIONS, unit: '', beyond: REFUSED },
    { what: 'its code and data', max: MAX_SIZE, unit: 'bytes', beyond: REFUSED },
    { what: 'the alignment of a section', max: MAX_ALIGNMENT, unit: 'bytes', beyond: REFUSED },
    { what: 'rows of DWARF lines', max: MAX_ROWS, unit: 'rows', beyond: NOT_READ },
    {
      what: 'directories, files or formats of DWARF lines',
      max: MAX_ENTRIES,
      unit: 'entries',
      beyond: NOT_READ,
    },
    { what: 'operations of DWARF frames', max: MAX_OPERATIONS, unit: '', beyond: NOT_READ },
    { what: 'entries of DWARF', max: MOST_ENTRIES, unit: 'entries', beyond: NOT_READ },
    { what: 'abbreviations of DWARF', max: MOST_ABBREVIATIONS, unit: 'entries', beyond: NOT_READ },
    { what: 'inlined calls', max: MOST_CALLS, unit: '', beyond: NOT_READ },
    { what: 'ranges of inlined calls', max: MOST_RANGES, unit: '', beyond: NOT_READ },
    {
      what: 'each process of the compiler',
      max: TIME_LIMIT / 1000,
      unit: 'seconds of CPU time',
      beyond: REFUSED,
    },
    {
      what: 'the compiler, also while it waits for something (by the clock)',
      max: (TIME_LIMIT * MOST_WAITING) / 60_000,
      unit: 'minutes',
      beyond: REFUSED,
    },
    { what: 'what the compiler prints', max: MAX_SAID, unit: 'bytes', beyond: 'the compiler is stopped' },
    { what: 'a starting point in C (`--new`)', max: TEMPLATE.max, unit: 'bytes', beyond: REFUSED },
  ]),
  ...limitsOf('an ELF file', [
    { what: 'a section, or all relocations of one', max: MAX_PART, unit: 'bytes', beyond: REFUSED },
    { what: 'a text of its debug information', max: MAX_TEXT, unit: 'bytes', beyond: NOT_READ },
    { what: 'a name', max: MAX_NAME, unit: 'bytes', beyond: REFUSED },
  ]),
  ...limitsOf('a shard (`--merge`)', [
    { what: 'its file', max: MAX_DATA, unit: 'bytes', beyond: REFUSED },
    { what: 'the name of a candidate', max: MAX_CANDIDATE, unit: 'characters', beyond: REFUSED },
    { what: 'a name', max: MOST_OF_NAME, unit: 'characters', beyond: REFUSED },
  ]),
  ...limitsOf('the options of `check`', [
    { what: '`--runs`', max: MOST_RUNS, unit: 'worlds', beyond: REFUSED },
    { what: '`--jobs`', max: MOST_JOBS, unit: '', beyond: REFUSED },
    { what: '`--seed`', max: MOST_SEED, unit: '', beyond: REFUSED },
    { what: '`--budget`', max: MOST_INSTRUCTIONS, unit: 'instructions', beyond: REFUSED },
    { what: '`runs` of `findMattering`', max: MOST_MATTERING, unit: 'worlds', beyond: REFUSED },
    { what: '`--exhaustive`', max: MOST_BYTES, unit: 'bytes', beyond: REFUSED },
    {
      what: 'worlds of `--exhaustive`',
      max: MOST_WORLDS,
      unit: 'worlds',
      beyond: `${REFUSED}; it says what fits`,
    },
    { what: '`--time`', max: MOST_SECONDS, unit: 'seconds', beyond: REFUSED },
    { what: 'shards', max: MAX_SHARDS, unit: '', beyond: REFUSED },
    {
      what: 'one piece of work of a process with a candidate of yours',
      max: PATIENCE / 1000,
      unit: 'seconds of CPU time',
      beyond: 'the process is stopped, and the candidate is an error',
    },
    {
      what: 'simpler worlds that are tried for a counterexample',
      max: MOST_TRIES,
      unit: 'worlds',
      beyond: 'the simplest so far is shown',
    },
  ]),
];
