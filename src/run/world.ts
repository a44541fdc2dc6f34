// Builds what a scenario says existed before the first step: memory, slab heap, objects, stack words, code.
// Nothing runs here.
// Over 300 lines because each part is checked against the places of all others.

import { type Addr, PAGE_SIZE, frameAddress, pageStart, parseUnsigned } from '../base/address.js';
import { BUG_TABLE, BUG_TABLE_END, encodeBugTable } from '../kernel/bugtable.js';
import { InputError } from '../base/errors.js';
import type { FieldType } from '../kernel/layout.js';
import { PagedMemory } from '../kernel/memory.js';
import { type Parameters } from '../scenario/parameters.js';
import type { FieldPath } from '../base/check-form.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';
import type { Scenario, Value } from '../scenario/scenario.js';
import { RuledAllocations } from './ruled-allocations.js';
import { SlabHeap } from '../machine/slab-heap.js';
import { type Release, type Snippet, bugsOf, isShipped } from '../release/snippet.js';
import { findStruct, structNames } from '../kernel/structs/all.js';
import { CURRENT_TASK_OFFSET, bug_entry } from '../kernel/structs/task.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { type Names, type PlacedObject, resolveField, resolveValue } from '../scenario/values.js';
import { storeValue } from './store-value.js';
import { type Placement, addHeapPages, describeHeap, placeInHeap, reservedByHeap } from './world-heap.js';
import { findIdle } from './on-demand.js';
import {
  Pages,
  type Range,
  type Reserved,
  failIn,
  refuseNonCanonical,
  refuseReserved,
} from '../kernel/ranges.js';

/** Where the strings of the bug table lie; invented. */
const BUG_STRINGS: Addr = 0xffffffff81672000n;

/** A built world. */
export interface World {
  readonly scenario: Scenario;
  readonly memory: PagedMemory;
  readonly symbols: SymbolTable;
  readonly snippets: readonly Snippet[];
  readonly heap: SlabHeap;
  readonly allocations: RuledAllocations;
  readonly objects: Map<string, PlacedObject>;
  readonly gsBase: Addr;
}

const WORLD: FieldPath = ['world'];

const addressAt = (scenario: Scenario, value: Value, path: FieldPath): Addr => {
  const address = typeof value === 'number' ? BigInt(value) : parseUnsigned(value);
  if (address !== undefined && address >= 0n) return address;
  return scenario.fail(path, `should be an address 0x…, found ${JSON.stringify(value)}`);
};

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

const writeText = (memory: PagedMemory, snippets: readonly Snippet[]): void => {
  let offset = 0;
  for (const { size, protection } of memory.regions) {
    // A wild jump stops where it lands.
    if (protection === 'read-execute') memory.bytes.fill(NO_INSTRUCTION, offset, offset + size);
    offset += size;
  }
  for (const { start, bytes } of snippets) memory.write(start, bytes);
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

/** What every release defines: the bounds of its bug table, and what marks files of shared memory. */
const NEEDED = [BUG_TABLE, BUG_TABLE_END, 'shm_file_operations'] as const;

// The bug table of a selection of snippets, and what it takes of memory.
const placeBugTable = (snippets: readonly Snippet[], symbols: SymbolTable) => {
  const start = symbols.symbol(BUG_TABLE).address;
  const size = Number(symbols.symbol(BUG_TABLE_END).address - start);
  const sites = bugsOf(snippets);
  const room = Math.floor(size / bug_entry.size);
  if (sites.length > room) {
    const most = snippets
      .filter((snippet) => !isShipped(snippet))
      .toSorted((a, b) => b.manifest.bugs.length - a.manifest.bugs.length);
    const problem = `the bug table has room for ${room} entries, and the functions of this scenario have ${sites.length}`;
    if (most[0] !== undefined) failIn(most[0].file, 'bugs')(problem);
    throw new InputError(problem);
  }
  const table = encodeBugTable(sites, start, BUG_STRINGS);
  const reserved = [
    { start, size, name: 'bug table', region: 'bug table' },
    {
      start: BUG_STRINGS,
      size: Math.max(1, table.strings.length),
      name: 'strings of the bug table',
      region: 'strings',
    },
  ];
  return { start, table, reserved };
};

// Whether a world or a step names a function; rather one too many than one too few.
const isNamedBy = ({ spec: { world, steps, expect } }: Scenario): ((name: string) => boolean) => {
  const words = new Set(JSON.stringify([world, steps, expect]).match(/\w+/gu));
  return (name) => words.has(name);
};

/**
 * Build the world of a scenario.
 *
 * @throws {InputError} with the place in the file when something in it cannot be
 */
export const buildWorld = (scenario: Scenario, release: Release, parameters: Parameters): World => {
  const { spec } = scenario;
  let selected: readonly Snippet[];
  try {
    selected = release.select(spec.variants ?? {});
  } catch (error) {
    if (error instanceof InputError) scenario.fail(['variants'], error.message);
    throw error;
  }
  const idle = findIdle(release, selected, isNamedBy(scenario));
  const snippets = selected.filter((snippet) => !idle.has(snippet.function));
  const symbols = release.symbolsOf(snippets, idle);
  for (const name of NEEDED) {
    if (symbols.findSymbol(name) === undefined)
      scenario.fail(
        ['release'],
        `the symbols.json of ${release.name} lacks ${name}, which every release needs`,
      );
  }
  const heapDescription = describeHeap(scenario);
  const objectsToPlace = placements(scenario);
  refuseOverlaps(scenario, objectsToPlace);
  const at = (...path: FieldPath) => ({ fail: (problem: string): never => scenario.fail(path, problem) });

  const gsBase = addressAt(scenario, spec.world.gs ?? '0xffff88043fc00000', [...WORLD, 'gs']);
  const current: Range = {
    start: gsBase + CURRENT_TASK_OFFSET,
    size: 8,
    what: 'the per-CPU word current',
    ...at('world', 'gs'),
  };
  refuseNonCanonical({ ...current, start: gsBase, size: 1 });
  refuseNonCanonical(current);
  const bugs = placeBugTable(snippets, symbols);
  const ownData = [...reservedByHeap(heapDescription), ...bugs.reserved];
  refuseReserved(ownData, current);
  const perCpu = { ...current, name: 'per-CPU word current' };
  const frames = heapDescription.caches.flatMap((cache) =>
    cache.frames.map((frame) => ({
      start: frameAddress(frame),
      size: PAGE_SIZE,
      name: `slab page of ${cache.name}`,
    })),
  );
  for (const snippet of snippets) {
    const fail = failIn(snippet.file, 'start');
    const code = {
      start: snippet.start,
      size: snippet.bytes.length,
      what: `the code of ${snippet.name}`,
      fail,
    };
    // What is shipped lies well: then the scenario is wrong, and is told so below.
    if (!isShipped(snippet)) refuseReserved([...ownData, ...frames, perCpu], code);
  }
  // A scenario's bytes do not become code, neither in a function nor in what its pages hold besides.
  const text = snippets.map(({ start, end, name }) => ({
    start: pageStart(start),
    size: Number(pageStart(end - 1n) - pageStart(start)) + PAGE_SIZE,
    name: `page with the code of ${name}`,
  }));
  refuseReserved([...text, ...frames], current);
  const reserved: Reserved[] = [...ownData, ...text, perCpu];

  const pages = new Pages();
  addHeapPages(scenario, heapDescription, reserved, pages);
  for (const { name, at: address, size, header, path } of objectsToPlace) {
    const range = { start: address - BigInt(header), size: size + header, what: name, ...at(...path, 'at') };
    refuseNonCanonical(range);
    refuseReserved(reserved, range);
  }
  for (const { start, bytes, symbol, file } of snippets) {
    const name = symbol.module === undefined ? 'kernel text' : `text of ${symbol.module}`;
    pages.add(
      { start, size: bytes.length, what: `the code of ${symbol.name}`, fail: failIn(file, 'start') },
      'read-execute',
      name,
    );
  }
  pages.add(current, 'read-write', 'per-CPU area');
  for (const { start, size, name, region } of bugs.reserved)
    pages.add({ start, size, what: `the ${name}`, ...at('release') }, 'read', region);
  spec.world.memory?.forEach(({ name, at: value, size }, index) => {
    const start = addressAt(scenario, value, [...WORLD, 'memory', index, 'at']);
    const range = { start, size, what: name, ...at('world', 'memory', index, 'at') };
    refuseNonCanonical(range);
    refuseReserved([...reserved, ...frames], range);
    pages.add(range, 'read-write', name);
  });
  for (const { at: start, size, name, path } of objectsToPlace)
    pages.add({ start, size, what: name, ...at(...path, 'at') }, 'read-write', `page of ${name}`);
  const names = (objects: ReadonlyMap<string, PlacedObject>, heap?: SlabHeap): Names => ({
    scenario,
    symbols,
    objects,
    parameters,
    cacheAddress: (name) => heap?.cacheAddress(name),
  });
  const placed = names(new Map(objectsToPlace.map((object) => [object.name, placedObject(object, null)])));
  const words = (spec.world.words ?? []).map(({ at: place, value }, index) => {
    const path = [...WORLD, 'words', index];
    const address = resolveValue(placed, place, [...path, 'at']);
    const range = { start: address, size: 8, what: 'this word', ...at(...path, 'at') };
    refuseNonCanonical(range);
    refuseReserved([...bugs.reserved, ...text, perCpu], range); // over the heap's data it is damage, and kept
    pages.add(range, 'read-write', 'kernel data');
    return { address, value, path: [...path, 'value'] };
  });

  const memory = new PagedMemory(pages.regions());
  writeText(memory, snippets);
  memory.write(bugs.start, bugs.table.entries);
  memory.write(BUG_STRINGS, bugs.table.strings);
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
  const allocations = new RuledAllocations(memory, heap);
  liveHistory(scenario, heap, allocations, objects);
  memory.seal();
  return { scenario, memory, symbols, snippets, heap, allocations, objects, gsBase };
};

const liveHistory = (
  scenario: Scenario,
  heap: SlabHeap,
  allocations: RuledAllocations,
  objects: Map<string, PlacedObject>,
): void => {
  scenario.spec.world.history?.forEach(({ free: name, fill }, index) => {
    const path = [...WORLD, 'history', index];
    if (name !== undefined) {
      const object = objects.get(name);
      if (object?.cache == null) return scenario.fail([...path, 'free'], `there is no slab object "${name}"`);
      heap.kmem_cache_free(object.cache, object.address);
      objects.delete(name);
    }
    if (fill !== undefined) fillFrame(scenario, heap, fill, allocations, [...path, 'fill']);
    return undefined;
  });
};

// Allocate what is still free in a page frame: objects of which nobody knows more than that they are taken.
const fillFrame = (
  scenario: Scenario,
  heap: SlabHeap,
  { cache, frame: value }: { readonly cache: string; readonly frame: Value },
  allocations: RuledAllocations,
  path: FieldPath,
): void => {
  const frame = addressAt(scenario, value, [...path, 'frame']);
  const start = frameAddress(frame);
  if (heap.cacheOfFrame(start) !== cache)
    scenario.fail([...path, 'frame'], `0x${frame.toString(16)} is no page frame of ${cache}`);
  const problem = heap.fill(frame);
  if (problem !== undefined) scenario.fail(path, problem);
  allocations.addFilled(cache, frame);
};
