// Objects for the arguments of a function, made after its prototype: each pointer to a struct first holds an address of its
// own where nothing is mapped, so that a fault tells through which pointer the function went. Then its object is made, and the
// function runs anew, until it comes to the pointer that is to be bad.
import type { Btf, TypeId } from '../../src/image/btf.js';
import { ARGUMENT_REGISTERS } from '../../src/x86/registers.js';
import { GIVES_ZERO, type Unbooted } from './unbooted.js';

/** A pointer: an argument, or a field of an object that another pointer points to. */
export interface Slot {
  readonly number: number;
  /** C: `file->f_inode->i_sb`. */
  readonly path: string;
  /** The struct that it points to. */
  readonly to: TypeId;
  /** How many pointers lead to what it points to: 1 for an argument. */
  readonly depth: number;
}

interface Part {
  readonly offset: number;
  readonly name: string;
  readonly is: 'pointer' | 'function' | 'buffer' | 'list' | 'number';
  readonly to: TypeId;
  readonly size: number;
}

const NOWHERE = 0xffff_9000_0000_0000n; // in the direct map of a kernel with much memory
const WINDOW = 0x20_0000n;
const MIDDLE = WINDOW / 2n;
const MAX_OBJECT = 0x2_0000; // bytes
const MAX_PARTS = 1500;
const MAX_NESTING = 6;
const ELEMENTS = 4; // of an array, that are filled
const GENERIC = new Set([
  'list_head',
  'hlist_node',
  'hlist_head',
  'rb_node',
  'rb_root',
  'callback_head',
  'llist_node',
]);

/** The address that a slot holds while it has no object. */
export const placeholder = ({ number }: Slot): bigint => NOWHERE + BigInt(number) * WINDOW + MIDDLE;

/** Whether a type is a struct whose members are known. */
export const isStruct = (btf: Btf, id: TypeId): boolean => {
  const type = btf.plain(id);
  return type.kind === 'struct' && type.size > 0;
};

const pointedTo = (btf: Btf, id: TypeId): TypeId | undefined => {
  const type = btf.plain(id);
  return type.kind === 'pointer' ? type.to : undefined;
};

const structName = (btf: Btf, id: TypeId): string => {
  const type = btf.plain(id);
  return type.kind === 'struct' ? type.name : '';
};

/** What a function's arguments are made of. */
export class Objects {
  readonly slots: Slot[] = [];
  /** Slots that have objects. */
  readonly made = new Set<number>();
  readonly #byPath = new Map<string, Slot>();
  readonly #parts = new Map<TypeId, readonly Part[]>();

  constructor(
    readonly machine: Unbooted,
    readonly btf: Btf,
    readonly draw: (below: number) => number,
  ) {}

  #slot(path: string, to: TypeId, depth: number): Slot {
    const known = this.#byPath.get(path);
    if (known !== undefined) return known;
    const slot = { number: this.slots.length, path, to, depth };
    this.slots.push(slot);
    this.#byPath.set(path, slot);
    return slot;
  }

  /** The slot whose address something was accessed through, and how far from it. */
  slotAt(address: bigint): { readonly slot: Slot; readonly offset: number } | undefined {
    if (address < NOWHERE) return undefined;
    const slot = this.slots[Number((address - NOWHERE) / WINDOW)];
    return slot && { slot, offset: Number(address - placeholder(slot)) };
  }

  // Unions are left zero: which of their members is meant, nobody knows.
  #partsOf(id: TypeId): readonly Part[] {
    const known = this.#parts.get(id);
    if (known !== undefined) return known;
    const parts: Part[] = [];
    const add = (type: TypeId, offset: number, name: string, nesting: number): void => {
      if (parts.length >= MAX_PARTS || nesting > MAX_NESTING) return;
      const plain = this.btf.plain(type);
      const size = this.btf.sizeOf(type);
      if (plain.kind === 'pointer') {
        const to = this.btf.plain(plain.to);
        const is = to.kind === 'prototype' ? 'function' : isStruct(this.btf, plain.to) ? 'pointer' : 'buffer';
        if (is === 'pointer' && GENERIC.has(structName(this.btf, plain.to))) return;
        parts.push({ offset, name, is, to: plain.to, size });
      } else if (plain.kind === 'array') {
        const each = this.btf.sizeOf(plain.of);
        if (each === 0) return;
        for (let index = 0; index < Math.min(plain.count, ELEMENTS); index += 1)
          add(plain.of, offset + each * index, `${name}[${index}]`, nesting + 1);
      } else if (plain.kind === 'struct') {
        if (plain.name === 'list_head') {
          parts.push({ offset, name, is: 'list', to: type, size });
          return;
        }
        for (const member of plain.members) {
          if (member.bits !== 0 || member.bit % 8 !== 0) continue;
          const inner = member.name === '' ? name : name === '' ? member.name : `${name}.${member.name}`;
          add(member.type, offset + member.bit / 8, inner, nesting + 1);
        }
      } else if (plain.kind === 'int') parts.push({ offset, name, is: 'number', to: type, size });
    };
    add(id, 0, '', 0);
    this.#parts.set(id, parts);
    return parts;
  }

  // A number for a member: the same in each run of a function.
  #number(seed: number, offset: number): number {
    const mixed = Math.imul(seed * 31 + offset, 0x9e37_79b1) >>> 16;
    return mixed % 6 === 0 ? (mixed >> 4) & 7 : 0;
  }

  #value(slot: Slot, planted: ReadonlyMap<number, bigint>, seed: number): bigint {
    const value = planted.get(slot.number);
    if (value !== undefined) return value;
    if (!this.made.has(slot.number)) return placeholder(slot);
    const size = this.btf.sizeOf(slot.to);
    const at = size > MAX_OBJECT ? undefined : this.machine.allocate(size + 256);
    if (at === undefined) return placeholder(slot);
    const { memory } = this.machine;
    for (const part of this.#partsOf(slot.to)) {
      const where = at + BigInt(part.offset);
      if (part.is === 'pointer')
        memory.writeU64(
          where,
          this.#value(this.#slot(`${slot.path}->${part.name}`, part.to, slot.depth + 1), planted, seed),
        );
      else if (part.is === 'function') memory.writeU64(where, GIVES_ZERO);
      else if (part.is === 'buffer') memory.writeU64(where, this.#buffer);
      else if (part.is === 'list') {
        memory.writeU64(where, where);
        memory.writeU64(where + 8n, where);
      } else if (part.size <= 8) memory.writeU8(where, this.#number(seed + slot.number, part.offset));
    }
    return at;
  }

  #buffer = 0n;

  /**
   * Make all objects, in memory as it was after loading.
   *
   * @param planted values of slots that are to be bad
   * @param seed of the numbers in the objects
   * @returns registers for the call
   */
  make(
    parameters: readonly { readonly name: string; readonly type: TypeId }[],
    planted: ReadonlyMap<number, bigint>,
    seed: number,
  ): Record<string, bigint> {
    this.machine.reset();
    this.#buffer = this.machine.allocate(1024)!;
    const registers: Record<string, bigint> = {};
    for (const [index, name] of ['rax', 'rbx', 'rbp', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'].entries())
      registers[name] = 0xffff_8880_0512_0000n + BigInt(((seed * 977 + index * 131) % 4096) * 64);
    for (const [index, { name, type }] of parameters.entries()) {
      const register = ARGUMENT_REGISTERS[index];
      if (register === undefined) break;
      const to = pointedTo(this.btf, type);
      if (to === undefined) registers[register] = BigInt(this.#number(seed, index + 77));
      else if (this.btf.plain(to).kind === 'prototype') registers[register] = GIVES_ZERO;
      else if (!isStruct(this.btf, to)) registers[register] = this.#buffer;
      else
        registers[register] = this.#value(
          this.#slot(name === '' ? `arg${index}` : name, to, 1),
          planted,
          seed,
        );
    }
    return registers;
  }
}
