// Forms of values as JSON documents print them.

import { integer, matching, named, ofAny, optional, record, says, text } from './form.js';

export const address = named(
  'address',
  says('an address or register value: lower case, not padded', matching(/^0x(0|[1-9a-f][0-9a-f]{0,15})$/u)),
);

export const location = named(
  'location',
  says(
    'symbol+0x3e; the bare address where no symbol covers it',
    matching(/^([A-Za-z_.][A-Za-z0-9_.]*\+0x(0|[1-9a-f][0-9a-f]*)|0x(0|[1-9a-f][0-9a-f]{0,15}))$/u),
  ),
);

export const hash = named('hash', matching(/^sha256:[0-9a-f]{64}$/u));

/** Bytes in memory order, two digits each. */
export const bytes = matching(/^([0-9a-f]{2})*$/u);

/** Where an input is wrong: what is known of it. */
export const whereForm = record({
  file: optional(ofAny(text())),
  line: optional(integer(1)),
  column: optional(integer(1)),
  field: optional(ofAny(text())),
});

/** An OopslabError. */
export const errorForm = record({
  code: matching(/^ERR_[A-Z]+$/u),
  message: ofAny(text()),
  where: whereForm,
});
