// One worker of a check: a thread or a process that obeys orders, one after the other, with one engine.

import { portOfThread } from '../../host/processes.js';
import { prepareEngine } from '../../run/prepare-engine.js';
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

let opened: Opened | undefined;

const open = (order: OpenOrder): void => {
  opened?.arena.close();
  opened = undefined;
  const { candidate, libraries, options } = order;
  const { budget, thorough, like, exhaustive: bytes } = options;
  const scenario = withLike(loadScenario(order.scenario, libraries), like ?? undefined);
  const exhaustive = bytes === null ? undefined : exhaustiveSpace(scenario, bytes);
  const arena = new Arena(scenario, candidate, { libraries, budget, thorough, exhaustive });
  opened = { order, scenario, arena };
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

const obey = (order: Order): Answer => {
  const { kind } = order;
  if (kind === 'open') {
    open(order);
    return { kind, result: null };
  }
  if (opened === undefined) throw new Error(`${kind} was ordered before a candidate was opened`);
  const { arena } = opened;
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
      return { kind, result: finish(opened, order) };
  }
};

const answer = (order: Order): Answer => {
  try {
    return obey(order);
  } catch (error) {
    return { kind: 'error', error: sendError(error) };
  }
};

await prepareEngine();
const port = portOfThread();
if (port !== undefined) port.on('message', (order: Order) => port.postMessage(answer(order), []));
else if (process.send !== undefined) {
  process.on('SIGINT', () => undefined); // a terminal sends it to all; the parent decides
  process.on('disconnect', () => process.exit());
  process.on('message', (order: Order) => process.send?.(answer(order)));
}
