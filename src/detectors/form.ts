// The form of what `detectors --json` prints.

import {
  type TypeOf,
  count,
  integer,
  list,
  map,
  either,
  named,
  number,
  oneOf,
  orNull,
  record,
  says,
  text,
  titled,
} from '../base/form.js';
import { location } from '../base/value-forms.js';
import { findingForm } from '../reading/finding-form.js';
import { outcomeForm } from '../reading/replay-form.js';

const moment = {
  step: says("the scenario's step", text()),
  instruction: says('counts executed instructions over the whole recording, from 0', count),
  at: says('where the instruction is; null between two calls of the guest', orNull(location)),
};

const detectorMemoryForm = record({
  objects: list(
    record({
      cache: text(),
      count: says(
        'objects of the run without a detector: of the world, and those that steps allocate',
        count,
      ),
      plain: says('bytes of each without the detector', count),
      bytes: says('bytes of each with it', count),
    }),
  ),
  plain: says('bytes of all of them without the detector', count),
  total: says('the same with it', count),
  fixed: says('what it takes besides, however many objects there are', orNull(text())),
});

const detectorRowForm = named(
  'detector',
  record({
    id: text(),
    title: text(),
    source: says('where the kernel has it', orNull(text())),
    verdict: says(
      'caught: it reported; shown: it did not, but the run ends in a fault on its poison, where it ended otherwise without; missed: neither',
      oneOf(['caught', 'shown', 'missed']),
    ),
    cause: says(
      'the first finding of this run, a use of what nobody wrote only where there is no other; null where there was none',
      orNull(findingForm),
    ),
    caught: says(
      'the first report; null where there was none',
      orNull(
        record({
          ...moment,
          after: says('instructions since the cause; null where no cause is known', orNull(integer())),
          lines: says('what the kernel prints, without levels and stack traces', list(text())),
        }),
      ),
    ),
    unguarded: says('allocations that found the pool of KFENCE or KASAN full', count),
    reports: says('all reports of the run', count),
    outcome: outcomeForm,
    outcomeAfter: says('instructions from the cause to the end; null without a cause', orNull(integer())),
    watched: says(
      'what guest code did, from the cause on, to bytes that the detector looks at or forbids, and what its checks looked at',
      record({
        read: says('bytes, by kind', map(count)),
        written: says('bytes, by kind', map(count)),
        changed: says('bytes among those written that got another value', count),
        checks: says('that it made in the whole run', count),
        checksAfter: says('those after the cause', count),
      }),
    ),
    reason: says('why it missed; computed from the run. null where it did not', orNull(text())),
    memory: detectorMemoryForm,
  }),
);

/** What one detector made of a run. */
export type DetectorRow = TypeOf<typeof detectorRowForm>;

export const detectorsForm = titled(
  'What oopslab detectors --json prints',
  record({
    scenario: text(),
    parameters: map(either(text(), number)),
    caught: says('how many detectors caught it', count),
    of: says('how many there are; "nothing" is not one', count),
    detectors: list(detectorRowForm),
  }),
);

/** What all detectors made of a scenario. */
export type DetectorsDocument = TypeOf<typeof detectorsForm>;
