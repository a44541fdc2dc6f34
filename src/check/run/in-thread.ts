// Obeys the orders of a check in the thread that gives them: a page has no other. User code that ended the emulator
// would end that thread, so nothing could be taken for a verdict.

import type { Hand, Hands } from './hands.js';
import { Obedient } from './obey.js';
import { type OpenOrder, type Order, type Results, receiveError } from './orders.js';

/** The only one. */
export class InThread implements Hands {
  readonly #obedient = new Obedient();

  /** @param pause lets the thread do something else; awaited before each order */
  constructor(private readonly pause: () => Promise<void> = () => Promise.resolve()) {}

  async open(order: OpenOrder): Promise<Hand> {
    const hand: Hand = {
      ask: async <Kind extends Order['kind']>(one: Extract<Order, { kind: Kind }>) => {
        await this.pause();
        const answer = this.#obedient.answer(one);
        if (answer.kind === 'error') throw receiveError(answer.error);
        return answer.result as Results[Kind]; // the answer is of the order's kind
      },
    };
    await hand.ask<'open'>(order);
    return hand;
  }

  indices(): number[] {
    return [0];
  }

  close(): void {
    this.#obedient.close();
  }
}
