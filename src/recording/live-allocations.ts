// Which slab allocations are alive at a point of a recording, and which of them contains an address.
// Kernel addresses as signed numbers are exact, and much faster than bigints where millions are looked up.

import { type Addr, PAGE_SIZE } from '../base/address.js';
import type { NamedObject, RecordedEvent, Recording } from './recording.js';

/** One allocation from the slab heap, from its birth in the world or in a step to its end. */
export interface Allocation {
  /** Counts the allocations of a recording in the order in which they were made, from 1. */
  readonly id: number;
  readonly start: Addr;
  /** The same as a signed number. */
  readonly at: number;
  readonly requested: number; // bytes, as requested
  /** Bytes from object to object of its cache; as requested where the recording does not say. */
  readonly room: number;
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

/** An address as a signed number: exact for canonical ones. */
export const signedAddress = (address: Addr): number => Number(BigInt.asIntN(64, address));

// Bytes that one entry of a page's table stands for. SLAB lets no two objects share a word.
const GRANULE = 8;
const PER_PAGE = PAGE_SIZE / GRANULE;

/** Follows allocations and frees. Events must be applied in their order. */
export class LiveAllocations {
  /** All of them so far; that of id 1 comes first. */
  readonly all: Allocation[] = [];
  // By page: for each word the allocation that lay there last, by id.
  readonly #pages = new Map<number, Int32Array>();
  readonly #byStart = new Map<number, Allocation>();
  #lastPage = Number.NaN;
  #lastTable: Int32Array | undefined;
  #events = 0; // applied

  /** The allocations that existed before the first step. */
  constructor({ header }: Recording) {
    for (const object of header.world) this.#addWorld(object);
  }

  #addWorld({ address, size, header, cache, name, struct }: NamedObject): void {
    if (cache === null) return;
    const start = BigInt(address) - BigInt(header);
    const requested = size + header;
    this.#add({ start, requested, room: requested, cache, name, struct, header, made: -1 });
  }

  #add(made: Omit<Allocation, 'id' | 'at' | 'freed' | 'live'>): Allocation {
    const at = signedAddress(made.start);
    const allocation = { ...made, id: this.all.length + 1, at, freed: undefined, live: true };
    this.all.push(allocation);
    this.#byStart.set(at, allocation);
    const end = at + Math.max(1, made.requested);
    for (let from = at; from < end;) {
      const page = Math.floor(from / PAGE_SIZE);
      const next = Math.min(end, (page + 1) * PAGE_SIZE);
      let table = this.#pages.get(page);
      if (table === undefined) {
        this.#pages.set(page, (table = new Int32Array(PER_PAGE)));
        this.#lastPage = Number.NaN;
      }
      const first = Math.floor((from - page * PAGE_SIZE) / GRANULE);
      table.fill(allocation.id, first, Math.ceil((next - page * PAGE_SIZE) / GRANULE));
      from = next;
    }
    return allocation;
  }

  /** Take note of an event. @returns the allocation that it made or freed, if it did */
  apply(event: RecordedEvent): Allocation | undefined {
    const index = this.#events;
    this.#events += 1;
    if (event.kind === 'free') {
      const freed = this.#byStart.get(signedAddress(BigInt(event.address)));
      if (freed?.live !== true) return undefined;
      freed.live = false;
      freed.freed = index;
      return freed;
    }
    if (event.kind !== 'allocate') return undefined;
    const { requested, objectSize: room, cache, name, struct } = event;
    return this.#add({
      start: BigInt(event.address),
      requested,
      room: Math.max(room, requested),
      cache,
      name,
      struct,
      header: 0,
      made: index,
    });
  }

  /** The live allocation whose requested bytes contain an address. @param address signed */
  findAt(address: number): Allocation | undefined {
    const page = Math.floor(address / PAGE_SIZE);
    if (page !== this.#lastPage) {
      this.#lastPage = page;
      this.#lastTable = this.#pages.get(page);
    }
    const table = this.#lastTable;
    if (table === undefined) return undefined;
    const id = table[(address - page * PAGE_SIZE) >> 3]!;
    if (id === 0) return undefined;
    const found = this.all[id - 1]!;
    return found.live && address >= found.at && address < found.at + found.requested ? found : undefined;
  }

  /** The live allocation whose requested bytes contain `address`. */
  find(address: Addr): Allocation | undefined {
    return this.findAt(signedAddress(address));
  }

  /** The last allocation that started at exactly `start`, alive or not. */
  lastAt(start: Addr): Allocation | undefined {
    return this.#byStart.get(signedAddress(start));
  }

  /** The live allocation that starts at exactly `start`. */
  startingAt(start: Addr): Allocation | undefined {
    const found = this.lastAt(start);
    return found?.live === true ? found : undefined;
  }
}
