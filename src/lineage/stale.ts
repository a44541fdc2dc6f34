// From when on a value points to an object that is gone: it pointed into an allocation when it was first seen, and that
// was freed while some place still had it.

import { LiveAllocations, signedAddress } from '../recording/live-allocations.js';
import type { Recording } from '../recording/recording.js';
import type { Value } from './value.js';

interface Life {
  readonly start: number; // signed address
  readonly end: number;
  readonly from: number; // states
  readonly freed: number;
}

const POINTER = 8; // bytes

/** Tells of a value from which state on it is stale; undefined where it never is, or is no pointer. */
export const staleSince = (recording: Recording): ((value: Value) => number | undefined) => {
  const { events } = recording.header;
  const allocations = new LiveAllocations(recording);
  for (const event of events) allocations.apply(event);
  const lives = allocations.all.flatMap(({ at, requested, made, freed }): Life[] =>
    freed === undefined
      ? []
      : [{ start: at, end: at + requested, from: made < 0 ? 0 : events[made]!.at, freed: events[freed]!.at }],
  );
  return ({ value, size, places }) => {
    const first = places[0];
    if (size !== POINTER || first === undefined) return undefined;
    const address = signedAddress(value);
    const seen = first.from.step;
    const life = lives.find(
      ({ start, end, from, freed }) => address >= start && address < end && from <= seen && seen < freed,
    );
    if (life === undefined) return undefined;
    const isKept = places.some(
      ({ from, until }) => from.step <= life.freed && (until === null || until.step > life.freed),
    );
    return isKept ? life.freed : undefined;
  };
};
