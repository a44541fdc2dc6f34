// Bytes that a wrong write left: which, since when, by whom, and until when. A byte is damaged from a write out of bounds,
// or through a stale pointer, that changed it, until somebody writes it again rightly, or its object ends or another
// begins there.

import type { Addr } from '../base/address.js';
import { firstWhere } from '../base/bisect.js';
import { LiveAllocations, signedAddress } from '../recording/live-allocations.js';
import type { Recording } from '../recording/recording.js';
import { type LocatedOutOfBounds, isUseAfterFree } from './out-of-bounds.js';

/** A damaged byte. */
export interface Damage {
  readonly address: Addr;
  readonly old: number;
  readonly new: number;
  /** The write: its instruction in the recording, and its place. */
  readonly instruction: number;
  readonly by: string;
  readonly kind: 'out-of-bounds' | 'use-after-free';
  /** The states that have it: from the one after the write on, up to, not including, the last; at the end, none. */
  readonly from: number;
  readonly until: number | undefined;
}

/** Damaged bytes that are kept; of a run with more the later ones are not marked. */
export const MAX_DAMAGE = 100_000;

// Bytes that are looked at for ends of objects.
const MOST_WORK = 200_000_000;

type Open = { -readonly [Field in keyof Damage]: Damage[Field] };

class Collector {
  readonly found: Damage[] = [];
  readonly #open = new Map<number, Open>(); // by signed address
  #event = 0;
  #work = 0;
  readonly #allocations: LiveAllocations;

  constructor(
    private readonly recording: Recording,
    private readonly writes: readonly LocatedOutOfBounds[],
  ) {
    this.#allocations = new LiveAllocations(recording);
  }

  run(): Damage[] {
    const { recording, writes } = this;
    const { accesses } = recording;
    const first = writes[0];
    if (first === undefined) return [];
    let next = 0;
    const begin = recording.accessesBefore(first.instruction);
    for (let index = begin; index < accesses.count; index += 1) {
      const instruction = accesses.instruction(index);
      this.#ends(instruction, index);
      if (!accesses.isDone(index)) continue;
      const state = accesses.isHost(index) ? instruction : instruction + 1;
      const address = signedAddress(accesses.address(index));
      const size = accesses.size(index);
      const wanted = accesses.isHost(index) ? undefined : writes[next];
      const isWrong =
        wanted?.instruction === instruction && signedAddress(BigInt(wanted.address)) === address;
      const write = isWrong ? wanted : undefined;
      if (isWrong) next += 1;
      if (write === undefined && this.#open.size === 0) continue;
      for (let byte = 0; byte < size; byte += 1) {
        this.#close(address + byte, state);
        const old = accesses.oldByte(index, byte);
        const made = accesses.newByte(index, byte);
        if (write !== undefined && old !== made && isOutside(write, address + byte))
          this.#begin(write, address + byte, old, made, state);
      }
    }
    this.#ends(recording.instructions, accesses.count);
    return this.found;
  }

  #begin(
    { instruction, by, ...write }: LocatedOutOfBounds,
    at: number,
    old: number,
    made: number,
    from: number,
  ): void {
    if (this.found.length >= MAX_DAMAGE) return;
    const one: Open = {
      address: BigInt.asUintN(64, BigInt(at)),
      old,
      new: made,
      instruction,
      by,
      kind: isUseAfterFree(write) ? 'use-after-free' : 'out-of-bounds',
      from,
      until: undefined,
    };
    this.#open.set(at, one);
    this.found.push(one);
  }

  #close(at: number, state: number): void {
    const one = this.#open.get(at);
    if (one === undefined) return;
    one.until = state;
    this.#open.delete(at);
  }

  // What ended before an access: objects that were freed, or made.
  #ends(instruction: number, access: number): void {
    const { events } = this.recording.header;
    for (; this.#event < events.length; this.#event += 1) {
      const event = events[this.#event]!;
      if (event.at > instruction || (event.at === instruction && event.accesses > access)) return;
      const one = this.#allocations.apply(event);
      if (one !== undefined && this.#open.size > 0) this.#closeAll(one.at, one.room, event.at);
    }
  }

  #closeAll(start: number, size: number, state: number): void {
    this.#work += Math.min(size, this.#open.size);
    if (this.#work > MOST_WORK) return; // only in a recording that no recorder wrote: its objects seem to stay
    if (size < this.#open.size) for (let at = start; at < start + size; at += 1) this.#close(at, state);
    else for (const at of this.#open.keys()) if (at >= start && at < start + size) this.#close(at, state);
  }
}

// Whether a byte of a wrong write lies outside of what its pointer may touch.
const isOutside = ({ owner, stale }: LocatedOutOfBounds, at: number): boolean =>
  owner === undefined || stale || at < owner.at || at >= owner.at + owner.requested;

/** The damage of one recording. */
export class DamageMap {
  readonly all: readonly Damage[];
  readonly #sorted: readonly Damage[]; // by address

  constructor(recording: Recording, outOfBounds: readonly LocatedOutOfBounds[]) {
    this.all = new Collector(
      recording,
      outOfBounds.filter(({ access }) => access === 'write'),
    ).run();
    this.#sorted = this.all.toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  }

  /** Damaged bytes of a range in a state, by address. */
  in(start: Addr, size: number, state: number): readonly Damage[] {
    const sorted = this.#sorted;
    const end = start + BigInt(size);
    const found: Damage[] = [];
    const first = firstWhere(sorted.length, (index) => sorted[index]!.address >= start);
    for (let index = first; index < sorted.length && sorted[index]!.address < end; index += 1) {
      const one = sorted[index]!;
      if (one.from <= state && (one.until === undefined || state < one.until)) found.push(one);
    }
    return found;
  }

  /** All damaged bytes of a state, by address. */
  at(state: number): readonly Damage[] {
    return this.#sorted.filter(({ from, until }) => from <= state && (until === undefined || state < until));
  }
}

/** `5c over 2f by convert_delimiter+0x1c, out of bounds` */
export const damageText = ({ old, new: made, by, kind }: Damage): string =>
  `${byteHex(made)} over ${byteHex(old)} by ${by}, ${kind === 'out-of-bounds' ? 'out of bounds' : 'after free'}`;

const byteHex = (byte: number): string => byte.toString(16).padStart(2, '0');
