// A lineage as a time line for a terminal: places as rows, instructions as columns, values as letters and colours.

import type { Coloured } from '../base/coloured.js';
import type { Lineage } from './lineage.js';
import { greatest } from '../base/long-lists.js';
import type { Place, Value } from './value.js';
import { type LineageRow, letterOf, lineageRows } from './rows.js';

// How a chart is drawn.
interface ChartOptions {
  /** First and last state. */
  readonly from: number;
  readonly to: number;
  /** Columns of the terminal. */
  readonly width: number;
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
export const chartOf = (
  lineage: Lineage,
  values: readonly Value[],
  options: ChartOptions,
): readonly Coloured[] => {
  const { from, to, width } = options;
  const paint = (text: string, index: number): Coloured => ({
    text,
    colour: COLOURS[index % COLOURS.length]!,
  });
  const rows = lineageRows(values);
  const labels = rows.map(({ label }) =>
    label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label,
  );
  const margin =
    greatest(
      labels.map((label) => label.length),
      0,
    ) + 1;
  const states = to - from + 1;
  const per = Math.max(1, Math.ceil(states / Math.max(NARROWEST, width - margin)));
  const columns = Array.from({ length: Math.ceil(states / per) }, (_, column) => {
    const first = from + column * per;
    return [first, Math.min(to, first + per - 1)] as const;
  });
  const lines = rows.map((row, index) => {
    const cells = columns.map(([first, last]): Coloured => {
      const cell = cellOf(row, first, last);
      return cell === undefined ? { text: '.' } : paint(cell.letter, cell.index);
    });
    return [{ text: labels[index]!.padEnd(margin) }, ...cells];
  });
  const legend = values.map(({ name }, index) => [
    { text: '  ' },
    paint(letterOf(index), index),
    { text: ` ${name}` },
  ]);
  const scale = per === 1 ? 'a column is an instruction' : `a column is ${per} instructions`;
  const all: readonly (readonly Coloured[])[] = [
    [{ text: `${''.padEnd(margin)}${ruler(lineage, columns)}` }],
    ...lines,
    [],
    [{ text: `Instructions ${from} to ${to}; ${scale}; ? may be lost.` }],
    ...legend,
  ];
  return all.flatMap((line) => [...line, { text: '\n' }]);
};
