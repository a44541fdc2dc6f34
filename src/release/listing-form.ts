// The form of what `dis --json` prints.

import { count, integer, list, matching, oneOf, orNull, record, says, text, titled } from '../base/form.js';
import { address, location } from '../base/value-forms.js';

const provenance = oneOf(['published dump', 'published listing', 'reconstructed']);

/** One instruction of a listing. */
export const instructionForm = record({
  address,
  at: location,
  bytes: matching(/^([0-9a-f]{2})+$/u),
  text: text(),
  provenance,
  file: orNull(text()),
  line: says('null where no source pins it', orNull(integer())),
});

export const disForm = titled(
  'What oopslab dis --json prints',
  record({
    function: text(),
    variant: orNull(text()),
    release: text(),
    address,
    marked: says('The instruction that an offset lies in; null without one.', orNull(address)),
    size: says('bytes', count),
    ranges: list(record({ from: count, to: count, kind: provenance, source: text(), how: text() })),
    instructions: list(instructionForm),
  }),
);
