// The result of a check, as a value that JSON, table and JUnit show.

import {
  type TypeOf,
  count,
  integer,
  list,
  matching,
  oneOf,
  orNull,
  record,
  says,
  someText,
  text,
  titled,
} from '../../base/form.js';
import { PROPERTIES } from '../property/properties.js';

const checkedForm = record({
  name: someText,
  expected: says('null for user-supplied code, which should hold', orNull(oneOf(['holds', 'breaks']))),
  verdict: oneOf(['holds', 'breaks', 'error']),
  runs: says('worlds that were tried, up to the first that broke something; kept ones do not count', count),
  property: orNull(oneOf(PROPERTIES)),
  counterexample: says('path of a scenario file', orNull(text())),
  path: says('BLOCK:PATH for --path; null for kept worlds too', orNull(matching(/^\d+(?::\d+)+$/u))),
  replay: says('the command that replays the counterexample', orNull(text())),
  message: says('why it cannot be run, or how the emulator ended', orNull(text())),
  report: says('the report of what broke, in lines; empty where nothing did', list(text())),
  nowHold: says('files of kept counterexamples that break nothing any more', list(someText)),
});

export const checkForm = titled(
  'What oopslab check --json prints',
  record({
    scenario: says('name, or the path that was given', someText),
    seed: integer(0, 2 ** 32 - 1),
    runs: says('worlds to try for each candidate', integer(1)),
    candidates: list(checkedForm, { minItems: 1 }),
  }),
);

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
