// `writes-inside`, `inputs-unchanged` and `reads-inside`: which memory the checked call touches.

import { type Addr, hex } from '../../base/address.js';
import { plural } from '../../base/words.js';
import { tellSurfacing } from '../../reading/surfacing.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import { memoryRows } from '../scene/memory-rows.js';
import type { ReportedAccess, ReportedVictim } from '../scene/report-facts.js';
import type { ReportScene, SceneAllocation } from '../scene/report-scene.js';
import { victimOf, victimWords } from '../scene/report-victim.js';
import type { OwnFacts, Property } from './property.js';

/** A forbidden access. */
export interface BadAccess {
  readonly access: 'read' | 'write';
  /** The instruction. */
  readonly pc: Addr;
  readonly address: Addr; // of the first forbidden byte
  readonly size: number; // bytes, starting there
  /** The bytes before the access, and after a write; of a read both are the same. */
  readonly old: Uint8Array;
  readonly now: Uint8Array;
  /** Whether it lies in the unrequested rest of a slab object of the call's own, and so damages nothing. */
  readonly slack: boolean;
}

/** An access broke a property. */
export interface Breach<Name extends string> {
  readonly property: Name;
  readonly bad: BadAccess;
}

/** A byte of the caller's stack frame has changed. */
export interface SmashedStack {
  readonly property: 'writes-inside';
  readonly smashed: Addr;
}

const bytesText = (bytes: Uint8Array): string | null =>
  bytes.length === 0 ? null : Buffer.from(bytes).toString('hex');

const distanceOf = (address: bigint, allocation: SceneAllocation | undefined): ReportedAccess['distance'] => {
  if (allocation === undefined) return null;
  const { start, requested } = allocation;
  const end = start + BigInt(requested);
  if (address < start) return { bytes: Number(start - address), side: 'left' };
  return address >= end
    ? { bytes: Number(address - end), side: 'right' }
    : { bytes: Number(address - start), side: 'inside' };
};

// An allocation of the call that is farther away is not mentioned.
const FAR = 4096n;

const ownNear = (scene: ReportScene, address: bigint, at: number): SceneAllocation | undefined => {
  const found = scene.nearestOwn(address, at);
  if (found === undefined) return undefined;
  const end = found.start + BigInt(found.requested);
  return address < end + FAR && address + FAR >= found.start ? found : undefined;
};

const whereWords = (distance: ReportedAccess['distance'], isObject: boolean): string => {
  if (distance === null) return 'outside everything that the call owns';
  if (isObject) return 'in an object that the call has freed';
  const { bytes, side } = distance;
  if (side === 'inside') return 'in memory that the call has freed';
  if (side === 'left') return `${plural(bytes, 'byte')} before the call's own allocation`;
  return bytes === 0
    ? "right after the call's own allocation"
    : `${plural(bytes, 'byte')} past the end of the call's own allocation`;
};

const says = (
  at: string | null,
  { access, size, distance }: ReportedAccess,
  victim: ReportedVictim,
  called: string,
  isObject: boolean,
): string => {
  const by = at ?? 'code that no symbol covers';
  const verb = access === 'read' ? 'reads' : 'writes';
  if (victim.kind === 'input')
    return `${by} changes ${victimWords(victim)}: it stays changed after ${called}() has returned.`;
  return `${by} ${verb} ${plural(size, 'byte')} ${whereWords(distance, isObject)}, hitting ${victimWords(victim)}.`;
};

const kindOf = ({ kind, cache }: ReportedVictim, freed: boolean): string => {
  if (kind === 'input') return 'write-to-input';
  if (kind === 'unmapped') return 'wild-memory-access';
  if (freed) return 'use-after-free';
  return cache === null ? 'out-of-bounds' : 'slab-out-of-bounds';
};

const accessFacts = (scene: ReportScene, { bad }: Breach<string>): OwnFacts => {
  const { access, pc, address, size } = bad;
  const at = scene.findAccess(pc, address, access) ?? scene.step.from;
  const victim = victimOf(scene, address, at);
  const object = scene.freedObject(address, at);
  const allocation = object ?? (victim.kind === 'input' ? undefined : ownNear(scene, address, at));
  const freed = allocation?.freed !== undefined && allocation.freed <= at;
  const instruction = scene.instruction(pc, at);
  const reported: ReportedAccess = {
    access,
    address: hex(address),
    size,
    old: bytesText(bad.old),
    new: bytesText(bad.now),
    distance: distanceOf(address, allocation),
  };
  const madeNow = allocation?.report() ?? null;
  return {
    kind: kindOf(victim, freed),
    says: says(instruction.at, reported, victim, scene.subject.function, object !== undefined),
    step: scene.subject.step,
    instruction,
    trace: scene.callers(at),
    access: reported,
    allocation: madeNow === null || freed ? madeNow : { ...madeNow, freedBy: null },
    victim,
    memory: memoryRows(scene, at, address, size),
    surfaced: access === 'write' ? tellSurfacing(scene) : [],
  };
};

// The guilty instruction is the last one that wrote to the byte.
const smashedFacts = (scene: ReportScene, address: bigint): OwnFacts => {
  const at = scene.lastWrite(address);
  const rip = at === undefined ? undefined : scene.recording.registersAt(at)[REGISTER_INDEX.rip];
  const instruction = at === undefined || rip === undefined ? null : scene.instruction(rip, at);
  const before = scene.stateAt(scene.step.from).read(address, 1);
  const after = scene.stateAt(scene.step.to).read(address, 1);
  return {
    kind: 'stack-smashed',
    says: `${instruction?.at ?? scene.subject.function} wrote into the stack frame of the caller, ${address - scene.subject.rsp + 8n} bytes above the return address: what the caller kept there is lost.`,
    step: scene.subject.step,
    instruction,
    trace: at === undefined ? [] : scene.callers(at),
    access: {
      access: 'write',
      address: hex(address),
      size: 1,
      old: bytesText(before),
      new: bytesText(after),
      distance: null,
    },
    victim: {
      kind: 'stack',
      object: "the caller's stack frame",
      cache: null,
      field: null,
      fieldBefore: null,
      fieldAfter: null,
    },
  };
};

/** No byte outside the call's own allocations changes. */
export const writesInside: Property<Breach<'writes-inside'> | SmashedStack> = {
  name: 'writes-inside',
  breaks: 'writes outside its allocations',
  forbids: (access, isInput) => access === 'write' && !isInput,
  judge: (run, { phase, result }) => {
    const smashed = phase === 'checked' && result?.kind === 'returned' ? run.smashed() : undefined;
    return smashed === undefined ? undefined : { property: 'writes-inside', smashed };
  },
  report: (scene, violation) =>
    'bad' in violation ? accessFacts(scene, violation) : smashedFacts(scene, violation.smashed),
};

/** Inputs that the call may only read stay as they were. */
export const inputsUnchanged: Property<Breach<'inputs-unchanged'>> = {
  name: 'inputs-unchanged',
  breaks: 'changes an input that it may only read',
  forbids: (access, isInput) => access === 'write' && isInput,
  report: accessFacts,
};

/** No byte is read that is neither an input nor in an allocation of the call's own. */
export const readsInside: Property<Breach<'reads-inside'>> = {
  name: 'reads-inside',
  breaks: 'reads bytes that are neither its inputs nor its own allocation',
  forbids: (access) => access === 'read',
  report: accessFacts,
};
