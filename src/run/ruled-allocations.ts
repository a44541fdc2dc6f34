// Decides about the next allocations of a call: which slot they get, what lay in it and what follows it, or that they fail.
// A check of a candidate sets it up; without a rule the heap decides alone. All state of the heap stays in the heap.

import { type Addr, hex } from '../base/address.js';
import type { WritableMemory } from '../kernel/memory.js';
import type { Allocator } from './allocator.js';

/** Where in a slab page the slot lies, which determines what follows it. */
export const SLOT_POSITIONS = ['first', 'middle', 'last', 'alone', 'management'] as const;

/**
 * `first` and `middle`: another object of the page follows. `last`: the next page follows, whatever its owner keeps there.
 * `alone`: the last object of a page after which nothing is mapped. `management`: the struct slab of another cache
 * follows, where there is such a slot of the size; otherwise as `last`.
 */
type SlotPosition = (typeof SLOT_POSITIONS)[number];

/** What the allocations of one call get. */
interface AllocationRule {
  readonly position: SlotPosition;
  /** Whether the object after the slot is allocated. */
  readonly allocatedBehind: boolean;
  /** What lay in the slot; repeated to its end. */
  readonly previous: Uint8Array;
  /** What the object after it holds; repeated to its end. */
  readonly neighbour: Uint8Array;
  /** Which allocation gets NULL, counted from 1; -N for the N-th and all after it; 0 for none. */
  readonly fail: number;
  /** The slot below another cache's struct slab, and the cache that it belongs to. */
  readonly management: { readonly address: Addr; readonly cache: string } | undefined;
  /** Called with the live object after the first slot, once it was filled. */
  readonly onNeighbour?: (address: Addr) => void;
  /** Called with what the sandbox does; completes a sentence. */
  readonly onDone?: (what: string) => void;
}

interface Slot {
  readonly address: Addr;
  /** The object after it in the same page. */
  readonly behind: Addr | undefined;
}

/** An allocation that the guest asked for. */
export interface Request {
  readonly size: bigint; // bytes, as the guest gave it
  readonly flags: number; // gfp_t
  readonly address: Addr; // 0 for nothing
  /** Whether a rule let it fail. */
  readonly failed: boolean;
}

/** A world's slots that a rule may hand out. Nothing but the running count is kept from call to call. */
export class RuledAllocations {
  readonly #memory: WritableMemory;
  readonly #heap: Allocator;
  readonly #slots = new Map<string, (Slot | undefined)[]>(); // by cache: of each position the first, the second and so on
  readonly #filled = new Map<string, bigint[]>();
  readonly #counts = new Map<string, number>(); // slots handed out, by cache
  #rule: AllocationRule | undefined;
  #asked = 0;
  #taken = 0; // slots handed out, of all caches
  /** Whether a rule let an allocation fail since the last `start`. */
  failed = false;
  /** Told of each allocation that the guest asks for. */
  onRequest: ((request: Request) => void) | undefined;
  /** What heap bytes hold that nobody wrote, repeated over the object; undefined to leave them as they are. */
  unwritten: Uint8Array | undefined;
  /** What bytes that nobody wrote become, at their address; undefined to take them as they are. */
  twist: ((address: Addr, bytes: Uint8Array) => Uint8Array) | undefined;
  #chosen = false; // whether the last `prepare` chose the slot
  /** Whether a rule is making room: events of the heap are not the guest's doing then. */
  preparing = false;

  constructor(memory: WritableMemory, heap: Allocator) {
    this.#memory = memory;
    this.#heap = heap;
  }

  /** Note that all objects of a page frame of `cache` are allocated: a rule may free and hand them out. */
  addFilled(cache: string, frame: bigint): void {
    this.#filled.set(cache, [...(this.#filled.get(cache) ?? []), frame]);
  }

  /** Apply a rule until `stop`. */
  start(rule: AllocationRule): void {
    this.#rule = rule;
    this.#asked = 0;
    this.failed = false;
  }

  /** The heap decides alone again. */
  stop(): void {
    this.#rule = undefined;
  }

  /**
   * What decides about later allocations besides memory. Where it is the same at two moments with equal memory, what
   * happened between them happens again: a count that goes on can only lead to slots that are not there.
   */
  standing(): string {
    const { fail = 0 } = this.#rule ?? {};
    return `${Math.min(this.#asked, Math.abs(fail))} ${this.#taken} ${this.failed}`;
  }

  /** As before the first call. */
  reset(): void {
    this.#rule = undefined;
    this.unwritten = undefined;
    this.twist = undefined;
    this.#counts.clear();
  }

  /**
   * Prepare the slot that the next kmalloc(size) gets.
   *
   * @returns false when it must fail
   */
  prepare(size: number): boolean {
    const rule = this.#rule;
    this.#chosen = false;
    if (rule === undefined) return true;
    this.#asked += 1;
    if (this.#asked === rule.fail || (rule.fail < 0 && this.#asked >= -rule.fail)) {
      this.failed = true;
      rule.onDone?.(`lets allocation ${this.#asked} of this call fail`);
      return false;
    }
    const cache = size > 0 ? this.#heap.cacheFor(size) : undefined;
    const slot = cache === undefined ? undefined : this.#take(cache, rule);
    if (cache !== undefined && slot !== undefined) {
      this.preparing = true;
      this.#fill(cache, slot, rule);
      this.preparing = false;
      this.#chosen = true;
    }
    return true;
  }

  /** Fill an object that the guest got, where no rule chose its slot and nothing cleared it. */
  spoil(address: Addr): void {
    const { unwritten } = this;
    if (unwritten === undefined || this.#chosen) return;
    const cache = this.#heap.cacheOfFrame(address);
    if (cache === undefined) return;
    const size = this.#heap.objectSize(cache);
    if (this.#memory.isMapped(address, size))
      this.#memory.write(address, this.#twisted(address, repeated(unwritten, size)));
  }

  #twisted(address: Addr, bytes: Uint8Array): Uint8Array {
    return this.twist === undefined ? bytes : this.twist(address, bytes);
  }

  #take(cache: string, rule: AllocationRule): Slot | undefined {
    const count = this.#counts.get(cache) ?? 0;
    this.#counts.set(cache, count + 1);
    const slot = this.#slotOf(cache, rule, count);
    if (slot !== undefined) this.#taken += 1;
    return slot;
  }

  #slotOf(cache: string, rule: AllocationRule, count: number): Slot | undefined {
    if (rule.position === 'management' && rule.management?.cache === cache && count === 0) {
      return { address: rule.management.address, behind: undefined };
    }
    let slots = this.#slots.get(cache);
    if (slots === undefined) this.#slots.set(cache, (slots = []));
    const index = count * SLOT_POSITIONS.length + SLOT_POSITIONS.indexOf(rule.position);
    return (slots[index] ??= this.#choose(cache, rule.position, count));
  }

  // Every second slot, so that no two are neighbours.
  #choose(cache: string, position: SlotPosition, count: number): Slot | undefined {
    const frames = this.#filled.get(cache) ?? [];
    const frame = position === 'alone' ? frames.at(-1) : frames[0];
    const objects = frame === undefined ? [] : this.#heap.objectsIn(frame);
    const last = objects.length - 1;
    const skip = count * 2;
    const index = position === 'first' ? skip : position === 'middle' ? (last >> 2) * 2 + skip : last - skip;
    const address = objects[index];
    return address === undefined ? undefined : { address, behind: objects[index + 1] };
  }

  #fill(cache: string, { address, behind }: Slot, rule: AllocationRule): void {
    const size = this.#heap.objectSize(cache);
    rule.onDone?.(slotWords(cache, { address, behind }, rule));
    if (behind !== undefined) {
      // Allocated anew, so that the recording shows that it is in use.
      this.#heap.kfree(behind);
      const isOwned = this.#heap.ownsFreeBytes;
      if (!isOwned) this.#memory.write(behind, repeated(rule.neighbour, size));
      const isTaken = rule.allocatedBehind && this.#heap.kmalloc(size) === behind;
      if (isOwned && isTaken) this.#memory.write(behind, repeated(rule.neighbour, size));
      if (isTaken && this.#asked === 1) rule.onNeighbour?.(behind);
    }
    this.#memory.write(address, this.#twisted(address, repeated(rule.previous, size)));
    this.#heap.kfree(address);
  }
}

// The purpose of the frees and the allocation that follow.
const slotWords = (cache: string, { address, behind }: Slot, rule: AllocationRule): string => {
  const slot = `chooses the slot that the call gets: ${hex(address)} of ${cache} (${rule.position}), full of what lay there before`;
  if (behind === undefined) return `${slot}; no object of its page lies behind it`;
  const state = rule.allocatedBehind ? 'allocated anew' : 'free';
  return `${slot}; the object behind it, ${hex(behind)}, gets the neighbour's bytes and is ${state}`;
};

/** Fill a target with bytes, again and again. */
export const repeatInto = (target: Uint8Array, bytes: Uint8Array): Uint8Array => {
  const { length } = target;
  target.set(bytes.length > length ? bytes.subarray(0, length) : bytes);
  for (let done = bytes.length; done < length; done *= 2)
    target.copyWithin(done, 0, Math.min(done, length - done));
  return target;
};

/** Bytes, repeated up to a size. */
const repeated = (bytes: Uint8Array, size: number): Uint8Array =>
  bytes.length === size ? bytes : repeatInto(new Uint8Array(size), bytes);
