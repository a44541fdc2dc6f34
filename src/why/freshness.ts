// Whether bytes of the heap were written since their allocation, and whose they were before.

import type { Addr } from '../base/address.js';
import type { Case } from '../reading/case.js';
import type { Definition } from './definition.js';

/** Bytes that an allocation got as they were. */
export interface Stale {
  /** `path`, or where it has no name the cache and address. */
  readonly object: string;
  /** Bytes from its start. */
  readonly offset: number;
  /** The state at which it was allocated. */
  readonly allocatedAt: number;
}

/**
 * The allocation that covers an address, if the bytes there are older than it.
 *
 * @param by who wrote them last
 * @param state the address is looked at before this step
 */
export const staleAt = (
  { recording }: Case,
  address: Addr,
  by: Definition,
  state: number,
): Stale | undefined => {
  const { events } = recording.header;
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const event = events[index]!;
    if (event.at > state || event.kind !== 'allocate') continue;
    const start = BigInt(event.address);
    if (address < start || address >= start + BigInt(event.requested)) continue;
    const isOlder =
      by.kind === 'start' ||
      (by.kind === 'host' && by.access < event.accesses) ||
      (by.kind === 'instruction' && by.step < event.at);
    if (!isOlder) return undefined;
    return {
      object: event.name ?? `${event.cache} object ${event.address}`,
      offset: Number(address - start),
      allocatedAt: event.at,
    };
  }
  return undefined;
};
