// The result of a check, as a value that JSON, table and JUnit show.

import type { PropertyName } from '../property/properties.js';

/** The result for one candidate. */
export interface CheckedCandidate {
  readonly name: string;
  /** null for a user's, which should hold. */
  readonly expected: 'holds' | 'breaks' | null;
  readonly verdict: 'holds' | 'breaks' | 'error';
  /** Worlds that were tried, up to the first that broke something; kept ones do not count. */
  readonly runs: number;
  readonly property: PropertyName | null;
  /** Path of a scenario file. */
  readonly counterexample: string | null;
  /** `BLOCK:PATH` for `--path`; null for kept worlds too. */
  readonly path: string | null;
  /** The command that replays the counterexample. */
  readonly replay: string | null;
  /** Why it cannot be run, or how the emulator ended. */
  readonly message: string | null;
  /** The report of the violation, in lines; empty where there is none. */
  readonly report: readonly string[];
  /** Files of kept counterexamples that break nothing any more. */
  readonly nowHold: readonly string[];
}

/** What `check --json` prints. */
export interface CheckDocument {
  readonly scenario: string;
  readonly seed: number;
  readonly runs: number;
  readonly candidates: readonly CheckedCandidate[];
}

/** Whether a verdict is the expected one. */
export const isAsExpected = ({
  expected,
  verdict,
}: Pick<CheckedCandidate, 'expected' | 'verdict'>): boolean => verdict === (expected ?? 'holds');

/** Whether a report belongs below the table: an unexpected break, or a user's. */
export const isReported = (candidate: CheckedCandidate): boolean =>
  candidate.verdict !== 'holds' && !isAsExpected(candidate);
