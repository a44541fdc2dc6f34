// A lineage as a time line for a terminal: places as rows, instructions as columns, values as letters and colours.

import type { Lineage } from './lineage.js';
import type { Place, Value } from './value.js';
import { type LineageRow, letterOf, lineageRows } from './rows.js';

// How a chart is drawn.
interface ChartOptions {
  /** First and last state. */
  readonly from: number;
  readonly to: number;
  /** Columns of the terminal. */
  readonly width: number;
  readonly colour: boolean;
}

const COLOURS = [31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96];
const NARROWEST = 10; // columns of time, however narrow the terminal is
const LONGEST_LABEL = 40;

/** Where a value may have been lost, and is not yet known to be. */
const isDoubtful = ({ until, certain }: Place, step: number): boolean =>
  until !== null &&
  until.how === 'may be lost' &&
  step > until.step &&
  (certain === null || step <= certain.step);

const cellOf = (
  row: LineageRow,
  first: number,
  last: number,
): { letter: string; index: number } | undefined => {
  // The latest state of the column that has something decides.
  let found: { letter: string; index: number } | undefined;
  let at = -1;
  for (const { place, index } of row.places) {
    const from = Math.max(first, place.from.step);
    const until = Math.min(last, place.until?.step ?? Infinity);
    if (from <= until && until >= at) {
      found = { letter: letterOf(index), index };
      at = until;
    }
  }
  if (found !== undefined) return found;
  const doubt = row.places.find(({ place }) => place.register !== undefined && isDoubtful(place, first));
  return doubt === undefined ? undefined : { letter: '?', index: doubt.index };
};

// The functions that run, over the columns: a name where there is room for it.
const ruler = (lineage: Lineage, columns: readonly (readonly [number, number])[]): string => {
  const names = columns.map(([first]) => lineage.moment(first).at.replace(/\+0x[0-9a-f]+$/u, ''));
  let line = '';
  for (let start = 0; start < names.length;) {
    let end = start + 1;
    while (end < names.length && names[end] === names[start]) end += 1;
    const room = end - start;
    line += room === 1 ? '|' : `|${names[start]!.slice(0, room - 1)}`.padEnd(room);
    start = end;
  }
  return line;
};

/** Draw the places of some values. Lines are at most `width` wide, unless that is less than the labels need. */
export const chartText = (lineage: Lineage, values: readonly Value[], options: ChartOptions): string => {
  const { from, to, width, colour } = options;
  const paint = (text: string, index: number): string =>
    colour ? `\u001b[${COLOURS[index % COLOURS.length]!}m${text}\u001b[0m` : text;
  const rows = lineageRows(values);
  const labels = rows.map(({ label }) =>
    label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label,
  );
  const margin = Math.max(0, ...labels.map((label) => label.length)) + 1;
  const states = to - from + 1;
  const per = Math.max(1, Math.ceil(states / Math.max(NARROWEST, width - margin)));
  const columns = Array.from({ length: Math.ceil(states / per) }, (_, column) => {
    const first = from + column * per;
    return [first, Math.min(to, first + per - 1)] as const;
  });
  const lines = rows.map((row, index) => {
    const cells = columns.map(([first, last]) => {
      const cell = cellOf(row, first, last);
      return cell === undefined ? '.' : paint(cell.letter, cell.index);
    });
    return `${labels[index]!.padEnd(margin)}${cells.join('')}`;
  });
  const legend = values.map(({ name }, index) => `  ${paint(letterOf(index), index)} ${name}`);
  const scale = per === 1 ? 'a column is an instruction' : `a column is ${per} instructions`;
  return [
    `${''.padEnd(margin)}${ruler(lineage, columns)}`,
    ...lines,
    '',
    `Instructions ${from} to ${to}; ${scale}; ? may be lost.`,
    ...legend,
  ].join('\n');
};
