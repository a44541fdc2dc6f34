// The lineage of a stretch of the run as rows of bars: one row for each place. Knows no screen.

import { GENERAL_REGISTERS } from '../../src/x86/registers.js';
import type { PagePlace, PageValue } from '../../src/report/page-data.js';

/** A place of a value, as a bar. */
export interface Bar {
  /** Index of the value. */
  readonly value: number;
  readonly place: PagePlace;
  /** First and last state, inside of the stretch. */
  readonly from: number;
  readonly to: number;
  /** The state of its death, if that lies in the stretch. */
  readonly death: number | undefined;
}

/** A row. */
export interface Row {
  readonly label: string;
  readonly key: string;
  readonly bars: readonly Bar[];
}

/** A stretch of states. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

// Registers first, in the order that people know; then memory by address.
const orderOf = (row: string): bigint => {
  const index = GENERAL_REGISTERS.findIndex((name) => name === row);
  return index >= 0 ? BigInt(index) : row.startsWith('0x') ? BigInt(row) : 100n;
};

/** Whether anything of a value happens in a stretch: it got a place there, or lost one. */
export const isAbout = ({ places }: PageValue, { from, to }: Stretch): boolean =>
  places.some(
    (place) =>
      (place.from > from && place.from <= to) ||
      (place.until !== null && place.until >= from && place.until < to),
  );

/** The rows of some values. */
export const rowsOf = (
  values: readonly PageValue[],
  chosen: readonly number[],
  { from, to }: Stretch,
): Row[] => {
  const rows = new Map<string, { label: string; key: string; bars: Bar[] }>();
  for (const value of chosen) {
    for (const place of values[value]?.places ?? []) {
      const last = place.until ?? to;
      if (place.from > to || last < from) continue;
      const row = rows.get(place.row) ?? {
        label: place.row.startsWith('0x') ? place.place : place.row,
        key: place.row,
        bars: [],
      };
      rows.set(place.row, row);
      row.bars.push({
        value,
        place,
        from: Math.max(from, place.from),
        to: Math.min(to, last),
        death: place.until !== null && place.until <= to ? place.until : undefined,
      });
    }
  }
  return [...rows.values()].toSorted((a, b) => {
    const [left, right] = [orderOf(a.key), orderOf(b.key)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
};

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A short sign for the value at a place of the list: `A`, …, `Z`, `A2`, … */
export const signOf = (index: number): string => {
  const round = Math.floor(index / LETTERS.length);
  return `${LETTERS[index % LETTERS.length] ?? '?'}${round === 0 ? '' : round + 1}`;
};

/** How many colours there are. */
export const COLOURS = 12;
