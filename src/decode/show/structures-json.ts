// Findings, waits and errors of the hardware as JSON: numbers of 64 bits as hex, places as elsewhere in the document.

import { hex } from '../../base/address.js';
import type { TypeOf } from '../../base/form.js';
import type { CodeLocation } from '../read/place.js';
import type { KernelReport } from '../read/report.js';
import type { findingOrNull } from './finding-form.js';
import type { hardwareForm } from './hardware-form.js';
import type { placeForm } from './place-form.js';
import type { waitsOrNull } from './waits-form.js';

/** A place in code, with null for what is not known. */
export const placeJson = (place: CodeLocation): TypeOf<typeof placeForm> => ({
  address: place.address === undefined ? null : hex(place.address),
  symbol: place.symbol ?? null,
  offset: place.offset ?? null,
  size: place.size ?? null,
  module: place.module ?? null,
  buildId: place.buildId ?? null,
  source: place.source ?? null,
  inlines: (place.inlines ?? []).map(({ symbol, source }) => ({
    symbol: symbol ?? null,
    source: source ?? null,
  })),
});

// The fields that hold a place, or a list of places.
const PLACES = new Set(['at', 'other', 'rip', 'waitsIn', 'entries']);

const number = (value: bigint): string => (value < 0n ? `-${hex(-value)}` : hex(value));

const json = (value: unknown, field = ''): unknown => {
  if (typeof value === 'bigint') return number(value);
  if (Array.isArray(value)) return value.map((one) => json(one, field));
  if (typeof value !== 'object' || value === null) return value;
  if (PLACES.has(field)) return placeJson(value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, json(one, name)]));
};

/** The three fields of a report's document. Their forms are held against the document by a test. */
export const structuresJson = ({ finding, waits, machineChecks }: KernelReport) => ({
  finding: (finding === undefined ? null : json(finding)) as TypeOf<typeof findingOrNull>,
  waits: (waits === undefined ? null : json(waits)) as TypeOf<typeof waitsOrNull>,
  machineChecks: json(machineChecks ?? []) as readonly TypeOf<typeof hardwareForm>[],
});
