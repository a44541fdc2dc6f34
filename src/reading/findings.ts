// What a run did to memory that no correct code does, one typed value each: why, cases, lessons and views build on it.

import { hex } from '../base/address.js';
import type { TypeOf } from '../base/form.js';
import { plural } from '../base/words.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { type Allocation, LiveAllocations } from '../recording/live-allocations.js';
import type { Recording } from '../recording/recording.js';
import type { findingForm } from './finding-form.js';
import { Moments, doer, whenText } from './moments.js';
import {
  type LocatedOutOfBounds,
  type LocatedUse,
  type Misuse,
  type WrongFree,
  isUseAfterFree,
} from './out-of-bounds.js';

/**
 * One finding. `instruction` is its place in the recording; the state before the next instruction is the first that
 * shows what it did.
 */
export type Finding = TypeOf<typeof findingForm>;

type FoundObject = NonNullable<Finding['object']>;

/** `timer (64 bytes at 0x…, size-64)` */
const objectText = ({ name, address, requested, cache }: FoundObject): string =>
  `${name ?? 'an object without a name'} (${plural(requested, 'byte')} at ${address}, ${cache})`;

// Where in or around its object something lies.
const offsetText = (offset: number, requested: number): string => {
  if (offset < 0) return `${plural(-offset, 'byte')} before`;
  if (offset >= requested)
    return `${offset === requested ? 'right' : plural(offset - requested, 'byte')} past the end of`;
  return offset === 0 ? 'the start of' : `${plural(offset, 'byte')} into`;
};

const USES: Readonly<Record<LocatedUse['use'], string>> = {
  branch: 'branches on',
  address: 'takes an address from',
  target: 'jumps to',
  argument: 'gives the allocator',
};

const lifeText = ({ allocated, freed }: FoundObject): string => {
  const born = allocated === null ? 'existed before the first step' : `was allocated ${whenText(allocated)}`;
  return freed === null ? born : `${born} and freed ${whenText(freed)}`;
};

class Collector {
  readonly #moments: Moments;

  constructor(
    private readonly recording: Recording,
    symbols: SymbolTable,
  ) {
    this.#moments = new Moments(recording, symbols);
  }

  // An allocation as a finding at event or instruction `before` names it: a later free is not known there.
  #object(one: Allocation, isFreed: boolean): FoundObject {
    return {
      name: one.name,
      address: hex(one.start),
      requested: one.requested,
      cache: one.cache,
      struct: one.struct,
      allocated: one.made < 0 ? null : this.#moments.ofEvent(one.made),
      freed: isFreed && one.freed !== undefined ? this.#moments.ofEvent(one.freed) : null,
    };
  }

  /** Accesses, one finding for each instruction, kind and object. */
  accesses(found: readonly LocatedOutOfBounds[]): Finding[] {
    const groups = new Map<string, LocatedOutOfBounds[]>();
    for (const one of found) {
      const key = `${one.by} ${one.access} ${one.stale} ${one.owner?.made} ${one.allocation}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [one]);
      else group.push(one);
    }
    return [...groups.values()].map((group) => this.#access(group[0]!, group.length));
  }

  #access(first: LocatedOutOfBounds, times: number): Finding {
    const { owner, stale, now, access, address, size, instruction, victim } = first;
    const object = owner === undefined ? null : this.#object(owner, stale);
    const other = now === undefined || now === owner ? null : this.#object(now, false);
    const offset = owner === undefined ? null : Number(BigInt(address) - owner.start);
    const { at, step } = this.#moments.ofInstruction(instruction);
    const verb = `${at} ${access}s ${plural(size, 'byte')}`;
    const where =
      object === null ? `at ${address}` : `${offsetText(offset!, object.requested)} ${objectText(object)}`;
    const there = other === null ? '' : ` The memory belongs to ${objectText(other)} now.`;
    const hit = other === null ? ` (${victim.kind})` : `, in ${objectText(other)}`;
    const isUse = isUseAfterFree(first);
    return {
      kind: isUse ? 'use-after-free' : 'out-of-bounds',
      instruction,
      at,
      step,
      access,
      address,
      size,
      object,
      offset,
      now: other,
      times,
      says: isUse
        ? `${verb} after free: ${where}${object === null ? ', in a free object' : `, which ${lifeText(object)}`}.${there}`
        : `${verb} out of bounds: ${where}${hit}.`,
    };
  }

  /** Uses of bits that nobody wrote. */
  unwritten(uses: readonly LocatedUse[]): Finding[] {
    return uses.map(({ instruction, use, owner, roomBy, from, times }) => {
      const when = this.#moments.ofInstruction(instruction);
      const isIn =
        owner !== undefined &&
        from !== undefined &&
        from >= owner.start &&
        from < owner.start + BigInt(owner.room);
      const object = owner === undefined ? null : this.#object(owner, false);
      const offset = isIn ? Number(from - owner.start) : null;
      const place = from === undefined ? '' : ` at ${hex(from)}`;
      const what =
        object === null
          ? `on the stack${place} since ${roomBy ?? 'the call'} made room for it`
          : `${offset === null ? `${place === '' ? 'in' : `${place.trim()}, a copy from`} ` : `${offsetText(offset, object.requested)} `}${objectText(object)}, which ${lifeText(object)}`;
      return {
        kind: 'uninitialised',
        ...when,
        access: null,
        address: from === undefined ? null : hex(from),
        size: 0,
        object,
        offset,
        now: null,
        times,
        says: `${when.at} ${USES[use]} what nobody wrote${object === null ? ' ' : ', '}${what}.`,
      };
    });
  }

  /** What nothing points to at the end, told at the instruction that allocated it. */
  leaks(found: readonly Allocation[]): Finding[] {
    return found.map((one) => {
      const object = this.#object(one, false);
      const when = this.#moments.ofEvent(one.made);
      return {
        kind: 'memory-leak',
        ...when,
        access: null,
        address: object.address,
        size: one.requested,
        object,
        offset: 0,
        now: null,
        times: 1,
        says: `${doer(when)} allocates ${objectText(object)}, which nobody frees, and nothing points to it at the end.`,
      };
    });
  }

  /** Frees of what is free already, is not an object, or is another one than was meant. */
  frees(found: readonly WrongFree[]): Finding[] {
    const { events } = this.recording.header;
    const allocations = new LiveAllocations(this.recording);
    let applied = 0;
    return found.map((one) => {
      for (; applied <= one.event; applied += 1) allocations.apply(events[applied]!);
      return this.#free(one, allocations);
    });
  }

  #free({ event, meant, freed }: WrongFree, allocations: LiveAllocations): Finding {
    const recorded = this.recording.header.events[event]!;
    const address =
      recorded.kind === 'free' || recorded.kind === 'finding' ? BigInt(recorded.address ?? 0) : 0n;
    const isFree = recorded.kind === 'finding' && recorded.problem === 'double free';
    const owner = meant ?? (isFree ? allocations.lastAt(address) : allocations.find(address));
    const when = this.#moments.ofEvent(event);
    const object =
      owner === undefined ? null : this.#object(owner, owner.freed !== undefined && owner.freed < event);
    const now = freed === undefined || freed === owner ? null : this.#object(freed, false);
    const isAgain = isFree || (object !== null && object.freed !== null);
    return {
      kind: isAgain ? 'double-free' : 'invalid-free',
      ...when,
      access: null,
      address: hex(address),
      size: 0,
      object,
      offset: owner === undefined ? null : Number(address - owner.start),
      now,
      times: 1,
      says: `${doer(when)} frees ${freeText(hex(address), object, isAgain, owner === undefined ? 0 : Number(address - owner.start))}${
        now === null ? '' : ` That frees ${objectText(now)}, which has the memory now.`
      }`,
    };
  }
}

const freeText = (address: string, object: FoundObject | null, isAgain: boolean, offset: number): string => {
  if (object === null)
    return isAgain ? `${address} again.` : `${address}, which is not an object of the heap.`;
  if (isAgain) return `${objectText(object)} again: it ${lifeText(object)}.`;
  return `${address}, ${offsetText(offset, object.requested)} ${objectText(object)}${offset === 0 ? '' : ', and not its start'}.`;
};

/** A finding in a sentence or two, with how often. */
export const findingText = ({ says, times }: Finding): string =>
  times === 1 ? says : `${says} (${plural(times, 'time')})`;

/** All findings of a recording, in the order in which they first happened. */
export const findingsOf = (recording: Recording, symbols: SymbolTable, misuse: Misuse): Finding[] => {
  const collector = new Collector(recording, symbols);
  return [
    ...collector.accesses(misuse.outOfBounds),
    ...collector.frees(misuse.frees),
    ...collector.unwritten(misuse.unwritten),
    ...collector.leaks(misuse.leaks),
  ].sort((a, b) => a.instruction - b.instruction);
};
