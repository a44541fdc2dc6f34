// Every heap access of guest code that does not lie inside the requested bytes of the live allocation that its
// pointer was derived from.

import { type Addr, hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import type { TypeOf } from '../base/form.js';
import type { outOfBoundsForm, victimForm } from './replay-form.js';
import { firstWhere } from '../base/bisect.js';
import { fieldAt } from '../kernel/layout.js';
import { type Allocation, LiveAllocations } from '../recording/live-allocations.js';
import { PointerProvenance } from './pointer-provenance.js';
import { RecordedState } from '../recording/state.js';
import type { RecordedAccess } from '../recording/accesses.js';
import type { NamedObject, RecordedEvent, Recording } from '../recording/recording.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';
import { type SlabPlace, identifySlabAddress } from '../kernel/slab-identify.js';
import { findStruct } from '../kernel/structs/all.js';
import { slab } from '../kernel/structs/slab.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { recordedSymbols } from '../recording/trap.js';

/** What an out-of-bounds access hit with the first byte that lies outside. */
export type Victim = TypeOf<typeof victimForm>;

/** One access, as `replay --json` lists it. */
export type OutOfBounds = TypeOf<typeof outOfBoundsForm>;

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

class Search {
  readonly found: LocatedOutOfBounds[] = [];
  readonly #recording: Recording;
  readonly #symbols: SymbolTable;
  readonly #state: RecordedState;
  readonly #allocations: LiveAllocations;
  readonly #provenance: PointerProvenance;
  // The world's objects outside the heap, sorted.
  readonly #elsewhere: readonly { readonly start: Addr; readonly found: NamedObject }[];
  #access = 0; // next recorded access
  #event = 0; // next event

  constructor(
    recording: Recording,
    private readonly most: number,
  ) {
    this.#recording = recording;
    this.#symbols = recordedSymbols(recording);
    this.#state = new RecordedState(recording);
    this.#allocations = new LiveAllocations(recording);
    this.#provenance = new PointerProvenance(this.#allocations, new RecordedState(recording));
    this.#elsewhere = recording.header.world
      .filter(({ cache }) => cache === null)
      .map((found) => ({ start: BigInt(found.address), found }))
      .toSorted((a, b) => (a.start < b.start ? -1 : 1));
  }

  run(): LocatedOutOfBounds[] {
    const before = new BigUint64Array(REGISTER_COUNT);
    let instruction = -1;
    for (const after of this.#recording.registerRows()) {
      if (instruction >= 0) this.#instruction(instruction, before, after);
      instruction += 1;
      before.set(after);
      this.#hostBefore(instruction, before);
    }
    return this.found;
  }

  // What the sandbox did before an instruction: events, in order, and writes.
  #hostBefore(instruction: number, registers: BigUint64Array): void {
    const { events } = this.#recording.header;
    for (; (events[this.#event]?.at ?? Infinity) <= instruction; this.#event += 1) {
      this.#apply(events[this.#event]!, registers);
    }
    for (; this.#access < this.#recording.accessCount; this.#access += 1) {
      const access = this.#recording.access(this.#access);
      if (!access.host || access.instruction > instruction) break;
      this.#provenance.hostWrote(access.address, access.size);
    }
  }

  #apply(event: RecordedEvent, registers: BigUint64Array): void {
    this.#allocations.apply(event);
    if (event.kind === 'call') this.#provenance.called(registers);
    if (event.kind === 'stub') {
      this.#provenance.stubReturned(event.result === null ? undefined : BigInt(event.result));
    }
  }

  #instruction(instruction: number, before: BigUint64Array, after: BigUint64Array): void {
    const rip = before[REGISTER_INDEX.rip]!;
    const accesses: RecordedAccess[] = [];
    for (; this.#access < this.#recording.accessCount; this.#access += 1) {
      const access = this.#recording.access(this.#access);
      if (access.host || access.instruction !== instruction) break;
      accesses.push(access.kind === 'read' ? this.#withBytes(access) : access);
    }
    for (const access of accesses) this.#judge(access, rip, before);
    this.#provenance.executed(rip, before, after, accesses);
  }

  // Reads are recorded without what they found.
  #withBytes(access: RecordedAccess): RecordedAccess {
    this.#state.seek(access.instruction);
    if (!this.#state.isMapped(access.address, access.size)) return access;
    return { ...access, old: number(this.#state.read(access.address, access.size)) };
  }

  #judge(access: RecordedAccess, rip: Addr, registers: BigUint64Array): void {
    const allocation =
      this.#provenance.allocationOf(rip, registers, access) ?? this.#allocations.find(access.address);
    const outside = allocation === undefined ? access.address : firstOutside(access, allocation);
    if (outside === undefined) return;
    this.#state.seek(access.instruction);
    const place = identifySlabAddress(this.#state, outside);
    if (allocation === undefined && place === undefined) return;
    // The lists of a cache lead to its struct slabs: code that walks them reads its own data.
    if (allocation === undefined && access.kind === 'read' && this.#isInStructSlab(place)) return;
    const mapped = !access.faulted && this.#state.isMapped(access.address, access.size);
    const old = mapped ? hex(access.old) : null;
    if (this.found.length >= this.most)
      throw new InputError(
        `more than ${this.most} accesses lie outside of allocations, the last one in instruction ${access.instruction}; a smaller budget ends the run earlier`,
      );
    this.found.push({
      access: access.kind,
      by: this.#symbols.formatLocation(rip),
      address: hex(access.address),
      size: access.size,
      old,
      new: access.kind === 'read' || old === null ? old : hex(access.new),
      allocation: allocation === undefined ? null : hex(allocation.start),
      requested: allocation?.requested ?? null,
      beyond: allocation === undefined ? null : this.#beyond(outside, allocation),
      victim: this.#victim(outside, allocation, mapped),
      instruction: access.instruction,
      owner: allocation,
      stale: allocation?.live === false,
      now: this.#allocations.find(outside),
    });
  }

  #beyond(outside: Addr, { start, requested }: Allocation): number {
    return Number(outside < start ? outside - start : outside - start - BigInt(requested));
  }

  #victim(address: Addr, own: Allocation | undefined, mapped: boolean): Victim {
    const nothing = { object: null, cache: null, field: null };
    if (!mapped) return { kind: 'unmapped', ...nothing };
    const place = identifySlabAddress(this.#state, address);
    if (place === undefined) return { kind: 'object', ...nothing, ...this.#outsideHeap(address) };
    const cache = place.cacheName;
    if (place.kind === 'management') return { ...nothing, kind: 'management', cache };
    const live = this.#allocations.startingAt(place.object);
    if ((live === undefined || live !== own) && this.#isStructSlab(place.object)) {
      const field = fieldName(slab.name, Number(address - place.object));
      return { kind: 'management', object: live?.name ?? null, cache, field };
    }
    if (live === undefined) return { ...nothing, kind: 'free', cache };
    if (live === own) return { kind: 'slack', object: live.name, cache, field: null };
    return { kind: 'object', object: live.name, cache, field: this.#field(live, address) };
  }

  #isInStructSlab(place: SlabPlace | undefined): boolean {
    return place?.kind === 'object' && this.#isStructSlab(place.object);
  }

  // An off-slab struct slab is an object of a general cache: the page of its first object points back at it.
  #isStructSlab(at: Addr): boolean {
    if (!this.#state.isMapped(at, 32)) return false;
    return identifySlabAddress(this.#state, this.#state.readU64(at + 0x18n))?.slab === at;
  }

  #outsideHeap(address: Addr): { object: string; field: string | null } | undefined {
    const after = firstWhere(this.#elsewhere.length, (index) => this.#elsewhere[index]!.start > address);
    const { start, found } = this.#elsewhere[after - 1] ?? {};
    if (start === undefined || found === undefined || address >= start + BigInt(found.size)) return undefined;
    const { name, struct } = found;
    return { object: name, field: fieldName(struct, Number(address - start)) };
  }

  #field({ start, header, struct }: Allocation, address: Addr): string | null {
    return fieldName(struct, Number(address - start) - header);
  }
}

const fieldName = (struct: string | null, offset: number): string | null => {
  const type = struct === null ? undefined : findStruct(struct);
  const field = type === undefined || offset < 0 ? undefined : fieldAt(type, offset);
  return field === undefined ? null : `${struct}.${field.path}`;
};

/**
 * All out-of-bounds accesses of a recording, in the order in which they happened.
 *
 * @param most how many are kept: for tests
 * @throws {InputError} when there are more than MAX_OUT_OF_BOUNDS
 */
export const locateOutOfBounds = (recording: Recording, most = MAX_OUT_OF_BOUNDS): LocatedOutOfBounds[] =>
  new Search(recording, most).run();

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
