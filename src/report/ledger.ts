// The lineage of a run for the page: named values, and each place of theirs from when to when.

import { type Addr, hex } from '../base/address.js';
import type { Lineage } from '../lineage/lineage.js';
import type { Place, Value } from '../lineage/value.js';
import { endText, madeText } from '../lineage/text.js';
import type { PagePlace, PageValue } from './page-data.js';

/** Most values, and most places of one value, that a page lists: the first of each. */
export const MAX_VALUES = 400;
export const MAX_PLACES = 200;

/** What lies at an address in a state: `sfd.id`; undefined where nothing with a name does. */
export type NameOf = (address: Addr, state: number) => string | undefined;

// The page has the address in a column of its own.
const shortPlace = ({ place, address, from }: Place, nameOf: NameOf): string =>
  (address === undefined ? undefined : nameOf(address, from.step)) ??
  /^0x[0-9a-f]+ \((.*)\)$/u.exec(place)?.[1] ??
  place;

const pagePlace = (place: Place, nameOf: NameOf): PagePlace => ({
  place: shortPlace(place, nameOf),
  row: place.register ?? hex(place.address ?? 0n),
  size: place.size,
  from: place.from.step,
  made: madeText(place, 0),
  until: place.until?.step ?? null,
  end: endText(place),
  how: place.until?.how ?? null,
});

/** A value as the page shows it. @param nameOf says whose memory a place was when it began */
export const pageValue = (
  { name, type, value, also, places }: Omit<Value, 'id'>,
  nameOf: NameOf,
): PageValue => ({
  name,
  type,
  value: hex(value),
  also,
  places: places.slice(0, MAX_PLACES).map((place) => pagePlace(place, nameOf)),
  omitted: Math.max(0, places.length - MAX_PLACES),
});

/** The values that the C source names, in the order in which they were first named. */
export const pageValues = (lineage: Lineage, nameOf: NameOf): PageValue[] =>
  lineage.values.slice(0, MAX_VALUES).map((value) => pageValue(value, nameOf));
