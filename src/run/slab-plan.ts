// The heap that a scenario describes, as mm/slab.c of Linux 3.0 keeps it.

import { PAGE_SIZE, frameAddress, parseUnsigned } from '../base/address.js';
import type { FieldPath } from '../base/check-form.js';
import { knownCaches, slabGeometry } from '../kernel/slab-geometry.js';
import { type HeapDescription, PAGE_DESCRIPTORS, heapRegions } from '../kernel/slab-layout.js';
import type { CacheSpec } from '../scenario/form.js';
import type { Scenario } from '../scenario/scenario.js';
import type { HeapPlan, PlanHeap } from './allocator.js';
import { SlabHeap } from './slab-heap.js';

const WORLD: FieldPath = ['world'];

/** Longest name of a cache: readers of the heap stop there. */
const MAX_NAME = 63;

// Checks in passing that the cache can be cut into objects.
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
        return scenario.fail([...path, 'colours', frame], `${frame} is not a frame of ${name}`);
      }
      if (colour > last) {
        const problem = `should be at most ${last}: what is left of a page of ${name} gives no more colours`;
        return scenario.fail([...path, 'colours', frame], problem);
      }
      return [number, colour];
    }),
  );
};

/** The caches of a scenario. @throws {InputError} with the place in the file when they cannot be */
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

/** The plan of a heap that a description of a scenario's caches leads to. */
export const planOf = (
  scenario: Scenario,
  description: HeapDescription,
  build: HeapPlan['build'],
): HeapPlan => {
  const caches = description.caches.map((cache) => ({ ...cache, frames: [] }));
  return {
    frames: description.caches.flatMap(({ name, frames }) =>
      frames.map((frame, index) => ({
        cache: name,
        start: frameAddress(frame),
        size: PAGE_SIZE,
        what: 'this page frame',
        fail: (problem: string) => scenario.fail([...WORLD, 'caches', name, 'frames', index], problem),
      })),
    ),
    data: heapRegions({ ...description, caches }),
    descriptors: heapRegions(description).filter(({ name }) => name === PAGE_DESCRIPTORS),
    build,
  };
};

/** The SLAB heap of a scenario. */
export const planSlab: PlanHeap = (scenario) => {
  const description = describeHeap(scenario);
  return planOf(scenario, description, (memory) => new SlabHeap(memory, description));
};
