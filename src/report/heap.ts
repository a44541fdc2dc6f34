// The slab pages of a run: which objects there are, and which were allocated, free or waiting when.

import { type Addr, PAGE_SIZE } from '../base/address.js';
import type { Case } from '../reading/case.js';
import type { Recording } from '../recording/recording.js';
import { type CacheInMemory, type HeapInMemory, objectState } from '../kernel/slab.js';
import { slabPageOf } from '../kernel/slab-identify.js';
import type { ShownMemory } from './memory.js';
import { OBJECT_STATES, type PageSlab } from './page-data.js';
import { TrackWriter } from './track.js';

/** Most moments at which the heap is walked; later changes are not followed. */
export const MAX_WALKS = 2000;

interface Followed {
  readonly cache: CacheInMemory;
  readonly objects: Addr; // the first one
  readonly page: Addr;
  readonly states: readonly TrackWriter[];
}

// The slabs whose objects lie in shown memory.
const followedSlabs = ({ caches }: HeapInMemory, shown: ShownMemory): Followed[] =>
  caches.flatMap((cache) =>
    cache.slabs.flatMap(({ objects }) => {
      const page = objects - (objects % BigInt(PAGE_SIZE));
      if (shown.find(page) === undefined) return [];
      return [{ cache, objects, page, states: Array.from({ length: cache.num }, () => new TrackWriter()) }];
    }),
  );

// The states in which an allocation, a free or a step of the sandbox may have changed the heap.
const moments = ({ header, instructions }: Recording): number[] =>
  [
    ...new Set([
      0,
      ...header.events.flatMap(({ kind, at }) =>
        kind === 'allocate' || kind === 'free' || kind === 'host' ? [at] : [],
      ),
      instructions,
    ]),
  ]
    .toSorted((a, b) => a - b)
    .slice(0, MAX_WALKS);

/**
 * The slab pages in shown memory, in its order, with the state of every object over the run.
 * A page that became one only later is shown too.
 */
export const pageSlabs = (run: Case, shown: ShownMemory): PageSlab[] => {
  const slabs = new Map<Addr, Followed>();
  const walked = moments(run.recording);
  for (const at of walked) {
    const heap = run.heapAt(at);
    for (const found of followedSlabs(heap, shown)) {
      const slab = slabs.get(found.page) ?? found;
      slabs.set(found.page, slab);
      slab.states.forEach((track, index) => {
        const object = slab.objects + BigInt(index * slab.cache.objectSize);
        const now = objectState(heap, object);
        track.put(at, OBJECT_STATES.indexOf(now === 'cached' ? 'cpu' : now));
      });
    }
  }
  const state = run.stateAt(walked.at(-1)!);
  return [...slabs.values()]
    .flatMap(({ cache, objects, page, states }): PageSlab[] => {
      const place = shown.find(page);
      if (place === undefined || slabPageOf(state, page) === undefined) return [];
      return [
        {
          ...place,
          cache: cache.name,
          objectSize: cache.objectSize,
          count: cache.num,
          first: Number(objects - page),
          states: states.map(({ track }) => track),
        },
      ];
    })
    .toSorted((a, b) => a.region - b.region || a.offset - b.offset);
};
