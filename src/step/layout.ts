// Which pane goes where on a screen of a given size.

import type { PaneName } from './look.js';

/** A pane's place on the screen: its title is the first row. */
export interface Rect {
  readonly pane: PaneName;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Registers in two columns. */
  readonly compact: boolean;
}

// Status line above, message and help below.
interface Layout {
  readonly rects: readonly Rect[];
  /** Rows that are not for panes, from the top and from the bottom. */
  readonly top: number;
  readonly bottom: number;
}

const WIDE_COLUMNS = 120;
const WIDE_ROWS = 30;
const TWO_COLUMNS = 76; // registers in two columns need so many
const FEWEST = 3; //       rows of a pane: title and two

const BOTTOM = ['stack', 'memory', 'events'] as const;

const stack = (
  panes: readonly (readonly [PaneName, number])[],
  x: number,
  width: number,
  y: number,
  compact: boolean,
): Rect[] => {
  const rects: Rect[] = [];
  let row = y;
  for (const [pane, height] of panes) {
    if (height > 0) rects.push({ pane, x, y: row, width, height, compact });
    row += height;
  }
  return rects;
};

const wide = (columns: number, rows: number, top: number): Rect[] => {
  const left = columns >> 1;
  const code = Math.ceil(rows * 0.6);
  const registers = Math.min(19, rows - 2 * FEWEST);
  const events = Math.max(FEWEST, Math.floor((rows - registers) * 0.4));
  return [
    ...stack([['code', code], ['memory', rows - code]], 0, left, top, false),
    ...stack([['registers', registers], ['stack', rows - registers - events], ['events', events]], left + 1, columns - left - 1, top, false),
  ]; // prettier-ignore
};

// Code and registers, and below them as many of the others as fit; at worst the pane that has the keys alone.
const narrow = (columns: number, rows: number, top: number, focus: PaneName, shown: PaneName): Rect[] => {
  const compact = columns >= TWO_COLUMNS;
  const registers = compact ? 9 : 17;
  if (rows < 2 * FEWEST) return stack([[focus, rows]], 0, columns, top, compact);
  if (rows < registers + 12) {
    const second = focus === 'code' ? (rows >= registers + FEWEST ? 'registers' : shown) : focus;
    const code = Math.max(FEWEST, second === 'registers' ? rows - registers : rows >> 1);
    return stack([['code', code], [second, rows - code]], 0, columns, top, compact); // prettier-ignore
  }
  const rest = rows - registers;
  if (rest < 24) {
    const below = Math.floor(rest * 0.42);
    return stack([['code', rest - below], ['registers', registers], [shown, below]], 0, columns, top, compact); // prettier-ignore
  }
  const each = Math.floor((rest * 2) / 9);
  return stack(
    [['code', rest - 3 * each], ['registers', registers], ...BOTTOM.map((pane) => [pane, each] as const)],
    0, columns, top, compact,
  ); // prettier-ignore
};

/**
 * Lay out a screen.
 *
 * @param focus the pane that has the keys: it is always there
 * @param shown which of stack, memory and events is, where there is room for one
 */
export const layOut = (columns: number, rows: number, focus: PaneName, shown: PaneName): Layout => {
  const top = 1;
  const bottom = rows >= 8 ? 2 : 1;
  const height = Math.max(0, rows - top - bottom);
  const isWide = columns >= WIDE_COLUMNS && height >= WIDE_ROWS;
  const rects = isWide ? wide(columns, height, top) : narrow(columns, height, top, focus, shown);
  return { rects, top, bottom };
};
