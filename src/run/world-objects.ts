// The objects that a scenario gives addresses: where they lie, and what their fields hold.

import type { Addr } from '../base/address.js';
import type { FieldPath } from '../base/check-form.js';
import type { FieldType } from '../kernel/layout.js';
import type { WritableMemory } from '../kernel/memory.js';
import type { Structs } from '../kernel/structs/all.js';
import type { ObjectSpec } from '../scenario/form.js';
import type { Scenario } from '../scenario/scenario.js';
import { type Names, type PlacedObject, addressOf, noStruct, resolveField } from '../scenario/values.js';
import type { Allocator } from './allocator.js';
import type { Places } from './places.js';
import { storeValue } from './store-value.js';

interface Placement {
  readonly name: string;
  readonly spec: ObjectSpec;
  readonly path: FieldPath;
  readonly at: Addr;
  readonly size: number; // bytes
  readonly header: number; // bytes of the same allocation before it
}

/**
 * The objects of a world, in the order of the file.
 *
 * @param relocate where the heap has what the scenario has at an address
 * @throws {InputError} when one lacks a field, or overlaps another
 */
export const placementsOf = (
  scenario: Scenario,
  structs: Structs,
  relocate: (address: Addr) => Addr = (address) => address,
): Placement[] => {
  const objects = Object.entries(scenario.spec.world.objects ?? {}).map(([name, spec]) => {
    const path = ['world', 'objects', name];
    if (spec.at === undefined)
      scenario.fail(path, 'the field "at" is missing: every object of the world has an address');
    if (spec.source === undefined)
      scenario.fail(path, 'the field "source" is missing: a slide of the talk, or invented');
    const { header = 0 } = spec;
    const start = addressOf(scenario, spec.at, [...path, 'at']) - BigInt(header);
    const at = relocate(start) + BigInt(header);
    const struct = spec.struct === undefined ? undefined : structs.find(spec.struct);
    if (spec.struct !== undefined && struct === undefined) {
      scenario.fail([...path, 'struct'], noStruct(structs, spec.struct));
    }
    const size = struct?.size ?? spec.size ?? scenario.fail(path, 'needs a "struct" or a "size"');
    return { name, spec, path, at, size, header };
  });
  refuseOverlaps(scenario, objects);
  return objects;
};

const refuseOverlaps = (scenario: Scenario, objects: readonly Placement[]): void => {
  const sorted = objects.toSorted((a, b) => (a.at < b.at ? -1 : 1));
  sorted.forEach((object, index) => {
    const before = sorted[index - 1];
    if (before === undefined) return;
    const end = before.at + BigInt(before.size);
    if (end > object.at - BigInt(object.header)) {
      scenario.fail(
        [...object.path, 'at'],
        `${object.name} overlaps ${before.name}, which lies from 0x${before.at.toString(16)} to 0x${end.toString(16)}`,
      );
    }
  });
};

/** @throws {InputError} when an object overlaps memory that the sandbox lays out */
export const claimObjects = (places: Places, scenario: Scenario, objects: readonly Placement[]): void => {
  for (const { name, at, size, header, path } of objects) {
    const fail = (problem: string): never => scenario.fail([...path, 'at'], problem);
    const range = { start: at - BigInt(header), size: size + header, what: name, fail };
    places.claim({ owner: 'object', ...range }, 'read-write', `page of ${name}`);
  }
};

/** An object as names stand for it. @param cache null outside the heap */
export const placedObject = (
  { name, at, size, header, spec }: Placement,
  cache: string | null,
): PlacedObject => ({
  name,
  address: at,
  size,
  header,
  struct: spec.struct ?? null,
  cache,
  source: spec.source,
});

/** Allocate an object where the scenario wants it. @returns its cache; null outside the heap */
export const placeInHeap = (scenario: Scenario, heap: Allocator, object: Placement): string | null => {
  const start = object.at - BigInt(object.header);
  const cache = heap.cacheOfFrame(start);
  const wanted = object.spec.cache;
  if (cache === undefined) {
    if (wanted === undefined) return null;
    return scenario.fail([...object.path, 'at'], `is not in a page frame of ${wanted}`);
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

/** Set the fields of all objects. */
export const writeFields = (names: Names, memory: WritableMemory, objects: readonly Placement[]): void => {
  for (const { name, spec, path } of objects) {
    for (const [field, value] of Object.entries(spec.set ?? {})) {
      const fieldPath = [...path, 'set', field];
      const { place, address } = resolveField(names, `${name}.${field}`, fieldPath);
      storeValue(names, memory, address, place?.type as FieldType, value, fieldPath);
    }
  }
};
