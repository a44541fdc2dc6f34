// C types as prototypes and struct layouts spell them: sizes, what a pointer points to, and names for its fields
// by offset.

import { type FieldType, type Struct, fieldAt } from '../kernel/layout.js';
import { STRUCTS, type Structs } from '../kernel/structs/all.js';

export interface Typed {
  readonly name: string;
  readonly type: string;
}

const SIZES: Readonly<Record<string, number>> = {
  char: 1,
  'signed char': 1,
  'unsigned char': 1,
  bool: 1,
  u8: 1,
  short: 2,
  'unsigned short': 2,
  u16: 2,
  int: 4,
  'unsigned int': 4,
  unsigned: 4,
  u32: 4,
  pid_t: 4,
  gfp_t: 4,
};

/** Bytes of a scalar type in a register; 8 if it is not known to have fewer. */
export const sizeOfType = (type: string): number => SIZES[type.replace(/^const /u, '')] ?? 8;

const POINTER = /^(?:const )?struct (\w+) \*$/u;

/** The struct that a type points to, where its layout is known. */
export const pointedStruct = (type: string | undefined, structs: Structs = STRUCTS): Struct | undefined => {
  const name = type === undefined ? undefined : POINTER.exec(type)?.[1];
  return name === undefined ? undefined : structs.find(name);
};

// The innermost scalar at an offset of a type.
const scalarAt = (type: FieldType, offset: number): FieldType | undefined => {
  switch (type.kind) {
    case 'struct': {
      const field = Object.values(type.fields).find(
        ([start, { size }]) => offset >= start && offset < start + size,
      );
      return field === undefined ? undefined : scalarAt(field[1], offset - field[0]);
    }
    case 'array':
      return scalarAt(type.element, offset % type.element.size);
    default:
      return type;
  }
};

/**
 * The field that a load of `size` bytes at an offset of `*pointer` gives.
 *
 * @param pointer the expression that points to the struct
 * @returns `undefined` where there is no field, or the load covers more than one
 */
export const loadedField = (
  pointer: string,
  struct: Struct,
  offset: number,
  size: number,
): Typed | undefined => {
  const place = fieldAt(struct, offset);
  const type = scalarAt(struct, offset);
  if (place === undefined || type === undefined) return undefined;
  const name = `${pointer}->${place.path}`;
  if (type.kind === 'bytes') return { name: `${name}[${place.within}]`, type: size === 1 ? 'char' : '' };
  if (place.within + size > type.size) return undefined;
  const scalar = type.kind === 'integer' || type.kind === 'pointer' ? type.name : '';
  if (size === type.size) return { name, type: scalar };
  return { name: `byte ${place.within} of ${name}`, type: size === 1 ? 'unsigned char' : '' };
};

// The outermost field that begins at an offset: a struct rather than its first field, an element rather than an array.
const outermostAt = (
  type: FieldType,
  offset: number,
  path: string,
): { path: string; type: FieldType } | undefined => {
  if (type.kind === 'struct') {
    for (const [name, [start, field]] of Object.entries(type.fields)) {
      if (offset < start || offset >= start + field.size) continue;
      const inner = path === '' ? name : `${path}.${name}`;
      if (offset === start && field.kind !== 'array') return { path: inner, type: field };
      return outermostAt(field, offset - start, inner);
    }
    return undefined;
  }
  if (type.kind !== 'array') return undefined;
  const index = Math.floor(offset / type.element.size);
  const inside = offset - index * type.element.size;
  if (inside === 0) return { path: `${path}[${index}]`, type: type.element };
  return outermostAt(type.element, inside, `${path}[${index}]`);
};

/** What points to an offset of `*pointer`, `&ns->ids[2]`; `undefined` where no field begins. */
export const fieldAddress = (pointer: string, struct: Struct, offset: number): Typed | undefined => {
  const found = outermostAt(struct, offset, '');
  if (found === undefined) return undefined;
  const { type, path } = found;
  const name = `&${pointer}->${path}`;
  switch (type.kind) {
    case 'struct':
      return { name, type: `struct ${type.name} *` };
    case 'pointer':
      return { name, type: `${type.name}*` };
    case 'integer':
      return { name, type: `${type.name} *` };
    default:
      return { name: name.slice(1), type: 'char *' };
  }
};
