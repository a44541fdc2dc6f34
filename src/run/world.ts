// Builds what a scenario says existed before the first step: memory, heap, objects, stack words, code. Nothing runs here.

import { type Addr, frameAddress } from '../base/address.js';
import type { FieldPath } from '../base/check-form.js';
import { PagedMemory } from '../kernel/memory.js';
import { refuseNonCanonical } from '../kernel/ranges.js';
import { CURRENT_TASK_OFFSET } from '../kernel/structs/task.js';
import type { Structs } from '../kernel/structs/all.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { type Release, type Snippet, isShipped } from '../release/snippet.js';
import type { StubEntry } from '../release/form.js';
import type { Parameters } from '../scenario/parameters.js';
import type { Value } from '../scenario/form.js';
import type { Scenario } from '../scenario/scenario.js';
import { type Names, type PlacedObject, addressOf, resolveValue } from '../scenario/values.js';
import type { Allocator, HeapPlan, PlanHeap } from './allocator.js';
import { Places } from './places.js';
import { RuledAllocations } from './ruled-allocations.js';
import { planHeap as usualPlan } from './allocators.js';
import { textsOf } from './texts.js';
import { chooseCode, claimBugTable, claimCode, claimData, writeCode, writeData } from './world-code.js';
import { claimObjects, placeInHeap, placedObject, placementsOf, writeFields } from './world-objects.js';

/** A built world. */
export interface World {
  readonly scenario: Scenario;
  readonly memory: PagedMemory;
  readonly symbols: SymbolTable;
  readonly snippets: readonly Snippet[];
  readonly structs: Structs;
  readonly stubs: readonly StubEntry[];
  readonly heap: Allocator;
  readonly allocations: RuledAllocations;
  readonly objects: Map<string, PlacedObject>;
  readonly gsBase: Addr;
  /** Where the heap has what the scenario has at an address. */
  readonly relocate: (address: Addr) => Addr;
  /** Texts that stand in quotes, by how they stand there. */
  readonly texts: ReadonlyMap<string, Addr>;
}

const WORLD: FieldPath = ['world'];

/** %gs of a scenario that names none. */
const DEFAULT_GS = '0xffff88043fc00000';

/**
 * Build the world of a scenario.
 *
 * @param planHeap another heap than the usual one
 * @throws {InputError} with the place in the file when something in it cannot be
 */
export const buildWorld = (
  scenario: Scenario,
  release: Release,
  parameters: Parameters,
  planHeap: PlanHeap = usualPlan,
): World => {
  const code = chooseCode(scenario, release);
  const { snippets, symbols } = code;
  const plan = planHeap(scenario);
  const relocate = (address: Addr): Addr => plan.relocate?.(address) ?? address;
  const { structs, stubs } = release;
  const placements = placementsOf(scenario, structs, relocate);
  const objects = new Map(placements.map((object) => [object.name, placedObject(object, null)]));
  let heap: Allocator | undefined;
  const names: Names = {
    scenario,
    symbols,
    structs,
    objects,
    parameters,
    textAddress: (text) => texts.addresses.get(text),
    cacheAddress: (name) => heap?.cacheAddress(name),
    relocate,
  };

  const texts = textsOf(scenario);
  const places = new Places();
  claimHeapData(places, scenario, plan);
  const writeBugTable = claimBugTable(places, code, (problem) => scenario.fail(['release'], problem));
  // Shipped functions come before what a scenario places, and a user's functions after it: those are to blame.
  claimCode(places, snippets.filter(isShipped));
  for (const frame of plan.frames) {
    const name = `slab page of ${frame.cache}`;
    places.claim({ owner: 'slab page', ...frame, name }, 'read-write', name);
  }
  for (const { name, ...pool } of plan.pools ?? []) {
    const fail = (problem: string): never => scenario.fail([...WORLD, 'caches'], problem);
    places.claim({ owner: 'slab page', ...pool, what: name, fail }, 'read-write', name);
  }
  const gsBase = claimCurrent(places, scenario);
  claimCode(
    places,
    snippets.filter((snippet) => !isShipped(snippet)),
  );
  claimMemory(places, scenario);
  claimData(places, release.code);
  texts.claim(places);
  claimObjects(places, scenario, placements);
  const words = claimWords(places, names);

  const memory = new PagedMemory(places.regions());
  writeCode(memory, snippets);
  writeData(memory, release.code);
  texts.write(memory);
  writeBugTable(memory);
  heap = plan.build(memory);
  for (const object of placements)
    objects.set(object.name, placedObject(object, placeInHeap(scenario, heap, object)));
  writeFields(names, memory, placements);
  for (const { address, value, path } of words) memory.writeU64(address, resolveValue(names, value, path));
  const { current } = scenario.spec.world;
  if (current !== undefined)
    memory.writeU64(gsBase + CURRENT_TASK_OFFSET, resolveValue(names, current, [...WORLD, 'current']));
  const allocations = new RuledAllocations(memory, heap);
  liveHistory(scenario, heap, allocations, objects);
  memory.seal();
  const { addresses } = texts;
  return {
    scenario,
    memory,
    symbols,
    snippets,
    structs,
    stubs,
    heap,
    allocations,
    objects,
    gsBase,
    relocate,
    texts: addresses,
  };
};

const claimHeapData = (places: Places, scenario: Scenario, { data, descriptors }: HeapPlan): void => {
  const fail = (problem: string): never => scenario.fail([...WORLD, 'caches'], problem);
  for (const { name, ...region } of data)
    places.claim({ owner: 'allocator data', ...region, what: name, fail }, 'read-write', name);
  for (const { name, ...region } of descriptors)
    places.claim({ owner: 'page descriptors', ...region, what: name, fail }, 'read-write', name);
};

// The per-CPU word that names the running task. Gives the base of %gs.
const claimCurrent = (places: Places, scenario: Scenario): Addr => {
  const path = [...WORLD, 'gs'];
  const gsBase = addressOf(scenario, scenario.spec.world.gs ?? DEFAULT_GS, path);
  const range = {
    start: gsBase + CURRENT_TASK_OFFSET,
    size: 8,
    what: 'the per-CPU word current',
    fail: (problem: string): never => scenario.fail(path, problem),
  };
  refuseNonCanonical({ ...range, start: gsBase, size: 1 });
  places.claim(
    { owner: 'per-CPU word', ...range, name: 'per-CPU word current' },
    'read-write',
    'per-CPU area',
  );
  return gsBase;
};

const claimMemory = (places: Places, scenario: Scenario): void => {
  scenario.spec.world.memory?.forEach(({ name, at, size }, index) => {
    const path = [...WORLD, 'memory', index, 'at'];
    const fail = (problem: string): never => scenario.fail(path, problem);
    const start = addressOf(scenario, at, path);
    places.claim({ owner: 'memory', start, size, what: name, fail }, 'read-write', name);
  });
};

interface Word {
  readonly address: Addr;
  readonly value: Value;
  readonly path: FieldPath; // of the value
}

const claimWords = (places: Places, names: Names): Word[] => {
  const { scenario } = names;
  return (scenario.spec.world.words ?? []).map(({ at, value }, index) => {
    const path = [...WORLD, 'words', index];
    const fail = (problem: string): never => scenario.fail([...path, 'at'], problem);
    const address = resolveValue(names, at, [...path, 'at']);
    places.claim(
      { owner: 'word', start: address, size: 8, what: 'this word', fail },
      'read-write',
      'kernel data',
    );
    return { address, value, path: [...path, 'value'] };
  });
};

const liveHistory = (
  scenario: Scenario,
  heap: Allocator,
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

// Allocate what is still free in a page frame: of these objects nothing is known but that they are in use.
const fillFrame = (
  scenario: Scenario,
  heap: Allocator,
  { cache, frame: value }: { readonly cache: string; readonly frame: Value },
  allocations: RuledAllocations,
  path: FieldPath,
): void => {
  const frame = addressOf(scenario, value, [...path, 'frame']);
  const start = frameAddress(frame);
  if (heap.cacheOfFrame(start) !== cache)
    scenario.fail([...path, 'frame'], `0x${frame.toString(16)} is not a page frame of ${cache}`);
  const problem = heap.fill(frame);
  if (problem !== undefined) scenario.fail(path, problem);
  allocations.addFilled(cache, frame);
};
