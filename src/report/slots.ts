// The slots of one slab page that a story is about: who has each of them after an event, and what changed.

import { PAGE_SIZE, hex } from '../base/address.js';
import type { Case } from '../reading/case.js';
import { type Allocation, LiveAllocations } from '../recording/live-allocations.js';
import type { PageSlot } from './page-data.js';

/** Most slots of a scene. */
export const MAX_SLOTS = 6;

const pageOf = (address: bigint): bigint => address / BigInt(PAGE_SIZE);

const distance = (a: bigint, b: bigint): bigint => (a < b ? b - a : a - b);

/** Follows the slots of a page through the events of a run. */
export class Slots {
  readonly cache: string | null;
  readonly #starts: readonly bigint[];
  readonly #states: ReadonlyMap<bigint, { name: string; isLive: boolean; room: number }>[] = [];

  /** @param about an address in the page that matters; without one, the page with the most allocations */
  constructor(
    private readonly run: Case,
    about: bigint | undefined,
  ) {
    const { events } = run.recording.header;
    const allocations = new LiveAllocations(run.recording);
    const now = new Map<bigint, { name: string; isLive: boolean; room: number }>();
    const put = (one: Allocation, isLive: boolean): void => {
      now.set(one.start, { name: one.name ?? '', isLive, room: one.room });
    };
    for (const one of allocations.all) put(one, true);
    const world = new Map(now);
    const made: Allocation[] = [];
    for (const event of events) {
      const one = allocations.apply(event);
      if (one !== undefined && event.kind === 'allocate') made.push(one);
    }
    const caches = new Map(allocations.all.map(({ start, cache }) => [start, cache]));
    const found = chosenPage(made, about);
    const inPage = [...caches.keys()].filter(
      (start) => found !== undefined && pageOf(start) === pageOf(found),
    );
    this.#starts = inPage
      .toSorted((a, b) => (distance(a, found ?? a) < distance(b, found ?? b) ? -1 : 1))
      .slice(0, MAX_SLOTS)
      .toSorted((a, b) => (a < b ? -1 : 1));
    this.cache = caches.get(this.#starts[0] ?? 0n) ?? null;
    this.#follow(world);
  }

  // State after each event; index 0 is before the first one.
  #follow(world: ReadonlyMap<bigint, { name: string; isLive: boolean; room: number }>): void {
    const allocations = new LiveAllocations(this.run.recording);
    let now = new Map([...world].filter(([start]) => this.#starts.includes(start)));
    this.#states.push(now);
    for (const event of this.run.recording.header.events) {
      const one = allocations.apply(event);
      if (one !== undefined && this.#starts.includes(one.start))
        now = new Map(now).set(one.start, { name: one.name ?? '', isLive: one.live, room: one.room });
      this.#states.push(now);
    }
  }

  /**
   * The slots after the events before index `to`, and what the events from `from` on changed.
   *
   * @param at the state whose damage is shown
   */
  between(from: number, to: number, at: number): PageSlot[] {
    const before = this.#states[from] ?? new Map<bigint, never>();
    const after = this.#states[to] ?? before;
    const rooms = this.#states.at(-1);
    return this.#starts.map((start): PageSlot => {
      const [was, is] = [before.get(start), after.get(start)];
      const size = rooms?.get(start)?.room ?? 0;
      const changed =
        was === is || is === undefined
          ? null
          : !is.isLive
            ? 'freed'
            : was === undefined
              ? 'allocated'
              : 'reused';
      return {
        address: hex(start),
        size,
        name: is === undefined ? null : is.name,
        life: is?.isLive === true ? 'allocated' : 'freed',
        was: was === undefined ? null : was.name,
        change: changed,
        isDamaged: this.run.damage.in(start, size, at).length > 0,
      };
    });
  }
}

// An object in the page to show.
const chosenPage = (made: readonly Allocation[], about: bigint | undefined): bigint | undefined => {
  if (about !== undefined) return about;
  const counts = new Map<bigint, number>();
  for (const { start } of made) counts.set(pageOf(start), (counts.get(pageOf(start)) ?? 0) + 1);
  const most = [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
  return made.find(({ start }) => pageOf(start) === most)?.start;
};
