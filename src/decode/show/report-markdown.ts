// A report as Markdown, to be pasted into a bug report; report-words.ts has the words of its parts.

import type { ExplanationPart } from './explanation-output.js';
import type { KernelReport, Trace } from '../read/report.js';
import {
  codeWords,
  entryWords,
  factRows,
  linesWords,
  plain,
  registerRows,
  setWords,
  traceWords,
} from './report-words.js';

const SHOWN = 24; // entries of a trace

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

/** @param number of the report in its text, from 1 */
export const formatReportMarkdown = (
  report: KernelReport,
  number: number,
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
