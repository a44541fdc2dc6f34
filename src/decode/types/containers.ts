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
