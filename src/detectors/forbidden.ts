// The first access of guest code to what the shadow of a pool forbids: guard pages, red zones, freed objects.

import type { Addr } from '../base/address.js';
import type { Recording } from '../recording/recording.js';
import type { PoolObject } from '../run/pool-heap.js';
import { READ, Shadow, WRITE } from '../shadow/rights.js';
import { visitAccesses } from './guest-accesses.js';

/** An access that a shadow forbids. */
export interface Forbidden {
  readonly index: number; // of the access
  /** The first byte that is forbidden. */
  readonly address: Addr;
  readonly isWrite: boolean;
}

/** What of a pool may be touched while an object lives. */
type Grant = (object: PoolObject) => { readonly start: Addr; readonly size: number };

/**
 * The first one.
 *
 * @param objects every object of the pool, in the order in which they came; the world's are those that no event allocates
 */
export const firstForbidden = (
  recording: Recording,
  pool: { readonly start: Addr; readonly size: number },
  objects: readonly PoolObject[],
  grant: Grant,
): Forbidden | undefined => {
  const { accesses, header } = recording;
  const shadow = new Shadow([pool]);
  const byStart = new Map(objects.map((object) => [object.address, object]));
  const allow = (object: PoolObject): void => {
    const { start, size } = grant(object);
    shadow.grant(start, size, WRITE);
  };
  const later = new Set(
    header.events.flatMap((one) => (one.kind === 'allocate' ? [BigInt(one.address)] : [])),
  );
  for (const object of objects) if (!later.has(object.address)) allow(object);
  let found: Forbidden | undefined;
  visitAccesses(recording, {
    event: (event) => {
      if (event.kind !== 'allocate' && event.kind !== 'free') return;
      const object = byStart.get(BigInt(event.address));
      if (object === undefined) return;
      if (event.kind === 'allocate') return allow(object);
      const { start, size } = grant(object);
      shadow.revoke(start, size);
    },
    access: (index) => {
      const size = accesses.size(index);
      const address = accesses.address(index);
      const isWrite = accesses.isWrite(index);
      const low = accesses.lowAddress(index);
      const good = shadow.allowed(low, Number(address >> 32n), size, isWrite ? WRITE : READ);
      if (good === size) return true;
      found = { index, address: address + BigInt(good), isWrite };
      return false;
    },
  });
  return found;
};
