// When an object that was freed was last seen: its memory may be somebody else's in the next state already.

import type { Addr } from '../base/address.js';
import type { Case } from '../reading/case.js';
import type { Finding } from '../reading/findings.js';

/**
 * The state that has an object's bytes as they were when a free ended it; null where none has: the sandbox frees and
 * allocates again between two instructions.
 *
 * @param size bytes from `start` on
 * @param free index of the event that ended it; undefined where none did
 */
export const lastState = (run: Case, start: Addr, size: number, free: number | undefined): number | null => {
  const { events } = run.recording.header;
  const at = free === undefined ? undefined : events[free]?.at;
  if (at === undefined) return null;
  const isTaken = events.slice(free! + 1).some((event) => {
    if (event.kind !== 'allocate' || event.at > at) return false;
    const other = BigInt(event.address);
    return other < start + BigInt(size) && start < other + BigInt(event.requested);
  });
  return isTaken ? null : at;
};

/** An object as a finding names it. */
export type FoundObject = NonNullable<Finding['object']>;

/** The same of an object that a finding calls freed. */
export const lastStateOf = (run: Case, { address, requested, freed }: FoundObject): number | null => {
  if (freed === null) return null;
  const at = freed.at === null ? freed.instruction : freed.instruction + 1;
  const free = run.recording.header.events.findIndex(
    (event) => event.kind === 'free' && event.address === address && event.at === at,
  );
  return free < 0 ? null : lastState(run, BigInt(address), requested, free);
};

/** Bytes before the struct of an object that begins at an address, in a state. */
export const headerAt = (run: Case, start: Addr, state: number): number =>
  run.objects.all.findLast(({ address, header, from }) => from <= state && address - BigInt(header) === start)
    ?.header ?? 0;
