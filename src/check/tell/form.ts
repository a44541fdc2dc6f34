// The result of a check, as a value that JSON, table and JUnit show.

import {
  type TypeOf,
  count,
  either,
  flag,
  integer,
  list,
  map,
  matching,
  number,
  oneOf,
  optional,
  orNull,
  record,
  says,
  someText,
  text,
  titled,
} from '../../base/form.js';
import { PROPERTIES } from '../property/properties.js';

const places = list(someText);

const coverageForm = record({
  instructions: says(
    'of the code of the candidate that control can reach',
    record({ run: count, total: count }),
  ),
  neverRan: says('the instructions that never ran, as symbol+0x…', places),
  lines: says(
    'source lines that have instructions, and whether one of them ran',
    list(record({ file: someText, line: integer(1), runs: flag })),
  ),
  oneSided: says(
    'conditional instructions with one outcome only in the share of worlds that was observed, as symbol+0x…',
    places,
  ),
});

const worldsForm = record({
  tried: says('as `runs`', count),
  parameters: says(
    'which values they had; nothing unless it holds or is slow',
    map(
      record({
        type: oneOf(['text', 'choice', 'int32', 'contents']),
        lengths: says(
          'of a text, in bytes: how many different ones, the shortest and the longest; null for other types',
          orNull(record({ different: count, from: count, to: count })),
        ),
        histogram: says(
          'lengths of texts in classes of powers of two, with how many different ones there were; otherwise values',
          list(record({ what: text(), worlds: count, lengths: optional(count) })),
        ),
      }),
    ),
  ),
  exhaustive: says(
    'what all worlds of an exhaustive search are; null where they were drawn',
    orNull(record({ bound: someText, count })),
  ),
  failedAllocations: says(
    'places of the candidate that ask for memory, by where the call returns to, and whether they got none in a world',
    list(record({ at: someText, failed: flag })),
  ),
});

const checkedForm = record({
  name: someText,
  expected: says('null for user-supplied code, which should hold', orNull(oneOf(['holds', 'breaks']))),
  verdict: oneOf(['holds', 'breaks', 'flaky', 'slow', 'error']),
  complete: says(
    'false where some of the code never ran, or not all worlds were tried though nothing was found',
    flag,
  ),
  reason: says(
    'why it is flaky, slow or an error, why it is not complete ("interrupted", "time limit", or how much never ran), or how the emulator ended; otherwise null',
    orNull(text()),
  ),
  runs: says('worlds that were tried, up to the first that broke something; kept ones do not count', count),
  property: orNull(oneOf(PROPERTIES)),
  counterexample: says('path of a scenario file', orNull(text())),
  world: says(
    'the world that breaks, a value for each parameter as --set takes it',
    orNull(map(either(text(), number))),
  ),
  path: says('BLOCK:PATH for --path; null for kept worlds too', orNull(matching(/^\d+(?::\d+)+$/u))),
  replay: says('the command that replays the counterexample', orNull(text())),
  report: says('the world and the report of what broke, in lines; empty where nothing did', list(text())),
  nowHold: says('files of kept counterexamples that break nothing any more', list(someText)),
  coverage: says('what of the code ran; null unless it holds or is slow', orNull(coverageForm)),
  worlds: worldsForm,
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

/** What of a candidate's code ran. */
export type ToldCoverage = TypeOf<typeof coverageForm>;

/** What `check --json` prints. */
export type CheckDocument = TypeOf<typeof checkForm>;

/** Whether a verdict is the expected one. */
export const isAsExpected = ({
  expected,
  verdict,
}: Pick<CheckedCandidate, 'expected' | 'verdict'>): boolean => verdict === (expected ?? 'holds');

/** Whether it holds as far as it was looked at, which is not all. */
export const isIncomplete = ({
  verdict,
  complete,
}: Pick<CheckedCandidate, 'verdict' | 'complete'>): boolean => verdict === 'holds' && !complete;

/** Whether a report belongs below the table: an unexpected break, or a user's. */
export const isReported = (candidate: CheckedCandidate): boolean =>
  candidate.verdict !== 'holds' && !isAsExpected(candidate);
