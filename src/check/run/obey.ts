// Obeys the orders of a check, one after the other, with one engine. Knows no thread and no process.

import { readParameters } from '../../scenario/parameters.js';
import { type Scenario, loadScenario } from '../../scenario/scenario.js';
import { exhaustiveSpace } from '../find/exhaustive.js';
import { Arena } from '../watch/arena.js';
import { replayPath, runBlock, shrinkBlock } from '../find/campaign.js';
import { tryKept } from '../find/kept.js';
import { explain } from '../tell/explain.js';
import { flakyReason } from '../watch/flaky.js';
import { withLike } from '../world/like.js';
import {
  type Answer,
  type FinishOrder,
  type Finished,
  type OpenOrder,
  type Order,
  type Revisited,
  sendError,
} from './orders.js';

interface Opened {
  readonly order: OpenOrder;
  readonly scenario: Scenario;
  readonly arena: Arena;
}

const openArena = (order: OpenOrder): Opened => {
  const { candidate, libraries, options } = order;
  const { budget, thorough, like, exhaustive: bytes } = options;
  const scenario = withLike(loadScenario(order.scenario, libraries), like ?? undefined);
  const exhaustive = bytes === null ? undefined : exhaustiveSpace(scenario, bytes);
  const arena = new Arena(scenario, candidate, { libraries, budget, thorough, exhaustive });
  return { order, scenario, arena };
};

// Report a counterexample, and keep it where there is a folder for it.
const finish = (
  { arena, scenario, order: { scenario: reference, candidate, libraries } }: Opened,
  { property, world: values, folder, quick }: FinishOrder,
): Finished => {
  const set = new Map(Object.entries(values).map(([name, value]) => [name, String(value)]));
  const found = { property, world: readParameters(arena.subject.scenario, set) };
  return explain(arena, candidate, found, { folder, scenario, reference, libraries }, { quick });
};

const revisit = (arena: Arena, seed: number, path: string): Revisited => {
  const found = replayPath(arena, seed, path);
  const flaky = arena.flaky === undefined ? null : flakyReason(arena.flaky);
  return { counterexample: flaky === null ? (found ?? null) : null, isSlow: arena.slow, flaky };
};

/** It has one candidate open: the one that was opened last. */
export class Obedient {
  #opened: Opened | undefined;

  #open(order: OpenOrder): void {
    this.close();
    this.#opened = openArena(order);
  }

  #obey(order: Order): Answer {
    const { kind } = order;
    if (kind === 'open') {
      this.#open(order);
      return { kind, result: null };
    }
    if (this.#opened === undefined) throw new Error(`${kind} was ordered before a candidate was opened`);
    const { arena } = this.#opened;
    switch (kind) {
      case 'kept':
        return { kind, result: tryKept(arena, order.worlds) };
      case 'block':
        return { kind, result: runBlock(arena, order.seed, order.block, order.runs) };
      case 'shrink':
        return { kind, result: shrinkBlock(arena, order.seed, order.result) ?? null };
      case 'path':
        return { kind, result: revisit(arena, order.seed, order.path) };
      case 'finish':
        return { kind, result: finish(this.#opened, order) };
    }
  }

  /** Obey; what goes wrong is an answer too. */
  answer(order: Order): Answer {
    try {
      return this.#obey(order);
    } catch (error) {
      return { kind: 'error', error: sendError(error) };
    }
  }

  /** Free the engine. */
  close(): void {
    this.#opened?.arena.close();
    this.#opened = undefined;
  }
}
