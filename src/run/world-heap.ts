// The slab heap that a scenario describes, and its objects put into it. Nothing runs here.

import { type Addr, PAGE_SIZE, frameAddress, parseUnsigned } from '../base/address.js';
import type { FieldPath } from '../base/check-form.js';
import type { CacheSpec, ObjectSpec, Scenario } from '../scenario/scenario.js';
import { type HeapDescription, type SlabHeap, heapRegions } from '../machine/slab-heap.js';
import { knownCaches, slabGeometry } from '../kernel/slab-geometry.js';
import { type Pages, type Reserved, refuseReserved } from '../kernel/ranges.js';

const WORLD: FieldPath = ['world'];

/** Longest name of a cache: what reads it back stops there. */
const MAX_NAME = 63;

/** An object that a scenario gives an address. */
export interface Placement {
  readonly name: string;
  readonly spec: ObjectSpec;
  readonly path: FieldPath;
  readonly at: Addr;
  readonly size: number; // bytes
  readonly header: number; // bytes of the same allocation before it
}

// Checks on the way that the cache can be cut into objects.
const coloursOf = (scenario: Scenario, name: string, spec: CacheSpec): Map<bigint, number> => {
  const path = [...WORLD, 'caches', name];
  const { align = 8, objectSize } = spec;
  if (!/^[\x20-\x7e]+$/u.test(name) || name.length > MAX_NAME)
    scenario.fail(path, `the name of a cache should be 1 to ${MAX_NAME} printable ASCII characters`);
  if ((align & (align - 1)) !== 0)
    scenario.fail([...path, 'align'], `should be a power of two, found ${align}`);
  const geometry = slabGeometry(name, objectSize, spec.align);
  if (geometry === undefined) {
    const known = knownCaches().join(', ');
    return scenario.fail(path, `not a known cache, so it needs an "objectSize"; known are ${known}`);
  }
  if (geometry.num < 1) scenario.fail(path, 'not one object fits in a page');
  const last = Math.max(geometry.colours, 1) - 1;
  return new Map(
    Object.entries(spec.colours ?? {}).map(([frame, colour]) => {
      const number = parseUnsigned(frame);
      if (number === undefined || !spec.frames.some((one) => BigInt(one) === number)) {
        return scenario.fail([...path, 'colours', frame], `${frame} is none of the frames of ${name}`);
      }
      if (colour > last) {
        const problem = `should be at most ${last}: what is left of a page of ${name} gives no more colours`;
        return scenario.fail([...path, 'colours', frame], problem);
      }
      return [number, colour];
    }),
  );
};

/** What the scenario says of its caches, checked. @throws {InputError} with the place in the file */
export const describeHeap = (scenario: Scenario): HeapDescription => {
  const { caches = {}, cpu = 0 } = scenario.spec.world;
  const seen = new Map<bigint, string>();
  return {
    cpu,
    cpus: Math.max(cpu + 1, 2),
    caches: Object.entries(caches).map(([name, spec]) => ({
      name,
      colours: coloursOf(scenario, name, spec),
      ...(spec.objectSize === undefined ? {} : { objectSize: spec.objectSize }),
      ...(spec.align === undefined ? {} : { align: spec.align }),
      frames: spec.frames.map((frame, index) => {
        const path = [...WORLD, 'caches', name, 'frames', index];
        const number = BigInt(frame);
        const other = seen.get(number);
        if (other !== undefined)
          return scenario.fail(path, `page frame ${frame} belongs to ${other} already`);
        if (number >= 1n << 34n)
          return scenario.fail(path, `page frame ${frame} lies outside the direct map`);
        seen.set(number, name);
        return number;
      }),
    })),
  };
};

/** What the heap's own data takes: pages, by name. Its page frames are not in it. */
export const reservedByHeap = (description: HeapDescription): Reserved[] => {
  const caches = description.caches.map((cache) => ({ ...cache, frames: [] }));
  return heapRegions({ ...description, caches });
};

/**
 * Add the pages of the heap.
 *
 * @throws {InputError} when a page frame overlaps what is reserved, or they are too many
 */
export const addHeapPages = (
  scenario: Scenario,
  description: HeapDescription,
  reserved: readonly Reserved[],
  pages: Pages,
): void => {
  for (const { name, frames } of description.caches) {
    frames.forEach((frame, index) => {
      const path = [...WORLD, 'caches', name, 'frames', index];
      const fail = (problem: string): never => scenario.fail(path, problem);
      const range = { start: frameAddress(frame), size: PAGE_SIZE, what: 'this page frame', fail };
      refuseReserved(reserved, range);
      pages.add(range, 'read-write', `slab page of ${name}`);
    });
  }
  const fail = (problem: string): never => scenario.fail([...WORLD, 'caches'], problem);
  for (const { start, size, protection, name } of heapRegions(description))
    pages.add({ start, size, what: name, fail }, protection, name);
};

/** Put a slab object where the scenario wants it. @returns its cache; null outside the heap */
export const placeInHeap = (scenario: Scenario, heap: SlabHeap, object: Placement): string | null => {
  const start = object.at - BigInt(object.header);
  const cache = heap.cacheOfFrame(start);
  const wanted = object.spec.cache;
  if (cache === undefined) {
    if (wanted === undefined) return null;
    return scenario.fail([...object.path, 'at'], `lies in no page frame of ${wanted}`);
  }
  if (wanted !== undefined && wanted !== cache) {
    return scenario.fail(
      [...object.path, 'cache'],
      `the page of ${object.name} belongs to ${cache}, not to ${wanted}`,
    );
  }
  const problem = heap.place(cache, start, object.size + object.header);
  return problem === undefined ? cache : scenario.fail([...object.path, 'at'], problem);
};
