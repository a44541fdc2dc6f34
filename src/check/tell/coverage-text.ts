// What of a candidate's code never ran, in a few lines.

import { listSome, plural } from '../../base/words.js';
import type { CheckedCandidate, ToldCoverage } from './form.js';

const MOST = 12; // lines or places in a list

// `fix.c:13`, `fix.c:15-18`
const lineRanges = (lines: ToldCoverage['lines']): string[] => {
  const never = lines.filter(({ runs }) => !runs);
  const ranges: { file: string; from: number; to: number }[] = [];
  for (const { file, line } of never) {
    const last = ranges.at(-1);
    if (last?.file === file && last.to === line - 1) last.to = line;
    else ranges.push({ file, from: line, to: line });
  }
  return ranges.map(({ file, from, to }) => `${file}:${from}${from === to ? '' : `-${to}`}`);
};

/** Which code never ran; `undefined` where all of it did. */
export const neverRanText = ({ instructions, neverRan, lines }: ToldCoverage): string | undefined => {
  if (neverRan.length === 0) return undefined;
  const ranges = lineRanges(lines);
  const where = listSome(ranges.length > 0 ? ranges : neverRan, MOST);
  return `${neverRan.length} of ${plural(instructions.total, 'instruction')} never ran (${where})`;
};

/** Coverage for people, a line for each thing that is missing; all that ran in one line. */
export const coverageLines = ({ name, coverage, worlds }: CheckedCandidate): string[] => {
  if (coverage === null) return [];
  const { instructions, oneSided } = coverage;
  const never = neverRanText(coverage);
  const sites = worlds.failedAllocations;
  const unfailed = sites.filter(({ failed }) => !failed).map(({ at }) => at);
  return [
    `${name}: ${never ?? `all ${plural(instructions.total, 'instruction')} ran`}`,
    ...(oneSided.length === 0
      ? []
      : [`${name}: one outcome only, in the worlds that were observed, at ${listSome(oneSided, MOST)}`]),
    ...(unfailed.length === 0 ? [] : [`${name}: got memory in every world at ${listSome(unfailed, MOST)}`]),
  ];
};
