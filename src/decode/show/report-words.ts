// The parts of a report as words and small tables, for its text and its Markdown.

import { hex, hex16 } from '../../base/address.js';
import { byteText, plural } from '../../base/words.js';
import { OOPS_REGISTERS } from '../../oops/fields.js';
import type {
  CodeBytes,
  CodeLocation,
  KernelReport,
  RegisterSet,
  Trace,
  TraceEntry,
  ReportKind,
} from '../read/report.js';
import { explainTaint } from '../read/taint.js';

export const KIND_WORDS: Readonly<Record<ReportKind, string>> = {
  paging: 'a page fault',
  'null-deref': 'a NULL pointer dereference',
  gpf: 'a general protection fault',
  bug: 'an assertion: BUG()',
  warning: 'a warning: WARN()',
  'double-fault': 'a double fault',
  'stack-guard': 'an overflow of the kernel stack',
  'soft-lockup': 'a soft lockup: a CPU that did not schedule',
  'hard-lockup': 'a hard lockup: a CPU that took no interrupt',
  'rcu-stall': 'an RCU stall',
  'hung-task': 'a task that was blocked for long',
  'list-corruption': 'a corrupted list',
  lockdep: 'a rule of locks that was broken',
  kasan: 'an access or a value that a checker refused',
  trap: 'an exception',
  panic: 'a panic',
  'out-of-memory': 'memory that was not to be had',
  'memory-leak': 'memory that nothing points to any more',
  'task-dump': 'a dump of tasks',
  hardware: 'errors that the hardware reported',
  'other-bug': 'a state that the kernel refused',
  unknown: 'not stated in this text',
};

const sourceWords = ({ source, inlines = [] }: CodeLocation): string => {
  const lines = [...inlines.map((one) => one.source), source].filter((one) => one !== undefined);
  return lines.length === 0 ? '' : ` (${lines.map(({ file, line }) => `${file}:${line}`).join(' ')})`;
};

/** `symbol+0x3e/0xb0 (file.c:12) [module]`, or the address; without an offset where the text has none. */
export const locationWords = (place: CodeLocation): string => {
  const { address, symbol, offset, size, module } = place;
  if (symbol === undefined) return address === undefined ? '?' : hex(address);
  const inside = offset === undefined ? '' : `+${hex(offset)}`;
  const length = size === undefined ? '' : `/${hex(size)}`;
  return `${symbol}${inside}${length}${sourceWords(place)}${module === undefined ? '' : ` [${module}]`}`;
};

/** `lines 3 to 9`, `line 3`. */
export const linesWords = (first: number, last: number): string =>
  first === last ? `line ${first}` : `lines ${first} to ${last}`;

const whatWords = ({ kind, kindFrom, errorCode, die, faultAddress }: KernelReport): string => {
  const parts = [KIND_WORDS[kind]];
  if (kindFrom === 'trace') parts.push('inferred from the call trace, as the headline is missing');
  if (faultAddress !== undefined) parts.push(`address ${hex(faultAddress)}`);
  if (errorCode !== undefined) parts.push(`error code ${errorCode.toString(16).padStart(4, '0')}`);
  if (die !== undefined) parts.push(`die counter ${die.counter}`);
  if (die !== undefined && die.flags.length > 0) parts.push(die.flags.join(' '));
  return parts.join(', ');
};

const consequenceWords = ({ consequences }: KernelReport): string | undefined =>
  consequences.length === 0
    ? undefined
    : `the kernel panicked: ${consequences.map(({ text }) => text.replace(/^Kernel panic(?: - not syncing)?: ?/u, '')).join('; ')}`;

/** `frobd, PID 4321, CPU 3`. */
export const taskWords = ({ comm, pid, uid, cpu }: KernelReport): string =>
  [
    comm,
    pid === undefined ? undefined : `PID ${pid}`,
    uid === undefined ? undefined : `UID ${uid}`,
    cpu === undefined ? undefined : `CPU ${cpu}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');

const modulesWords = ({ modules }: KernelReport): string | undefined => {
  if (modules === undefined) return undefined;
  const { modules: list, complete, lastUnloaded, line } = modules;
  const flagged = list.filter(({ flags }) => flags !== '').map(({ name, flags }) => `${name}(${flags})`);
  return [
    `${plural(list.length, 'module')}${complete ? '' : ' in the text, the list is cut'}, line ${line}`,
    ...(flagged.length === 0
      ? []
      : [
          `marked: ${flagged.slice(0, 12).join(' ')}${flagged.length > 12 ? ` and ${flagged.length - 12} more` : ''}`,
        ]),
    ...(lastUnloaded === undefined ? [] : [`last unloaded: ${lastUnloaded}`]),
  ].join('; ');
};

/** The facts of a report as rows, each with a label. Rows without a text are left out. */
export const factRows = (report: KernelReport): [label: string, said: string][] => {
  const { trap, place, source, checker, release, version, hardware, workqueue, taint, time } = report;
  const address = trap?.symbol !== undefined && trap.address !== undefined ? `, ${hex(trap.address)}` : '';
  const rows: [string, string | undefined][] = [
    ['What', whatWords(report)],
    ['Then', consequenceWords(report)],
    [
      'Checker',
      checker === undefined
        ? undefined
        : `${checker.checker}: ${checker.bug}${checker.at === undefined ? '' : ` at ${locationWords(checker.at)}`}`,
    ],
    ['Source', source === undefined ? undefined : `${source.file}:${source.line}`],
    ['Trap', trap === undefined ? undefined : `${locationWords(trap)}${address}`],
    ['Place', trap === undefined && place !== undefined ? locationWords(place) : undefined],
    ['Task', taskWords(report) || undefined],
    [
      'Kernel',
      release === undefined ? undefined : [release, version].filter((part) => part !== undefined).join(' '),
    ],
    ['Hardware', hardware],
    ['Workqueue', workqueue],
    ['Time', time === undefined ? undefined : `${time} seconds after boot`],
    ['Modules', modulesWords(report)],
    ['Taint', taint === null ? 'none' : taint],
    ...explainTaint(taint ?? '').map(({ letter, meaning }): [string, string] => [
      '',
      `${letter}: ${meaning}`,
    ]),
    ['Carried', report.form.length === 0 ? undefined : report.form.join(', ')],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '');
};

const chunks = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, row) =>
    items.slice(size * row, size * row + size),
  );

/** The registers of a set in rows of three, as the kernel prints them; a missing one is `-`. */
export const registerRows = ({ values, selectors, control, rip, origRax }: RegisterSet): string[] => {
  const cells = [...OOPS_REGISTERS, 'rsp' as const].map((name) => {
    const value = values.get(name);
    return `${name.padEnd(3)} ${value === undefined ? '-'.padEnd(16) : hex16(value)}`;
  });
  const rows = [0, 3, 6, 9, 12, 15].map((first) =>
    cells
      .slice(first, first + 3)
      .join('  ')
      .trimEnd(),
  );
  const flags = values.get('rflags');
  const words = [
    ...(flags === undefined ? [] : [`eflags ${flags.toString(16).padStart(8, '0')}`]),
    ...(origRax === undefined ? [] : [`orig_rax ${hex16(origRax)}`]),
    ...[...selectors].map(([name, value]) => `${name} ${value.toString(16).padStart(4, '0')}`),
  ];
  return [
    ...(rip === undefined ? [] : [`rip ${locationWords(rip)}`]),
    ...rows,
    ...(words.length === 0 ? [] : [words.join('  ')]),
    ...chunks(
      [...control].map(([name, value]) => `${name} ${hex(value)}`),
      4,
    ).map((row) => row.join('  ')),
  ];
};

/** `Registers of kernel mode, from line 7`. */
export const setWords = ({ mode, role, line }: RegisterSet): string =>
  `Registers of ${role === 'interrupted' ? 'the interrupted context' : `${mode} mode`}, from line ${line}`;

export const codeWords = ({ bytes, marked, unreadable, cut }: CodeBytes): string => {
  const shown = [...bytes].map((byte, index) => {
    const digits = byteText(byte);
    return index === marked ? `<${digits}>` : digits;
  });
  return [...shown, ...(cut === true ? ['…'] : []), ...(unreadable === undefined ? [] : [unreadable])].join(
    ' ',
  );
};

/** `Call Trace, line 20: 14 entries, 9 of them reliable`. */
export const traceWords = ({ title, line, entries }: Trace): string => {
  const reliable = entries.filter((entry) => entry.reliable).length;
  const name = title === '' ? 'Call trace, its start is missing' : title;
  return `${name}, line ${line}: ${plural(entries.length, 'entry', 'entries')}, ${reliable} reliable`;
};

/** One entry: its context, `?` where it is a guess, and the place. */
export const entryWords = (entry: TraceEntry): string =>
  `${entry.context === undefined ? '' : `<${entry.context}> `}${entry.reliable ? '' : '? '}${locationWords(entry)}${entry.inlined === true ? ' [inline]' : ''}`;

/** For Markdown: the words of a report are text, and none may become markup. */
export const plain = (text: string): string =>
  text.replaceAll(/[\\`*_{}[\]<>#|~!]/gu, (character) => `\\${character}`);
