// The bytes around what a run is about, before and after: whose they are, their fields, what was touched, what is damaged.
// Long, since an access and a finding make the same parts, of the same owners and fields.

import { type Addr, hex } from '../base/address.js';
import { type Struct, leavesOf } from '../kernel/layout.js';
import type { Case } from '../reading/case.js';
import type { Finding } from '../reading/findings.js';
import { type LocatedOutOfBounds, isUseAfterFree } from '../reading/out-of-bounds.js';
import type { Link } from '../why/link.js';
import { type FoundObject, headerAt, lastState, lastStateOf } from './last-state.js';
import type { PageStrip, PageStripField, PageStripOwner, PageStripPart } from './page-data.js';

/** Bytes that are shown of the object that the pointer was made for, and of what was hit. */
const EDGE = 8;
const HIT = 16;
const LARGE = 1n << 32n; // larger numbers are easier to read in hexadecimal
const NEAR = 8; // bytes between two parts that are shown rather than left out

interface Range {
  readonly start: Addr;
  readonly end: Addr;
}

interface Owner {
  readonly row: 0 | 1;
  readonly start: Addr;
  readonly size: number; // bytes
  readonly name: string;
  readonly struct: string | null;
  readonly header: number; // bytes before the struct
  readonly life: PageStripOwner['life'];
  /** The states that its fields' values are of: none, where no state has the owner's own bytes. */
  readonly values: Values;
}

interface Values {
  readonly before: number | null;
  readonly after: number | null;
}

interface Moments {
  readonly before: number | null;
  readonly after: number;
}

const word = (address: Addr): Addr => address - (address % 8n);

const readAt = (run: Case, { start, end }: Range, at: number): Uint8Array | undefined => {
  const state = run.stateAt(at);
  const size = Number(end - start);
  return state.isMapped(start, size) ? state.read(start, size) : undefined;
};

const numberText = (bytes: Uint8Array, isSigned: boolean, isPointer: boolean): string => {
  const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  if (isPointer) return hex(value);
  const number = isSigned ? BigInt.asIntN(bytes.length * 8, value) : value;
  return number > LARGE ? hex(value) : String(number);
};

// The fields of a struct that a range shows parts of.
const fieldsIn = (
  run: Case,
  struct: Struct,
  base: Addr,
  range: Range,
  { before, after }: Values,
): PageStripField[] => {
  const found: PageStripField[] = [];
  for (const { path, offset, type } of leavesOf(struct)) {
    const whole = { start: base + BigInt(offset), end: base + BigInt(offset + type.size) };
    if (whole.start >= range.end) break;
    if (whole.end <= range.start) continue;
    const start = whole.start > range.start ? whole.start : range.start;
    const end = whole.end < range.end ? whole.end : range.end;
    const text = (at: number | null): string => {
      const bytes = at === null || type.kind === 'bytes' ? undefined : readAt(run, whole, at);
      const isSigned = type.kind === 'integer' && type.signed;
      return bytes === undefined ? '' : numberText(bytes, isSigned, type.kind === 'pointer');
    };
    found.push({
      name: path,
      from: Number(start - range.start),
      size: Number(end - start),
      before: text(before),
      after: text(after),
    });
  }
  return found;
};

const ownerIn = (run: Case, owner: Owner, range: Range): PageStripOwner | undefined => {
  const start = owner.start > range.start ? owner.start : range.start;
  const ownEnd = owner.start + BigInt(owner.size);
  const end = ownEnd < range.end ? ownEnd : range.end;
  if (start >= end) return undefined;
  const struct = owner.struct === null ? undefined : run.structs.find(owner.struct);
  const base = owner.start + BigInt(owner.header);
  return {
    row: owner.row,
    from: Number(start - range.start),
    size: Number(end - start),
    name: owner.name,
    struct: owner.struct,
    life: owner.life,
    fields:
      struct === undefined
        ? []
        : fieldsIn(run, struct, base, { start, end }, owner.values).map((field) => ({
            ...field,
            from: field.from + Number(start - range.start),
          })),
  };
};

const partOf = (
  run: Case,
  range: Range,
  moments: Moments,
  owners: readonly Owner[],
  touched: Range | undefined,
): PageStripPart | undefined => {
  const after = readAt(run, range, moments.after)?.slice();
  const before = moments.before === null ? undefined : readAt(run, range, moments.before)?.slice();
  if (after === undefined) return undefined;
  const damaged = run.damage.in(range.start, after.length, moments.after);
  const isTouched = (index: number): boolean =>
    touched !== undefined &&
    range.start + BigInt(index) >= touched.start &&
    range.start + BigInt(index) < touched.end;
  return {
    address: hex(range.start),
    before: before === undefined ? null : Buffer.from(before).toString('hex'),
    after: Buffer.from(after).toString('hex'),
    touched: [...after.keys()].filter(isTouched),
    damaged: damaged.map(({ address }) => Number(address - range.start)),
    owners: owners.flatMap((owner) => ownerIn(run, owner, range) ?? []),
  };
};

// Ranges that lie near each other become one.
const joined = (ranges: readonly Range[]): Range[] => {
  const sorted = ranges
    .filter(({ start, end }) => start < end)
    .toSorted((a, b) => (a.start < b.start ? -1 : 1));
  const made: Range[] = [];
  for (const range of sorted) {
    const last = made.at(-1);
    if (last !== undefined && range.start - last.end <= NEAR)
      made[made.length - 1] = { start: last.start, end: range.end > last.end ? range.end : last.end };
    else made.push(range);
  }
  return made;
};

const stripOf = (
  run: Case,
  ranges: readonly Range[],
  moments: Moments,
  owners: readonly Owner[],
  touched: Range | undefined,
): PageStrip | null => {
  const parts = joined(ranges).flatMap((range) => partOf(run, range, moments, owners, touched) ?? []);
  return parts.length === 0 ? null : { ...moments, parts };
};

const clipped = ({ start, end }: Range, to: Range): Range => ({
  start: start > to.start ? start : to.start,
  end: end < to.end ? end : to.end,
});

type Allocated = NonNullable<LocatedOutOfBounds['owner']>;

const asOwner = (
  { start, requested, name, struct, header }: Allocated,
  row: 0 | 1,
  life: PageStripOwner['life'],
  values: Values,
): Owner => ({ row, start, size: requested, name: name ?? '', struct, header, life, values });

const slackOf = ({ start, requested, room }: Allocated): Owner => ({
  row: 0,
  start: start + BigInt(requested),
  size: Math.max(0, room - requested),
  name: '',
  struct: null,
  header: 0,
  life: 'slack',
  values: { before: null, after: null },
});

const within = ({ start, requested }: Allocated): Range => ({ start, end: start + BigInt(requested) });

const freedAt = (run: Case, owner: Allocated | undefined): number | null =>
  owner === undefined ? null : lastState(run, owner.start, owner.requested, owner.freed);

// An owner as it is in a state that comes after the access.
const ownerAt = (run: Case, one: Allocated, state: number, values: Values): Owner => {
  const free = one.freed === undefined ? undefined : run.recording.header.events[one.freed]?.at;
  if (free === undefined || free > state) return asOwner(one, 0, 'allocated', values);
  const last = freedAt(run, one);
  return asOwner(one, 0, 'freed', { before: last, after: last });
};

// Around an access to a freed object: its bytes when it was freed, and now.
const staleStrip = (
  run: Case,
  access: LocatedOutOfBounds,
  address: Addr,
  moments: Moments,
): PageStrip | null => {
  const { owner, now, size } = access;
  const wanted = { start: word(address), end: word(address) + BigInt(HIT) };
  const range = owner === undefined ? wanted : clipped(wanted, within(owner));
  const isReused = now !== undefined && now !== owner;
  // Of an object that another one has replaced: its fields as it had them.
  const last = freedAt(run, owner);
  const own = isReused ? { before: last, after: last } : moments;
  const isWrite = access.access === 'write';
  const owners = [
    ...(owner === undefined ? [] : [asOwner(owner, 0, 'freed', own)]),
    ...(isReused
      ? [asOwner(now, 1, 'allocated', { before: isWrite ? moments.before : null, after: moments.after })]
      : []),
  ];
  const touched = { start: address, end: address + BigInt(size) };
  return stripOf(run, [range], moments, owners, touched);
};

/**
 * The bytes around an access that was not its code's business.
 *
 * @param at the state whose bytes are shown; by default the one that the access made
 */
export const accessStrip = (run: Case, access: LocatedOutOfBounds, at?: number): PageStrip | null => {
  const { instruction, owner, now, size } = access;
  const address = BigInt(access.address);
  const after = at ?? Math.min(instruction + (access.access === 'write' ? 1 : 0), run.recording.instructions);
  if (isUseAfterFree(access))
    return staleStrip(run, access, address, {
      before: access.access === 'write' ? instruction : freedAt(run, owner),
      after,
    });
  const moments = { before: access.access === 'write' ? instruction : null, after };
  const touched = { start: address, end: address + BigInt(size) };
  const wanted = { start: word(address), end: word(address) + BigInt(HIT) };
  const hit = now === undefined ? wanted : clipped(wanted, within(now));
  const shown = (one: Allocated): Owner =>
    at === undefined ? asOwner(one, 0, 'allocated', moments) : ownerAt(run, one, at, moments);
  if (owner === undefined)
    return stripOf(run, [hit], moments, now === undefined ? [] : [shown(now)], touched);
  const own = within(owner);
  const edge =
    address >= own.end
      ? clipped({ start: own.end - BigInt(EDGE), end: own.end }, own)
      : address < own.start
        ? clipped({ start: own.start, end: own.start + BigInt(EDGE) }, own)
        : clipped({ start: word(address), end: own.end }, { start: own.end - BigInt(EDGE), end: own.end });
  const owners = [shown(owner), slackOf(owner), ...(now === undefined || now === owner ? [] : [shown(now)])];
  return stripOf(run, [edge, hit], moments, owners, touched);
};

/** The bytes around a wrong free, or around what nobody wrote. */
export const findingStrip = (run: Case, finding: Finding): PageStrip | null => {
  const { object, now, address, instruction, size } = finding;
  if (object === null) return null;
  const start = BigInt(object.address);
  const own = { start, end: start + BigInt(object.requested) };
  const asked = address === null ? start : BigInt(address);
  const wanted = { start: word(asked), end: word(asked) + BigInt(HIT) };
  const toOwner = (one: FoundObject, row: 0 | 1, life: Owner['life'], values: Values): Owner => ({
    row,
    start: BigInt(one.address),
    size: one.requested,
    name: one.name ?? '',
    struct: one.struct,
    header: headerAt(run, BigInt(one.address), instruction),
    life,
    values,
  });
  const last = lastStateOf(run, object);
  const moments = { before: last, after: instruction };
  const was = now === null ? moments : { before: last, after: last };
  const owners = [
    toOwner(object, 0, object.freed === null ? 'allocated' : 'freed', was),
    ...(now === null ? [] : [toOwner(now, 1, 'allocated', { before: null, after: instruction })]),
  ];
  const touched = size === 0 ? { start: asked, end: asked + 1n } : undefined;
  return stripOf(
    run,
    [clipped(wanted, own)],
    moments,
    owners,
    finding.kind === 'uninitialised' ? touched : undefined,
  );
};

/** The bytes of a place that a chain ends with, and of what lies after it; null for a place that is not memory. */
export const placeStrip = (run: Case, { place, step }: Pick<Link, 'place' | 'step'>): PageStrip | null => {
  if (place.kind !== 'memory') return null;
  const { address, size } = place;
  const at = Math.min(step, run.recording.instructions);
  const object = run.objects.find(address, at);
  const wanted = { start: word(address), end: word(address) + BigInt(HIT) };
  const touched = { start: address, end: address + BigInt(size) };
  if (object === undefined) return stripOf(run, [wanted], { before: null, after: at }, [], touched);
  const { name, struct, address: start, size: bytes, isFree } = object;
  const owner: Owner = {
    row: 0,
    start,
    size: bytes,
    name,
    struct,
    header: 0,
    life: isFree ? 'freed' : 'allocated',
    values: { before: null, after: at },
  };
  const own = { start, end: start + BigInt(bytes) };
  return stripOf(run, [clipped(wanted, own)], { before: null, after: at }, [owner], touched);
};
