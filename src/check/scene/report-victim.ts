// The victim of a forbidden access: its owner, its field, and the value before and after.

import { type Addr, hex } from '../../base/address.js';
import { fieldAt } from '../../kernel/layout.js';
import type { LocatedOutOfBounds, Victim } from '../../reading/out-of-bounds.js';
import type { NamedObject } from '../../recording/recording.js';
import { identifySlabAddress } from '../../kernel/slab-identify.js';
import { fieldValue, freedName } from '../../reading/victim.js';
import { recordedStructs } from '../../recording/structs.js';
import type { ReportedVictim } from './report-facts.js';
import type { ReportScene } from './report-scene.js';

const nothing = { object: null, cache: null, field: null, fieldBefore: null, fieldAfter: null };

const objectAt = (
  scene: ReportScene,
  address: Addr,
  among: (object: NamedObject) => boolean,
): NamedObject | undefined => {
  const { world, objects } = scene.recording.header;
  return [...objects, ...world]
    .filter(among)
    .find(({ address: start, size }) => address >= BigInt(start) && address < BigInt(start) + BigInt(size));
};

const fieldOf = (
  scene: ReportScene,
  { address: start, struct }: NamedObject,
  address: Addr,
): string | null => {
  const type = struct === null ? undefined : recordedStructs(scene.recording.header).find(struct);
  const field = type === undefined ? undefined : fieldAt(type, Number(address - BigInt(start)));
  return field === undefined ? null : `${struct}.${field.path}`;
};

const change = (
  scene: ReportScene,
  found: Pick<LocatedOutOfBounds, 'victim'>,
  at: number,
): Pick<ReportedVictim, 'fieldBefore' | 'fieldAfter'> => {
  const before = fieldValue(scene, found, at)?.text ?? null;
  const after = fieldValue(scene, found, Math.min(at + 1, scene.recording.instructions))?.text ?? null;
  return { fieldBefore: before, fieldAfter: after };
};

const named = (
  scene: ReportScene,
  kind: ReportedVictim['kind'],
  object: NamedObject,
  address: Addr,
  at: number,
): ReportedVictim => {
  const { name, cache } = object;
  const field = fieldOf(scene, object, address);
  const victim: Victim = { kind: 'object', object: name, cache, field };
  return { kind, object: name, cache, field, ...change(scene, { victim }, at) };
};

// Whether the heap's own data say that the slab object around an address is free.
const isFree = (scene: ReportScene, address: Addr, at: number): boolean => {
  const place = identifySlabAddress(scene.stateAt(at), address);
  return place?.kind === 'object' && scene.heapAt(at).free.has(place.object);
};

/** The victim of a forbidden access, as part of a sentence. */
export const victimWords = ({ kind, object, cache, field }: ReportedVictim): string => {
  const of = cache === null ? '' : ` of ${cache}`;
  switch (kind) {
    case 'input':
      return `${field ?? object ?? 'an input'}, an input of the call${field === null || object === null ? '' : ` (${object})`}`;
    case 'object':
      return object === null ? `a live object${of} without a name` : `${object}, a live object${of}`;
    case 'slack':
      return object === null
        ? `the unrequested slack of its own object${of}`
        : `the unrequested slack of ${object}, an object${of}`;
    case 'free':
      return object === null ? `a free object${of}` : `${object}, a freed object${of}`;
    case 'management':
      return `the slab's management data${of}${field === null ? '' : ` (${field})`}`;
    case 'stack':
      return "the caller's stack frame";
    case 'unmapped':
      return 'memory that is not mapped';
    case 'other':
      return object ?? 'memory that it may not touch';
  }
};

/** The victim at `address`, as instruction `at` met it. */
export const victimOf = (scene: ReportScene, address: Addr, at: number): ReportedVictim => {
  const { subject } = scene;
  const freed = scene.freedObject(address, at);
  if (freed !== undefined) {
    const { name, cache } = freed.object;
    return { ...nothing, kind: 'free', object: name, cache, field: fieldOf(scene, freed.object, address) };
  }
  const input = objectAt(
    scene,
    address,
    ({ name }) => subject.reads.includes(name) || subject.writes.includes(name),
  );
  if (input !== undefined) return named(scene, 'input', input, address, at);
  const located = scene
    .outOfBoundsIn(at, at + 1)
    .find(({ address: start, size }) => address >= BigInt(start) && address < BigInt(start) + BigInt(size));
  // An allocation of the call gets its name in the scenario after the call only.
  const isOwn = scene.own.some(({ start }) => hex(start) === located?.allocation);
  if (located?.victim.kind === 'slack' && isOwn)
    return { ...nothing, kind: 'slack', cache: located.victim.cache };
  if (located !== undefined && located.victim.object !== null)
    return { ...located.victim, ...change(scene, located, at) };
  if (located?.victim.kind === 'free') {
    const kind = isFree(scene, address, at) ? 'free' : 'object';
    return { ...nothing, kind, cache: located.victim.cache, object: freedName(scene, located) };
  }
  if (located !== undefined) return { ...nothing, ...located.victim };
  const known = objectAt(scene, address, () => true);
  if (known !== undefined) return named(scene, 'object', known, address, at);
  const state = scene.stateAt(at);
  if (!state.isMapped(address, 1)) return { ...nothing, kind: 'unmapped' };
  const region = scene.recording.header.regions.find(
    ({ start, size }) => address >= BigInt(start) && address < BigInt(start) + BigInt(size),
  );
  return { ...nothing, kind: 'other', object: region?.name ?? hex(address) };
};
