// What the sections of a story share: one view of a recording, and names and values in it. Reads a recording only.

import { type Addr, hex } from './address.js';
import { decodeScalar, findField } from './layout.js';
import { type LocatedOutOfBounds, locateOutOfBounds } from './out-of-bounds.js';
import { RecordedState } from './recorded-state.js';
import type { NamedObject, Recording } from './recording.js';
import { REGISTER_INDEX } from './registers.js';
import { identifySlabAddress } from './slab-identify.js';
import { findStruct } from './structs/all.js';
import type { SymbolTable } from './symbols.js';
import { recordedSymbols } from './trap-report.js';

/** `1 byte`, `2 bytes` */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** A scalar field at one moment. */
export interface FieldValue {
  readonly text: string;
  readonly number: bigint; // unsigned
  readonly address: Addr;
  readonly size: number;
}

/** A recording, for those who tell of it. */
export class Teller {
  readonly symbols: SymbolTable;
  readonly state: RecordedState;
  readonly found: readonly LocatedOutOfBounds[];
  readonly #names = new Map<string, NamedObject>();

  constructor(readonly recording: Recording) {
    this.symbols = recordedSymbols(recording);
    this.state = new RecordedState(recording);
    this.found = locateOutOfBounds(recording);
    for (const object of [...recording.header.world, ...recording.header.objects]) {
      this.#names.set(object.name, object);
    }
  }

  /** The name that an allocation before event `index`, or the world, gives an address. */
  nameAt(address: string, index: number): string | null {
    const { events, world } = this.recording.header;
    const allocation = events
      .slice(0, index)
      .findLast((event) => event.kind === 'allocate' && event.address === address);
    if (allocation?.kind === 'allocate') return allocation.name;
    return world.find((object) => object.address === address)?.name ?? null;
  }

  /** The name that a free victim had while it was allocated. */
  freedName({ victim, address, allocation, requested, beyond, instruction }: LocatedOutOfBounds) {
    if (victim.kind !== 'free') return null;
    const behind = allocation !== null && requested !== null && beyond !== null && beyond >= 0;
    const outside = behind ? BigInt(allocation) + BigInt(requested + beyond) : BigInt(address);
    this.state.seek(instruction);
    const place = identifySlabAddress(this.state, outside);
    if (place?.kind !== 'object') return null;
    const index = this.recording.header.events.findLastIndex(({ at }) => at <= instruction);
    return this.nameAt(hex(place.object), index + 1);
  }

  /** The field that an access hit, read before instruction `at`. */
  field(found: LocatedOutOfBounds, at: number): FieldValue | undefined {
    const { object, field } = found.victim;
    const known = object === null ? undefined : this.#names.get(object);
    const struct = known?.struct == null ? undefined : findStruct(known.struct);
    const path = field?.slice(field.indexOf('.') + 1);
    const place = struct === undefined || path === undefined ? undefined : findField(struct, path);
    if (known === undefined || (place?.type.kind !== 'integer' && place?.type.kind !== 'pointer')) {
      return undefined;
    }
    const address = BigInt(known.address) + BigInt(place.offset);
    this.state.seek(at);
    if (!this.state.isMapped(address, place.type.size)) return undefined;
    const bytes = this.state.read(address, place.type.size);
    const value = decodeScalar(place.type, new DataView(bytes.buffer), 0);
    const number = BigInt.asUintN(place.type.size * 8, BigInt(value));
    const text = place.type.kind === 'pointer' ? hex(number) : `${value} (${hex(number)})`;
    return { text, number, address, size: place.type.size };
  }

  /** Functions in the order in which a range of instructions enters them. */
  functions(from: number, to: number): string[] {
    const entered = new Set<string>();
    let row = 0;
    for (const registers of this.recording.registerRows()) {
      if (row >= to) break;
      if (row >= from) {
        const location = this.symbols.findLocation(registers[REGISTER_INDEX.rip]!);
        if (location?.offset === 0) entered.add(location.symbol.name);
      }
      row += 1;
    }
    return [...entered];
  }
}
