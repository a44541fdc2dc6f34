// Which named object lies at an address in a state of a recording, freed ones included, and what a word means.

import { ERRNO_NAMES } from '../forensics/patterns.js';
import { type Addr, hex } from '../base/address.js';
import { type Struct, fieldAt } from '../kernel/layout.js';
import type { Memory } from '../kernel/memory.js';
import { recordedRegions } from '../recording/state.js';
import type { Recording } from '../recording/recording.js';
import { identifySlabAddress } from '../kernel/slab-identify.js';
import type { Structs } from '../kernel/structs/all.js';
import { recordedStructs } from '../recording/structs.js';
import type { SymbolTable } from '../kernel/symbols.js';

/** An object between its allocation and the next one at its place. */
export interface KnownObject {
  readonly name: string;
  readonly struct: string | null;
  readonly address: Addr;
  readonly size: number; // bytes
  readonly header: number; // bytes of its allocation before it
  /** First state that has it. */
  readonly from: number;
  /** First state in which it is free; absent while it never is. */
  readonly freed?: number;
}

/** Errors in pointers and results are the last of all numbers. Source: include/linux/err.h, v3.0.101 */
export const MAX_ERRNO = 4095n;

/** `-EINVAL` for a value that IS_ERR() is true of. */
export const errorText = (value: bigint): string | undefined => {
  const number = BigInt.asUintN(64, -value);
  if (number === 0n || number > MAX_ERRNO) return undefined;
  return `-${ERRNO_NAMES.get(Number(number)) ?? number}`;
};

export class Objects {
  readonly #objects: KnownObject[] = [];
  readonly #regions: ReturnType<typeof recordedRegions>;
  readonly #structs: Structs;

  constructor(
    recording: Recording,
    private readonly symbols: SymbolTable,
  ) {
    this.#regions = recordedRegions(recording);
    this.#structs = recordedStructs(recording.header);
    for (const { name, struct, address, size, header } of recording.header.world)
      this.#objects.push({ name, struct, address: BigInt(address), size, header, from: 0 });
    for (const event of recording.header.events) {
      if (event.kind === 'allocate') {
        const { name, struct, address, requested, at } = event;
        const size = Math.max(1, requested);
        const known = { name: name ?? '', struct, address: BigInt(address), size, header: 0, from: at };
        this.#objects.push(known);
      } else if (event.kind === 'free') {
        const index = this.#objects.findLastIndex(
          ({ address, header, freed }) =>
            freed === undefined && address - BigInt(header) === BigInt(event.address),
        );
        const found = this.#objects[index];
        if (found !== undefined) this.#objects[index] = { ...found, freed: event.at };
      }
    }
  }

  /** The layout of a struct that a recording names. */
  typeOf(struct: string): Struct | undefined {
    return this.#structs.find(struct);
  }

  /** Every object of the run, by when it came to be. */
  get all(): readonly KnownObject[] {
    return this.#objects;
  }

  /** The object that covers an address, also when it is free by then. */
  find(address: Addr, state: number): (KnownObject & { readonly isFree: boolean }) | undefined {
    const found = this.#objects.findLast(
      ({ address: start, size, header, from, name }) =>
        name !== '' && from <= state && address >= start - BigInt(header) && address < start + BigInt(size),
    );
    return found && { ...found, isFree: found.freed !== undefined && found.freed <= state };
  }

  /**
   * `sfd.ns`, `path+0x20`, `sfd_b (free)`; `undefined` where no object with a name lies.
   *
   * @param isAccess whether a part is meant: `sfd.id`, where a pointer to it is `sfd`
   */
  nameOf(address: Addr, state: number, isAccess = false): string | undefined {
    const found = this.find(address, state);
    if (found === undefined) return undefined;
    const offset = Number(address - found.address);
    const free = found.isFree ? ' (free)' : '';
    if (offset === 0 && !isAccess) return `${found.name}${free}`;
    const struct = found.struct === null ? undefined : this.#structs.find(found.struct);
    const field = struct === undefined || offset < 0 ? undefined : fieldAt(struct, offset);
    if (field === undefined)
      return offset === 0
        ? `${found.name}${free}`
        : `${found.name}${offset < 0 ? '-' : '+'}${hex(Math.abs(offset))}${free}`;
    return `${found.name}.${field.path}${field.within === 0 ? '' : `+${hex(field.within)}`}${free}`;
  }

  /** `sfd`, `shm_vm_ops+0x8`, `size-32+0x10`, `kernel stack of the task`; `undefined` for a value that is not an address of memory. */
  describe(memory: Memory, value: Addr, state: number): string | undefined {
    const named = this.nameOf(value, state);
    if (named !== undefined) return named;
    const location = this.symbols.findLocation(value);
    if (location !== undefined)
      return location.offset === 0 ? location.symbol.name : this.symbols.formatLocation(value);
    const place = identifySlabAddress(memory, value);
    if (place?.kind === 'object')
      return `${place.cacheName} object${place.offset === 0 ? '' : `+${hex(place.offset)}`}`;
    if (place?.kind === 'management') return `${place.cacheName} slab management`;
    return this.#regions.find(({ start, size }) => value >= start && value < start + BigInt(size))?.name;
  }

  region(address: Addr): { readonly start: Addr; readonly size: number; readonly name: string } | undefined {
    return this.#regions.find(({ start, size }) => address >= start && address < start + BigInt(size));
  }
}
