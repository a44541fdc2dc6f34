// Every heap access of guest code that does not lie inside the requested bytes of the live allocation that its
// pointer was derived from.

import { type Addr, fromHalves, hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import type { TypeOf } from '../base/form.js';
import type { outOfBoundsForm, victimForm } from './replay-form.js';
import { firstWhere } from '../base/bisect.js';
import { fieldAt } from '../kernel/layout.js';
import { STACK, type UnwrittenUse } from '../lifetimes/unwritten.js';
import type { Memory } from '../kernel/memory.js';
import { leaksOf } from '../lifetimes/leaks.js';
import type { WalkState } from '../lifetimes/state.js';
import { type LifetimeObserver, walkLifetimes } from '../lifetimes/walk.js';
import type { Allocation } from '../recording/live-allocations.js';
import type { RecordedAccess } from '../recording/accesses.js';
import type { NamedObject, Recording } from '../recording/recording.js';
import { type SlabPlace, identifySlabAddress } from '../kernel/slab-identify.js';
import { recordedStructs } from '../recording/structs.js';
import { slab } from '../kernel/structs/slab.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { recordedSymbols } from '../recording/trap.js';

/** What an out-of-bounds access hit with the first byte that lies outside. */
export type Victim = TypeOf<typeof victimForm>;

/** One access, as `replay --json` lists it. */
export type OutOfBounds = TypeOf<typeof outOfBoundsForm>;

/** A free by an address whose pointer was made for something else than what was freed. */
export interface WrongFree {
  /** Index of the event that tells of it. */
  readonly event: number;
  /** What the pointer was made for; undefined where that is not known. */
  readonly meant: Allocation | undefined;
  /** What was freed; undefined where nothing was. */
  readonly freed: Allocation | undefined;
}

/** The same, with its place in the recording. */
export interface LocatedOutOfBounds extends OutOfBounds {
  /** Counts executed instructions over the whole recording, from 0. */
  readonly instruction: number;
  /** What its pointer was made for; undefined where that is not known. */
  readonly owner: Allocation | undefined;
  /** Whether that was freed before. */
  readonly stale: boolean;
  /** Who has the memory, where that is another allocation. */
  readonly now: Allocation | undefined;
}

// The first byte of an access that is outside an allocation.
const firstOutside = (access: RecordedAccess, { start, requested, live }: Allocation): Addr | undefined => {
  const end = start + BigInt(requested);
  if (!live || access.address < start || access.address >= end) return access.address;
  return access.address + BigInt(access.size) > end ? end : undefined;
};

const number = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** Out-of-bounds accesses of one recording that are kept: each takes about a kilobyte. */
export const MAX_OUT_OF_BOUNDS = 250_000;

class Search implements LifetimeObserver {
  readonly found: LocatedOutOfBounds[] = [];
  readonly frees: WrongFree[] = [];
  readonly unwrittenUses = new Map<string, LocatedUse & { times: number }>();
  readonly #recording: Recording;
  readonly #symbols: SymbolTable;
  // The world's objects outside the heap, sorted.
  readonly #elsewhere: readonly { readonly start: Addr; readonly found: NamedObject }[];

  constructor(
    recording: Recording,
    private readonly most: number,
  ) {
    this.#recording = recording;
    this.#symbols = recordedSymbols(recording);
    this.#elsewhere = recording.header.world
      .filter(({ cache }) => cache === null)
      .map((found) => ({ start: BigInt(found.address), found }))
      .toSorted((a, b) => (a.start < b.start ? -1 : 1));
  }

  wrongFree(event: number, meant: Allocation | undefined, freed: Allocation | undefined): void {
    this.frees.push({ event, meant, freed });
  }

  unwritten(state: WalkState, { use, origin, from }: UnwrittenUse): void {
    const key = `${state.rip} ${use} ${origin}`;
    const known = this.unwrittenUses.get(key);
    if (known !== undefined) {
      known.times += 1;
      return;
    }
    if (this.unwrittenUses.size >= this.most) return; // places of code times allocations: not reached by a recorder
    const site = state.sites.numbered(origin - STACK);
    this.unwrittenUses.set(key, {
      instruction: state.step,
      use,
      owner: site === undefined ? state.allocations.all[origin - 1] : undefined,
      roomBy: site === undefined ? undefined : this.#symbols.formatLocation(fromHalves(site.low, site.high)),
      from: Number.isNaN(from) ? undefined : BigInt.asUintN(64, BigInt(from)),
      times: 1,
    });
  }

  outside(state: WalkState, index: number, allocation: Allocation | undefined): void {
    const { memory, rip } = state;
    const recorded = this.#recording.access(index);
    const { address, size } = recorded;
    // Reads are recorded without what they found.
    const access =
      recorded.kind === 'read' && memory.isMapped(address, size)
        ? { ...recorded, old: number(memory.read(address, size)) }
        : recorded;
    const outside = allocation === undefined ? address : firstOutside(access, allocation);
    if (outside === undefined) return;
    const place = identifySlabAddress(memory, outside);
    if (allocation === undefined && place === undefined) return;
    // The lists of a cache lead to its struct slabs: code that walks them reads its own data.
    if (allocation === undefined && access.kind === 'read' && isInStructSlab(memory, place)) return;
    const mapped = !access.faulted && memory.isMapped(address, size);
    const old = mapped ? hex(access.old) : null;
    if (this.found.length >= this.most)
      throw new InputError(
        `more than ${this.most} accesses lie outside of allocations, the last one in instruction ${access.instruction}; a smaller budget ends the run earlier`,
      );
    this.found.push({
      access: access.kind,
      by: this.#symbols.formatLocation(rip),
      address: hex(address),
      size,
      old,
      new: access.kind === 'read' || old === null ? old : hex(access.new),
      allocation: allocation === undefined ? null : hex(allocation.start),
      requested: allocation?.requested ?? null,
      beyond: allocation === undefined ? null : this.#beyond(outside, allocation),
      victim: this.#victim(state, outside, allocation, place, mapped),
      instruction: access.instruction,
      owner: allocation,
      stale: allocation?.live === false,
      now: state.allocations.find(outside),
    });
  }

  #beyond(outside: Addr, { start, requested }: Allocation): number {
    return Number(outside < start ? outside - start : outside - start - BigInt(requested));
  }

  #victim(
    { memory, allocations }: WalkState,
    address: Addr,
    own: Allocation | undefined,
    place: SlabPlace | undefined,
    mapped: boolean,
  ): Victim {
    const nothing = { object: null, cache: null, field: null };
    if (!mapped) return { kind: 'unmapped', ...nothing };
    if (place === undefined) return { kind: 'object', ...nothing, ...this.#outsideHeap(address) };
    const cache = place.cacheName;
    if (place.kind === 'management') return { ...nothing, kind: 'management', cache };
    const live = allocations.startingAt(place.object);
    if ((live === undefined || live !== own) && isStructSlab(memory, place.object)) {
      const field = this.#fieldName(slab.name, Number(address - place.object));
      return { kind: 'management', object: live?.name ?? null, cache, field };
    }
    if (live === undefined) return { ...nothing, kind: 'free', cache };
    if (live === own) return { kind: 'slack', object: live.name, cache, field: null };
    return { kind: 'object', object: live.name, cache, field: this.#field(live, address) };
  }

  #outsideHeap(address: Addr): { object: string; field: string | null } | undefined {
    const after = firstWhere(this.#elsewhere.length, (index) => this.#elsewhere[index]!.start > address);
    const { start, found } = this.#elsewhere[after - 1] ?? {};
    if (start === undefined || found === undefined || address >= start + BigInt(found.size)) return undefined;
    const { name, struct } = found;
    return { object: name, field: this.#fieldName(struct, Number(address - start)) };
  }

  #fieldName(struct: string | null, offset: number): string | null {
    const type = struct === null ? undefined : recordedStructs(this.#recording.header).find(struct);
    const field = type === undefined || offset < 0 ? undefined : fieldAt(type, offset);
    return field === undefined ? null : `${struct}.${field.path}`;
  }

  #field({ start, header, struct }: Allocation, address: Addr): string | null {
    return this.#fieldName(struct, Number(address - start) - header);
  }
}

// An off-slab struct slab is an object of a general cache: the page of its first object points back at it.
const isStructSlab = (memory: Memory, at: Addr): boolean =>
  memory.isMapped(at, 32) && identifySlabAddress(memory, memory.readU64(at + 0x18n))?.slab === at;

const isInStructSlab = (memory: Memory, place: SlabPlace | undefined): boolean =>
  place?.kind === 'object' && isStructSlab(memory, place.object);

/** What a recording did to allocations that no correct code does. */
export interface Misuse {
  readonly outOfBounds: readonly LocatedOutOfBounds[];
  /** Frees by an address whose pointer was made for something else than what was freed. */
  readonly frees: readonly WrongFree[];
  readonly unwritten: readonly LocatedUse[];
  /** What nothing points to at the end. */
  readonly leaks: readonly Allocation[];
}

/** Uses of bits that nobody wrote, by one instruction. */
export interface LocatedUse {
  /** The first time. */
  readonly instruction: number;
  readonly use: UnwrittenUse['use'];
  /** The allocation that they came with; undefined for bytes of the stack. */
  readonly owner: Allocation | undefined;
  /** Of the stack: the instruction that made room for them. */
  readonly roomBy: string | undefined;
  /** Where they were last read from, where that is known. */
  readonly from: Addr | undefined;
  readonly times: number;
}

/**
 * Follow the pointers of a recording, once.
 *
 * @param most how many accesses are kept: for tests
 * @throws {InputError} when there are more than MAX_OUT_OF_BOUNDS
 */
export const locateMisuse = (recording: Recording, most = MAX_OUT_OF_BOUNDS): Misuse => {
  const search = new Search(recording, most);
  const state = walkLifetimes(recording, search);
  return {
    outOfBounds: search.found,
    frees: search.frees,
    unwritten: [...search.unwrittenUses.values()],
    leaks: leaksOf(recording, state),
  };
};

/**
 * All out-of-bounds accesses of a recording, in the order in which they happened.
 *
 * @param most how many are kept: for tests
 * @throws {InputError} when there are more than MAX_OUT_OF_BOUNDS
 */
export const locateOutOfBounds = (
  recording: Recording,
  most = MAX_OUT_OF_BOUNDS,
): readonly LocatedOutOfBounds[] => locateMisuse(recording, most).outOfBounds;

/** Whether an access went to an allocation that was freed: through a stale pointer, or by a number to a free object. */
export const isUseAfterFree = ({
  stale,
  owner,
  victim,
}: Pick<LocatedOutOfBounds, 'stale' | 'owner' | 'victim'>): boolean =>
  stale || (owner === undefined && victim.kind === 'free');

/** An access in the form of `replay --json`. */
export const withoutPlace = ({
  instruction: _instruction,
  owner: _owner,
  stale: _stale,
  now: _now,
  ...entry
}: LocatedOutOfBounds): OutOfBounds => entry;

/** All out-of-bounds accesses in the form of `replay --json`. @throws {InputError} as above */
export const outOfBounds = (recording: Recording): OutOfBounds[] =>
  locateOutOfBounds(recording).map(withoutPlace);
