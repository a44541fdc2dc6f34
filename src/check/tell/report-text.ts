// A report of a broken property in lines, in the form of KASAN's reports, which kernel people know.

import { bytesWithText, plural, wrap } from '../../base/words.js';
import { LEGEND } from '../scene/memory-rows.js';
import type {
  MemoryRows,
  ReportedAccess,
  ReportedAllocation,
  ReportedComparison,
  ReportedInstruction,
  ReportedPlace,
  ReportedVictim,
} from '../scene/report-facts.js';
import { victimWords } from '../scene/report-victim.js';
import type { ViolationReport } from './report.js';
import { type ToldWorld, worldLines } from './world-text.js';

const WIDTH = 100;
const RULE = '='.repeat(66);
const SHOWN = 16; // bytes of an access
const LONGEST_TEXT = 72; // columns of a text in a comparison

const digits = (address: string): string => address.slice(2).padStart(16, '0');

// `convert_delimiter+0x1c/0x30`, as an oops prints it.
const located = ({ at, address, functionSize }: ReportedPlace): string =>
  at === null ? address : functionSize === null ? at : `${at}/0x${functionSize.toString(16)}`;

const from = ({ source }: ReportedPlace): string => (source === null ? '' : `  ${source}`);

const traceLines = (trace: readonly ReportedPlace[]): string[] =>
  trace.map((place) => ` [<${digits(place.address)}>] ${located(place)}${from(place)}`);

const bytesText = (hexDigits: string | null): string => {
  if (hexDigits === null) return 'nothing';
  return bytesWithText([...Buffer.from(hexDigits, 'hex')], SHOWN);
};

const changeText = (old: string | null, now: string | null): string =>
  old !== null && old === now
    ? `${bytesText(old)} is written over itself`
    : `${bytesText(old)} becomes ${bytesText(now)}`;

const headline = ({ kind, instruction, trace, step }: ViolationReport): string => {
  const place = instruction ?? trace[0];
  return `BUG: oopslab: ${kind} in ${place === undefined ? `step "${step}"` : located(place)}`;
};

const accessLines = ({ access, size, address, old, new: now }: ReportedAccess): string[] => [
  `${access === 'read' ? 'Read' : 'Write'} of size ${size} at addr ${digits(address)}` +
    (access === 'read' ? `: ${bytesText(old)}` : `: ${changeText(old, now)}`),
];

const instructionLines = (instruction: ReportedInstruction): string[] => [
  `Instruction: ${located(instruction)}: ${instruction.text ?? 'nothing is mapped there'}`,
  ...(instruction.source === null ? [] : [`Source: ${instruction.source}`]),
];

const regionOf = ({ address, requested }: ReportedAllocation): string => {
  const end = BigInt(address) + BigInt(requested);
  return `${requested}-byte region [${digits(address)}, ${end.toString(16).padStart(16, '0')})`;
};

// An object of the scenario, or an allocation of the call.
const madeLines = ({ madeBy, madeIn }: ReportedAllocation): string[] => {
  if (madeIn !== null)
    return ['Allocated by:', ` ${madeIn.what}${madeIn.source === null ? '' : `  ${madeIn.source}`}`];
  return madeBy.length === 0 ? [] : ['Allocated by:', ...traceLines(madeBy)];
};

const allocationLines = (
  allocation: ReportedAllocation,
  distance: ReportedAccess['distance'],
  address: string | undefined,
): string[] => [
  ...(distance === null || address === undefined
    ? [`The ${regionOf(allocation)}${allocation.object === null ? '' : `, ${allocation.object}`}`]
    : distance.side === 'inside'
      ? [
          `The address ${digits(address)} is ${plural(distance.bytes, 'byte')} inside the freed ${regionOf(allocation)}`,
        ]
      : [
          `The address ${digits(address)} is ${plural(distance.bytes, 'byte')} to the ${distance.side} of the ${regionOf(allocation)}`,
        ]),
  allocation.cache === null
    ? 'outside the heap.'
    : `in an object of ${allocation.cache} of ${plural(allocation.objectSize, 'byte')}.`,
  ...madeLines(allocation),
  ...(allocation.freedBy === null ? [] : ['Freed by:', ...traceLines(allocation.freedBy)]),
];

const victimLines = (victim: ReportedVictim): string[] => {
  const { field, fieldBefore, fieldAfter } = victim;
  if (field === null) return [];
  const whose = `The victim is ${victimWords(victim)}`;
  if (fieldBefore === null || fieldAfter === null) return [`${whose}: ${field}.`];
  return fieldBefore === fieldAfter
    ? [`${whose}: ${field} is ${fieldBefore}.`]
    : [`${whose}: ${field} goes from ${fieldBefore} to ${fieldAfter}.`];
};

const memoryLines = ({ rows, row, column, marked }: MemoryRows): string[] => {
  const split = (letters: string): string => letters.match(/.{1,8}/gu)?.join(' ') ?? '';
  const marks = ' '.repeat(column) + '^'.repeat(marked);
  const padded = marks.padEnd(rows[row]!.letters.length);
  const used = new Set(rows.flatMap(({ letters }) => [...letters]));
  const legend = LEGEND.filter(([letter]) => used.has(letter)).map(([letter, what]) => `${letter} ${what}`);
  return [
    'Memory state around the address, a letter per byte:',
    ...rows.flatMap(({ address, letters }, index) => [
      `${index === row ? '>' : ' '}${digits(address)}: ${split(letters)}`,
      ...(index === row ? [`${' '.repeat(19)}${split(padded)}`.trimEnd()] : []),
    ]),
    ...wrap(legend.join('; '), WIDTH, '  '),
  ];
};

const WHY: Readonly<Record<ReportedComparison['why'], string>> = {
  'no address': 'NULL was returned, or an address without memory',
  'not its own': 'the address that was returned is not an allocation of this call',
  'not terminated': 'there is no NUL in the allocation',
  'no bool': 'a bool is 0 or 1',
  differs: 'the two differ',
};

// Where two texts part, without going into an escape such as \\ or \x41.
const partAt = (left: string, right: string): number => {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  const backslashes = /\\*$/u.exec(left.slice(0, at))?.[0].length ?? 0;
  return at - (backslashes % 2);
};

// A window of long texts, with the place in it where they part.
const textLines = ({ expected, found, firstDifference, why }: ReportedComparison): string[] => {
  const parts = expected === null || found === null ? null : partAt(expected, found);
  const start = Math.max(0, (parts ?? 0) - 24);
  const cut = (text: string | null): string => {
    if (text === null) return 'nothing';
    const window = text.slice(start, start + LONGEST_TEXT);
    return `${start > 0 ? '…' : ''}"${window}"${start + LONGEST_TEXT < text.length ? '…' : ''}`;
  };
  const mark =
    parts === null || firstDifference === null
      ? []
      : [`${' '.repeat(13 + parts - start + (start > 0 ? 1 : 0))}^`];
  return [
    `  expected: ${cut(expected)}`,
    `  found:    ${cut(found)}`,
    ...mark,
    `  ${WHY[why]}${firstDifference === null ? '' : `; first at byte ${firstDifference}`}`,
  ];
};

const comparisonLines = (comparison: ReportedComparison): string[] => {
  const { what, of, expected, found, fields } = comparison;
  switch (what) {
    case 'text':
      return ['The text:', ...textLines(comparison)];
    case 'bytes':
      return [`The bytes of ${of}:`, ...textLines(comparison)];
    case 'number':
      return [`${of.replace(/^./u, (letter) => letter.toUpperCase())}: ${found}, should be ${expected}`];
    case 'fields':
      return [
        `What differs in ${of}:`,
        ...fields.map((field) => `  ${field.field}: ${field.found}, should be ${field.expected}`),
      ];
  }
};

const leakLines = (leaked: readonly ReportedAllocation[]): string[] =>
  leaked.flatMap((one) => [
    `Leaked: the ${regionOf(one)} of ${one.cache ?? 'no cache'}${one.object === null ? '' : `, ${one.object}`}`,
    ...madeLines(one),
  ]);

const section = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', ...lines]);

/**
 * The report, in lines.
 *
 * @param told the world in which it broke, which comes first
 */
export const formatViolationReport = (report: ViolationReport, told?: ToldWorld): string[] => {
  const { access, instruction, trace, allocation, victim, memory, comparison, surfaced } = report;
  return [
    ...(told === undefined ? [] : worldLines(told, WIDTH)),
    RULE,
    headline(report),
    ...(access === null ? [] : accessLines(access)),
    `${report.candidate} breaks ${report.property} in step "${report.step}" of ${report.scenario}.`,
    ...section(wrap(report.says, WIDTH)),
    ...section([
      ...(instruction === null ? [] : instructionLines(instruction)),
      ...(report.ended === null ? [] : [`The call: ${report.ended}`]),
      ...(report.finding === null ? [] : wrap(`The heap finds: ${report.finding}`, WIDTH)),
    ]),
    ...section(trace.length === 0 ? [] : ['Call Trace:', ...traceLines(trace)]),
    ...section(
      allocation === null ? [] : allocationLines(allocation, access?.distance ?? null, access?.address),
    ),
    ...section(victim === null ? [] : victimLines(victim).flatMap((line) => wrap(line, WIDTH))),
    ...section(comparison === null ? [] : comparisonLines(comparison)),
    ...section(leakLines(report.leaked)),
    ...section(memory === null ? [] : memoryLines(memory)),
    ...section(
      surfaced.length === 0
        ? []
        : ['How it surfaces:', ...surfaced.flatMap((line) => wrap(line, WIDTH, '  '))],
    ),
    RULE,
  ];
};
