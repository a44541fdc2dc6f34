// Heaps whose objects lie in a pool: that of KFENCE, and that of KASAN.

import type { Addr } from '../base/address.js';
import { slabGeometry } from '../kernel/slab-geometry.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Allocator, PlanHeap } from './allocator.js';
import { planHeap } from './allocators.js';
import { plainSlots } from './debug-plan.js';
import type { DetectorSight } from './detector.js';
import { kasanPool } from './kasan-pool.js';
import { kfencePool } from './kfence-pool.js';
import { PoolHeap, type PoolLayout } from './pool-heap.js';

type SightOf = (heap: () => Allocator | undefined) => DetectorSight;

const planPool = (
  scenario: Scenario,
  layout: PoolLayout,
  sightOf: SightOf,
  moved: ReadonlyMap<Addr, Addr>,
): ReturnType<PlanHeap> => {
  const plan = planHeap(scenario);
  let heap: PoolHeap | undefined;
  return {
    ...plan,
    pools: layout.regions,
    build: (memory) =>
      (heap = new PoolHeap(
        plan.build(memory),
        memory,
        layout,
        sightOf(() => heap),
        moved,
      )),
  };
};

/** KFENCE's pool; the world's objects stay where they are. */
export const planKfence =
  (side: 'left' | 'right', sightOf: SightOf): PlanHeap =>
  (scenario) =>
    planPool(scenario, kfencePool(side), sightOf, new Map());

/** KASAN's; the world's objects get red zones too, and move. */
export const planKasan =
  (sightOf: SightOf): PlanHeap =>
  (scenario) => {
    const layout = kasanPool();
    const moved = new Map<Addr, Addr>(); // from the pool to the slot
    const places = new Map<Addr, { readonly to: Addr; readonly stride: number }>(); // by slot
    const taken = plainSlots(scenario)
      .flatMap(({ starts, taken: indexes, stride, cache }) =>
        [...indexes].map((index) => ({ slot: starts[index]!, stride, cache })),
      )
      .toSorted((a, b) => (a.slot < b.slot ? -1 : 1));
    for (const { slot, stride, cache } of taken) {
      const spec = scenario.spec.world.caches?.[cache];
      const objectSize = slabGeometry(cache, spec?.objectSize, spec?.align)?.objectSize ?? stride;
      const to = layout.take(objectSize, objectSize);
      if (to === undefined) break;
      moved.set(to, slot);
      places.set(slot, { to, stride });
    }
    const slots = taken.map(({ slot }) => slot);
    const relocate = (address: Addr): Addr => {
      const slot = slots.findLast((one) => one <= address);
      const place = slot === undefined ? undefined : places.get(slot);
      if (slot === undefined || place === undefined || address >= slot + BigInt(place.stride)) return address;
      return place.to + (address - slot);
    };
    return { ...planPool(scenario, layout, sightOf, moved), relocate };
  };
