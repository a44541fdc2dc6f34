// `oopslab diff`: two recordings or scenarios side by side.

import {
  type Comparison,
  type MemoryDifference,
  type Pair,
  compareRecordings,
} from '../reading/comparison.js';
import type { Outcome } from '../recording/recording.js';
import { formatOutcome } from '../recording/outcome.js';
import { type LibraryOptions, librariesOf } from './options.js';
import { EXIT, type Io } from './output.js';
import { recordingAt } from './reference.js';

const LISTED = 12; // lines of memory that the text shows

const memoryLines = (memory: readonly MemoryDifference[], bytes: number): string[] => {
  const lines = memory
    .slice(0, LISTED)
    .map(({ address, place, a, b }) => `    ${address} ${place}: ${a} | ${b}`);
  const rest = memory.length - lines.length;
  if (bytes === 0) return ['    none'];
  return rest <= 0 ? lines : [...lines, `    … in all ${bytes} bytes differ; --json lists more`];
};

const pairLine = (name: string, { a, b }: Pair): string => `    ${name}: ${a ?? '-'} | ${b ?? '-'}`;

const show = (outcome: Outcome | null): string => (outcome === null ? '-' : formatOutcome(outcome));

const format = (found: Comparison): string => {
  const { a, b, parameters, before, firstDifference: first, fork, end } = found;
  const heading = [
    `A: ${a.scenario}, ${a.instructions} instructions, ${a.hash}`,
    `B: ${b.scenario}, ${b.instructions} instructions, ${b.hash}`,
  ];
  if (found.same) return [...heading, '', 'The recordings are the same.'].join('\n');
  const sameText = (text: { a: string | null; b: string | null }): string =>
    text.a === text.b ? String(text.a) : `${text.a ?? 'the end'} | ${text.b ?? 'the end'}`;
  return [
    ...heading,
    '',
    'Values of A stand left of the bar, those of B right of it.',
    '',
    ...(parameters.length === 0
      ? []
      : ['  Parameters:', ...parameters.map((one) => pairLine(one.name, one)), '']),
    '  Memory before the first step:',
    ...memoryLines(before.memory, before.bytes),
    '',
    ...(first === null
      ? ['  No register differs at any instruction.']
      : [
          `  The first register that differs, before instruction ${first.instruction}, ${sameText(first.at)} (step "${first.step}"):`,
          ...first.registers.map((one) => pairLine(one.name, one)),
        ]),
    '',
    ...(fork === null
      ? ['  Both execute the same instructions to the end.']
      : [`  The ways part at instruction ${fork.instruction} (step "${fork.step}"): ${sameText(fork.at)}`]),
    '',
    '  At the end:',
    ...(end.outcome === null
      ? ['    the same outcome']
      : [`    outcome: ${show(end.outcome.a)} | ${show(end.outcome.b)}`]),
    ...end.registers.map((one) => pairLine(one.name, one)),
    '  Memory at the end:',
    ...memoryLines(end.memory, end.bytes),
  ].join('\n');
};

export const run = (_io: Io, a: string, b: string, options: LibraryOptions) => {
  const libraries = librariesOf(options);
  const found = compareRecordings(recordingAt(a, libraries), recordingAt(b, libraries));
  const exit = found.same ? EXIT.asExpected : EXIT.notAsExpected;
  return { json: () => found, text: () => format(found), exit };
};
