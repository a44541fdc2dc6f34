// What the sections of a story share: one view of a recording, and names and values in it. Reads a recording only.

import { type Addr, hex } from '../base/address.js';
import { firstWhere } from '../base/bisect.js';
import { decodeScalar, findField } from '../kernel/layout.js';
import { type LocatedOutOfBounds, locateOutOfBounds } from './out-of-bounds.js';
import { RecordedState } from '../recording/state.js';
import type { NamedObject, Recording } from '../recording/recording.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { identifySlabAddress } from '../kernel/slab-identify.js';
import { findStruct } from '../kernel/structs/all.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { recordedSymbols } from '../recording/trap.js';

// How many items of a list that is sorted by `place` lie below `limit`.
const countBelow = <Item>(items: readonly Item[], limit: number, place: (item: Item) => number): number =>
  firstWhere(items.length, (index) => place(items[index]!) >= limit);

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
  // What is asked for once per event or access is looked up, not searched for: a run may have a million of them.
  readonly #worldNames = new Map<string, string>(); // by address
  readonly #allocations = new Map<string, { readonly event: number; readonly name: string | null }[]>();
  readonly #entries: ReadonlyMap<Addr, string>; // functions by the address of their first byte

  constructor(readonly recording: Recording) {
    const { world, objects, events } = recording.header;
    this.symbols = recordedSymbols(recording);
    this.state = new RecordedState(recording);
    this.found = locateOutOfBounds(recording);
    this.#entries = new Map(this.symbols.all().map(({ address, name }) => [address, name]));
    for (const object of [...world, ...objects]) this.#names.set(object.name, object);
    for (const { address, name } of world.toReversed()) this.#worldNames.set(address, name);
    events.forEach((event, index) => {
      if (event.kind !== 'allocate') return;
      const entry = { event: index, name: event.name };
      const known = this.#allocations.get(event.address);
      if (known === undefined) this.#allocations.set(event.address, [entry]);
      else known.push(entry);
    });
  }

  /** The name that the last allocation before event `index`, or the world, gives an address. */
  nameAt(address: string, index: number): string | null {
    const allocations = this.#allocations.get(address) ?? [];
    const before = countBelow(allocations, index, ({ event }) => event);
    const last = allocations[before - 1];
    return last === undefined ? (this.#worldNames.get(address) ?? null) : last.name;
  }

  /** The name that a free victim had while it was allocated. */
  freedName({ victim, address, allocation, requested, beyond, instruction }: LocatedOutOfBounds) {
    if (victim.kind !== 'free') return null;
    const behind = allocation !== null && requested !== null && beyond !== null && beyond >= 0;
    const outside = behind ? BigInt(allocation) + BigInt(requested + beyond) : BigInt(address);
    this.state.seek(instruction);
    const place = identifySlabAddress(this.state, outside);
    if (place?.kind !== 'object') return null;
    const { events } = this.recording.header;
    return this.nameAt(
      hex(place.object),
      countBelow(events, instruction + 1, ({ at }) => at),
    );
  }

  /** The field that an access hit, read before instruction `at`. */
  field(found: Pick<LocatedOutOfBounds, 'victim'>, at: number): FieldValue | undefined {
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
    let row = from;
    for (const registers of this.recording.registerRows(from)) {
      if (row >= to) break;
      const name = this.#entries.get(registers[REGISTER_INDEX.rip]!);
      if (name !== undefined) entered.add(name);
      row += 1;
    }
    return [...entered];
  }

  /** The out-of-bounds accesses of a range of instructions. */
  foundIn(from: number, to: number): readonly LocatedOutOfBounds[] {
    const place = ({ instruction }: LocatedOutOfBounds): number => instruction;
    return this.found.slice(countBelow(this.found, from, place), countBelow(this.found, to, place));
  }
}
