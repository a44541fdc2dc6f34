// A report for a terminal; report-words.ts has the words of its parts.

import { hex16 } from '../../base/address.js';
import { wrap } from '../../base/words.js';
import type { ExplanationPart } from './explanation-output.js';
import type { KernelReport, Trace } from '../read/report.js';
import {
  codeWords,
  entryWords,
  factRows,
  linesWords,
  registerRows,
  setWords,
  traceWords,
} from './report-words.js';

const WIDTH = 100;
const SHOWN = 24; // entries of a trace
const LABEL = 11;

const traceLines = (trace: Trace): string[] => {
  const more = trace.entries.length - SHOWN;
  return [
    `  ${traceWords(trace)}`,
    ...trace.entries.slice(0, SHOWN).map((entry) => `    ${entryWords(entry)}`),
    ...(more > 0 ? [`    … ${more} more`] : []),
  ];
};

const stackLines = ({ stack }: KernelReport): string[] => {
  if (stack.length === 0) return [];
  const rows = Array.from({ length: Math.ceil(stack.length / 4) }, (_, row) =>
    stack.slice(4 * row, 4 * row + 4).map(({ value }) => hex16(value)),
  );
  return ['', `  Stack, line ${stack[0]!.line}`, ...rows.map((row) => `    ${row.join(' ')}`)];
};

/** @param number of the report in its text, from 1 */
export const formatReport = (
  report: KernelReport,
  number: number,
  explanation?: ExplanationPart,
): string[] => {
  const { headline, registers, code, traces, missing, findings, said } = report;
  const others = said.filter(({ line }) => line !== headline?.line);
  return [
    `Report ${number}, ${linesWords(report.firstLine, report.lastLine)}`,
    ...(headline === undefined ? [] : [`  ${headline.text}`]),
    ...others.map(({ text }) => `  ${text}`),
    '',
    ...factRows(report).flatMap(([label, text]) =>
      wrap(text, WIDTH, `  ${label.padEnd(LABEL)}`, ' '.repeat(LABEL + 2)),
    ),
    ...registers.flatMap((set) => [
      '',
      `  ${setWords(set)}`,
      ...registerRows(set).map((row) => `    ${row}`),
    ]),
    ...(code === undefined
      ? []
      : ['', `  Code, line ${code.line}`, ...wrap(codeWords(code), WIDTH, '    ', '    ')]),
    ...stackLines(report),
    ...traces.flatMap((trace) => ['', ...traceLines(trace)]),
    '',
    ...(missing.length === 0
      ? ['  Nothing is missing that reports of this kind have.']
      : ['  Not in this text', ...missing.flatMap((one) => wrap(one, WIDTH, '    - ', '      '))]),
    ...findings.flatMap((one) => wrap(one, WIDTH, '  ! ', '    ')),
    ...(explanation === undefined ? [] : ['', ...explanation.text]),
  ];
};
