// Which slab allocations are alive at a point of a recording, and which of them contains an address.

import { type Addr, PAGE_SIZE } from '../base/address.js';
import type { NamedObject, RecordedEvent, Recording } from './recording.js';

/** One allocation from the slab heap, from its birth in the world or in a step to its end. */
export interface Allocation {
  readonly start: Addr;
  readonly requested: number; // as requested
  readonly cache: string;
  /** The scenario's name and struct for it. */
  readonly name: string | null;
  readonly struct: string | null;
  /** Bytes between `start` and the struct: the header of ipc_rcu_alloc(), for one. */
  readonly header: number;
  /** Index of the event that made it; -1 for what existed before the first step. */
  readonly made: number;
  /** Index of the event that freed it; undefined while it is in use. */
  freed: number | undefined;
  live: boolean;
}

const PAGE = BigInt(PAGE_SIZE);

/** Follows allocations and frees. Events must be applied in their order. */
export class LiveAllocations {
  #events = 0; // applied
  readonly #byPage = new Map<Addr, Map<Addr, Allocation>>(); // by start
  readonly #byStart = new Map<Addr, Allocation>();

  /** The allocations that existed before the first step. */
  constructor({ header }: Recording) {
    for (const object of header.world) this.#addWorld(object);
  }

  #addWorld({ address, size, header, cache, name, struct }: NamedObject): void {
    if (cache === null) return;
    const start = BigInt(address) - BigInt(header);
    this.#add({
      start,
      requested: size + header,
      cache,
      name,
      struct,
      header,
      made: -1,
      freed: undefined,
      live: true,
    });
  }

  #add(allocation: Allocation): void {
    this.#byStart.set(allocation.start, allocation);
    const last = allocation.start + BigInt(Math.max(1, allocation.requested)) - 1n;
    for (let page = allocation.start / PAGE; page <= last / PAGE; page += 1n) {
      const known = this.#byPage.get(page);
      if (known === undefined) this.#byPage.set(page, new Map([[allocation.start, allocation]]));
      else known.set(allocation.start, allocation);
    }
  }

  /** Take note of an event. @returns the allocation that it made, if it made one */
  apply(event: RecordedEvent): Allocation | undefined {
    const index = this.#events;
    this.#events += 1;
    if (event.kind === 'free') {
      const freed = this.#byStart.get(BigInt(event.address));
      if (freed?.live === true) {
        freed.live = false;
        freed.freed = index;
      }
    }
    if (event.kind !== 'allocate') return undefined;
    const { requested, cache, name, struct } = event;
    const start = BigInt(event.address);
    const made = {
      start,
      requested,
      cache,
      name,
      struct,
      header: 0,
      made: index,
      freed: undefined,
      live: true,
    };
    this.#add(made);
    return made;
  }

  /** The live allocation whose requested bytes contain `address`. */
  find(address: Addr): Allocation | undefined {
    for (const allocation of this.#byPage.get(address / PAGE)?.values() ?? []) {
      const { start, requested, live } = allocation;
      if (live && address >= start && address < start + BigInt(requested)) return allocation;
    }
    return undefined;
  }

  /** The last allocation that started at exactly `start`, alive or not. */
  lastAt(start: Addr): Allocation | undefined {
    return this.#byStart.get(start);
  }

  /** The live allocation that starts at exactly `start`. */
  startingAt(start: Addr): Allocation | undefined {
    const found = this.#byStart.get(start);
    return found?.live === true ? found : undefined;
  }
}
