// Struct layouts as data: a description is an immutable value, its static type is inferred, one interpreter runs it.

import { greatest } from '../base/long-lists.js';

/** A scalar C type in guest memory. */
export interface Scalar<Value extends number | bigint = number | bigint> {
  readonly kind: 'integer' | 'pointer';
  readonly name: string;
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  /** For a pointer: the struct it points to, by name. */
  readonly target?: string;
  /** How the kernel declares it, where that says more than `name`; a field's name stands behind `(*`, otherwise at the end. */
  readonly declared?: string;
  readonly value?: Value; // never set: carries the static type
}

/** `count` elements of one type, one after another. */
export interface ArrayType {
  readonly kind: 'array';
  readonly element: FieldType;
  readonly count: number;
  readonly size: number; // bytes
}

/** `size` bytes that are text up to their first NUL, or plain bytes. */
export interface BytesType {
  readonly kind: 'bytes';
  readonly size: number; // bytes
  /** How the kernel declares it, where that is not an array of char. */
  readonly declared?: string;
}

/** What a field can be. */
export type FieldType = Scalar | ArrayType | BytesType | Struct;

type FieldSpec = Readonly<Record<string, readonly [offset: number, type: FieldType]>>;

/** The layout of a C struct: size in bytes and fields at their offsets. */
export interface Struct<Spec extends FieldSpec = FieldSpec> {
  readonly kind: 'struct';
  readonly name: string;
  readonly size: number; // bytes
  readonly fields: Spec;
  /** `true` where the offsets are ours because no source gives them. */
  readonly invented: boolean;
}

// The host's value of a field type.
type ValueOf<Type> =
  Type extends Scalar<infer Value>
    ? Value
    : Type extends Struct<infer Spec>
      ? { -readonly [Name in keyof Spec]: ValueOf<Spec[Name][1]> }
      : Type extends ArrayType
        ? ValueOf<Type['element']>[]
        : Uint8Array;

/** The values of a struct's fields, inferred from its layout. */
export type Fields<Type extends Struct> = ValueOf<Type>;

const integer = (name: string, size: 1 | 2 | 4, signed: boolean): Scalar<number> => ({
  kind: 'integer',
  name,
  size,
  signed,
});

export const u16 = integer('unsigned short', 2, false);
export const i32 = integer('int', 4, true);
export const u32 = integer('unsigned int', 4, false);
export const i64: Scalar<bigint> = { kind: 'integer', name: 'long', size: 8, signed: true };
export const ulong: Scalar<bigint> = { kind: 'integer', name: 'unsigned long', size: 8, signed: false };

/** A pointer to nothing known. */
export const ptr: Scalar<bigint> = { kind: 'pointer', name: 'void *', size: 8, signed: false };

/** A pointer to the struct of that name. */
export const ptrTo = (target: string): Scalar<bigint> => ({
  kind: 'pointer',
  name: `struct ${target} *`,
  size: 8,
  signed: false,
  target,
});

/** The same type, with the words of the kernel's declaration. */
export const as = <Type extends Scalar | BytesType>(declared: string, type: Type): Type => ({
  ...type,
  declared,
});

/** `count` elements of `element`. */
export const array = (element: FieldType, count: number): ArrayType => ({
  kind: 'array',
  element,
  count,
  size: element.size * count,
});

/** `size` bytes of text or raw data. */
export const bytes = (size: number): BytesType => ({ kind: 'bytes', size });

/** Bytes that a field's offset is a multiple of. */
export const alignmentOf = (type: FieldType): number => {
  switch (type.kind) {
    case 'integer':
    case 'pointer':
      return type.size;
    case 'array':
      return alignmentOf(type.element);
    case 'bytes':
      return 1;
    case 'struct':
      return greatest(
        Object.values(type.fields).map(([, field]) => alignmentOf(field)),
        1,
      );
  }
};

/**
 * Describe a struct.
 *
 * @throws {TypeError} when a field is misaligned, overlaps the one before it, or ends past `size`
 */
export const struct = <const Spec extends FieldSpec>(
  name: string,
  size: number,
  fields: Spec,
  options: { readonly invented?: boolean } = {},
): Struct<Spec> => {
  let end = 0;
  for (const [field, [offset, type]] of Object.entries(fields)) {
    if (offset < end) throw new TypeError(`${name}.${field} at ${offset} overlaps the field before it`);
    if (offset % alignmentOf(type) !== 0) throw new TypeError(`${name}.${field} at ${offset} is misaligned`);
    end = offset + type.size;
    if (end > size)
      throw new TypeError(`${name}.${field} ends at ${end}, past the end of the struct (${size})`);
  }
  return { kind: 'struct', name, size, fields, invented: options.invented ?? false };
};

/** A field inside a struct, nested structs and arrays included: `list.next`, `ary[47]`. */
export interface FieldPlace {
  readonly offset: number; // bytes from the start of the outer struct
  readonly type: FieldType;
}

/**
 * Find a field by its C path.
 *
 * @returns `undefined` when there is no such field or index
 */
export const findField = (type: Struct, path: string): FieldPlace | undefined => {
  let place: FieldPlace = { offset: 0, type };
  for (const part of path.match(/[^.[\]]+|\[\d+\]/gu) ?? []) {
    const index = /^\[(\d+)\]$/u.exec(part)?.[1];
    if (index !== undefined) {
      if (place.type.kind !== 'array' || Number(index) >= place.type.count) return undefined;
      place = { offset: place.offset + Number(index) * place.type.element.size, type: place.type.element };
    } else {
      if (place.type.kind !== 'struct' || !Object.hasOwn(place.type.fields, part)) return undefined;
      const field: readonly [number, FieldType] | undefined = place.type.fields[part];
      if (field === undefined) return undefined;
      place = { offset: place.offset + field[0], type: field[1] };
    }
  }
  return place;
};

/**
 * Name the innermost field that covers `offset`: `list.next`.
 *
 * @returns the path, and how far into the field the offset lies; `undefined` in padding or outside
 */
export const fieldAt = (type: FieldType, offset: number): { path: string; within: number } | undefined => {
  if (type.kind === 'struct') {
    for (const [name, [start, field]] of Object.entries(type.fields)) {
      if (offset < start || offset >= start + field.size) continue;
      const inner = fieldAt(field, offset - start);
      if (inner === undefined) return undefined;
      const separator = inner.path === '' || inner.path.startsWith('[') ? '' : '.';
      return { path: `${name}${separator}${inner.path}`, within: inner.within };
    }
    return undefined;
  }
  if (offset < 0 || offset >= type.size) return undefined;
  if (type.kind === 'array') {
    const index = Math.floor(offset / type.element.size);
    const inner = fieldAt(type.element, offset - index * type.element.size);
    if (inner === undefined) return undefined;
    const separator = inner.path === '' || inner.path.startsWith('[') ? '' : '.';
    return { path: `[${index}]${separator}${inner.path}`, within: inner.within };
  }
  return { path: '', within: offset };
};

/** A field without fields of its own. */
export interface Leaf {
  readonly path: string; // in C: `list.next`, `ary[47]`
  readonly offset: number; // bytes from the start of the outer type
  readonly type: Scalar | BytesType;
}

/** The leaves of a type in their order; `path` and `offset` are those of the type itself. */
export function* leavesOf(type: FieldType, path = '', offset = 0): Generator<Leaf> {
  if (type.kind === 'struct') {
    for (const [name, [start, field]] of Object.entries(type.fields))
      yield* leavesOf(field, path === '' ? name : `${path}.${name}`, offset + start);
  } else if (type.kind === 'array') {
    for (let index = 0; index < type.count; index += 1)
      yield* leavesOf(type.element, `${path}[${index}]`, offset + index * type.element.size);
  } else yield { path, offset, type };
}

/** Read one scalar from `view` at `offset`. */
export const decodeScalar = (type: Scalar, view: DataView, offset: number): number | bigint => {
  switch (type.size) {
    case 1:
      return type.signed ? view.getInt8(offset) : view.getUint8(offset);
    case 2:
      return type.signed ? view.getInt16(offset, true) : view.getUint16(offset, true);
    case 4:
      return type.signed ? view.getInt32(offset, true) : view.getUint32(offset, true);
    case 8:
      return type.signed ? view.getBigInt64(offset, true) : view.getBigUint64(offset, true);
  }
};

const decodeAt = (type: FieldType, data: Uint8Array): unknown => {
  switch (type.kind) {
    case 'integer':
    case 'pointer':
      return decodeScalar(type, new DataView(data.buffer, data.byteOffset, data.length), 0);
    case 'bytes':
      return data.slice();
    case 'array':
      return Array.from({ length: type.count }, (_, index) =>
        decodeAt(type.element, data.subarray(index * type.element.size, (index + 1) * type.element.size)),
      );
    case 'struct':
      return Object.fromEntries(
        Object.entries(type.fields).map(([name, [offset, field]]) => [
          name,
          decodeAt(field, data.subarray(offset, offset + field.size)),
        ]),
      );
  }
};

/** The fields of a struct in `data`. @throws {RangeError} when `data` is shorter than the struct */
export const decode = <Type extends Struct>(type: Type, data: Uint8Array): Fields<Type> => {
  if (data.length < type.size) throw new RangeError(`struct ${type.name} needs ${type.size} bytes`);
  return decodeAt(type, data) as Fields<Type>;
};

// A buffer per number would cost more than the number.
const scratch = new DataView(new ArrayBuffer(8));

/** The bytes of one scalar, little-endian; wraps like a C cast. */
export const encodeScalar = (type: Scalar, value: number | bigint): Uint8Array => {
  scratch.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  const data = new Uint8Array(type.size);
  for (let index = 0; index < type.size; index += 1) data[index] = scratch.getUint8(index);
  return data;
};

const encodeAt = (type: FieldType, value: unknown, data: Uint8Array): void => {
  switch (type.kind) {
    case 'integer':
    case 'pointer':
      data.set(encodeScalar(type, value as number | bigint));
      return;
    case 'bytes':
      data.set((value as Uint8Array).subarray(0, type.size));
      return;
    case 'array':
      (value as unknown[]).slice(0, type.count).forEach((element, index) => {
        encodeAt(type.element, element, data.subarray(index * type.element.size));
      });
      return;
    case 'struct':
      for (const [name, field] of Object.entries(value as Record<string, unknown>)) {
        const place = type.fields[name];
        if (place !== undefined) encodeAt(place[1], field, data.subarray(place[0]));
      }
  }
};

/** The bytes of a struct; fields that are not given are zero. */
export const encode = <Type extends Struct>(type: Type, values: Partial<Fields<Type>>): Uint8Array => {
  const data = new Uint8Array(type.size);
  encodeAt(type, values, data);
  return data;
};
