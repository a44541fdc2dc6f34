// The form of what `lineage --json` prints.

import {
  count,
  list,
  matching,
  named,
  oneOf,
  orNull,
  record,
  says,
  someText,
  text,
  titled,
} from '../base/form.js';

const step = named('step', says('executed instructions over the whole recording, from 0', count));
const location = named('location', says('symbol+0x3e', someText));

export const placeForm = named(
  'place',
  record({
    place: says('a register, or an address with its description', someText),
    from: says('the state before this instruction is the first that has it', record({ step, at: location })),
    copiedFrom: orNull(text()),
    until: says(
      'the instruction that ended it; null where it is alive at the end',
      orNull(
        record({
          step,
          at: location,
          by: someText,
          how: oneOf(['destroyed', 'may be lost', 'restored', 'freed']),
        }),
      ),
    ),
  }),
);

const valueForm = record({
  name: someText,
  type: says('in C; empty where it is not known', text()),
  value: named('hex', matching(/^0x[0-9a-f]+$/u)),
  places: list(placeForm),
});

export const lineageForm = titled(
  'oopslab lineage --json: where each named value lived and died',
  record({ scenario: text(), values: list(valueForm) }),
);
