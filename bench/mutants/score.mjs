// The text of a score: the table for the document, and the survivors for a reader.

import { table } from '../candidate-table.mjs';

const counts = (list, field) => {
  const found = new Map();
  for (const one of list) found.set(one[field], (found.get(one[field]) ?? 0) + 1);
  return [...found].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
};

/** The score in a sentence, and a table by mistakes. */
export const measuredText = (results, { killed, equivalent, missed }) => {
  const rows = [...new Set(results.map(({ operator }) => operator))]
    .toSorted()
    .map((operator) => [
      operator,
      ...[results, killed, equivalent, missed].map(
        (list) => list.filter((one) => one.operator === operator).length,
      ),
    ]);
  const sums = [results, killed, equivalent, missed].map((list) => list.length);
  const telling = results.length - equivalent.length;
  const score = ((100 * killed.length) / Math.max(1, telling)).toFixed(1);
  return [
    `${killed.length} of ${telling} mutants that are not equivalent are killed, ${score} %.`,
    '',
    table(
      ['mistake', 'mutants', 'killed', 'equivalent', 'missed'],
      [...rows, ['all', ...sums]].map((row) => row.map(String)),
    ),
    '',
    `Killed by ${counts(killed, 'property')
      .map(([property, count]) => `\`${property}\` (${count})`)
      .join(', ')}.`,
  ].join('\n');
};

/** Each survivor with its code before and after, and its reason. */
export const survivorLines = ({ survivors }) =>
  survivors.flatMap(({ id, verdict, reason, why, changes }) => [
    `${id}: ${verdict}${reason === null ? '' : ` (${reason})`}`,
    ...changes.map(({ at, before = '', after = '' }) =>
      `    ${at.padEnd(7)} ${before.padEnd(44)}  ${after}`.trimEnd(),
    ),
    `    ${why === undefined ? 'no reason is given' : `${why.kind}: ${why.reason}`}`,
  ]);
