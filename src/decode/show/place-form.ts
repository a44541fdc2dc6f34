// The form of a place in code, and of the values it is made of.

import { count, integer, list, matching, named, orNull, record, says, text } from '../../base/form.js';

export const value = named('value', matching(/^0x[0-9a-f]{1,16}$/u));

export const textOrNull = named('text', orNull(text()));

export const countOrNull = named('number', orNull(count));

const sourceOrNull = named('source', orNull(record({ file: text(), line: integer() })));

export const place = {
  address: orNull(value),
  symbol: textOrNull,
  offset: orNull(integer()),
  size: countOrNull,
  module: textOrNull,
  buildId: textOrNull,
  source: says('the line of the source, where a tool put it into the text', sourceOrNull),
  inlines: says(
    'what was inlined there, the innermost first',
    list(record({ symbol: textOrNull, source: sourceOrNull })),
  ),
};

export const placeForm = named('place', record(place));
