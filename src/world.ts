// Builds what a scenario says existed before the first step: memory, slab heap, objects, stack words, code.
// Nothing runs here.
// Over 300 lines because each part is checked against the places of all others.

import { type Addr, PAGE_SIZE, isCanonical, pageStart, frameAddress, parseUnsigned } from './address.js';
import { encodeBugTable } from './bugtable.js';
import { InputError } from './errors.js';
import { refuseCode } from './refused-code.js';
import type { FieldType } from './layout.js';
import { loadLibunicorn } from './library.js';
import { PagedMemory, type Protection, type Region } from './memory.js';
import { type Parameters } from './parameters.js';
import type { FieldPath } from './scenario-file.js';
import type { CacheSpec, ObjectSpec, Scenario, Value } from './scenario.js';
import { type HeapDescription, SlabHeap, heapRegions } from './slab.js';
import { knownCaches, slabGeometry } from './slab-geometry.js';
import { type Release, type Snippet, isShipped } from './snippet.js';
import { findStruct, structNames } from './structs/all.js';
import { CURRENT_TASK_OFFSET } from './structs/task.js';
import type { SymbolTable } from './symbols.js';
import { type Names, type PlacedObject, resolveField, resolveValue } from './values.js';
import { storeValue } from './store-value.js';

/** Filler of text pages outside snippets: invalid in 64-bit mode, so a wild jump stops where it lands. */
export const TEXT_FILLER = 0x06;

/** Where the strings of the bug table lie; invented. */
const BUG_STRINGS: Addr = 0xffffffff81672000n;

/** A built world. */
export interface World {
  readonly scenario: Scenario;
  readonly memory: PagedMemory;
  readonly symbols: SymbolTable;
  readonly snippets: readonly Snippet[];
  readonly heap: SlabHeap;
  readonly objects: Map<string, PlacedObject>;
  readonly gsBase: Addr;
}

/** Collects whole pages and makes regions of neighbours. */
class Pages {
  readonly #pages = new Map<Addr, { protection: Protection; name: string }>();

  add(start: Addr, size: number, protection: Protection, name: string): void {
    for (let page = pageStart(start); page < start + BigInt(size); page += BigInt(PAGE_SIZE)) {
      if (!this.#pages.has(page)) this.#pages.set(page, { protection, name });
    }
  }

  has(address: Addr): boolean {
    return this.#pages.has(pageStart(address));
  }

  regions(): Region[] {
    const regions: { start: Addr; size: number; protection: Protection; name: string }[] = [];
    const sorted = [...this.#pages].toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [page, { protection, name }] of sorted) {
      const last = regions.at(-1);
      const joins = last !== undefined && last.protection === protection && last.name === name;
      if (joins && last.start + BigInt(last.size) === page) last.size += PAGE_SIZE;
      else regions.push({ start: page, size: PAGE_SIZE, protection, name });
    }
    return regions;
  }
}

const WORLD: FieldPath = ['world'];

const addressAt = (scenario: Scenario, value: Value, path: FieldPath): Addr => {
  const address = typeof value === 'number' ? BigInt(value) : parseUnsigned(value);
  if (address === undefined || address < 0n)
    return scenario.fail(path, `should be an address 0x…, found ${JSON.stringify(value)}`);
  if (!isCanonical(address)) {
    return scenario.fail(
      path,
      `0x${address.toString(16)} is not canonical: bits 63 to 47 of an x86-64 address are equal`,
    );
  }
  return address;
};

// Checks on the way that the cache can be cut into objects.
const coloursOf = (scenario: Scenario, name: string, spec: CacheSpec): Map<bigint, number> => {
  const path = [...WORLD, 'caches', name];
  const { align = 8, objectSize } = spec;
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

const describeHeap = (scenario: Scenario): HeapDescription => {
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

interface Placement {
  readonly name: string;
  readonly spec: ObjectSpec;
  readonly path: FieldPath;
  readonly at: Addr;
  readonly size: number;
  readonly header: number;
}

const placements = (scenario: Scenario): Placement[] =>
  Object.entries(scenario.spec.world.objects ?? {}).map(([name, spec]) => {
    const path = [...WORLD, 'objects', name];
    if (spec.at === undefined)
      scenario.fail(path, 'the field "at" is missing: every object of the world has an address');
    if (spec.source === undefined)
      scenario.fail(path, 'the field "source" is missing: a slide of the talk, or invented');
    const at = addressAt(scenario, spec.at, [...path, 'at']);
    const struct = spec.struct === undefined ? undefined : findStruct(spec.struct);
    if (spec.struct !== undefined && struct === undefined) {
      scenario.fail(
        [...path, 'struct'],
        `there is no struct "${spec.struct}"; known are ${structNames().join(', ')}`,
      );
    }
    const size = struct?.size ?? spec.size ?? scenario.fail(path, 'needs a "struct" or a "size"');
    return { name, spec, path, at, size, header: spec.header ?? 0 };
  });

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

/** Memory that the sandbox itself lays out. */
interface Reserved {
  readonly start: Addr;
  readonly size: number; // bytes
  readonly name: string;
}

const refuseReserved = (
  scenario: Scenario,
  reserved: readonly Reserved[],
  { start, size, what, path }: { start: Addr; size: number; what: string; path: FieldPath },
): void => {
  const end = start + BigInt(size);
  const other = reserved.find((one) => start < one.start + BigInt(one.size) && one.start < end);
  if (other === undefined) return;
  scenario.fail(
    path,
    `${what} overlaps the ${other.name} at 0x${other.start.toString(16)}; choose another place`,
  );
};

// A scenario's bytes do not become code, neither in a function nor in what its pages hold besides.
const refuseAmongCode = (
  scenario: Scenario,
  snippets: readonly Snippet[],
  { start, size, what, path }: { start: Addr; size: number; what: string; path: FieldPath },
): void => {
  const end = start + BigInt(size);
  const other =
    snippets.find((one) => start < one.end && one.start < end) ??
    snippets.find((one) => start < pageStart(one.end - 1n) + BigInt(PAGE_SIZE) && pageStart(one.start) < end);
  if (other === undefined) return;
  scenario.fail(path, `${what} lies on a page with the code of ${other.name}; choose another place`);
};

const textPages = (pages: Pages, snippets: readonly Snippet[]): void => {
  for (const { start, bytes, symbol } of snippets) {
    pages.add(
      start,
      bytes.length,
      'read-execute',
      symbol.module === undefined ? 'kernel text' : `text of ${symbol.module}`,
    );
  }
};

const writeText = (memory: PagedMemory, snippets: readonly Snippet[]): void => {
  let offset = 0;
  for (const { size, protection } of memory.regions) {
    if (protection === 'read-execute') memory.bytes.fill(TEXT_FILLER, offset, offset + size);
    offset += size;
  }
  for (const { start, bytes } of snippets) memory.write(start, bytes);
};

// Put a slab object where the scenario wants it.
const placeInHeap = (scenario: Scenario, heap: SlabHeap, object: Placement): string | null => {
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

const placedObject = ({ name, at, size, header, spec }: Placement, cache: string | null): PlacedObject => ({
  name,
  address: at,
  size,
  header,
  struct: spec.struct ?? null,
  cache,
  source: spec.source,
});

/**
 * Build the world of a scenario.
 *
 * @throws {InputError} with the place in the file when something in it cannot be
 */
export const buildWorld = (scenario: Scenario, release: Release, parameters: Parameters): World => {
  const { spec } = scenario;
  let snippets: readonly Snippet[];
  try {
    snippets = release.select(spec.variants ?? {});
  } catch (error) {
    if (error instanceof InputError) scenario.fail(['variants'], error.message);
    throw error;
  }
  for (const snippet of snippets) if (!isShipped(snippet)) refuseCode(snippet, loadLibunicorn().version);
  const symbols = release.symbolsOf(snippets);
  const heapDescription = describeHeap(scenario);
  const objectsToPlace = placements(scenario);
  refuseOverlaps(scenario, objectsToPlace);

  const gsBase = addressAt(scenario, spec.world.gs ?? '0xffff88043fc00000', [...WORLD, 'gs']);
  const bugTable = encodeBugTable(
    release.bugsOf(snippets),
    symbols.symbol('__start___bug_table').address,
    BUG_STRINGS,
  );
  const heapPart = heapRegions(heapDescription);
  const pages = new Pages();
  for (const { start, size, protection, name } of heapPart) pages.add(start, size, protection, name);
  const bugStart = symbols.symbol('__start___bug_table').address;
  const bugSize = Number(symbols.symbol('__stop___bug_table').address - bugStart);
  const reserved: Reserved[] = [
    ...heapPart.filter(({ name }) => !name.startsWith('slab page')),
    ...snippets.map(({ start, bytes, name }) => ({ start, size: bytes.length, name: `code of ${name}` })),
    { start: bugStart, size: bugSize, name: 'bug table' },
    { start: BUG_STRINGS, size: Math.max(1, bugTable.strings.length), name: 'strings of the bug table' },
    { start: gsBase + CURRENT_TASK_OFFSET, size: 8, name: 'per-CPU word current' },
  ];
  heapDescription.caches.forEach(({ name, frames }) => {
    frames.forEach((frame, index) => {
      const path = [...WORLD, 'caches', name, 'frames', index];
      refuseReserved(scenario, reserved, {
        start: frameAddress(frame),
        size: PAGE_SIZE,
        what: 'this page frame',
        path,
      });
    });
  });
  for (const { name, at, size, header, path } of objectsToPlace) {
    const start = at - BigInt(header);
    const object = { start, size: size + header, what: name, path: [...path, 'at'] };
    refuseReserved(scenario, reserved, object);
    refuseAmongCode(scenario, snippets, object);
  }
  refuseAmongCode(scenario, snippets, {
    start: gsBase + CURRENT_TASK_OFFSET,
    size: 8,
    what: 'the per-CPU word current',
    path: [...WORLD, 'gs'],
  });
  textPages(pages, snippets);
  pages.add(gsBase + CURRENT_TASK_OFFSET, 8, 'read-write', 'per-CPU area');
  pages.add(bugStart, bugSize, 'read', 'bug table');
  pages.add(BUG_STRINGS, Math.max(1, bugTable.strings.length), 'read', 'strings');
  spec.world.memory?.forEach(({ name, at, size }, index) => {
    const path = [...WORLD, 'memory', index];
    const start = addressAt(scenario, at, [...path, 'at']);
    addressAt(scenario, `0x${(start + BigInt(size) - 1n).toString(16)}`, [...path, 'size']);
    const part = { start, size, what: name, path: [...path, 'at'] };
    refuseReserved(scenario, [...reserved, ...heapPart], part);
    refuseAmongCode(scenario, snippets, part);
    pages.add(start, size, 'read-write', name);
  });
  for (const { at, size, name } of objectsToPlace) pages.add(at, size, 'read-write', `page of ${name}`);
  const names = (objects: ReadonlyMap<string, PlacedObject>, heap?: SlabHeap): Names => ({
    scenario,
    symbols,
    objects,
    parameters,
    cacheAddress: (name) => heap?.cacheAddress(name),
  });
  const placed = names(new Map(objectsToPlace.map((object) => [object.name, placedObject(object, null)])));
  const words = (spec.world.words ?? []).map(({ at, value }, index) => {
    const path = [...WORLD, 'words', index];
    const address = resolveValue(placed, at, [...path, 'at']);
    if (!isCanonical(address)) scenario.fail([...path, 'at'], `0x${address.toString(16)} is not canonical`);
    refuseAmongCode(scenario, snippets, {
      start: address,
      size: 8,
      what: 'this word',
      path: [...path, 'at'],
    });
    pages.add(address, 8, 'read-write', 'kernel data');
    return { address, value, path: [...path, 'value'] };
  });

  const memory = new PagedMemory(pages.regions());
  writeText(memory, snippets);
  memory.write(bugStart, bugTable.entries);
  memory.write(BUG_STRINGS, bugTable.strings);
  const heap = new SlabHeap(memory, heapDescription);
  const objects = new Map<string, PlacedObject>();
  for (const object of objectsToPlace) {
    objects.set(object.name, placedObject(object, placeInHeap(scenario, heap, object)));
  }
  const all = names(objects, heap);
  for (const { name, spec: object, path } of objectsToPlace) {
    for (const [field, value] of Object.entries(object.set ?? {})) {
      const fieldPath = [...path, 'set', field];
      const { place, address } = resolveField(all, `${name}.${field}`, fieldPath);
      storeValue(all, memory, address, place?.type as FieldType, value, fieldPath);
    }
  }
  for (const { address, value, path } of words) memory.writeU64(address, resolveValue(all, value, path));
  if (spec.world.current !== undefined) {
    memory.writeU64(
      gsBase + CURRENT_TASK_OFFSET,
      resolveValue(all, spec.world.current, [...WORLD, 'current']),
    );
  }
  freeHistory(scenario, heap, objects);
  memory.seal();
  return { scenario, memory, symbols, snippets, heap, objects, gsBase };
};

const freeHistory = (scenario: Scenario, heap: SlabHeap, objects: Map<string, PlacedObject>): void => {
  scenario.spec.world.history?.forEach(({ free: name }, index) => {
    const path = [...WORLD, 'history', index, 'free'];
    const object = objects.get(name);
    if (object?.cache == null) return scenario.fail(path, `there is no slab object "${name}"`);
    heap.kmem_cache_free(object.cache, object.address);
    objects.delete(name);
  });
};
