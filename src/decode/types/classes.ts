// The classes of conclusions, and the word that each deserves. The words were chosen by holding names against the kernel's
// own DWARF; docs/types.md has the figures.

import { Flag } from './value.js';

/** By what a type was concluded; of several, the weakest. */
export type TypeClass =
  | 'forward' // the prototype, results of calls, and fields of what they point to
  | 'used' // a `void *` or a number, and all typed uses say one struct
  | 'container used' // the struct around a member, by a typed use
  | 'container' // the struct around a member: the only one that fits
  | 'shared' // a `void *` field, as three functions of the module use it, and none otherwise
  | 'joined' // several ways, one type
  | 'element' // of an array member
  | 'per-cpu'
  | 'filled' // a struct on the stack, filled by a typed call
  | 'variant' // a copy of a function by the compiler, whose parameters may be others
  | 'union' // loaded from a union
  | 'indexed' // loaded from an array with an index
  | 'data behind' // bytes behind the struct, or several of an array of bytes: they are of any form
  | 'generic' // a struct that stands for others
  | 'several uses' // that differ
  | 'stride' // an index times the size of the struct was added
  | 'stepping' // a loop, by the size of the struct
  | 'container by chance' // of very many structs the only one that fits few accesses
  | 'half joined'; // of several ways, only some have a type

const POSSIBLE: readonly (readonly [flag: number, of: TypeClass])[] = [
  [Flag.HALF, 'half joined'],
  [Flag.STEP, 'stepping'],
  [Flag.STRIDE, 'stride'],
  [Flag.INDEXED, 'indexed'],
  [Flag.SEVERAL, 'several uses'],
  [Flag.CHANCE, 'container by chance'],
  [Flag.UNION, 'union'],
  [Flag.DATA, 'data behind'],
  [Flag.GENERIC, 'generic'],
  [Flag.VARIANT, 'variant'],
];

const LIKELY: readonly (readonly [flag: number, of: TypeClass])[] = [
  [Flag.CONTAINER_ONLY, 'container'],
  [Flag.CONTAINER_USED, 'container used'],
  [Flag.SHARED, 'shared'],
  [Flag.USED, 'used'],
  [Flag.FILLED, 'filled'],
  [Flag.ELEMENT, 'element'],
  [Flag.JOIN, 'joined'],
  [Flag.PER_CPU, 'per-cpu'],
];

/** The class of a conclusion, and its word. @param flags of the value @param text its C expression; empty after a join */
export const classOf = (
  flags: number,
  text: string,
): { readonly sure: 'likely' | 'possible'; readonly class: TypeClass } => {
  for (const [flag, of] of POSSIBLE) if ((flags & flag) !== 0) return { sure: 'possible', class: of };
  for (const [flag, of] of LIKELY) if ((flags & flag) !== 0) return { sure: 'likely', class: of };
  return { sure: 'likely', class: text === '' ? 'joined' : 'forward' };
};
