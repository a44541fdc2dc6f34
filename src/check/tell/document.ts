// What a check found, as a value that JSON, table and JUnit show. Nothing runs here, and no text is laid out.

import type { PropertyName } from '../property/properties.js';

/** What a check found about one candidate. */
export interface CheckedCandidate {
  readonly name: string;
  /** null for what a user brought, which should hold. */
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
  /** The report of what broke, in lines; empty where nothing did. */
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

/** Whether a verdict is what was expected. */
export const isAsExpected = ({
  expected,
  verdict,
}: Pick<CheckedCandidate, 'expected' | 'verdict'>): boolean => verdict === (expected ?? 'holds');

/** Whether a report belongs below the table: an unexpected break, or a user's. */
export const isReported = (candidate: CheckedCandidate): boolean =>
  candidate.verdict !== 'holds' && !isAsExpected(candidate);
