// Explains a counterexample: which of its parameters mattered, a recording of it, the report. Keeps it where there is a
// folder for it.

import type { Recording } from '../../recording/recording.js';
import { replay } from '../../run/replay.js';
import { type Parameters, formatParameters } from '../../scenario/parameters.js';
import type { Scenario } from '../../scenario/scenario.js';
import { findMattering } from '../find/mattering.js';
import type { Mattering } from '../find/mattering-document.js';
import type { UninitialisedRead } from '../property/uninitialised-read.js';
import type { PropertyName } from '../property/properties.js';
import { type Arena, type CandidateCode, scenarioWith } from '../watch/arena.js';
import { NOT_AGAIN, flakyReason } from '../watch/flaky.js';
import { checkedScenario } from '../world/stale-parameter.js';
import { type Keeping, keep } from './keep.js';
import { formatViolationReport } from './report-text.js';
import { reportViolation } from './report.js';
import { matteringLines } from './world-text.js';

const MATTERING_RUNS = 200; // worlds for each hypothesis about a parameter
const LITTLE_RUNS = 20;

const WIDTH = 114; // of the comments in a kept file

/** Where a counterexample is kept: `folder` is null for nowhere. */
export type ExplainedIn = Omit<Keeping, 'folder'> & { readonly folder: string | null };

/** A counterexample with what there is to say of it. */
interface Explained {
  /** Its file; null where it is not kept. */
  readonly file: string | null;
  /** The report, in lines. */
  readonly report: readonly string[];
  /** Why there is neither: run again, the world does not break the property. Null where it does. */
  readonly flaky: string | null;
}

const matteringOf = (
  arena: Arena,
  found: { readonly property: PropertyName; readonly world: Parameters },
): Mattering => {
  // A call that takes long, never ends, or ends otherwise than by returning, which may have gone through much memory
  // before: less is tried.
  const ends = arena.run(found.world).some((one) => one.property === 'ends');
  return findMattering(arena, found, { runs: ends || arena.tookMore ? LITTLE_RUNS : MATTERING_RUNS });
};

// A read of what nobody wrote, with what it read.
const withPlace = (arena: Arena, world: Parameters, violation: UninitialisedRead): UninitialisedRead => {
  const from = arena.locate(world);
  return from === undefined ? violation : { ...violation, from };
};

const recordingOf = (scenario: Scenario, world: Parameters, libraries: readonly string[]): Recording => {
  const set = new Map(Object.entries(formatParameters(world)).map(([name, value]) => [name, String(value)]));
  return replay(scenario, { set, libraries });
};

/**
 * Explain a counterexample.
 *
 * @param quick leaves out which parameters mattered
 * @throws {InputError} when it cannot be kept
 */
export const explain = (
  arena: Arena,
  candidate: CandidateCode,
  found: { readonly property: PropertyName; readonly world: Parameters },
  { folder, ...place }: ExplainedIn,
  { quick = false }: { readonly quick?: boolean } = {},
): Explained => {
  const { scenario, libraries = [] } = place;
  const { property, world } = found;
  const known = arena.run(world).find((one) => one.property === property);
  const { flaky } = arena;
  const violation =
    known === undefined || known.property !== 'uninitialised-read' ? known : withPlace(arena, world, known);
  if (violation === undefined || flaky !== undefined) {
    const reason = flaky === undefined ? NOT_AGAIN : flakyReason(flaky);
    return { file: null, report: [], flaky: reason };
  }
  const mattering = quick ? undefined : matteringOf(arena, found);
  const { file, recording } =
    folder === null
      ? {
          file: null,
          recording: recordingOf(scenarioWith(checkedScenario(scenario), candidate), world, libraries),
        }
      : keep({ folder, ...place }, { candidate, property, world, notes: matteringLines(mattering, WIDTH) });
  const report = reportViolation(recording, arena.subject, candidate.name, violation);
  return { file, report: formatViolationReport(report, { world, mattering }), flaky: null };
};
