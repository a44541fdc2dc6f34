// The form of a place in code, and of the values it is made of.

import { count, integer, matching, named, orNull, record, text } from '../../base/form.js';

export const value = named('value', matching(/^0x[0-9a-f]{1,16}$/u));

export const textOrNull = named('text', orNull(text()));

export const countOrNull = named('number', orNull(count));

export const place = {
  address: orNull(value),
  symbol: textOrNull,
  offset: orNull(integer()),
  size: countOrNull,
  module: textOrNull,
  buildId: textOrNull,
};

export const placeForm = named('place', record(place));
