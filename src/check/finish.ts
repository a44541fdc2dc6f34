// What becomes of a counterexample: a file that is kept, and a report of what it broke. Which worlds are
// counterexamples is found elsewhere.

import type { Scenario } from '../scenario.js';
import type { Arena } from './arena.js';
import { keep } from './keep.js';
import type { Finished, FinishOrder, OpenOrder } from './orders.js';

/**
 * Keep a counterexample and report it.
 *
 * @throws {InputError} when its file cannot be written
 */
export const finish = (
  _arena: Arena,
  scenario: Scenario,
  { scenario: reference, candidate, libraries }: OpenOrder,
  { property, world, folder }: FinishOrder,
): Finished => {
  const kept = keep({ folder, scenario, reference, libraries }, { candidate, property, world });
  return { file: kept.file, report: [] };
};
