// The result of a check, as a value that JSON, table and JUnit show.

import type { TypeOf } from '../../base/form.js';
import type { checkForm, checkedForm } from './form.js';

/** The result for one candidate. */
export type CheckedCandidate = TypeOf<typeof checkedForm>;

/** What `check --json` prints. */
export type CheckDocument = TypeOf<typeof checkForm>;

/** Whether a verdict is the expected one. */
export const isAsExpected = ({
  expected,
  verdict,
}: Pick<CheckedCandidate, 'expected' | 'verdict'>): boolean => verdict === (expected ?? 'holds');

/** Whether a report belongs below the table: an unexpected break, or a user's. */
export const isReported = (candidate: CheckedCandidate): boolean =>
  candidate.verdict !== 'holds' && !isAsExpected(candidate);
