// Struct layouts as a document: what a case or a library declares in C, read from its debug information, and what a
// recording keeps of it.

import {
  type TypeOf,
  count,
  flag,
  integer,
  list,
  map,
  named,
  oneOf,
  openRecord,
  optional,
  says,
  text,
} from '../base/form.js';
import { type FieldType, type Scalar, type Struct, as } from './layout.js';
import type { Structs } from './structs/all.js';

/** Largest struct, in bytes: what kmalloc() gives at most. */
export const MAX_STRUCT = 4 << 20;

/** Most structs, and most fields of one, that a document has. */
export const MAX_STRUCTS = 2000;
export const MAX_FIELDS = 4096;

const size = integer(0, MAX_STRUCT);

const field = openRecord({
  name: text({ minLength: 1 }),
  at: says('bytes from the start of the struct', size),
  kind: oneOf(['integer', 'pointer', 'struct', 'bytes']),
  type: says('in C; of a struct its name', text({ minLength: 1 })),
  size: optional(says('of an integer, or of bytes', size)),
  signed: optional(flag),
  target: optional(says('of a pointer: the struct that it points to', text())),
  counts: optional(says('of an array: its lengths, the outer one first', list(count, { maxItems: 8 }))),
});

/** A field of a layout as documents have it. */
type FieldText = TypeOf<typeof field>;

/** The layouts of a document, by the names of the structs. */
export const structsForm = named(
  'structs',
  map(openRecord({ size, fields: list(field, { maxItems: MAX_FIELDS }) }), { maxProperties: MAX_STRUCTS }),
);

/** Layouts as documents have them. */
export type StructTexts = TypeOf<typeof structsForm>;

const baseText = (type: FieldType): Omit<FieldText, 'name' | 'at' | 'counts'> => {
  switch (type.kind) {
    case 'integer':
      return { kind: 'integer', type: type.declared ?? type.name, size: type.size, signed: type.signed };
    case 'pointer': {
      const { declared, name, target } = type;
      return { kind: 'pointer', type: declared ?? name, ...(target === undefined ? {} : { target }) };
    }
    case 'bytes':
      return { kind: 'bytes', type: type.declared ?? 'char', size: type.size };
    case 'struct':
      return { kind: 'struct', type: type.name };
    case 'array':
      return baseText(type.element);
  }
};

const countsOf = (type: FieldType): number[] =>
  type.kind === 'array' ? [type.count, ...countsOf(type.element)] : [];

/** Layouts as a document. */
export const structTexts = (structs: Iterable<Struct>): StructTexts =>
  Object.fromEntries(
    [...structs].map((struct) => [
      struct.name,
      {
        size: struct.size,
        fields: Object.entries(struct.fields).map(([name, [at, type]]): FieldText => {
          const counts = countsOf(type);
          return { name, at, ...baseText(type), ...(counts.length === 0 ? {} : { counts }) };
        }),
      },
    ]),
  );

/** What is wrong with the layouts of a document. */
export class StructProblem extends Error {
  constructor(
    readonly struct: string,
    readonly index: number,
    readonly problem: string,
  ) {
    super(`struct ${struct}: ${problem}`);
  }
}

const SIZES: readonly number[] = [1, 2, 4, 8];
const MAX_ELEMENTS = 1 << 16;
const MAX_NESTING = 16;

class Layouts {
  readonly #made = new Map<string, Struct>();

  constructor(
    private readonly texts: StructTexts,
    private readonly others: Structs,
  ) {}

  make(name: string, depth: number): Struct | undefined {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.texts, name)) return this.others.find(name);
    const { size: whole, fields } = this.texts[name]!;
    const made: Record<string, readonly [number, FieldType]> = {};
    let end = 0;
    for (const [index, one] of fields.entries()) {
      const fail = (problem: string): never => {
        throw new StructProblem(name, index, problem);
      };
      const type = this.#typeOf(one, depth, fail);
      if (Object.hasOwn(made, one.name)) fail(`has two fields ${one.name}`);
      if (one.at < end) fail(`the field ${one.name} at ${one.at} overlaps the one before it`);
      end = one.at + type.size;
      if (end > whole) fail(`the field ${one.name} ends at ${end}, past the end of the struct (${whole})`);
      made[one.name] = [one.at, type];
    }
    const struct: Struct = { kind: 'struct', name, size: whole, fields: made, invented: false };
    this.#made.set(name, struct);
    return struct;
  }

  #typeOf(one: FieldText, depth: number, fail: (problem: string) => never): FieldType {
    let type = this.#baseOf(one, depth, fail);
    for (const length of (one.counts ?? []).toReversed()) {
      if (length * Math.max(1, type.size) > MAX_STRUCT || length > MAX_ELEMENTS)
        return fail(`the array ${one.name} has ${length} elements`);
      type = { kind: 'array', element: type, count: length, size: length * type.size };
    }
    return type;
  }

  #baseOf(one: FieldText, depth: number, fail: (problem: string) => never): FieldType {
    const { kind, type, size: bytes = 0 } = one;
    switch (kind) {
      case 'integer':
        if (!SIZES.includes(bytes)) return fail(`the number ${one.name} has ${bytes} bytes`);
        return { kind, name: type, size: bytes as Scalar['size'], signed: one.signed ?? false };
      case 'pointer': {
        const plain: Scalar = { kind, name: type, size: 8, signed: false };
        return one.target === undefined ? plain : { ...plain, target: one.target };
      }
      case 'bytes':
        return type === 'char' ? { kind, size: bytes } : as(type, { kind, size: bytes });
      case 'struct': {
        if (depth > MAX_NESTING) return fail(`lies more than ${MAX_NESTING} deep in itself or others`);
        return (
          this.make(type, depth + 1) ?? fail(`the field ${one.name} is a struct ${type}, which is not there`)
        );
      }
    }
  }
}

/**
 * The layouts of a document before others: a struct that both have is the document's.
 *
 * @throws {StructProblem} where a layout cannot be
 */
export const structsOver = (texts: StructTexts, others: Structs): Structs => {
  const layouts = new Layouts(texts, others);
  const own = new Map(Object.keys(texts).map((name) => [name, layouts.make(name, 0)!]));
  return {
    find: (name) => own.get(name) ?? others.find(name),
    names: () => [...new Set([...own.keys(), ...others.names()])].sort(),
  };
};
