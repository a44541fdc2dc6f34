// Runs a scenario once with each detector, and tells what each made of it.

import type { EngineKind } from '../machine/engine.js';
import { InputError } from '../base/errors.js';
import { Case } from '../reading/case.js';
import type { Finding } from '../reading/findings.js';
import { Moments } from '../reading/moments.js';
import { formatParameters, readParameters } from '../scenario/parameters.js';
import { finalRegisters } from '../recording/trap.js';
import type { Outcome, Recording } from '../recording/recording.js';
import type { Allocator } from '../run/allocator.js';
import { watchedPlan } from '../run/detector.js';
import { PoolHeap } from '../run/pool-heap.js';
import { replay } from '../run/replay.js';
import type { Scenario } from '../scenario/scenario.js';
import type { DetectorRow, DetectorsDocument } from './form.js';
import { DETECTORS, type Detector, type FinishedRun, plainGeometry } from './kinds.js';
import { reasonOf } from './reason.js';
import { RunSight, type TimedReport } from './sight.js';
import { touchedBytes } from './touched.js';

interface CompareOptions {
  readonly set?: ReadonlyMap<string, string>;
  readonly libraries?: readonly string[];
  readonly engine?: EngineKind;
}

interface Caught {
  readonly instruction: number;
  readonly at: string | null;
  readonly step: string;
  readonly lines: readonly string[];
}

// An allocator's report: the instruction is the call of the allocator, or the first after what the sandbox did.
const caughtByCheck = ({ recording, symbols }: Case, { event, lines }: TimedReport): Caught => {
  const last = recording.header.events.length - 1;
  return { ...new Moments(recording, symbols).ofEvent(Math.min(event, last)), lines };
};

// What came first: a report of the allocator's, or an access that is forbidden.
const firstReport = (
  run: Case,
  detector: Detector,
  finished: FinishedRun,
  sight: RunSight,
): Caught | undefined => {
  const forbidden = detector.forbidden?.(finished);
  const [check] = sight.reports;
  const checked = check === undefined ? undefined : caughtByCheck(run, check);
  if (forbidden === undefined) return checked;
  const { recording, symbols } = run;
  const instruction = recording.accesses.instruction(forbidden.index);
  if (checked !== undefined && checked.instruction < instruction) return checked;
  return { ...new Moments(recording, symbols).ofInstruction(instruction), lines: forbidden.lines };
};

// Four bytes of poison in a row, in the address of a fault or in a register at its instruction.
const showsPoison = (recording: Recording, outcome: Outcome, poison: readonly number[]): boolean => {
  if (outcome.kind !== 'fault') return false;
  const values = [BigInt(outcome.address), ...finalRegisters(recording)];
  return poison.some((one) => {
    const pattern = one.toString(16).padStart(2, '0').repeat(4);
    return values.some((value) => value.toString(16).includes(pattern));
  });
};

// How many objects of each cache a run has: the world's, and those that steps allocate.
const objectsOf = ({ header }: Recording): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  const caches = [
    ...header.world.map(({ cache }) => cache),
    ...header.events.map((event) => (event.kind === 'allocate' ? event.cache : null)),
  ];
  for (const cache of caches) if (cache !== null) counts.set(cache, (counts.get(cache) ?? 0) + 1);
  return counts;
};

const memoryOf = (
  scenario: Scenario,
  detector: Detector,
  counts: ReadonlyMap<string, number>,
): DetectorRow['memory'] => {
  const objects = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([cache, count]) => {
      const plain = plainGeometry(scenario, cache);
      return plain === undefined
        ? []
        : [{ cache, count, plain: plain.stride, bytes: detector.bytesOf(plain, scenario) }];
    });
  return {
    objects,
    plain: objects.reduce((sum, { count, plain }) => sum + count * plain, 0),
    total: objects.reduce((sum, { count, bytes }) => sum + count * bytes, 0),
    fixed: detector.fixed,
  };
};

/** What the run without a detector came to. */
interface Usual {
  readonly outcome: Outcome;
  readonly objects: ReadonlyMap<string, number>;
}

// What nobody wrote is no fault of where memory is accessed: such a use counts where nothing else does.
const causeOf = ({ findings }: Case): Finding | undefined =>
  findings.find(({ kind }) => kind !== 'memory-leak' && kind !== 'uninitialised') ??
  findings.find(({ kind }) => kind === 'uninitialised');

const runOne = (
  scenario: Scenario,
  detector: Detector,
  options: CompareOptions,
  usual?: Usual,
): { readonly row: DetectorRow; readonly usual: Usual } => {
  const sight = new RunSight();
  let heap: Allocator | undefined;
  const plan = watchedPlan(detector.plan(sight), (built) => (heap = built));
  const recording = replay(scenario, { ...options, heap: { plan, begin: (run) => sight.begin(run) } });
  const run = new Case(recording, options.libraries);
  const finished: FinishedRun = { scenario, run, heap: heap! };
  const cause = causeOf(run);
  const { outcome } = recording.header;
  const caught = detector.id === 'none' ? undefined : firstReport(run, detector, finished, sight);
  const from = cause?.instruction ?? 0;
  const touched = touchedBytes(recording, detector.watching(finished), from);
  const checksAfter = sight.checks.filter((at) => at > from).length;
  const own = usual ?? { outcome, objects: objectsOf(recording) };
  const isOther = JSON.stringify(own.outcome) !== JSON.stringify(outcome);
  const verdict =
    caught !== undefined
      ? 'caught'
      : isOther && showsPoison(recording, outcome, detector.poison)
        ? 'shown'
        : 'missed';
  const row: DetectorRow = {
    id: detector.id,
    title: detector.title,
    source: detector.source,
    verdict,
    cause: cause ?? null,
    caught:
      caught === undefined
        ? null
        : {
            ...caught,
            after: cause === undefined ? null : caught.instruction - cause.instruction,
            lines: [...caught.lines],
          },
    unguarded: heap instanceof PoolHeap ? heap.outside : 0,
    reports: sight.count + (caught !== undefined && sight.count === 0 ? 1 : 0),
    outcome,
    outcomeAfter: cause === undefined ? null : recording.instructions - cause.instruction,
    watched: {
      read: touched.read,
      written: touched.written,
      changed: touched.changed,
      checks: sight.checks.length,
      checksAfter,
    },
    reason:
      verdict === 'missed' && detector.id !== 'none' ? reasonOf(run, { cause, touched, checksAfter }) : null,
    memory: memoryOf(scenario, detector, own.objects),
  };
  return { row, usual: own };
};

/**
 * What every detector makes of a scenario.
 *
 * @param only identifiers of detectors; all without it
 * @throws {InputError} when the scenario, a parameter or a detector's name is wrong
 */
export const compareDetectors = (
  scenario: Scenario,
  options: CompareOptions = {},
  only: readonly string[] = [],
): DetectorsDocument => {
  const [none, ...others] = DETECTORS;
  for (const name of only)
    if (!others.some(({ id }) => id === name))
      throw new InputError(
        `should be one of ${others.map(({ id }) => id).join(', ')}, found ${JSON.stringify(name)}`,
        { field: '--detector' },
      );
  const { row, usual } = runOne(scenario, none!, options);
  const chosen = only.length === 0 ? others : others.filter(({ id }) => only.includes(id));
  const rows = [row, ...chosen.map((detector) => runOne(scenario, detector, options, usual).row)];
  return {
    scenario: scenario.name,
    parameters: formatParameters(readParameters(scenario, options.set)),
    caught: rows.filter(({ verdict }) => verdict === 'caught').length,
    of: rows.length - 1,
    detectors: rows,
  };
};
