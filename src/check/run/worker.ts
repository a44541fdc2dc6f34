// One worker of a check: a thread or a process that obeys orders, one after the other, with one engine.

import { isMainThread, parentPort } from 'node:worker_threads';
import { replay } from '../../run/replay.js';
import { readParameters } from '../../scenario/parameters.js';
import { type Scenario, loadScenario } from '../../scenario/scenario.js';
import { Arena, scenarioWith } from '../watch/arena.js';
import { replayPath, runBlock, shrinkBlock } from '../find/campaign.js';
import { tryKept } from '../find/candidate.js';
import { findMattering } from '../find/mattering.js';
import { keep } from '../tell/keep.js';
import { matteringText } from '../tell/mattering-text.js';
import { reportViolation } from '../tell/report.js';
import { formatViolationReport } from '../tell/report-text.js';
import {
  type Answer,
  type FinishOrder,
  type Finished,
  type OpenOrder,
  type Order,
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
  const { candidate, libraries } = order;
  const scenario = loadScenario(order.scenario, libraries);
  opened = { order, scenario, arena: new Arena(scenario, candidate, { libraries }) };
};

const MATTERING_RUNS = 200; // worlds for each hypothesis about parameters that did not matter
const LITTLE_RUNS = 20;

// Report a counterexample, and keep it where there is a folder for it.
const finish = (
  arena: Arena,
  scenario: Scenario,
  { scenario: reference, candidate, libraries }: OpenOrder,
  order: FinishOrder,
): Finished => {
  const { property, folder } = order;
  const set = new Map(Object.entries(order.world).map(([name, value]) => [name, String(value)]));
  const world = readParameters(scenario, set);
  const violations = [...arena.run(world)];
  const violation = violations.find((one) => one.property === property);
  if (violation === undefined)
    return scenario.fail(
      ['check'],
      `the world that was found does not break ${property} of ${candidate.name}: was its code changed?`,
    );
  // A world that ends by its budget takes a hundred times as long: no variations are tried. One that ends
  // otherwise than by returning may have gone through much memory before: less is tried.
  const ends = violations.find((one) => one.property === 'ends');
  const isSlow = ends?.property === 'ends' && ends.result.kind === 'budget';
  const runs = ends === undefined ? MATTERING_RUNS : LITTLE_RUNS;
  const found = { property, world };
  const notes = isSlow ? [] : matteringText(findMattering(arena, found, { runs }));
  const { file, recording } =
    folder === null
      ? { file: null, recording: replay(scenarioWith(scenario, candidate), { set, libraries }) }
      : keep({ folder, scenario, reference, libraries }, { candidate, property, world, notes });
  const report = reportViolation(recording, arena.subject, candidate.name, violation);
  return { file, report: formatViolationReport(report, notes) };
};

const obey = (order: Order): Answer => {
  const { kind } = order;
  if (kind === 'open') {
    open(order);
    return { kind, result: null };
  }
  if (opened === undefined) throw new Error(`${kind} was ordered before a candidate was opened`);
  const { arena, scenario } = opened;
  switch (kind) {
    case 'kept':
      return { kind, result: tryKept(arena, order.worlds) };
    case 'block':
      return { kind, result: runBlock(arena, order.seed, order.block, order.runs) };
    case 'shrink':
      return { kind, result: shrinkBlock(arena, order.seed, order.result) ?? null };
    case 'path':
      return { kind, result: replayPath(arena, order.seed, order.path) ?? null };
    case 'finish':
      return { kind, result: finish(arena, scenario, opened.order, order) };
  }
};

const answer = (order: Order): Answer => {
  try {
    return obey(order);
  } catch (error) {
    return { kind: 'error', error: sendError(error) };
  }
};

if (!isMainThread) parentPort?.on('message', (order: Order) => parentPort?.postMessage(answer(order), []));
else if (process.send !== undefined) {
  process.on('SIGINT', () => undefined); // a terminal sends it to all; the parent ends this process
  process.on('disconnect', () => process.exit());
  process.on('message', (order: Order) => process.send?.(answer(order)));
}
