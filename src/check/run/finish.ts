// Turns a counterexample into a file that is kept, and a report of the violation and of parameters that did not matter.

import { readParameters } from '../../scenario/parameters.js';
import { replay } from '../../run/replay.js';
import type { Scenario } from '../../scenario/scenario.js';
import { type Arena, scenarioWith } from '../watch/arena.js';
import { keep } from '../tell/keep.js';
import { findMattering } from '../find/mattering.js';
import { matteringText } from '../tell/mattering-text.js';
import type { Finished, FinishOrder, OpenOrder } from './orders.js';
import { reportViolation } from '../tell/report.js';
import { formatViolationReport } from '../tell/report-text.js';

const MATTERING_RUNS = 200; // worlds for each hypothesis about parameters that did not matter
const LITTLE_RUNS = 20;

/**
 * Report a counterexample, and keep it where there is a folder for it.
 *
 * @throws {InputError} when its file cannot be written, or the world breaks the property no more
 */
export const finish = (
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
