// Explains a counterexample: which of its parameters mattered, a recording of it, the report. Keeps it where there is a
// folder for it.

import { replay } from '../../run/replay.js';
import type { Recording } from '../../recording/recording.js';
import { type Parameters, formatParameters } from '../../scenario/parameters.js';
import type { Scenario } from '../../scenario/scenario.js';
import { findMattering } from '../find/mattering.js';
import type { PropertyName } from '../property/properties.js';
import { type Arena, type CandidateCode, scenarioWith } from '../watch/arena.js';
import { type Keeping, keep } from './keep.js';
import { matteringText } from './mattering-text.js';
import { reportViolation } from './report.js';
import { formatViolationReport } from './report-text.js';

const MATTERING_RUNS = 200; // worlds for each hypothesis about parameters that did not matter
const LITTLE_RUNS = 20;

/** Where a counterexample is kept: `folder` is null for nowhere. */
export type ExplainedIn = Omit<Keeping, 'folder'> & { readonly folder: string | null };

/** A counterexample with what there is to say of it. */
interface Explained {
  /** Its file; null where it is not kept. */
  readonly file: string | null;
  /** The report, in lines. */
  readonly report: readonly string[];
}

/**
 * Explain a counterexample.
 *
 * @throws {InputError} when it breaks nothing any more, or cannot be kept
 */
export const explain = (
  arena: Arena,
  candidate: CandidateCode,
  found: { readonly property: PropertyName; readonly world: Parameters },
  { folder, ...place }: ExplainedIn,
): Explained => {
  const { scenario, libraries = [] } = place;
  const { property, world } = found;
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
  const notes = isSlow ? [] : matteringText(findMattering(arena, found, { runs }));
  const { file, recording } =
    folder === null
      ? { file: null, recording: recordingOf(scenarioWith(scenario, candidate), world, libraries) }
      : keep({ folder, ...place }, { candidate, property, world, notes });
  const report = reportViolation(recording, arena.subject, candidate.name, violation);
  return { file, report: formatViolationReport(report, notes) };
};

const recordingOf = (scenario: Scenario, world: Parameters, libraries: readonly string[]): Recording => {
  const set = new Map(Object.entries(formatParameters(world)).map(([name, value]) => [name, String(value)]));
  return replay(scenario, { set, libraries });
};
