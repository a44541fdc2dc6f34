// What lies at an offset of a struct: the path of its field, through embedded structs, unions and arrays.

import type { Btf, TypeId } from '../../image/btf.js';

/** A field, or a part of one. */
export interface Field {
  /** From the struct: `f_op`, `sk.sk_lock.owned`, `slots[3]`; for an access that covers several, `next … prev`. */
  readonly path: string;
  readonly type: TypeId;
  /** Offset in the struct of the first byte of the field. */
  readonly from: number;
  readonly size: number; // bytes; 0 of what has none
  /** Other fields that the same bytes are, by unions and bit fields; empty where there is none. */
  readonly others: readonly string[];
  /** Whether the members of a union that lie here have different types. */
  readonly ambiguous: boolean;
  /** Whether it is data of any form behind the struct: bytes in an array without a length, its last member. */
  readonly data: boolean;
}

interface Leaf {
  readonly path: string;
  readonly type: TypeId;
  readonly from: number;
  readonly size: number;
  readonly bits: boolean;
}

const MOST_LEAVES = 64;
const DEEPEST = 16;

const joined = (path: string, name: string): string =>
  name === '' ? path : path === '' ? name : `${path}.${name}`;

/** Fields by offset. Answers are kept: a function asks for the same ones many times. */
export class Fields {
  readonly #known = new Map<string, Field | undefined>();

  constructor(readonly btf: Btf) {}

  /**
   * The field that an access means.
   *
   * @param id a struct or union
   * @param offset in it
   * @param size bytes of the access; 0 for what begins there
   * @returns `undefined` where the struct has no such bytes: before it, past its end, in a hole
   */
  at(id: TypeId, offset: number, size: number): Field | undefined {
    const key = `${id} ${offset} ${size}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const found = this.#find(id, offset, size);
    this.#known.set(key, found);
    return found;
  }

  #find(id: TypeId, offset: number, size: number): Field | undefined {
    if (offset < 0 || !this.#reaches(id, offset + Math.max(size, 1))) return undefined;
    const leaves: Leaf[] = [];
    this.#collect(id, offset, '', 0, leaves, 0);
    const exact = leaves.filter((one) => one.from === offset && one.size === size && !one.bits);
    const [first] = exact.length > 0 ? exact : leaves;
    if (first === undefined) return undefined;
    const others = [...new Set(leaves.map(({ path }) => path))].filter((path) => path !== first.path);
    const alike = exact.length > 0 ? exact : leaves;
    const ambiguous = others.length > 0 && alike.some(({ type }) => !this.sameType(type, first.type));
    const { path, type, from, size: own } = first;
    const last = own > 0 && from + own < offset + size ? this.at(id, offset + size - 1, 1) : undefined;
    return {
      path: last === undefined || last.path === path ? path : `${path} … ${last.path}`,
      type,
      from,
      size: own,
      others,
      ambiguous,
      data: own === 1 && from >= this.btf.sizeOf(id),
    };
  }

  // Whether bytes up to an offset are the struct's: those after its end are where its last member is an array of no size.
  #reaches(id: TypeId, end: number): boolean {
    const type = this.btf.plain(id);
    if (type.kind !== 'struct' && type.kind !== 'union') return false;
    if (end <= type.size) return true;
    const last = type.members.at(-1);
    if (type.kind === 'union' || last === undefined) return false;
    const array = this.btf.plain(last.type);
    return array.kind === 'array' && array.count === 0;
  }

  #collect(id: TypeId, offset: number, path: string, from: number, into: Leaf[], depth: number): void {
    if (depth === DEEPEST || into.length >= MOST_LEAVES) return;
    const type = this.btf.plain(id);
    if (type.kind === 'array') {
      const size = this.btf.sizeOf(type.of);
      if (size === 0) return;
      const index = Math.floor((offset - from) / size);
      this.#collect(type.of, offset, `${path}[${index}]`, from + index * size, into, depth + 1);
      return;
    }
    if (type.kind !== 'struct' && type.kind !== 'union') {
      into.push({ path, type: id, from, size: this.btf.sizeOf(id), bits: false });
      return;
    }
    for (const { name, type: of, bit, bits } of type.members) {
      const at = from + (bit >> 3);
      if (bits > 0) {
        if (offset < at || offset > from + ((bit + bits - 1) >> 3)) continue;
        into.push({ path: joined(path, name), type: of, from: at, size: this.btf.sizeOf(of), bits: true });
        continue;
      }
      if (offset < at) continue;
      const size = this.btf.sizeOf(of);
      if (offset < at + size || this.#isOpen(of, size))
        this.#collect(of, offset, joined(path, name), at, into, depth + 1);
    }
  }

  #isOpen(id: TypeId, size: number): boolean {
    return size === 0 && this.btf.plain(id).kind === 'array';
  }

  /** The array member of a struct that an offset lies in: the type of its elements, and the offset in the element. */
  arrayAt(
    id: TypeId,
    offset: number,
    depth = 0,
  ):
    { readonly of: TypeId; readonly path: string; readonly rest: number; readonly from: number } | undefined {
    const type = this.btf.plain(id);
    if ((type.kind !== 'struct' && type.kind !== 'union') || depth === DEEPEST || offset < 0)
      return undefined;
    for (const { name, type: of, bit, bits } of type.members) {
      const at = bit >> 3;
      const size = this.btf.sizeOf(of);
      if (bits > 0 || offset < at) continue;
      const member = this.btf.plain(of);
      if (offset >= at + size && !(size === 0 && member.kind === 'array')) continue;
      if (member.kind === 'array') {
        const each = this.btf.sizeOf(member.of);
        if (each > 0) return { of: member.of, path: name, rest: (offset - at) % each, from: at };
        continue;
      }
      const inner = this.arrayAt(of, offset - at, depth + 1);
      if (inner !== undefined) return { ...inner, path: joined(name, inner.path), from: at + inner.from };
    }
    return undefined;
  }

  /** Whether a type holds another at exactly an offset; at 0 a type holds itself. */
  holds(id: TypeId, offset: number, wanted: TypeId, depth = 0): boolean {
    if (offset < 0 || depth === DEEPEST) return false;
    if (offset === 0 && this.sameType(id, wanted)) return true;
    const type = this.btf.plain(id);
    if (type.kind === 'array') {
      const size = this.btf.sizeOf(type.of);
      return size > 0 && this.holds(type.of, offset % size, wanted, depth + 1);
    }
    if (type.kind !== 'struct' && type.kind !== 'union') return false;
    return type.members.some(({ type: of, bit, bits }) => {
      const at = bit >> 3;
      return (
        bits === 0 &&
        offset >= at &&
        offset < at + Math.max(1, this.btf.sizeOf(of)) &&
        this.holds(of, offset - at, wanted, depth + 1)
      );
    });
  }

  /** Whether two types are one: a module may have its own copy of a struct. */
  sameType(one: TypeId, other: TypeId): boolean {
    if (one === other) return true;
    const [a, b] = [this.btf.plain(one), this.btf.plain(other)];
    if (a === b) return true;
    if (a.kind === 'pointer' && b.kind === 'pointer') return this.sameType(a.to, b.to);
    return a.kind === b.kind && 'name' in a && 'name' in b && a.name !== '' && a.name === b.name;
  }
}
