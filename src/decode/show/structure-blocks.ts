// What checkers, locks and the hardware told, as blocks: the lines that the verdict does not have.

import type { KernelReport } from '../read/report.js';
import type { Block } from './blocks.js';
import { findingWords } from './finding-words.js';
import { machineCheckWords } from './hardware-words.js';
import type { Verdict } from './verdict.js';
import { waitWords } from './wait-words.js';

const MOST = 8; // printed lines of each block on the first screen

/** @param verdict whose lines are not repeated; none, to have them all */
export const structureBlocks = (
  { finding, waits, machineChecks, traces }: KernelReport,
  verdict: Verdict = [],
): Block[] => {
  const most = verdict.length === 0 ? {} : { most: MOST };
  const said = verdict.map(({ text }) => text);
  const rest = (lines: readonly string[]) =>
    lines.filter((line) => !said.some((one) => one.includes(line))).map((text) => ({ text }));
  const block = (title: string, lines: readonly string[]): Block => ({
    kind: 'sentences',
    title,
    items: rest(lines),
    ...most,
  });
  return [
    block(
      'What was found',
      finding === undefined ? [] : findingWords(finding, traces).slice(verdict.length === 0 ? 0 : 1),
    ),
    block('Who waits for whom', waits === undefined ? [] : waitWords(waits)),
    block('The hardware', (machineChecks ?? []).flatMap(machineCheckWords)),
  ];
};
