// A legend in columns: as many as fit beside each other, read downward.

import { MONO, fit, label, widthOf } from './look.js';
import { greatest } from '../base/long-lists.js';
import type { Svg } from './svg.js';

export interface LegendEntry {
  readonly text: string;
  /** The sign before the text, 22 wide; `y` is the base line of the text. */
  readonly mark: (x: number, y: number) => readonly Svg[];
}

interface LegendPlace {
  readonly x: number;
  readonly width: number;
  /** Height of a line. */
  readonly line: number;
  readonly size: number;
}

const SIGN = 30;
const GAP = 14;

/** Lay out a legend; `draw` takes the base line of its first line. */
export const legendColumns = (
  entries: readonly LegendEntry[],
  { x, width, line, size }: LegendPlace,
): { readonly height: number; readonly draw: (y: number) => Svg[] } => {
  const widest = greatest(
    entries.map(({ text }) => widthOf(text, size)),
    60,
  );
  const columns = Math.max(1, Math.floor((width + GAP) / Math.min(width, widest + SIGN + GAP)));
  const lines = Math.ceil(entries.length / columns);
  const step = width / columns;
  return {
    height: lines * line,
    draw: (y) =>
      entries.flatMap(({ text, mark }, index) => {
        const left = x + Math.floor(index / lines) * step;
        const base = y + (index % lines) * line;
        const fitted = fit(text, step - SIGN - GAP / 2, size);
        return [...mark(left, base), label(left + SIGN, base, fitted, { size, 'font-family': MONO })];
      }),
  };
};
