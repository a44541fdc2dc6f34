// The SLAB heap of a scenario as a kernel with debug options has it. Objects get larger there, so that those which the
// world has at addresses of its own lie elsewhere: neighbours stay neighbours, and keep their order.

import { type Addr, frameAddress, frameOf } from '../base/address.js';
import { PagedMemory, type WritableMemory } from '../kernel/memory.js';
import { type SlabGeometry, type SlabOptions, debugSlabGeometry } from '../kernel/slab-geometry.js';
import type { HeapDescription } from '../kernel/slab-layout.js';
import type { Scenario } from '../scenario/scenario.js';
import { addressOf } from '../scenario/values.js';
import type { Allocator, HeapPlan, PlanHeap } from './allocator.js';
import type { DetectorSight } from './detector.js';
import { SlabDebug } from './slab-debug.js';
import type { ObjectChecks } from './object-checks.js';
import { SlabHeap } from './slab-heap.js';
import { describeHeap, planOf, planSlab } from './slab-plan.js';

/** The first of the page frames that caches get in addition. Invented, without a byte of zero in their addresses. */
const FIRST_FRAME = 0x1b4d_7e31n;

/** The slots of one page frame without debug options: where they begin, and which of them the world's objects have. */
interface PlainSlots {
  readonly cache: string;
  readonly frame: bigint;
  readonly starts: readonly Addr[]; // of all objects, in order; empty for a page frame without a slab
  readonly stride: number; //          bytes
  readonly taken: ReadonlySet<number>; // by the world's objects: index among the starts
}

/** Where a scenario has its objects without debug options. Its world is tried out on memory of its own. */
export const plainSlots = (scenario: Scenario): PlainSlots[] => {
  const plan = planSlab(scenario);
  const heap = plan.build(scratchFor(plan));
  const placed = new Set<Addr>();
  for (const [name, { at, header = 0 }] of Object.entries(scenario.spec.world.objects ?? {})) {
    if (at === undefined) continue;
    const start = addressOf(scenario, at, ['world', 'objects', name, 'at']) - BigInt(header);
    const cache = heap.cacheOfFrame(start);
    if (cache !== undefined && heap.place(cache, start, 1) === undefined) placed.add(start);
  }
  return plan.frames.map(({ cache, start }) => {
    const starts = heap.objectsIn(frameOf(start));
    const taken = new Set(starts.flatMap((one, index) => (placed.has(one) ? [index] : [])));
    return { cache, frame: frameOf(start), starts, stride: heap.objectSize(cache), taken };
  });
};

/** Memory for a heap alone. */
const scratchFor = ({ frames, data, descriptors }: HeapPlan): WritableMemory =>
  new PagedMemory([
    ...frames.map(({ start, size, cache: name }) => ({
      start,
      size,
      name,
      protection: 'read-write' as const,
    })),
    ...data,
    ...descriptors,
  ]);

/** Some neighbouring slots and the page frame that their objects get. */
interface Part {
  readonly from: number; // index of the first
  readonly to: number; //   and of the one after the last
  readonly frame: bigint;
}

// Cuts slots into parts that fit into a slab, where possible not between two of the world's objects.
const partsOf = (
  { frame, starts, taken }: PlainSlots,
  count: number,
  num: number,
  more: () => bigint,
): Part[] => {
  const parts: Part[] = [];
  for (let from = 0; from < count;) {
    let to = Math.min(from + num, count);
    while (to < starts.length && to > from + 1 && taken.has(to - 1) && taken.has(to)) to -= 1;
    if (to === from + 1) to = Math.min(from + num, count);
    parts.push({ from, to, frame: parts.length === 0 ? frame : more() });
    from = to;
  }
  return parts;
};

// Fills all the slabs that hold the objects of one page frame.
class SpreadHeap extends SlabHeap {
  constructor(
    memory: WritableMemory,
    description: HeapDescription,
    checks: ObjectChecks,
    private readonly parts: ReadonlyMap<bigint, readonly Part[]>,
  ) {
    super(memory, description, checks);
  }

  override fill(frame: bigint): string | undefined {
    const frames = this.parts.get(frame)?.map((part) => part.frame) ?? [frame];
    for (const one of frames) {
      const problem = super.fill(one);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
}

const newAddress = (geometry: SlabGeometry, { from, frame }: Part, index: number): Addr =>
  frameAddress(frame) +
  BigInt(geometry.firstObject + (index - from) * geometry.stride + geometry.objectOffset);

/**
 * The heap of a scenario on a kernel with debug options.
 *
 * @param sight whom its checks tell, and what they see
 */
export const planDebugSlab =
  (options: SlabOptions, sightOf: (heap: () => Allocator | undefined) => DetectorSight): PlanHeap =>
  (scenario) => {
    const plain = describeHeap(scenario);
    const used = new Set(plain.caches.flatMap(({ frames }) => frames));
    let next = FIRST_FRAME;
    const more = (): bigint => {
      while (used.has(next)) next += 1n;
      next += 1n;
      return next - 1n;
    };
    const slots = new Map(plainSlots(scenario).map((one) => [one.frame, one]));
    const geometries = new Map<string, SlabGeometry>();
    const parts = new Map<bigint, readonly Part[]>();
    const caches = plain.caches.map((cache) => {
      const { name, objectSize, align, colours = new Map<bigint, number>() } = cache;
      const geometry = debugSlabGeometry(options, name, objectSize, align)!;
      geometries.set(name, geometry);
      const pinned = new Map<bigint, number>();
      for (const frame of cache.frames) {
        const found = slots.get(frame)!;
        const count = Math.max(found.starts.length, numberOfSlots(found, geometry));
        const cut = partsOf(found, count, geometry.num, more);
        parts.set(frame, cut);
        const colour = geometry.hasRedZones ? 0 : colours.get(frame);
        if (found.starts.length > 0)
          for (const part of cut) pinned.set(part.frame, colour ?? colourOf(found, geometry));
      }
      const frames = cache.frames.flatMap((frame) => parts.get(frame)!.map((part) => part.frame));
      return { ...cache, frames, colours: pinned };
    });
    const description: HeapDescription = { ...plain, caches, options };
    const relocate = (address: Addr): Addr => {
      const found = slots.get(frameOf(address));
      if (found === undefined || found.starts.length === 0) return address;
      const distance = Number(address - found.starts[0]!);
      const index = Math.floor(distance / found.stride);
      const part = parts.get(found.frame)!.find(({ from, to }) => index >= from && index < to);
      const geometry = geometries.get(found.cache)!;
      if (part === undefined || !geometry.hasRedZones) return address;
      return newAddress(geometry, part, index) + BigInt(distance - index * found.stride);
    };
    let heap: SlabHeap | undefined;
    const plan = planOf(scenario, description, (memory) => {
      heap = new SpreadHeap(
        memory,
        description,
        new SlabDebug(
          memory,
          sightOf(() => heap),
        ),
        parts,
      );
      return heap;
    });
    return { ...plan, relocate };
  };

// Where a page frame has no slab yet: as many objects as it would have had.
const numberOfSlots = ({ starts, stride }: PlainSlots, geometry: SlabGeometry): number =>
  starts.length > 0 ? starts.length : Math.max(geometry.num, Math.floor(4096 / (stride + 4)));

// Without red zones objects stay where they are.
const colourOf = ({ starts, frame }: PlainSlots, { firstObject }: SlabGeometry): number =>
  Math.max(0, (Number(starts[0]! - frameAddress(frame)) - firstObject) >> 6);
