// What two versions of one call did, compared: results by their type, objects by their fields. Runs nothing.

import type { Addr } from '../../base/address.js';
import { type FieldType, type Struct, alignmentOf } from '../../kernel/layout.js';
import type { Memory } from '../../kernel/memory.js';
import type { Structs } from '../../kernel/structs/all.js';
import type { PlacedObject } from '../../scenario/values.js';
import { type ResultType, resultValue } from './result-type.js';

/** What a call returned, and the memory that it left: to be looked at before the next run. */
export interface CallEffect {
  readonly value: bigint;
  readonly memory: Memory;
  readonly objects: ReadonlyMap<string, PlacedObject>;
  /** What it allocated and did not free: bytes requested, by address. */
  readonly own: ReadonlyMap<Addr, number>;
  /** Where the objects began that it freed without having allocated them. */
  readonly freed: ReadonlySet<Addr>;
}

/** What is not the same. */
export type EffectDifference =
  | { readonly what: 'value'; readonly expected: bigint; readonly found: bigint }
  /** `found` is undefined where there is no NUL. */
  | { readonly what: 'text'; readonly expected: Uint8Array; readonly found: Uint8Array | undefined }
  | {
      readonly what: 'object';
      /** In C: `conn`, `*conn.buffer`; what a result points to is `*result`. */
      readonly object: string;
      readonly struct: string | null;
      readonly expected: Uint8Array;
      readonly found: Uint8Array;
    };

/** What a result points to. */
interface Pointee {
  readonly isText: boolean;
  /** Its struct, if it is one that is known. */
  readonly struct: Struct | undefined;
}

const pointees = new WeakMap<ResultType, Pointee>();

/** What a result points to, as its type in C says. */
export const pointeeOf = (type: ResultType, structs: Structs): Pointee => {
  let known = pointees.get(type);
  if (known === undefined) {
    const plain = type.returns.replaceAll(/\b(?:const|volatile)\b/gu, '').trim();
    const [, name] = /^struct (\w+) ?\*$/u.exec(plain) ?? [];
    const struct = name === undefined ? undefined : structs.find(name);
    pointees.set(type, (known = { isText: /^char ?\*$/u.test(plain), struct }));
  }
  return known;
};

/** A part of a struct that is compared: a field without fields of its own, or bytes that no field is known of. */
interface ComparedPart {
  readonly path: string; // empty for bytes without a known field
  readonly offset: number; // bytes
  readonly size: number; // bytes
  /** Of a pointer to a known struct: its name; null of other pointers; undefined of what is no pointer. */
  readonly target: string | null | undefined;
}

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

function* partsIn(type: FieldType, path: string, offset: number): Generator<ComparedPart> {
  if (type.kind === 'array') {
    for (let index = 0; index < type.count; index += 1)
      yield* partsIn(type.element, `${path}[${index}]`, offset + index * type.element.size);
  } else if (type.kind === 'struct') {
    let end = 0;
    for (const [name, [start, field]] of Object.entries(type.fields)) {
      if (alignUp(end, alignmentOf(field)) !== start) yield unknownPart(offset, end, start);
      yield* partsIn(field, path === '' ? name : `${path}.${name}`, offset + start);
      end = start + field.size;
    }
    if (alignUp(end, alignmentOf(type)) !== type.size) yield unknownPart(offset, end, type.size);
  } else {
    const target = type.kind === 'pointer' ? (type.target ?? null) : undefined;
    yield { path, offset, size: type.size, target };
  }
}

const unknownPart = (offset: number, from: number, to: number): ComparedPart => ({
  path: '',
  offset: offset + from,
  size: to - from,
  target: undefined,
});

const parts = new WeakMap<Struct, readonly ComparedPart[]>();

/** The parts of a struct: all its bytes except padding, which is what alignment alone leaves between fields. */
export const comparedParts = (struct: Struct): readonly ComparedPart[] => {
  let known = parts.get(struct);
  if (known === undefined) parts.set(struct, (known = [...partsIn(struct, '', 0)]));
  return known;
};

/** Whether two pieces of memory hold the same. */
export const sameBytes = (left: Uint8Array, right: Uint8Array): boolean => {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) if (left[index] !== right[index]) return false;
  return true;
};

const wordAt = (bytes: Uint8Array, offset: number): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(offset, true);

const textIn = (bytes: Uint8Array): Uint8Array | undefined => {
  const end = bytes.indexOf(0);
  return end < 0 ? undefined : bytes.subarray(0, end);
};

interface Inside {
  readonly start: Addr;
  readonly offset: bigint;
  readonly size: number; // bytes requested
}

// The allocation of the call's own that an address lies in.
const insideOf = ({ own }: CallEffect, address: Addr): Inside | undefined => {
  for (const [start, size] of own)
    if (address >= start && address < start + BigInt(Math.max(1, size)))
      return { start, offset: address - start, size };
  return undefined;
};

// Pairs of allocations that one comparison follows pointers to.
const MOST_PAIRS = 256;

class Comparison {
  readonly #met = new Set<string>();

  constructor(
    private readonly expected: CallEffect,
    private readonly found: CallEffect,
    private readonly structs: Structs,
  ) {}

  /** Bytes at two addresses that mean the same thing. */
  object(
    label: string,
    struct: Struct | undefined,
    [left, right]: readonly [Addr, Addr],
    size: number,
  ): EffectDifference | undefined {
    const { expected: there, found: here } = this;
    if (size === 0 || !there.memory.isMapped(left, size) || !here.memory.isMapped(right, size))
      return undefined;
    const expected = there.memory.read(left, size);
    const found = here.memory.read(right, size);
    const differs = (): EffectDifference => ({
      what: 'object',
      object: label,
      struct: struct?.name ?? null,
      expected,
      found,
    });
    if (struct === undefined) return sameBytes(expected, found) ? undefined : differs();
    for (const { path, offset, size: length, target } of comparedParts(struct)) {
      if (offset + length > size) continue;
      const same = sameBytes(
        expected.subarray(offset, offset + length),
        found.subarray(offset, offset + length),
      );
      if (target === undefined) {
        if (!same) return differs();
        continue;
      }
      const pointers = [wordAt(expected, offset), wordAt(found, offset)] as const;
      const what = { isText: false, struct: target === null ? undefined : this.structs.find(target) };
      const difference = this.pointer(pointers, what, `*${label.replace(/^\*/u, '')}.${path}`, differs);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  /** Pointers are the same where they point to the same place of allocations that each version made itself. */
  pointer(
    [left, right]: readonly [Addr, Addr],
    { isText, struct }: Pointee,
    label: string,
    differs: () => EffectDifference,
  ): EffectDifference | undefined {
    const there = insideOf(this.expected, left);
    const here = insideOf(this.found, right);
    if (there === undefined || here === undefined || there.offset !== here.offset)
      return left === right ? undefined : differs();
    const key = `${left} ${right}`;
    if (this.#met.has(key) || this.#met.size >= MOST_PAIRS) return undefined;
    this.#met.add(key);
    const rooms = [there, here].map(({ size, offset }) => size - Number(offset)) as [number, number];
    if (isText) return this.#text([left, right], rooms);
    const size = Math.min(struct?.size ?? 0, rooms[0], rooms[1]);
    return struct === undefined ? undefined : this.object(label, struct, [left, right], size);
  }

  #text(
    [left, right]: readonly [Addr, Addr],
    [there, here]: readonly [number, number],
  ): EffectDifference | undefined {
    const expected = textIn(this.expected.memory.read(left, there));
    const found = textIn(this.found.memory.read(right, here));
    if (expected === undefined || (found !== undefined && sameBytes(expected, found))) return undefined;
    return { what: 'text', expected, found };
  }
}

/**
 * The first difference between what a trusted version and another one did: in the result, as far as its type says that it
 * counts, then in the objects that the call may write. Padding does not count, nor do objects that either of them freed.
 */
export const differenceOf = (
  expected: CallEffect,
  found: CallEffect,
  type: ResultType,
  writes: readonly string[],
  structs: Structs,
): EffectDifference | undefined => {
  const comparison = new Comparison(expected, found, structs);
  const values = [resultValue(type, expected.value), resultValue(type, found.value)] as const;
  const differs = (): EffectDifference => ({ what: 'value', expected: values[0], found: values[1] });
  const ofResult =
    type.kind === 'pointer' || type.kind === 'pointer or ERR_PTR'
      ? comparison.pointer(values, pointeeOf(type, structs), '*result', differs)
      : values[0] === values[1]
        ? undefined
        : differs();
  if (ofResult !== undefined) return ofResult;
  for (const name of writes) {
    const left = expected.objects.get(name);
    const right = found.objects.get(name);
    if (left === undefined || right === undefined || left.size !== right.size) continue;
    const start = BigInt(left.header);
    if (expected.freed.has(left.address - start) || found.freed.has(right.address - start)) continue;
    const struct = left.struct === null ? undefined : structs.find(left.struct);
    const difference = comparison.object(name, struct, [left.address, right.address], left.size);
    if (difference !== undefined) return difference;
  }
  return undefined;
};
