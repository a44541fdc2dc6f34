// Where the members of a struct or union lie: offsets, sizes, holes, as BTF says them.

import type { Btf, StructType, TypeId } from './btf.js';
import { declare } from './declare.js';

const MAX_DEPTH = 16; // structs in structs without names

/** A member of a struct or union. */
export interface Member {
  /** Empty where it is an anonymous struct or union. */
  readonly name: string;
  readonly type: TypeId;
  /** As C declares it: `struct list_head lru`. */
  readonly declaration: string;
  readonly offset: number; // bytes from the start of the outermost struct
  readonly size: number; // bytes; of a bit field those of its type
  /** Of a bit field: its first bit from the offset, and how many it has. */
  readonly bits?: { readonly from: number; readonly count: number };
  /** Bits before it that nothing has. */
  readonly hole: number;
  /** What is in it, where its type has no name. */
  readonly inner?: Layout;
}

/** A struct or union. */
export interface Layout {
  readonly kind: 'struct' | 'union';
  /** Empty where it has none. */
  readonly name: string;
  readonly size: number; // bytes
  readonly members: readonly Member[];
  /** Bytes after the last member. */
  readonly padding: number;
}

// A struct without a name, by itself, const, or in arrays.
const unnamed = (btf: Btf, id: TypeId): StructType | undefined => {
  let type = btf.type(id);
  for (let links = 0; (type.kind === 'array' || type.kind === 'qualified') && links < MAX_DEPTH; links += 1)
    type = btf.type(type.of);
  return (type.kind === 'struct' || type.kind === 'union') && type.name === '' ? type : undefined;
};

// A bit field lies in a unit of its type that begins at a multiple of its size.
const bitsOf = (
  bit: number,
  count: number,
  size: number,
): { offset: number; from: number; count: number } => {
  const unit = Math.max(1, size);
  const offset = Math.floor(bit / 8 / unit) * unit;
  return { offset, from: bit - offset * 8, count };
};

const layout = (btf: Btf, { kind, name, size, members }: StructType, base: number, depth: number): Layout => {
  let end = 0; // bits
  const made = members.map((member): Member => {
    const bytes = btf.sizeOf(member.type);
    const hole = kind === 'struct' ? Math.max(0, member.bit - end) : 0;
    end = Math.max(end, member.bit + (member.bits > 0 ? member.bits : bytes * 8));
    const own = bitsOf(member.bit, member.bits, bytes);
    const offset = base + (member.bits > 0 ? own.offset : Math.floor(member.bit / 8));
    const inside = depth < MAX_DEPTH ? unnamed(btf, member.type) : undefined;
    return {
      name: member.name,
      type: member.type,
      declaration: declare(btf, member.type, member.name) + (member.bits > 0 ? `:${member.bits}` : ''),
      offset,
      size: bytes,
      ...(member.bits > 0 ? { bits: { from: own.from, count: own.count } } : {}),
      hole,
      ...(inside === undefined ? {} : { inner: layout(btf, inside, offset, depth + 1) }),
    };
  });
  return { kind, name, size, members: made, padding: Math.max(0, Math.floor((size * 8 - end) / 8)) };
};

/** The layout of a struct or union; `undefined` of any other type. Typedefs of one are one. */
export const layoutOf = (btf: Btf, id: TypeId): Layout | undefined => {
  const type = btf.plain(id);
  return type.kind === 'struct' || type.kind === 'union' ? layout(btf, type, 0, 0) : undefined;
};

/** A member and its place in the struct that was asked for. */
interface Found {
  readonly member: Member;
  /** The struct that has it, where it has a name. */
  readonly of: string;
}

// A member by its name, those of anonymous structs and unions among them, which C finds so too.
const named = (of: Layout, name: string): Member | undefined => {
  for (const member of of.members) {
    if (member.name === name) return member;
    const inside = member.name === '' && member.inner !== undefined ? named(member.inner, name) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
};

/** The names that a member of a layout can have, with those in anonymous structs and unions. */
export const memberNames = ({ members }: Layout): string[] =>
  members.flatMap(({ name, inner }) =>
    name !== '' ? [name] : inner === undefined ? [] : memberNames(inner),
  );

/**
 * A member of a member: `f_path.dentry`. Pointers are not followed: what they point to lies elsewhere.
 *
 * @returns how far the path leads: the member, or the layout in which its part `missing` is not a member
 */
export const memberAt = (
  btf: Btf,
  outer: Layout,
  path: readonly string[],
): Found | { readonly missing: string; readonly of: Layout | undefined; readonly after: string } => {
  let of: Layout | undefined = outer;
  let base = 0;
  let found: Found | undefined;
  let after = '';
  for (const part of path) {
    const [, name = part, index] = /^(\w+)\[(\d{1,6})\]$/u.exec(part) ?? [];
    const member: Member | undefined = of && named(of, name);
    if (of === undefined || member === undefined) return { missing: name, of, after };
    let type: TypeId = member.type;
    let { size, declaration } = member;
    let offset: number = base + member.offset;
    if (index !== undefined) {
      const array = btf.plain(type);
      if (array.kind !== 'array' || Number(index) >= Math.max(array.count, 1))
        return { missing: part, of, after };
      type = array.of;
      size = btf.sizeOf(type);
      offset += Number(index) * size;
      declaration = declare(btf, type);
    }
    found = { member: { ...member, type, size, declaration, offset }, of: of.name };
    // Offsets of a struct without a name count from the outermost already.
    base = member.inner === undefined || index !== undefined ? offset : base;
    of = index === undefined && member.inner !== undefined ? member.inner : layoutOf(btf, type);
    after = after === '' ? part : `${after}.${part}`;
  }
  return found ?? { missing: '', of, after };
};
