// What the user looks at: which pane has the keys, where the cursor of each is, what memory is shown.

import type { Addr } from '../base/address.js';

/** The panes, in the order in which Tab goes through them. */
export const PANES = ['code', 'registers', 'stack', 'memory', 'events'] as const;

export type PaneName = (typeof PANES)[number];

export interface Range {
  readonly address: Addr;
  readonly size: number; // bytes
}

/** What the user looks at. Cursors that are absent follow the machine. */
export interface Look {
  readonly focus: PaneName;
  /** Which of the last three is shown where there is room for one. */
  readonly bottom: PaneName;
  /** An instruction of the function that is shown. */
  readonly code: Addr | undefined;
  /** Index in REGISTERS. */
  readonly register: number;
  readonly stack: Addr | undefined;
  /** Memory that is shown, by an address in it. */
  readonly target: Addr | undefined;
  /** Row of the memory pane; absent: the row that holds the target. */
  readonly memory: number | undefined;
  /** Index of an event. */
  readonly event: number | undefined;
}

export const firstLook: Look = {
  focus: 'code',
  bottom: 'stack',
  code: undefined,
  register: 0,
  stack: undefined,
  target: undefined,
  memory: undefined,
  event: undefined,
};
