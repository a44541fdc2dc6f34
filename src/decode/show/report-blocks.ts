// A report as blocks, in the order of text and Markdown alike: the verdict, the trap, and with `full` the rest.

import { hex16 } from '../../base/address.js';
import type { Explanation } from '../explain/explain.js';
import { explainedRegisters } from '../explain/explain.js';
import { commandsOf } from '../judge/commands.js';
import type { Judgement } from '../judge/judgement.js';
import { isCodeAlone } from '../read/lone-code.js';
import type { KernelReport, Trace } from '../read/report.js';
import { type Block, filled } from './blocks.js';
import { explanationBlocks, trapBlocks } from './explanation-blocks.js';
import {
  codeWords,
  entryWords,
  factRows,
  linesWords,
  registerRows,
  setWords,
  traceWords,
} from './report-words.js';
import { structureBlocks } from './structure-blocks.js';
import { structBlock } from './type-words.js';
import type { Verdict } from './verdict.js';

const SHOWN = 64; // entries of a trace

/** What is shown of a report. */
export interface Shown {
  readonly report: KernelReport;
  /** Of the report in its text, from 1. */
  readonly number: number;
  readonly explanation: Explanation;
  readonly judgement: Judgement;
  /** The answer, in at most six labelled lines. */
  readonly verdict: Verdict;
}

const traceBlock = (trace: Trace): Block => {
  const more = trace.entries.length - SHOWN;
  const lines = trace.entries.slice(0, SHOWN).map(entryWords);
  return {
    kind: 'fixed',
    title: traceWords(trace),
    lines: lines.length === 0 ? ['(empty)'] : [...lines, ...(more > 0 ? [`… ${more} more`] : [])],
  };
};

const stackBlock = ({ stack }: KernelReport): Block => ({
  kind: 'fixed',
  title: `Stack, line ${stack[0]?.line ?? 0}`,
  lines: Array.from({ length: Math.ceil(stack.length / 4) }, (_, row) =>
    stack
      .slice(4 * row, 4 * row + 4)
      .map(({ value }) => hex16(value))
      .join(' '),
  ),
});

/** The parts that repeat the text that was read. */
const contentBlocks = (report: KernelReport): Block[] => {
  const { said, registers, code, traces, missing, findings } = report;
  return [
    { kind: 'fixed', title: 'What the kernel said', lines: said.map(({ text }) => text) },
    { kind: 'rows', rows: factRows(report) },
    ...registers.map((set): Block => ({ kind: 'fixed', title: setWords(set), lines: registerRows(set) })),
    ...(code === undefined
      ? []
      : [{ kind: 'fixed', title: `Code, line ${code.line}`, lines: [codeWords(code)] } as const]),
    stackBlock(report),
    ...traces.map(traceBlock),
    { kind: 'list', title: 'Not in this text', items: missing },
    { kind: 'list', title: 'Left out', items: findings },
  ];
};

const commandBlock = (report: KernelReport, { guilty }: Judgement): Block => ({
  kind: 'fixed',
  title: 'Towards the source',
  lines: commandsOf(report, guilty).flatMap(({ command, shows }) => [`# ${shows}`, command]),
});

// Where the CPU was tells something of a lockup; of what software found elsewhere it does not.
const LOCKUPS = new Set<KernelReport['kind']>(['soft-lockup', 'hard-lockup', 'rcu-stall']);

const shortTrap = (report: KernelReport, explanation: Explanation): Block[] =>
  explanation.role === 'trap' || LOCKUPS.has(report.kind)
    ? trapBlocks(explanation, explainedRegisters(report))
    : [];

/**
 * @param full with everything that is known, and what repeats the text
 * @param types with the struct of the wanted field
 */
export const reportBlocks = (
  { report, number, explanation, judgement, verdict }: Shown,
  full: boolean,
  types = false,
): Block[] => {
  const lines = linesWords(report.firstLine, report.lastLine);
  if (isCodeAlone(report) && explanation.decodecode !== undefined) {
    const listing = explanation.decodecode.trimEnd().split('\n');
    return [
      { kind: 'heading', text: `Report ${number}, ${lines}: code, and nothing else` },
      { kind: 'fixed', title: 'As scripts/decodecode lists it', lines: listing },
      ...(full ? explanationBlocks(explanation) : []),
    ];
  }
  return filled([
    {
      kind: 'heading',
      text: `Report ${number}, ${lines}: ${judgement.title}`,
    },
    { kind: 'rows', rows: verdict.map(({ label, text }) => [label, text] as const) },
    ...structureBlocks(report, full ? [] : verdict),
    ...(full ? contentBlocks(report) : []),
    ...(full ? explanationBlocks(explanation) : shortTrap(report, explanation)),
    ...(types ? [structBlock(explanation)] : []),
    ...(full ? [commandBlock(report, judgement)] : []),
  ]);
};
