// The C of a trap: what its instruction accesses, and what the registers point to.

import type { KernelImage } from '../../image/kernel-image.js';
import type { Place } from '../../image/places.js';
import type { ImageSymbol } from '../../image/symbols.js';
import type { Btf } from '../../image/btf.js';
import { type Layout, layoutOf } from '../../image/layout.js';
import { REGISTERS } from '../../x86/registers.js';
import { ImageFunctions } from '../code/image-functions.js';
import { FunctionTypes, type TypedAccess, type TypedValue } from './function-types.js';
import { ImageNames } from './image-names.js';
import { SharedTypes } from './shared.js';

/** A register or stack slot with the C value in it. */
export interface NamedValue {
  /** `rbx` */
  readonly where: string;
  readonly value: Extract<TypedValue, { readonly text: string }>;
  /** The caller whose value it is; absent for the trapping function. */
  readonly of?: string;
}

/** What types say of a trap. */
export interface TrapTypes {
  /** The memory operand of the instruction; absent where it has none, or one of the stack or of a variable. */
  readonly access?: TypedAccess;
  /** The struct that has the field. */
  readonly struct?: Layout;
  /** What the register that it points with holds. */
  readonly pointer?: TypedValue;
  /** Registers that hold a pointer to a type. */
  readonly registers: readonly NamedValue[];
  /** Why nothing is known, in words. */
  readonly whyNot?: string;
}

const RSP = 4;

const nothing = (whyNot: string): TrapTypes => ({ registers: [], whyNot });

/**
 * The types at an instruction.
 *
 * @param symbol of the function that it is in
 * @param place as the image is linked
 * @param btf the types of the image; `undefined` where it has none
 */
export const typesAt = (
  image: KernelImage,
  symbol: ImageSymbol,
  place: Place,
  btf: Btf | undefined,
): TrapTypes => {
  if (btf === undefined)
    return nothing(`${image.elf.file} has no types: it was built without CONFIG_DEBUG_INFO_BTF`);
  const functions = new ImageFunctions(image);
  const piece = functions.of(symbol);
  if (piece === undefined) return nothing(`${image.elf.file} has no bytes of ${symbol.name}`);
  const names = new ImageNames(functions);
  // What strangers do with a kernel's fields says nothing; those of a module are its own.
  const shared = btf.base === undefined ? {} : { shared: new SharedTypes(btf, names).of };
  const types = new FunctionTypes(names.of(piece), btf, shared);
  const access = types.access(place);
  const registers = REGISTERS.slice(0, 16).flatMap((where, index): NamedValue[] => {
    if (index === RSP) return [];
    const value = types.register(place, index);
    return 'text' in value ? [{ where, value }] : [];
  });
  const base = access === undefined ? -1 : (REGISTERS as readonly string[]).indexOf(access.base);
  const struct = access?.struct === undefined ? undefined : layoutOf(btf, access.struct);
  return {
    ...(access === undefined ? {} : { access }),
    ...(struct === undefined ? {} : { struct }),
    ...(base < 0 ? {} : { pointer: types.register(place, base) }),
    registers,
  };
};
