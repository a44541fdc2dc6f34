// What is known of the type of a value in a register or on the stack, and by which steps.

import type { TypeId } from '../../image/btf.js';

/** A step of a conclusion; those before it are linked. */
export interface How {
  readonly text: string;
  /** Place of the instruction; absent for what holds at the entry. */
  readonly at?: string;
  readonly before?: How;
  /** Of what was learnt from typed uses: the places of all of them. */
  readonly uses?: readonly string[];
}

/** What happened to a pointer on its way: the class of the conclusion, and its word, depend on it. */
export const Flag = {
  /** Values of one type came together, by different ways. */
  JOIN: 1,
  /** Came together with NULL or an error code. */
  NULLED: 1 << 1,
  /** Loaded from a union whose members here have different types. */
  UNION: 1 << 2,
  /** A `void *` or a number, used as this type. */
  USED: 1 << 3,
  /** Used as several types, of which this is one. */
  SEVERAL: 1 << 4,
  /** The struct around it, by a typed use. */
  CONTAINER_USED: 1 << 5,
  /** The struct around it: the only one that fits the accesses. */
  CONTAINER_ONLY: 1 << 6,
  /** Of very many structs that could be around it, by few accesses. */
  CHANCE: 1 << 7,
  /** What other functions of the module do with the field. */
  SHARED: 1 << 8,
  /** A loop steps by the size of the struct, where no array is known. */
  STEP: 1 << 9,
  /** An element of an array. */
  ELEMENT: 1 << 10,
  RESULT: 1 << 11,
  PER_CPU: 1 << 12,
  /** Came together with a value whose type is not known. */
  HALF: 1 << 13,
  /** By the prototype of a function that the compiler made another of (`.constprop`, `.isra`). */
  VARIANT: 1 << 14,
  /** Read from a struct on the stack that a typed call filled. */
  FILLED: 1 << 15,
  /** Low bits were taken off or added. */
  TAGGED: 1 << 16,
  /** An index times the size of the struct was added, where no array is known. */
  STRIDE: 1 << 17,
  /** Loaded with an index, which may have an array's distance from another in it. */
  INDEXED: 1 << 18,
  /** Bytes in an array without a length, behind the struct, or several bytes of an array at once. */
  DATA: 1 << 19,
  /** A struct that stands for others that begin like it. */
  GENERIC: 1 << 20,
} as const;

/** A pointer to a type, or to `offset` bytes after the start of it. */
export interface Pointer {
  readonly kind: 'pointer';
  readonly to: TypeId;
  readonly offset: number;
  /** C expression of the pointer to the start. */
  readonly text: string;
  /** Where the value came from: what later uses say is of all values from there. */
  readonly origin: string | undefined;
  readonly flags: number;
  readonly how: How;
  /** On one of the ways that came together here it is inside of a larger struct, which is known. */
  readonly around?: Around;
}

/** A struct around what a pointer points to. `to` is -1 where the ways say several. */
export interface Around {
  readonly to: TypeId;
  readonly offset: number; // of the pointer, in it
  readonly flags: number;
}

/** A number that may be a pointer. */
export interface Wide {
  readonly origin: string;
  readonly text: string;
  readonly how: How;
  readonly flags: number;
  /** `rb_node.__rb_parent_color`, of what was loaded from a field. */
  readonly field?: string;
}

export type Value =
  | Pointer
  | { readonly kind: 'stack'; readonly offset: number } // from RSP at the entry
  | {
      readonly kind: 'number';
      readonly value?: bigint;
      /** Set for all eight bytes of something that may be a pointer: an `unsigned long` of a field or an argument. */
      readonly wide?: Wide;
      /** What it is a multiple of, where that is more than 1. */
      readonly factor?: number;
      /** Set for an error code or a flag: 32 bits, extended. */
      readonly narrow?: true;
    }
  /** The address of a per-CPU variable, before the base of a CPU is added. */
  | { readonly kind: 'per-cpu'; readonly name: string; readonly offset: number }
  /** The base of a CPU, loaded. */
  | { readonly kind: 'cpu-base' }
  /** What no later instruction can mean: a register that a call may have destroyed. */
  | { readonly kind: 'dead'; readonly why: string }
  | {
      readonly kind: 'unknown';
      readonly why: string;
      readonly origin: string | undefined;
      readonly offset: number; // bytes that were added since the origin
      /** Set where values of several types came together: whatever else comes, no type is common. */
      readonly mixed?: true;
      readonly text?: string;
      readonly how?: How;
    };

export const NUMBER: Value = { kind: 'number' };
export const NARROW: Value = { kind: 'number', narrow: true };

/** A value of which nothing is known. */
export const unknown = (why: string): Value => ({ kind: 'unknown', why, origin: undefined, offset: 0 });

export const isSame = (a: Value | undefined, b: Value | undefined): boolean => {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.kind !== b.kind) return false;
  if (a.kind === 'pointer' && b.kind === 'pointer')
    return (
      a.to === b.to &&
      a.offset === b.offset &&
      a.text === b.text &&
      a.origin === b.origin &&
      a.flags === b.flags &&
      a.around?.to === b.around?.to &&
      a.around?.offset === b.around?.offset
    );
  if (a.kind === 'stack' && b.kind === 'stack') return a.offset === b.offset;
  if (a.kind === 'number' && b.kind === 'number')
    return (
      a.value === b.value &&
      a.wide?.origin === b.wide?.origin &&
      a.narrow === b.narrow &&
      a.factor === b.factor
    );
  if (a.kind === 'per-cpu' && b.kind === 'per-cpu') return a.name === b.name && a.offset === b.offset;
  if (a.kind === 'unknown' && b.kind === 'unknown')
    return a.why === b.why && a.origin === b.origin && a.offset === b.offset && a.mixed === b.mixed;
  if (a.kind === 'dead' && b.kind === 'dead') return a.why === b.why;
  return true;
};

/** A value plus a constant. */
export const plus = (value: Value, by: number): Value => {
  if (by === 0) return value;
  switch (value.kind) {
    case 'pointer':
    case 'stack':
    case 'per-cpu':
      return { ...value, offset: value.offset + by };
    case 'unknown':
      return { ...value, offset: value.offset + by };
    case 'number':
      return value.value === undefined
        ? NUMBER
        : { kind: 'number', value: BigInt.asUintN(64, value.value + BigInt(by)) };
    case 'dead':
      return value;
    default:
      return unknown('computed');
  }
};
