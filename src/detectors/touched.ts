// What guest code did, from some instruction on, to the bytes that a detector looks at.

import type { Addr } from '../base/address.js';
import { LiveAllocations } from '../recording/live-allocations.js';
import type { Recording } from '../recording/recording.js';
import type { Watching } from './kinds.js';
import { visitAccesses } from './guest-accesses.js';

/** Counts, and which values the bytes had that were read. */
export interface Touched {
  readonly read: Readonly<Record<string, number>>; //    different bytes, by kind
  readonly written: Readonly<Record<string, number>>; // the same
  /** Bytes among those written that got another value. */
  readonly changed: number;
  /** The last access that changed one; -1 where none did. */
  readonly lastChange: number;
  /** Addresses of the bytes that were read. */
  readonly readAt: readonly Addr[];
}

/** Different bytes of a run that are counted, read ones and written ones. */
export const MOST_TOUCHED = 100_000;

const countsOf = (kinds: Iterable<string>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

/** Go through a recording from instruction `from` on. */
export const touchedBytes = (recording: Recording, watching: Watching, from: number): Touched => {
  const { accesses } = recording;
  const allocations = new LiveAllocations(recording);
  const live = (start: Addr): boolean => allocations.startingAt(start) !== undefined;
  const read = new Map<Addr, string>();
  const written = new Map<Addr, string>();
  let changed = 0;
  let lastChange = -1;
  visitAccesses(recording, {
    event: (event) => void allocations.apply(event),
    access: (index) => {
      if (accesses.instruction(index) < from || accesses.isFaulted(index)) return;
      const isWrite = accesses.isWrite(index);
      const address = accesses.address(index);
      for (let byte = 0; byte < accesses.size(index); byte += 1) {
        const at = address + BigInt(byte);
        const kind = watching(at, live);
        const seen = isWrite ? written : read;
        if (kind === undefined || (seen.size >= MOST_TOUCHED && !seen.has(at))) continue;
        seen.set(at, kind);
        if (!isWrite || accesses.oldByte(index, byte) === accesses.newByte(index, byte)) continue;
        changed += 1;
        lastChange = index;
      }
    },
  });
  return {
    read: countsOf(read.values()),
    written: countsOf(written.values()),
    changed,
    lastChange,
    readAt: [...read.keys()],
  };
};
