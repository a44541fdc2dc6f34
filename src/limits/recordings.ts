// The limits of recordings, and of what reads them.

import { MAX_NAME, MAX_PROSE } from '../base/form.js';
import { MAX_DEPTH as DEEPEST_TERM } from '../crash/eval.js';
import { MAX_INSTRUCTIONS as MOST_DISASSEMBLED } from '../crash/dis.js';
import { MAX_NODES as MOST_NODES } from '../crash/list.js';
import { MAX_MAPPINGS } from '../crash/ps.js';
import { MAX_BYTES as MOST_READ } from '../crash/rd.js';
import { MAX_COUNT } from '../crash/struct.js';
import { ENTRY_LIMIT, STRING_LIMIT } from '../kernel/bugtable.js';
import { MAX_NODES as MOST_LAYERS } from '../kernel/ipc.js';
import { MAX_CACHES, MAX_OBJECTS, MAX_SLABS } from '../kernel/slab.js';
import { MAX_PAGES } from '../lifetimes/values.js';
import { MAX_FRAMES } from '../lineage/frames.js';
import { MAX_REPORTS } from '../reading/kasan-text.js';
import { MAX_DAMAGE } from '../reading/damage.js';
import { MAX_LISTED as MOST_DIFFERENCES } from '../reading/comparison.js';
import { MAX_HITS } from '../reading/memory-search.js';
import { MAX_OUT_OF_BOUNDS } from '../reading/out-of-bounds.js';
import {
  MAX_ACCESSES,
  MAX_EVENTS,
  MAX_HEADER,
  MAX_INSTRUCTIONS as MOST_RECORDED,
  MAX_MEMORY,
  MAX_REGISTER_WORDS,
} from '../recording/bounds.js';
import { MAX_DEPTH, MAX_FILE } from '../recording/file.js';
import { MAX_CODE, MAX_OBJECT } from '../recording/form.js';
import { MAX_LINES } from '../report/code.js';
import { MAX_INSTRUCTIONS, MAX_LISTED } from '../report/collect.js';
import { MAX_WALKS } from '../report/heap.js';
import { MAX_PLACES, MAX_VALUES } from '../report/ledger.js';
import { MAX_MARKS } from '../report/marks.js';
import { MAX_SCENES } from '../report/scenes.js';
import { MAX_SLOTS } from '../report/slots.js';
import { MAX_MEMORY as MOST_SHOWN } from '../report/memory.js';
import { MAX_FIELDS, MAX_POINTERS } from '../report/objects.js';
import { MAX_INPUT_LINE } from '../base/read-stream.js';
import { SCRIPT } from '../cli/script-input.js';
import { LARGEST, MAX_SCREENS } from '../step/script.js';
import { MOST_COLUMNS, MOST_ROWS } from '../cli/chart.js';
import { CUT, REFUSED, WALK_ENDS, limitsOf } from './limit.js';

/** Of recordings, and of the views. */
export const RECORDING_LIMITS = [
  ...limitsOf('a recording', [
    { what: 'its file', max: MAX_FILE, unit: 'bytes', beyond: REFUSED },
    { what: 'guest memory', max: MAX_MEMORY, unit: 'bytes', beyond: REFUSED },
    { what: 'its header', max: MAX_HEADER, unit: 'bytes', beyond: REFUSED },
    { what: 'instructions', max: MOST_RECORDED, unit: 'instructions', beyond: REFUSED },
    { what: 'words of registers, 4 bytes each', max: MAX_REGISTER_WORDS, unit: '', beyond: REFUSED },
    { what: 'accesses to memory, 32 bytes each', max: MAX_ACCESSES, unit: '', beyond: REFUSED },
    { what: 'events', max: MAX_EVENTS, unit: '', beyond: REFUSED },
    { what: 'lists and maps of its header in each other', max: MAX_DEPTH, unit: 'levels', beyond: REFUSED },
    { what: 'a name of its header', max: MAX_NAME, unit: 'characters', beyond: REFUSED },
    { what: 'a sentence of its header', max: MAX_PROSE, unit: 'characters', beyond: REFUSED },
    { what: 'accesses out of bounds that views tell of', max: MAX_OUT_OF_BOUNDS, unit: '', beyond: REFUSED },
    {
      what: 'reports of `replay --kasan`',
      max: MAX_REPORTS,
      unit: '',
      beyond: 'the first are printed; the others are counted',
    },
    {
      what: 'damaged bytes that views mark',
      max: MAX_DAMAGE,
      unit: '',
      beyond: 'the first are marked',
    },
    {
      what: 'pages of memory in which pointers are followed',
      max: MAX_PAGES,
      unit: '',
      beyond: 'pointers in further ones are judged by where they point',
    },
    { what: 'an object', max: MAX_OBJECT, unit: 'bytes', beyond: REFUSED },
    {
      what: 'calls in each other that `lineage` follows',
      max: MAX_FRAMES,
      unit: '',
      beyond: 'the outermost is forgotten',
    },
    {
      what: 'places in memory that `diff` lists',
      max: MOST_DIFFERENCES,
      unit: '',
      beyond: 'the first are listed; the counts have all',
    },
    { what: 'a function, or a frame of the stack', max: MAX_CODE, unit: 'bytes', beyond: REFUSED },
  ]),
  ...limitsOf('a command at `crash>`', [
    { what: 'a line of a pipe', max: MAX_INPUT_LINE, unit: 'characters', beyond: REFUSED },
    { what: 'nodes of `list`', max: MOST_NODES, unit: '', beyond: WALK_ENDS },
    { what: 'mappings of `vm`', max: MAX_MAPPINGS, unit: '', beyond: WALK_ENDS },
    { what: 'caches of the heap', max: MAX_CACHES, unit: '', beyond: WALK_ENDS },
    { what: 'slabs of one list', max: MAX_SLABS, unit: '', beyond: WALK_ENDS },
    { what: 'objects of one array cache', max: MAX_OBJECTS, unit: '', beyond: WALK_ENDS },
    { what: 'layers of the registry of `ipcs`', max: MOST_LAYERS, unit: '', beyond: WALK_ENDS },
    {
      what: 'instructions of `dis`',
      max: MOST_DISASSEMBLED,
      unit: 'instructions',
      beyond: 'the command is refused',
    },
    { what: 'bytes of `rd`', max: MOST_READ, unit: 'bytes', beyond: 'the command is refused' },
    { what: 'structs of `struct`', max: MAX_COUNT, unit: '', beyond: 'the command is refused' },
    { what: 'terms of `eval`', max: DEEPEST_TERM, unit: '', beyond: 'the command is refused' },
    { what: 'hits of `search`', max: MAX_HITS, unit: '', beyond: 'the command is refused: narrow the range' },
    {
      what: 'entries of a bug table',
      max: ENTRY_LIMIT,
      unit: 'entries',
      beyond: 'it is not read as a bug table',
    },
    {
      what: 'the name of a file in a bug table',
      max: STRING_LIMIT,
      unit: 'bytes',
      beyond: 'it is shown as unreadable',
    },
  ]),
  ...limitsOf('a run on the page (`report`, `serve`)', [
    { what: 'instructions', max: MAX_INSTRUCTIONS, unit: 'instructions', beyond: REFUSED },
    { what: 'events, and accesses out of bounds, each', max: MAX_LISTED, unit: '', beyond: CUT },
    { what: 'memory that is shown', max: MOST_SHOWN, unit: 'bytes', beyond: 'further regions are left out' },
    {
      what: 'moments at which the heap is walked',
      max: MAX_WALKS,
      unit: '',
      beyond: 'later changes are not followed',
    },
    { what: 'values of the C source', max: MAX_VALUES, unit: '', beyond: 'the first are listed' },
    { what: 'places of one value', max: MAX_PLACES, unit: '', beyond: CUT },
    {
      what: 'instructions of one function',
      max: MAX_LINES,
      unit: 'instructions',
      beyond: 'the first are listed',
    },
    { what: 'marks of one kind', max: MAX_MARKS, unit: '', beyond: 'the first are set' },
    { what: 'scenes of the story', max: MAX_SCENES, unit: '', beyond: 'the first are told' },
    { what: 'slots of a scene', max: MAX_SLOTS, unit: '', beyond: 'those nearest to the damage are drawn' },
    { what: 'fields of a struct', max: MAX_FIELDS, unit: '', beyond: 'the first are listed' },
    { what: 'pointers in memory', max: MAX_POINTERS, unit: '', beyond: 'the first are explained' },
  ]),
  ...limitsOf('a picture (`chart`)', [
    { what: 'places of `lineage`, or contents of `sweep`', max: MOST_ROWS, unit: 'rows', beyond: REFUSED },
    { what: 'lengths of `sweep`', max: MOST_COLUMNS, unit: 'columns', beyond: REFUSED },
  ]),
  ...limitsOf('a script of `step`', [
    { what: 'a script', max: SCRIPT.max, unit: 'bytes', beyond: REFUSED },
    { what: 'all screens of a script', max: MAX_SCREENS, unit: 'characters', beyond: REFUSED },
    { what: 'width of the screen', max: LARGEST.columns, unit: 'columns', beyond: REFUSED },
    { what: 'height of the screen', max: LARGEST.rows, unit: 'lines', beyond: REFUSED },
  ]),
];
