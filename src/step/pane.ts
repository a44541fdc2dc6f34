// What a pane is: a title and rows that can be made one by one, since a stack has a thousand and a screen shows six.

import type { Line } from './styled.js';

/** A pane's contents at one moment. */
export interface Pane {
  readonly title: string;
  readonly count: number;
  /** The row that must be in sight. */
  readonly anchor: number;
  /**
   * A row, longer or shorter than the width: it is fitted later.
   *
   * @param width columns there are, for a pane that has more to say where there is room
   */
  row(index: number, width: number): Line;
}

/** The first row of a window of so many rows that holds the anchor, in its middle where that is possible. */
export const windowStart = ({ count, anchor }: Pick<Pane, 'count' | 'anchor'>, height: number): number =>
  Math.max(0, Math.min(anchor - Math.floor((height - 1) / 2), count - height));
