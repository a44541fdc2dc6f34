// The detectors that are compared: one row each, with the heap that a kernel has with it.

import { type Addr, PAGE_SIZE, frameOf, pageStart } from '../base/address.js';
import { type SlabGeometry, debugSlabGeometry, slabGeometry } from '../kernel/slab-geometry.js';
import type { Case } from '../reading/case.js';
import type { Allocator, PlanHeap } from '../run/allocator.js';
import { planHeap } from '../run/allocators.js';
import { planDebugSlab } from '../run/debug-plan.js';
import { KASAN_GRANULE, KASAN_POOL, KASAN_POOL_SIZE, kasanStride } from '../run/kasan-pool.js';
import { KFENCE_POOL, KFENCE_POOL_SIZE, besides } from '../run/kfence-pool.js';
import { PoolHeap, type PoolObject } from '../run/pool-heap.js';
import { planKasan, planKfence } from '../run/pool-plan.js';
import type { Scenario } from '../scenario/scenario.js';
import { type Forbidden, firstForbidden } from './forbidden.js';
import { kasanReport } from './kasan-report.js';
import { kfenceReport } from './kfence-report.js';
import type { RunSight } from './sight.js';

/** A finished run, and the heap that it had. */
export interface FinishedRun {
  readonly scenario: Scenario;
  readonly run: Case;
  readonly heap: Allocator;
}

/** What a byte is to a detector: `red zone`; `undefined` for one that it does not look at. @param live of an object's first byte */
export type Watching = (address: Addr, live: (start: Addr) => boolean) => string | undefined;

/** A detector. */
export interface Detector {
  readonly id: string;
  readonly title: string;
  /** Where the kernel has it. */
  readonly source: string | null;
  /** The heap of a run. */
  plan(sight: RunSight): PlanHeap;
  /** The first access that it forbids, with the lines that the kernel prints. */
  forbidden?(finished: FinishedRun): (Forbidden & { readonly lines: readonly string[] }) | undefined;
  /** What it looks at. */
  watching(finished: FinishedRun): Watching;
  /** Bytes that an object takes. */
  bytesOf(plain: SlabGeometry, scenario: Scenario): number;
  /** What it takes besides. */
  readonly fixed: string | null;
  /** Bytes that it fills objects with. */
  readonly poison: readonly number[];
}

const NOTHING: Watching = () => undefined;

const geometryIn = (
  { spec }: Scenario,
  name: string,
  options?: Parameters<typeof debugSlabGeometry>[0],
): SlabGeometry | undefined => {
  const { objectSize, align } = spec.world.caches?.[name] ?? {};
  return options === undefined
    ? slabGeometry(name, objectSize, align)
    : debugSlabGeometry(options, name, objectSize, align);
};

/** The geometry of a cache of a scenario without any detector. */
export const plainGeometry = (scenario: Scenario, name: string): SlabGeometry | undefined =>
  geometryIn(scenario, name);

const watchSlab =
  (options: Parameters<typeof debugSlabGeometry>[0]) =>
  ({ scenario, heap }: FinishedRun): Watching => {
    const geometries = new Map<string, SlabGeometry | undefined>();
    const firsts = new Map<bigint, Addr | undefined>(); // by page frame: where the first object's stride begins
    return (address, live) => {
      const name = heap.cacheOfFrame(address);
      if (name === undefined) return undefined;
      if (!geometries.has(name)) geometries.set(name, geometryIn(scenario, name, options));
      const geometry = geometries.get(name);
      const frame = frameOf(address);
      if (!firsts.has(frame)) firsts.set(frame, heap.objectsIn(frame)[0]);
      const first = firsts.get(frame);
      if (geometry === undefined || first === undefined) return undefined;
      const { stride, objectOffset, usable, num, hasRedZones } = geometry;
      const distance = Number(address - first) + objectOffset;
      if (distance < 0 || distance >= num * stride) return undefined;
      const within = distance % stride;
      if (hasRedZones && (within < objectOffset || within >= stride - 16))
        return within >= stride - 8 ? 'last user' : 'red zone';
      const isFree = within - objectOffset < usable && !live(address - BigInt(within - objectOffset));
      return isFree ? 'poison' : undefined;
    };
  };

const poolOf = ({ heap }: FinishedRun): PoolHeap => heap as PoolHeap;

const objectIn = (objects: readonly PoolObject[]) => {
  const byPage = new Map<Addr, PoolObject>();
  for (const object of objects) byPage.set(pageStart(object.address), object);
  return (address: Addr): PoolObject | undefined => byPage.get(pageStart(address));
};

const kfence = (side: 'left' | 'right'): Detector => ({
  id: `kfence-${side}`,
  title:
    side === 'right'
      ? 'object before a guard page (KFENCE right)'
      : 'object after a guard page (KFENCE left)',
  source: 'mm/kfence, v5.13',
  plan: (sight) => planKfence(side, (heap) => sight.of(heap)),
  forbidden: (finished) => {
    const { objects } = poolOf(finished);
    const found = firstForbidden(
      finished.run.recording,
      { start: KFENCE_POOL, size: KFENCE_POOL_SIZE },
      objects,
      ({ address }) => ({
        start: pageStart(address),
        size: PAGE_SIZE,
      }),
    );
    return found && { ...found, lines: kfenceReport(finished.run, found, objects) };
  },
  watching: (finished) => {
    const find = objectIn(poolOf(finished).objects);
    return (address, live) => {
      if (address < KFENCE_POOL || address >= KFENCE_POOL + BigInt(KFENCE_POOL_SIZE)) return undefined;
      const object = find(address);
      if (object === undefined) return 'guard page';
      if (!live(object.address)) return 'freed page';
      const isCanary = besides(object.address, object.requested).some(
        ([start, size]) => address >= start && address < start + BigInt(size),
      );
      return isCanary ? 'canary' : undefined;
    };
  },
  bytesOf: () => 2 * PAGE_SIZE,
  fixed: `a pool of ${KFENCE_POOL_SIZE >> 20} MiB, in which the guarded objects lie`,
  poison: [],
});

/** All, and first the kernel without one. */
export const DETECTORS: readonly Detector[] = [
  {
    id: 'none',
    title: 'nothing',
    source: null,
    plan: () => planHeap,
    watching: () => NOTHING,
    bytesOf: ({ stride }) => stride,
    fixed: null,
    poison: [],
  },
  {
    id: 'slab-debug',
    title: 'red zones, poison, last user (CONFIG_DEBUG_SLAB)',
    source: 'mm/slab.c, v3.0.101',
    plan: (sight) => planDebugSlab('red zones and poison', (heap) => sight.of(heap)),
    watching: watchSlab('red zones and poison'),
    bytesOf: ({ name }, scenario) => geometryIn(scenario, name, 'red zones and poison')!.stride,
    fixed: null,
    poison: [0x6b, 0x5a],
  },
  {
    id: 'poison',
    title: 'poison alone (SLAB_POISON)',
    source: 'mm/slab.c, v3.0.101',
    plan: (sight) => planDebugSlab('poison', (heap) => sight.of(heap)),
    watching: watchSlab('poison'),
    bytesOf: ({ name }, scenario) => geometryIn(scenario, name, 'poison')!.stride,
    fixed: null,
    poison: [0x6b, 0x5a],
  },
  kfence('left'),
  kfence('right'),
  {
    id: 'kasan',
    title: 'byte shadow (KASAN)',
    source: 'mm/kasan, v5.4',
    plan: (sight) => planKasan((heap) => sight.of(heap)),
    forbidden: (finished) => {
      const { objects } = poolOf(finished);
      const pool = { start: KASAN_POOL, size: KASAN_POOL_SIZE };
      const found = firstForbidden(finished.run.recording, pool, objects, ({ address, requested }) => ({
        start: address,
        size: requested,
      }));
      return found && { ...found, lines: kasanReport(finished.run, found, objects) };
    },
    watching: () => NOTHING,
    bytesOf: ({ stride }) => kasanStride(stride) + Math.ceil(kasanStride(stride) / KASAN_GRANULE),
    fixed: `a shadow of one byte for each ${KASAN_GRANULE} of all memory; the compiler adds a check to each access`,
    poison: [],
  },
];
