// The structs that embed a struct, and where.

import type { Btf, TypeId } from '../../image/btf.js';

/** A struct that holds another at an offset. */
export interface Container {
  readonly id: TypeId;
  readonly offset: number;
  readonly size: number; // bytes
  /** Whether it is a type of the module, not of the kernel. */
  readonly own: boolean;
}

const DEEPEST = 4;
const MOST_LINKS = 64; // pointers and typedefs of one type
const MOST = 20_000; // containers of one type: list_head has 5,000

type Index = ReadonlyMap<string, readonly Container[]>;

const collect = (
  btf: Btf,
  top: Omit<Container, 'offset'>,
  id: TypeId,
  from: number,
  depth: number,
  into: Map<string, Container[]>,
): void => {
  const type = btf.plain(id);
  if ((type.kind !== 'struct' && type.kind !== 'union') || depth > DEEPEST) return;
  for (const { type: of, bit, bits } of type.members) {
    if (bits > 0) continue;
    const member = btf.plain(of);
    if (member.kind !== 'struct' && member.kind !== 'union') continue;
    const offset = from + (bit >> 3);
    if (member.kind === 'struct' && member.name !== '') {
      const known = into.get(member.name) ?? [];
      if (known.length < MOST) known.push({ ...top, offset });
      into.set(member.name, known);
    }
    collect(btf, top, of, offset, depth + 1, into);
  }
};

// The index of one BTF without its base, made when it is first asked for.
const indexes = new WeakMap<Btf, Index>();
const indexOf = (btf: Btf, own: boolean): Index => {
  const known = indexes.get(btf);
  if (known !== undefined) return known;
  const index = new Map<string, Container[]>();
  for (const [, id] of btf.names('struct')) {
    const type = btf.type(id);
    if (type.kind === 'struct') collect(btf, { id, size: type.size, own }, id, 0, 1, index);
  }
  indexes.set(btf, index);
  return index;
};

/** The structs of the module that hold a struct of a name; empty for a kernel. */
export const ownContainers = (btf: Btf, name: string): readonly Container[] =>
  btf.base === undefined ? [] : (indexOf(btf, true).get(name) ?? []);

/** The structs of the kernel that do. */
export const kernelContainers = (btf: Btf, name: string): readonly Container[] =>
  indexOf(btf.base ?? btf, false).get(name) ?? [];

// The structs of the kernel that the types of a module point to, hold or are handed.
const mentions = new WeakMap<Btf, ReadonlySet<TypeId>>();
const mentionsOf = (btf: Btf, base: Btf): ReadonlySet<TypeId> => {
  const known = mentions.get(btf);
  if (known !== undefined) return known;
  const found = new Set<TypeId>();
  const add = (start: TypeId): void => {
    let id = start;
    for (let links = 0; links < MOST_LINKS; links += 1) {
      const type = btf.type(id);
      if (type.kind === 'pointer') id = type.to;
      else if (type.kind === 'array' || type.kind === 'typedef' || type.kind === 'qualified') id = type.of;
      else {
        if (type.kind === 'struct' && id < base.end) found.add(id);
        return;
      }
    }
  };
  for (let id = base.end; id < btf.end; id += 1) {
    const type = btf.type(id);
    if (type.kind === 'struct' || type.kind === 'union') for (const { type: of } of type.members) add(of);
    else if (type.kind === 'prototype')
      for (const { type: of } of [...type.parameters, { type: type.returns }]) add(of);
    else if (type.kind !== 'forward' && type.kind !== 'function') add(id);
  }
  mentions.set(btf, found);
  return found;
};

/** Of structs of the kernel, those that the types of a module mention. */
export const mentioned = (btf: Btf, all: readonly Container[]): readonly Container[] => {
  if (btf.base === undefined) return [];
  const known = mentionsOf(btf, btf.base);
  return all.filter(({ id }) => known.has(id));
};
