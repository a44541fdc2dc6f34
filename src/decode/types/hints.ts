// From what a function does with a value to what the value is: a `void *` is what it is used as, and a pointer to a member
// is inside of the struct that alone fits.

import type { TypeId } from '../../image/btf.js';
import { type Container, kernelContainers, mentioned, ownContainers } from './containers.js';
import type { Evidence, Natural, Outside, Use } from './evidence.js';
import type { Fields } from './fields.js';
import { Flag, type How } from './value.js';

/** What a value is, by its uses. */
export interface Hint {
  readonly to: TypeId;
  /** Of the value at its origin, in the type. */
  readonly offset: number;
  /** One or more of Flag. */
  readonly flags: number;
  readonly how: How;
  /** Whether `to` holds what the value is by itself. */
  readonly container: boolean;
}

// Of many structs one may fit a few accesses by chance.
const FEW = 16;
const SEVERAL = 3;

const isStruct = (fields: Fields, id: TypeId): boolean => {
  const { kind } = fields.btf.plain(id);
  return kind === 'struct' || kind === 'union';
};

// Whether what one use says includes what another says: its struct holds the other's there.
const covers = (fields: Fields, one: Use, other: Use): boolean =>
  fields.holds(one.to, one.offset - other.offset, other.to);

// In an order that does not depend on how the function was walked.
const sorted = (fields: Fields, uses: readonly Use[]): Use[] =>
  uses.toSorted(
    (a, b) =>
      b.count - a.count ||
      fields.btf.sizeOf(b.to) - fields.btf.sizeOf(a.to) ||
      a.to - b.to ||
      a.offset - b.offset,
  );

const byUse = (fields: Fields, uses: readonly Use[], flag: number, container: boolean): Hint | undefined => {
  const [first, ...rest] = sorted(fields, uses);
  if (first === undefined) return undefined;
  const largest = uses.find((one) => uses.every((other) => covers(fields, one, other)));
  const chosen = largest ?? first;
  if (largest === undefined && rest[0]?.count === first.count) return undefined;
  const { to, offset } = chosen;
  const places = uses.flatMap((one) => (covers(fields, chosen, one) ? [...one.places] : []));
  const how = places.length === 0 ? chosen.how : { ...chosen.how, uses: places };
  return { to, offset, how, container, flags: largest === undefined ? flag | Flag.SEVERAL : flag };
};

// Of the structs that fit, the one that all others hold: what is true of each of them.
const common = (fields: Fields, all: readonly Container[]): Container | undefined => {
  if (all.length === 0 || all.length > 64) return undefined;
  return all.find((one) =>
    all.every((other) => other === one || fields.holds(other.id, other.offset - one.offset, one.id)),
  );
};

// Whether code that knows the struct would access these bytes of it: fields as a whole, or a part of a number, but no part
// of a pointer.
const isSound = (fields: Fields, id: TypeId, from: number, size: number): boolean => {
  const end = from + size;
  return [fields.at(id, from, size), fields.at(id, end - 1, 1)].every((field) => {
    if (field === undefined) return false;
    if (field.others.length > 0 || field.size === 0) return true;
    const last = field.from + field.size;
    if (field.from >= from && last <= end) return true;
    return field.from <= from && last >= end && fields.btf.plain(field.type).kind !== 'pointer';
  });
};

// Whether a struct around the member has a field for each access.
const fits = (
  fields: Fields,
  { id, offset }: Pick<Container, 'id' | 'offset'>,
  accesses: readonly Outside[],
): boolean => accesses.every((one) => isSound(fields, id, offset + one.offset, one.size));

const byWay = (fields: Fields, { around, outside }: Evidence, natural: Natural): Hint | undefined => {
  if (around === undefined || around.to < 0 || outside.size === 0) return undefined;
  const { to, offset, flags } = around;
  const place = { id: to, offset: offset - natural.offset };
  if (!fits(fields, place, [...outside.values()])) return undefined;
  const how = { text: 'as on one of the ways that come together here' };
  return { to, offset, flags: flags | Flag.JOIN, container: true, how };
};

const byAccesses = (fields: Fields, { outside }: Evidence, natural: Natural): Hint | undefined => {
  const type = fields.btf.plain(natural.to);
  if (outside.size === 0 || type.kind !== 'struct' || type.name === '') return undefined;
  const accesses = [...outside.values()];
  const moves = new Set(accesses.flatMap(({ moved }) => (moved > 0 ? [moved] : [])));
  const own = ownContainers(fields.btf, type.name);
  const ofKernel = kernelContainers(fields.btf, type.name);
  const all = own.length > 0 ? [...own, ...mentioned(fields.btf, ofKernel)] : ofKernel;
  const fitting = all.filter((one) => fits(fields, one, accesses));
  const [moved] = moves;
  // A pointer to a member that was moved to the start of its struct says where the member is.
  const exact = moves.size === 1 ? fitting.filter(({ offset }) => offset === moved) : [];
  const found = common(fields, exact.length > 0 ? exact : fitting);
  if (found === undefined) return undefined;
  const text = `of ${all.length} structs with such a member, the one that fits all accesses`;
  const weak = all.length > FEW && accesses.length < SEVERAL;
  const flags = Flag.CONTAINER_ONLY | (weak ? Flag.CHANCE : 0);
  return { to: found.id, offset: natural.offset + found.offset, flags, container: true, how: { text } };
};

/**
 * What evidence of one origin says; `undefined` where it says nothing, or contradicts itself.
 *
 * @param known what an earlier pass said: accesses and uses of this one are of that type
 */
export const hintOf = (fields: Fields, evidence: Evidence, known: Hint | undefined): Hint | undefined => {
  const natural =
    known === undefined ? evidence.natural : { to: known.to, offset: known.offset, half: false };
  const uses = [...evidence.uses.values()].filter(({ to, offset }) => offset >= 0 && isStruct(fields, to));
  if (natural === undefined || natural.half) return byUse(fields, uses, Flag.USED, false);
  const around = uses.filter(
    ({ to, offset }) =>
      !fields.sameType(to, natural.to) && fields.holds(to, offset - natural.offset, natural.to),
  );
  const used = byUse(fields, around, Flag.CONTAINER_USED, true);
  if (used === undefined) return byWay(fields, evidence, natural) ?? byAccesses(fields, evidence, natural);
  const place = { id: used.to, offset: used.offset - natural.offset };
  const isFit = fits(fields, place, [...evidence.outside.values()]);
  return isFit ? used : { ...used, flags: used.flags | Flag.SEVERAL };
};
