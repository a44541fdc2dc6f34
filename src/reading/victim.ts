// What an out-of-bounds access hit, in names and values: the field's value, and the name that a freed victim had.

import { type Addr, hex } from '../base/address.js';
import { firstWhere } from '../base/bisect.js';
import { decodeScalar, findField } from '../kernel/layout.js';
import { identifySlabAddress } from '../kernel/slab-identify.js';
import type { Case } from './case.js';
import type { LocatedOutOfBounds } from './out-of-bounds.js';

/** A scalar field at one moment. */
export interface FieldValue {
  readonly text: string;
  readonly number: bigint; // unsigned
  readonly address: Addr;
  readonly size: number; // bytes
}

/** The field that an access hit, read before instruction `at`; `undefined` where it hit no scalar field. */
export const fieldValue = (
  run: Case,
  { victim: { object, field } }: Pick<LocatedOutOfBounds, 'victim'>,
  at: number,
): FieldValue | undefined => {
  const known = object === null ? undefined : run.findNamed(object);
  const struct = known?.struct == null ? undefined : run.structs.find(known.struct);
  const path = field?.slice(field.indexOf('.') + 1);
  const place = struct === undefined || path === undefined ? undefined : findField(struct, path);
  if (known === undefined || (place?.type.kind !== 'integer' && place?.type.kind !== 'pointer')) {
    return undefined;
  }
  const { type } = place;
  const address = BigInt(known.address) + BigInt(place.offset);
  const state = run.stateAt(at);
  if (!state.isMapped(address, type.size)) return undefined;
  const value = decodeScalar(type, new DataView(state.read(address, type.size).buffer), 0);
  const number = BigInt.asUintN(type.size * 8, BigInt(value));
  const text = type.kind === 'pointer' ? hex(number) : `${value} (${hex(number)})`;
  return { text, number, address, size: type.size };
};

/** The name that a free victim had while it was allocated; null where it had none. */
export const freedName = (run: Case, found: LocatedOutOfBounds): string | null => {
  const { victim, address, allocation, requested, beyond, instruction } = found;
  if (victim.kind !== 'free') return null;
  const isPastEnd = allocation !== null && requested !== null && beyond !== null && beyond >= 0;
  const outside = isPastEnd ? BigInt(allocation) + BigInt(requested + beyond) : BigInt(address);
  const place = identifySlabAddress(run.stateAt(instruction), outside);
  if (place?.kind !== 'object') return null;
  const { events } = run.recording.header;
  return run.nameAt(
    hex(place.object),
    firstWhere(events.length, (index) => events[index]!.at > instruction),
  );
};
