// Who obeys the orders of a check: threads and processes (pool.ts), or the thread that asks (in-thread.ts).

import type { OpenOrder, Order, Results } from './orders.js';

/** One that obeys, one order at a time. */
export interface Hand {
  /** Give an order. @throws {OopslabError} that obeying threw */
  ask<Kind extends Order['kind']>(order: Extract<Order, { kind: Kind }>): Promise<Results[Kind]>;
}

/** Those that there are. */
export interface Hands {
  /**
   * One that has a candidate open.
   *
   * @param apart whether it should be a process of its own, where there are processes
   * @throws {InputError} when the candidate cannot be run
   */
  open(order: OpenOrder, apart: boolean, index?: number): Promise<Hand>;
  /** Up to as many as there are, and as much work. */
  indices(work: number): number[];
}
