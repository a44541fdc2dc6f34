// The document of `oopslab lineage --json`.

import { hex } from '../base/address.js';
import type { TypeOf } from '../base/form.js';
import type { lineageForm, placeForm } from './form.js';
import type { Lineage } from './lineage.js';
import type { Place, Value } from './value.js';

type PlaceEntry = TypeOf<typeof placeForm>;

export type LineageDocument = TypeOf<typeof lineageForm>;

const placeEntry = (lineage: Lineage, { place, from, source, until }: Place): PlaceEntry => ({
  place,
  from: { step: from.step, at: from.at },
  copiedFrom: source === 0 ? null : lineage.place(source).place,
  until: until === null ? null : { step: until.step, at: until.at, by: until.by, how: until.how },
});

/** @param values those to print, with the places to print */
export const lineageDocument = (lineage: Lineage, values: readonly Value[]): LineageDocument => ({
  scenario: lineage.recording.header.scenario,
  values: values.map(({ name, type, value, places }) => ({
    name,
    type,
    value: hex(value),
    places: places.map((place) => placeEntry(lineage, place)),
  })),
});
