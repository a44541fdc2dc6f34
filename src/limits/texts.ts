// The limits of texts: kernel reports, lessons.

import { MAX_NAME, MAX_PROSE } from '../base/form.js';
import { MAX_WAITING } from '../decode/explain/explainer.js';
import { MAX_HARDWARE } from '../decode/show/printer.js';
import { MAX_REDACTED } from '../cli/decode-input.js';
import { MAX_DEPTH } from '../decode/carry/json-lines.js';
import { MAX_STRINGS } from '../decode/carry/json-strings.js';
import { MAX_HELD } from '../decode/carry/pstore-parts.js';
import { MAX_LINE } from '../decode/carry/text-lines.js';
import { LARGEST_FUNCTION } from '../decode/code/elf-functions.js';
import { MAX_NAMES } from '../decode/judge/redact/pseudonyms.js';
import { MAX_BYTES } from '../decode/read/code-line.js';
import { MAX_MODULES } from '../decode/read/module-collector.js';
import { MAX_OPEN, MAX_SPAN } from '../decode/read/open-reports.js';
import { MAX_CPUS, MAX_RECORDS } from '../decode/read/hardware/hardware-collector.js';
import { MAX_CODE_LINES } from '../decode/read/report-builder.js';
import { MAX_SETS } from '../decode/read/register-sets.js';
import { MAX_ENTRIES, MAX_TRACES, MAX_WORDS } from '../decode/read/trace-list.js';
import { MAX_TASKS } from '../decode/read/waits/task-list.js';
import { MAX_HOLDERS, MAX_LINES, MAX_LOCKS } from '../decode/read/waits/waits-collector.js';
import { MAX_PROGRESS } from '../lesson/progress.js';
import { MAX_LENGTH, MAX_RUNS } from '../lesson/run-queries.js';
import { MAX_UNSIZED } from '../base/read-file.js';
import { MAX_INPUT_LINE } from '../base/read-stream.js';
import { SCRIPT } from '../cli/script-input.js';
import { MAX_EXPLAINED, MAX_LINES_SHOWN, MAX_LINE_SHOWN, MAX_PASTED } from '../laboratory/limits.js';
import { LESSON_FILE } from '../lesson/lesson.js';
import { CUT, NOT_READ, REFUSED, limitsOf } from './limit.js';

/** Of texts that `decode` reads, and of lessons. */
export const TEXT_LIMITS = [
  ...limitsOf('a text with kernel reports', [
    { what: 'its size', max: Infinity, unit: '', beyond: 'read as a stream, in bounded memory' },
    { what: 'a line', max: MAX_LINE, unit: 'characters', beyond: CUT },
    { what: 'texts in one line of JSON', max: MAX_STRINGS, unit: '', beyond: NOT_READ },
    { what: 'JSON in texts of JSON', max: MAX_DEPTH, unit: 'levels', beyond: 'it is read as text' },
    {
      what: 'a dump of pstore',
      max: MAX_HELD,
      unit: 'characters',
      beyond: 'its parts are read as they come',
    },
    {
      what: 'lines from the first of a report to its last',
      max: MAX_SPAN,
      unit: 'lines',
      beyond: 'the report ends there',
    },
    {
      what: 'reports that are printed at once, into each other',
      max: MAX_OPEN,
      unit: '',
      beyond: 'the oldest ends there',
    },
    { what: 'bytes of a `Code:` line', max: MAX_BYTES, unit: 'bytes', beyond: 'the rest is not read' },
    { what: '`Code:` lines of a report', max: MAX_CODE_LINES, unit: 'lines', beyond: NOT_READ },
    { what: 'modules of a report', max: MAX_MODULES, unit: '', beyond: CUT },
    { what: 'call traces of a report', max: MAX_TRACES, unit: '', beyond: CUT },
    { what: 'entries of all its call traces', max: MAX_ENTRIES, unit: 'entries', beyond: CUT },
    { what: 'words of its stack', max: MAX_WORDS, unit: '', beyond: CUT },
    { what: 'sets of registers', max: MAX_SETS, unit: '', beyond: CUT },
    { what: 'tasks of a list of tasks', max: MAX_TASKS, unit: '', beyond: CUT },
    {
      what: 'hung tasks, lockups, or CPUs of a report, each',
      max: MAX_LINES,
      unit: 'lines',
      beyond: NOT_READ,
    },
    { what: 'tasks that hold locks', max: MAX_HOLDERS, unit: '', beyond: NOT_READ },
    { what: 'locks of one task', max: MAX_LOCKS, unit: '', beyond: NOT_READ },
    { what: 'records of a hardware report', max: MAX_RECORDS, unit: '', beyond: NOT_READ },
    { what: 'CPUs of such a record', max: MAX_CPUS, unit: '', beyond: NOT_READ },
    {
      what: 'hardware reports that others are held against',
      max: MAX_HARDWARE,
      unit: '',
      beyond: 'the first are',
    },
    {
      what: 'reports before the first one of the code of `--code`',
      max: MAX_WAITING,
      unit: '',
      beyond: REFUSED,
    },
    { what: 'a text for `--redact`', max: MAX_REDACTED, unit: 'characters', beyond: REFUSED },
    {
      what: 'names of one kind that `--redact` tells apart',
      max: MAX_NAMES,
      unit: '',
      beyond: 'further ones share the last',
    },
    { what: 'a function of `--code`', max: LARGEST_FUNCTION, unit: 'bytes', beyond: REFUSED },
  ]),
  ...limitsOf('a text that is pasted into a page', [
    { what: 'the text, or a file with it', max: MAX_PASTED, unit: 'bytes', beyond: REFUSED },
    {
      what: 'reports that are explained',
      max: MAX_EXPLAINED,
      unit: '',
      beyond: 'the first are; a note says so',
    },
    {
      what: 'lines of a report that are shown',
      max: MAX_LINES_SHOWN,
      unit: 'lines',
      beyond: 'the first are',
    },
    { what: 'a line that is shown', max: MAX_LINE_SHOWN, unit: 'characters', beyond: 'its beginning is' },
  ]),
  ...limitsOf('a lesson', [
    { what: 'its file', max: LESSON_FILE.max, unit: 'bytes', beyond: REFUSED },
    { what: 'a line of a question', max: MAX_NAME, unit: 'characters', beyond: REFUSED },
    { what: 'any other text of a question', max: MAX_PROSE, unit: 'characters', beyond: REFUSED },
    { what: 'the file of its progress', max: MAX_PROGRESS, unit: 'bytes', beyond: REFUSED },
    { what: 'a script of answers', max: SCRIPT.max, unit: 'bytes', beyond: REFUSED },
    { what: 'a line of a pipe', max: MAX_INPUT_LINE, unit: 'characters', beyond: REFUSED },
    { what: 'runs of a sweep in a question', max: MAX_RUNS, unit: 'runs', beyond: REFUSED },
    { what: 'lengths of a sweep in a question', max: MAX_LENGTH, unit: 'bytes', beyond: REFUSED },
  ]),
  ...limitsOf('any file', [
    {
      what: 'the size of one that says it has none, as those of `/proc`, unless less is allowed above',
      max: MAX_UNSIZED,
      unit: 'bytes',
      beyond: REFUSED,
    },
  ]),
];
