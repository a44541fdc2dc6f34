// The table of verdicts, and the notes below it.

import { withProgramName } from '../../base/program-name.js';
import { plural, wrap } from '../../base/words.js';
import { greatest } from '../../base/long-lists.js';
import { verdictText } from './incomplete.js';
import { coverageLines } from './coverage-text.js';
import { type CheckDocument, type CheckedCandidate, isAsExpected, isReported } from './form.js';
import { worldsLines } from './worlds-text.js';

const WIDTH = 110;
const HEAD = ['candidate', 'expected', 'verdict', 'worlds', 'property', 'counterexample'] as const;
const RIGHT = HEAD.indexOf('worlds');

const rowOf = (candidate: CheckedCandidate): string[] => [
  candidate.name,
  candidate.expected ?? 'holds',
  isAsExpected(candidate) ? verdictText(candidate) : `${verdictText(candidate)} !`,
  String(candidate.runs),
  candidate.property ?? '-',
  candidate.counterexample ?? '-',
];

const columns = (rows: readonly (readonly string[])[]): string[] => {
  const widths = HEAD.map((_, column) => greatest(rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === RIGHT ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
};

const belowOf = (candidate: CheckedCandidate, every: boolean): string[] => {
  const { name, expected, verdict, reason, replay, report } = candidate;
  const says = reason !== null && verdict !== 'holds' ? wrap(`${name}: ${reason}`, WIDTH) : [];
  const ran =
    expected === null
      ? [...coverageLines(candidate), ...worldsLines(candidate)].flatMap((line) => wrap(line, WIDTH))
      : [];
  return [
    ...(says.length === 0 ? [] : ['', ...says]),
    ...(ran.length === 0 ? [] : ['', ...ran]),
    ...((every || isReported(candidate)) && report.length > 0 ? ['', ...report] : []),
    ...(isReported(candidate) && replay !== null
      ? [
          '',
          `${name}: see it happen, as a story or step by step, with`,
          withProgramName(`  $ ${replay}`),
          withProgramName(`  $ ${replay.replace(/^oopslab replay /u, 'oopslab step ')}`),
        ]
      : []),
  ];
};

const summaryOf = ({ scenario, seed, candidates }: CheckDocument): string => {
  const odd = candidates.filter((candidate) => !isAsExpected(candidate)).length;
  const exhaustive = candidates.find(({ worlds }) => worlds.exhaustive !== null)?.worlds.exhaustive;
  const which =
    exhaustive == null
      ? `worlds of ${scenario}, seed ${seed}`
      : `all ${exhaustive.count} worlds of ${scenario} with ${exhaustive.bound}`;
  const head = `${plural(candidates.length, 'candidate')} in ${which}`;
  return odd === 0 ? `${head}: all as expected.` : `${head}: ${odd} not as expected (marked !).`;
};

/**
 * The table, reports below it, and a last line that sums up.
 *
 * @param every whether what broke as expected is reported too
 */
export const formatVerdicts = (document: CheckDocument, every = false): string[] => [
  ...columns([HEAD, ...document.candidates.map(rowOf)]),
  ...document.candidates.flatMap((candidate) => belowOf(candidate, every)),
  '',
  summaryOf(document),
];
