// The document of `oopslab lineage --json`.

import { hex } from '../base/address.js';
import type { How } from './ledger.js';
import type { Lineage } from './lineage.js';
import type { Place, Value } from './value.js';

/** A place of a value. `step` counts executed instructions over the whole recording, from 0. */
export interface PlaceEntry {
  readonly place: string;
  /** The first state that has it. */
  readonly from: { readonly step: number; readonly at: string };
  readonly copiedFrom: string | null;
  /** The instruction that ended it; null while it is alive at the end. */
  readonly until: {
    readonly step: number;
    readonly at: string;
    readonly by: string;
    readonly how: How;
  } | null;
}

/** A value. */
export interface ValueEntry {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly places: readonly PlaceEntry[];
}

/** The document. */
export interface LineageDocument {
  readonly scenario: string;
  readonly values: readonly ValueEntry[];
}

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
