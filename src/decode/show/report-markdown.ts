// A report as Markdown, to be pasted into a bug report; report-words.ts has the words of its parts.

import type { ExplanationPart } from './explanation-part.js';
import type { KernelReport, Trace } from '../read/report.js';
import type { Place } from './report-text.js';
import {
  codeWords,
  entryWords,
  factRows,
  linesWords,
  registerRows,
  setWords,
  traceWords,
} from './report-words.js';

const SHOWN = 24; // entries of a trace

// The words of a report are text: none may become markup.
const plain = (text: string): string =>
  text.replaceAll(/[\\`*_{}[\]<>#|~!]/gu, (character) => (character === '_' ? '\\_' : `\\${character}`));

// A fence that the text cannot end.
const fenced = (lines: readonly string[]): string[] => {
  const longest = Math.max(
    2,
    ...lines.flatMap((line) => [...line.matchAll(/`+/gu)].map(([run]) => run.length)),
  );
  const fence = '`'.repeat(longest + 1);
  return [fence, ...lines, fence];
};

const traceLines = (trace: Trace): string[] => {
  const more = trace.entries.length - SHOWN;
  const entries = trace.entries.slice(0, SHOWN).map(entryWords);
  return [
    '',
    `**${plain(traceWords(trace))}**`,
    '',
    ...fenced([...entries, ...(more > 0 ? [`… ${more} more`] : [])]),
  ];
};

/** The lines of a report. */
export const formatReportMarkdown = (
  report: KernelReport,
  { number }: Place,
  explanation?: ExplanationPart,
): string[] => {
  const { said, registers, code, traces, missing, findings, firstLine, lastLine } = report;
  return [
    `## Report ${number}, ${linesWords(firstLine, lastLine)}`,
    '',
    ...(said.length === 0 ? [] : [...fenced(said.map(({ text }) => text)), '']),
    '| | |',
    '| --- | --- |',
    ...factRows(report).map(([label, text]) => `| ${label} | ${plain(text)} |`),
    ...registers.flatMap((set) => ['', `**${setWords(set)}**`, '', ...fenced(registerRows(set))]),
    ...(code === undefined ? [] : ['', `**Code, line ${code.line}**`, '', ...fenced([codeWords(code)])]),
    ...traces.flatMap(traceLines),
    ...(missing.length === 0
      ? []
      : ['', '**Not in this text**', '', ...missing.map((one) => `- ${plain(one)}`)]),
    ...findings.map((one) => `\n> ${plain(one)}`),
    ...(explanation === undefined ? [] : ['', ...explanation.markdown]),
  ];
};
