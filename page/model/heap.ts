// The slab pages of a run in a state: every object, whose it is and in which state. Knows no screen.

import { PAGE_SIZE } from '../../src/base/address.js';
import { greatest } from '../../src/base/long-lists.js';
import {
  OBJECT_STATES,
  type PageObjectState,
  type PageDamage,
  type PageObject,
  type PageSlab,
} from '../../src/report/page-data.js';
import type { Run } from './run.js';
import { TrackReader } from './tracks.js';

/** An object of a slab in a state. */
export interface SlabObject {
  readonly index: number;
  readonly address: bigint;
  readonly state: PageObjectState;
  /** Who has it, or had it last. */
  readonly owner: (PageObject & { readonly isFree: boolean }) | undefined;
  readonly written: boolean; // by the last step
  /** Bytes that wrong writes left in it, with who did it. */
  readonly damage: readonly PageDamage[];
}

/** A slab page that answers. */
export class Slab {
  readonly start: bigint;
  readonly #states: readonly TrackReader[];

  constructor(
    readonly run: Run,
    readonly data: PageSlab,
  ) {
    this.start = run.memory.addressOf(data);
    this.#states = data.states.map((track) => new TrackReader(track));
  }

  /** The first byte of an object. */
  addressOf(index: number): bigint {
    return this.start + BigInt(this.data.first + index * this.data.objectSize);
  }

  /** The number of the object that an address lies in; -1 outside. */
  indexOf(address: bigint): number {
    const distance = Number(address - this.addressOf(0));
    const index = Math.floor(distance / this.data.objectSize);
    return address >= this.addressOf(0) && index < this.data.count ? index : -1;
  }

  // The objects that the last step wrote to.
  #writtenAt(state: number): ReadonlySet<number> {
    const { region, offset, first, objectSize } = this.data;
    return new Set(
      this.run.memory
        .seek(state)
        .writesAt(state)
        .filter((write) => write.region === region)
        .map((write) => Math.floor((write.offset - offset - first) / objectSize)),
    );
  }

  #object(index: number, state: number, written: boolean, damage: readonly PageDamage[]): SlabObject {
    const address = this.addressOf(index);
    const now = OBJECT_STATES[this.#states[index]?.valueAt(state) ?? 0] ?? 'allocated';
    const last = this.run.objectAt(address, state) ?? this.#inside(index, state);
    // What is allocated and was freed by the last owner with a name has one without.
    const owner = now === 'allocated' && last?.isFree === true ? undefined : last;
    const end = address + BigInt(this.data.objectSize);
    const own = damage.filter(({ address: at }) => BigInt(at) >= address && BigInt(at) < end);
    return { index, address, state: now, owner, written, damage: own };
  }

  // All damage of a state, in any page.
  #damageAt(state: number): PageDamage[] {
    return this.run.data.damage.filter(
      ({ from, until }) => from <= state && (until === null || state < until),
    );
  }

  objectsAt(state: number): SlabObject[] {
    const written = this.#writtenAt(state);
    const damage = this.#damageAt(state);
    return Array.from({ length: this.data.count }, (_, index) =>
      this.#object(index, state, written.has(index), damage),
    );
  }

  /** One of them. */
  objectAt(index: number, state: number): SlabObject {
    return this.#object(index, state, this.#writtenAt(state).has(index), this.#damageAt(state));
  }

  // A struct after the header of its allocation.
  #inside(index: number, state: number): SlabObject['owner'] {
    const start = this.addressOf(index);
    const end = start + BigInt(this.data.objectSize);
    const found = this.run.data.objects.findLast(
      ({ address, from }) => from <= state && BigInt(address) >= start && BigInt(address) < end,
    );
    return found && { ...found, isFree: found.freed !== null && found.freed <= state };
  }
}

/** The slab pages of a run, those with an out-of-bounds access first. */
export const slabsOf = (run: Run): Slab[] => run.data.slabs.map((slab) => new Slab(run, slab));

/** The slab page that an address lies in. */
export const slabAt = (slabs: readonly Slab[], address: bigint): Slab | undefined =>
  slabs.find(({ start }) => address >= start && address < start + BigInt(PAGE_SIZE));

/** The bytes that the first out-of-bounds write, otherwise access, is about: from its allocation over its neighbours. */
export interface Overrun {
  readonly start: bigint;
  readonly size: number; // bytes
  /** Bytes requested at `start`. */
  readonly requested: number;
}

const MAX_OVERRUN = 512; // bytes

/** What an overrun covers; `undefined` where nothing ran out of bounds in shown memory. */
export const overrunOf = (run: Run, slabs: readonly Slab[]): Overrun | undefined => {
  const { outOfBounds } = run.data;
  const told = outOfBounds.find(({ access }) => access === 'write') ?? outOfBounds[0];
  if (told === undefined) return undefined;
  const start = BigInt(told.allocation ?? told.address);
  const slab = slabAt(slabs, start);
  if (slab === undefined) return undefined;
  const ends = outOfBounds
    .filter(({ allocation }) => allocation === told.allocation)
    .map(({ address, size }) => Number(BigInt(address) - start) + size);
  const { objectSize } = slab.data;
  const slots = Math.ceil(greatest(ends, objectSize + 1) / objectSize);
  const size = Math.min(slots * objectSize, MAX_OVERRUN, Number(slab.start + BigInt(PAGE_SIZE) - start));
  return { start, size, requested: told.requested ?? 0 };
};
