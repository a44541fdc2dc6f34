// Where a prototype puts its arguments and its result. Source: System V ABI AMD64, 3.2.3 "Parameter Passing".

import type { Btf, TypeId } from '../../image/btf.js';
import { ARGUMENT_REGISTERS, REGISTER_INDEX } from '../../x86/registers.js';

/** What BTF knows of a function's type. */
export interface Prototype {
  readonly returns: TypeId;
  readonly parameters: readonly { readonly name: string; readonly type: TypeId }[];
}

/** One register or stack slot of an argument. */
export interface Passed {
  readonly name: string; // of the parameter; `arg2` where it has none
  /** The parameter's type. */
  readonly type: TypeId;
  /** Set for eight bytes of a struct by value: their offset in it. */
  readonly part?: number;
  /** Index of a register; `undefined` on the stack. */
  readonly register: number | undefined;
  /** Bytes above the return address; of what is on the stack. */
  readonly stack: number;
}

const MOST_PARAMETERS = 64;
const REGISTERS = ARGUMENT_REGISTERS.map((name) => REGISTER_INDEX[name]);

const isStruct = (btf: Btf, id: TypeId): boolean => {
  const { kind } = btf.plain(id);
  return kind === 'struct' || kind === 'union';
};

/** Whether a result is too large for registers: its address is a hidden first argument. */
export const returnsInMemory = (btf: Btf, { returns }: Prototype): boolean =>
  isStruct(btf, returns) && btf.sizeOf(returns) > 16;

/** The arguments of a call in their places. */
export const passed = (btf: Btf, prototype: Prototype): readonly Passed[] => {
  const places: Passed[] = [];
  let used = returnsInMemory(btf, prototype) ? 1 : 0;
  let stack = 0;
  for (const [at, { name: given, type }] of prototype.parameters.slice(0, MOST_PARAMETERS).entries()) {
    const name = given === '' ? `arg${at}` : given;
    const size = btf.sizeOf(type);
    if (!isStruct(btf, type)) {
      // A size of 0 is a type that BTF does not have: what follows cannot be placed.
      if (size === 0 || size > 8) return places;
      if (used < REGISTERS.length) places.push({ name, type, register: REGISTERS[used++], stack: 0 });
      else {
        places.push({ name, type, register: undefined, stack });
        stack += 8;
      }
      continue;
    }
    const words = Math.ceil(size / 8);
    const fits = size <= 16 && used + words <= REGISTERS.length;
    for (let word = 0; word < words; word += 1) {
      const part = { name, type, part: word * 8 };
      if (fits) places.push({ ...part, register: REGISTERS[used++], stack: 0 });
      else {
        places.push({ ...part, register: undefined, stack });
        stack += 8;
      }
    }
  }
  return places;
};
