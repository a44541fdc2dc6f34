// One value where ways come together. What two of them have in common is kept: their type, or the struct that one of them
// points into and the other is. Joining commutes.

import type { Fields } from './fields.js';
import { type Around, Flag, type How, NARROW, NUMBER, type Pointer, type Value, isSame } from './value.js';

const earlier = (a: How, b: How): How => {
  const [first, second] = [a.at ?? '', b.at ?? ''];
  return first < second || (first === second && a.text <= b.text) ? a : b;
};

const isSmall = (value: Value): boolean =>
  value.kind === 'number' && value.wide === undefined && (value.value !== undefined || value.narrow === true);

type Unknown = Value & { readonly kind: 'unknown' };

const vague = (why: string, origin: string): Unknown => ({
  kind: 'unknown',
  why,
  origin,
  offset: 0,
  text: '',
});

const around = (found: Around | undefined): { readonly around?: Around } =>
  found === undefined ? {} : { around: found };

const both = (a: Around | undefined, b: Around | undefined): Around | undefined => {
  if (a === undefined || b === undefined) return a ?? b;
  const flags = a.flags | b.flags;
  return a.to === b.to && a.offset === b.offset ? { ...a, flags } : { to: -1, offset: 0, flags };
};

// Values that have no type in common. What else comes does not change that.
const mixed = (why: string, origin: string): Unknown => ({ ...vague(why, origin), mixed: true });

const merged = (
  a: Pointer,
  b: Pointer,
  origin: string,
  to: Pick<Pointer, 'to' | 'offset'>,
  more = 0,
): Pointer => {
  const alike = a.text === b.text && a.origin === b.origin && more === 0;
  return {
    kind: 'pointer',
    to: to.to,
    offset: to.offset,
    text: a.text === b.text && to.to === a.to && to.to === b.to ? a.text : '',
    origin: a.origin === b.origin && alike ? a.origin : origin,
    flags: a.flags | b.flags | more | (a.text === b.text ? 0 : Flag.JOIN),
    how: earlier(a.how, b.how),
    ...around(both(a.around, b.around)),
  };
};

// Pointers to one type with different distances from its start.
const steps = (fields: Fields, a: Pointer, b: Pointer, origin: string): Value => {
  const [first, second] = [fields.arrayAt(a.to, a.offset), fields.arrayAt(b.to, b.offset)];
  if (first !== undefined && second !== undefined && first.from === second.from && first.rest === second.rest)
    return merged(a, b, origin, { to: first.of, offset: first.rest }, Flag.ELEMENT | Flag.JOIN);
  const size = fields.btf.sizeOf(a.to);
  if (size > 0 && (a.offset - b.offset) % size === 0) {
    const offset = ((a.offset % size) + size) % size;
    const known = ((a.flags | b.flags) & Flag.ELEMENT) !== 0;
    return merged(a, b, origin, { to: a.to, offset }, Flag.JOIN | (known ? 0 : Flag.STEP));
  }
  return mixed('its distance from the start of the struct varies', origin);
};

// A pointer into a struct, and one to the member that it points into: a list's entry and its head.
const within = (outer: Pointer, inner: Pointer, origin: string): Pointer => {
  const { to, offset, flags } = outer;
  const joined = merged(outer, inner, origin, inner, Flag.JOIN);
  return { ...joined, flags: inner.flags | Flag.JOIN, ...around(both({ to, offset, flags }, inner.around)) };
};

const pointers = (fields: Fields, a: Pointer, b: Pointer, origin: string): Value => {
  if (fields.sameType(a.to, b.to)) {
    const to = { to: Math.min(a.to, b.to), offset: a.offset };
    return a.offset === b.offset ? merged(a, b, origin, to) : steps(fields, a, b, origin);
  }
  if (fields.holds(a.to, a.offset - b.offset, b.to)) return within(a, b, origin);
  if (fields.holds(b.to, b.offset - a.offset, a.to)) return within(b, a, origin);
  return mixed('pointers to several types come together', origin);
};

const withPointer = (a: Pointer, b: Value, origin: string): Value => {
  if (isSmall(b)) return { ...a, flags: a.flags | Flag.NULLED };
  if (b.kind === 'unknown') return { ...a, text: '', origin, flags: a.flags | Flag.HALF };
  return mixed('a pointer and a number come together', origin);
};

const unknowns = (a: Unknown, b: Value, origin: string): Value => {
  if (isSmall(b)) return a;
  if (b.kind !== 'unknown') return vague('values of several ways come together', origin);
  const why = a.why === b.why ? a.why : 'values of several ways come together';
  const same = a.origin !== undefined && a.origin === b.origin && a.offset === b.offset;
  return same ? { ...a, why } : vague(why, origin);
};

const stays = (a: Unknown, b: Value, origin: string): Value => {
  if (b.kind !== 'unknown' || b.mixed !== true) return mixed(a.why, origin);
  return mixed(a.why <= b.why ? a.why : b.why, origin);
};

/** @param origin of what comes together here, where it is neither of the two */
export const join = (fields: Fields, a: Value, b: Value, origin: string): Value => {
  if (isSame(a, b)) return a;
  if (a.kind === 'dead' && b.kind === 'dead') return a.why <= b.why ? a : b;
  if (b.kind === 'dead') return a;
  if (a.kind === 'dead') return b;
  if (a.kind === 'unknown' && a.mixed === true) return stays(a, b, origin);
  if (b.kind === 'unknown' && b.mixed === true) return stays(b, a, origin);
  if (a.kind === 'pointer' && b.kind === 'pointer') return pointers(fields, a, b, origin);
  if (a.kind === 'pointer') return withPointer(a, b, origin);
  if (b.kind === 'pointer') return withPointer(b, a, origin);
  if (a.kind === 'unknown') return unknowns(a, b, origin);
  if (b.kind === 'unknown') return unknowns(b, a, origin);
  if (a.kind === 'number' && b.kind === 'number') {
    if (a.factor !== undefined && a.factor === b.factor) return { kind: 'number', factor: a.factor };
    if (isSmall(a) && isSmall(b)) return NARROW;
    if (isSmall(a) && b.wide !== undefined) return b;
    if (isSmall(b) && a.wide !== undefined) return a;
    return a.wide !== undefined && b.wide !== undefined ? vague('numbers of several ways', origin) : NUMBER;
  }
  return mixed('values of several ways come together', origin);
};
