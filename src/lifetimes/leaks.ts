// Allocations of the guest to which nothing points at the end of a run that ended well.
//
// Leaked is what code allocated in a call and nobody freed, if no pointer to it is left where code could find it: in the
// registers that a call keeps, in what the last call returned, in memory outside the heap, on the stack above the stack
// pointer, or in an allocation that is not leaked itself. What the sandbox allocated, what it knows by a name, and what
// existed before the first step are kept by the scenario. A pointer is a word whose value lies in the allocation, or
// whose bytes came from a pointer to it. One that arithmetic made a number of is not followed: its allocation is not
// told of.

import { PAGE_SIZE } from '../base/address.js';
import { type Allocation, signedAddress } from '../recording/live-allocations.js';
import type { Recording } from '../recording/recording.js';
import { CALLER_SAVED, REGISTER_INDEX } from '../x86/registers.js';
import { ALLOCATOR_DATA } from '../kernel/slab-layout.js';
import type { WalkState } from './state.js';

const { rax: RAX, rsp: RSP } = REGISTER_INDEX;
const KEPT = Array.from({ length: 16 }, (_, register) => register).filter(
  (register) => !CALLER_SAVED.some((name) => REGISTER_INDEX[name] === register),
);

// The guest's own allocations that are not freed, and that no step gave a name.
const candidatesOf = ({ header }: Recording, state: WalkState): Allocation[] => {
  const named = new Set(header.objects.map(({ address }) => signedAddress(BigInt(address))));
  const { hidden } = state.pointers;
  return state.allocations.all.filter(
    ({ id, live, name, at }) =>
      live && name === null && state.guests.has(id) && !hidden.has(id) && !named.has(at),
  );
};

class Marking {
  readonly #reached = new Set<number>();
  readonly #queue: Allocation[] = [];
  // The pointers that some byte of a word is a part of, by the word's location.
  readonly #tags = new Map<number, number[]>();

  constructor(private readonly state: WalkState) {
    state.values.eachTag((location, pointer) => {
      const word = location - (location % 8);
      const known = this.#tags.get(word);
      if (known === undefined) this.#tags.set(word, [pointer]);
      else if (!known.includes(pointer)) known.push(pointer);
    });
  }

  reach(allocation: Allocation | undefined): void {
    if (allocation?.live !== true || this.#reached.has(allocation.id)) return;
    this.#reached.add(allocation.id);
    this.#queue.push(allocation);
  }

  value(value: number): void {
    this.reach(this.state.allocations.findAt(value));
  }

  /** What a word of memory points to. @param at its place in the memory's bytes; a multiple of 8 */
  word(at: number, address: number): void {
    const pointers = this.#tags.get(at) ?? [];
    for (const pointer of pointers) this.reach(this.state.pointers.allocationOf(pointer, Number.NaN));
    // Words that were written have tags; of those of the start only the value says something.
    if (pointers.length === 0 && this.state.values.takeMemory(address, 8))
      this.value(this.state.word(address));
  }

  #words(at: number, address: number, size: number): void {
    const skipped = at & 7;
    for (let done = -skipped; done < size; done += 8) this.word(at + done, address + done);
  }

  finish(): ReadonlySet<number> {
    for (let one = this.#queue.pop(); one !== undefined; one = this.#queue.pop()) {
      const end = one.at + one.room;
      for (let from = one.at; from < end;) {
        const next = Math.min(end, (Math.floor(from / PAGE_SIZE) + 1) * PAGE_SIZE);
        const at = this.state.locations.find(from);
        if (at >= 0) this.#words(at, from, next - from);
        from = next;
      }
    }
    return this.#reached;
  }
}

// Where a run's stack ends for who looks for pointers: below it lies what calls have left.
const deadStack = (state: WalkState): ((address: number) => boolean) => {
  const top = state.after(RSP);
  const region = state.memory.regions.find(
    ({ start, size }) => top >= signedAddress(start) && top < signedAddress(start) + size,
  );
  if (region === undefined) return () => false;
  const start = signedAddress(region.start);
  return (address) => address >= start && address < top;
};

/** The allocations that leaked; none where the run did not end well: what it would have freed is not known. */
export const leaksOf = (recording: Recording, state: WalkState): Allocation[] => {
  const { header } = recording;
  if (header.outcome.kind !== 'returned') return [];
  const candidates = candidatesOf(recording, state);
  if (candidates.length === 0) return [];
  const suspects = new Set(candidates.map(({ id }) => id));
  const marking = new Marking(state);
  for (const one of state.allocations.all) if (one.live && !suspects.has(one.id)) marking.reach(one);
  for (const register of KEPT) marking.value(state.after(register));
  for (const register of KEPT)
    marking.reach(state.pointers.allocationOf(state.values.pointers[register]!, Number.NaN));
  for (const { returned } of header.steps)
    if (returned !== null) marking.value(signedAddress(BigInt(returned)));
  marking.value(state.after(RAX));
  const isDead = deadStack(state);
  for (const { start, size, name } of state.memory.regions) {
    // The allocator's own data: array caches keep what they handed out, as kmemleak knows too.
    // Source: kmemleak_erase() in ____cache_alloc(), mm/slab.c, v3.0.101
    if (name === ALLOCATOR_DATA) continue;
    const first = signedAddress(start);
    for (let done = 0; done < size; done += PAGE_SIZE) {
      // Slab pages are looked at by allocation: free objects and management keep nothing alive.
      if (state.isSlab(first + done)) continue;
      const at = state.locations.find(first + done);
      if (at < 0) continue;
      for (let word = 0; word < PAGE_SIZE; word += 8)
        if (!isDead(first + done + word)) marking.word(at + word, first + done + word);
    }
  }
  const reached = marking.finish();
  return candidates.filter(({ id }) => !reached.has(id));
};
