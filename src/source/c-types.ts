// Types of C, from debug information to the layouts of the project and to text.

import type { CType, Member } from '../elf/dwarf-types.js';
import { type FieldType, type Scalar, type Struct, as } from '../kernel/layout.js';

const MOST_FIELDS = 4096;
const MOST_DEPTH = 16;

type Aggregate = Extract<CType, { kind: 'struct' | 'union' }>;

const aggregateName = (type: Aggregate): string =>
  type.name === undefined ? `${type.kind} {…}` : `${type.kind} ${type.name}`;

/** A type with a place for a name: `int (*NAME)(void)`, without it `int (*)(void)`. */
const textAround = (type: CType | undefined, inner: string, depth = 0): string => {
  if (depth > MOST_DEPTH) return '…';
  const join = (word: string): string =>
    inner === '' || inner.startsWith('[') ? `${word}${inner}` : `${word} ${inner}`;
  switch (type?.kind) {
    case undefined:
      return join('void');
    case 'base':
      return join(type.name);
    case 'enum':
      return join(type.name === undefined ? 'int' : `enum ${type.name}`);
    case 'struct':
    case 'union':
      return join(aggregateName(type));
    case 'typedef':
      return join(type.name);
    case 'qualified': {
      const { of, word } = type;
      if (of?.kind === 'pointer') return textAround(of, inner, depth + 1); // of the pointer itself
      return word === 'restrict'
        ? textAround(of, inner, depth + 1)
        : `${word} ${textAround(of, inner, depth + 1)}`;
    }
    case 'pointer': {
      const to = type.to();
      const plain = to?.kind === 'function' || to?.kind === 'array' ? `(*${inner})` : `*${inner}`;
      return textAround(to, plain, depth + 1);
    }
    case 'array':
      return textAround(
        type.of,
        `${inner}${type.counts.map((count) => `[${count === 0 ? '' : count}]`).join('')}`,
        depth + 1,
      );
    case 'function': {
      const list = type.arguments.map((argument) => textAround(argument, '', depth + 1));
      return textAround(type.returns, `${inner}(${list.join(', ') || 'void'})`, depth + 1);
    }
  }
};

/** A type as C writes it: `struct file *`, `void (*)(int)`. */
export const typeText = (type: CType | undefined): string => textAround(type, '');

/** What a type is besides its names and qualifiers. */
export const plainType = (type: CType | undefined): CType | undefined => {
  let plain = type;
  for (let depth = 0; depth < 64 && (plain?.kind === 'typedef' || plain?.kind === 'qualified'); depth += 1)
    plain = plain.of;
  return plain;
};

// The name that a layout has for a struct: its own, or that of a typedef of it.
const nameOfStruct = (type: CType | undefined): string | undefined => {
  let name: string | undefined;
  let at = type;
  for (let depth = 0; depth < 64; depth += 1) {
    if (at?.kind === 'typedef') name = at.name;
    else if (at?.kind !== 'qualified') break;
    at = at.of;
  }
  return at?.kind === 'struct' ? (at.name ?? name) : undefined;
};

// The struct that a pointer points to, by name.
const targetOf = (type: CType | undefined): string | undefined => {
  const pointer = plainType(type);
  return pointer?.kind === 'pointer' ? nameOfStruct(pointer.to()) : undefined;
};

const scalar = (kind: Scalar['kind'], name: string, size: number, signed: boolean): Scalar | undefined =>
  size === 1 || size === 2 || size === 4 || size === 8 ? { kind, name, size, signed } : undefined;

const bytesOf = (size: number, declared?: string): FieldType => {
  const plain = { kind: 'bytes' as const, size };
  return declared === undefined ? plain : as(declared, plain);
};

/** Makes layouts, each struct once. */
export class Layouts {
  readonly #made = new Map<string, Struct>();

  /** The layouts so far, each after those that it holds. */
  all(): Struct[] {
    return [...this.#made.values()];
  }

  /** The layout of a struct. */
  add(name: string, type: Aggregate, depth = 0): Struct {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const fields: Record<string, readonly [number, FieldType]> = {};
    let end = 0;
    const members =
      type.kind === 'union' ? largest(type.members, (one) => this.#sizeOf(one.type)) : type.members;
    for (const { name: field, at, type: own } of this.#fieldsOf(name, members, 0, depth)) {
      // What overlaps the one before it: a further bit field of the same number.
      if (at < end || at + own.size > type.size || Object.hasOwn(fields, field)) continue;
      if (Object.keys(fields).length >= MOST_FIELDS) break;
      fields[field] = [at, own];
      end = at + own.size;
    }
    const struct: Struct = { kind: 'struct', name, size: type.size, fields, invented: false };
    this.#made.set(name, struct);
    return struct;
  }

  *#fieldsOf(
    owner: string,
    members: readonly Member[],
    base: number,
    depth: number,
  ): Generator<{ readonly name: string; readonly at: number; readonly type: FieldType }> {
    if (depth > MOST_DEPTH) return;
    for (const { name, offset, type, bits } of members) {
      const plain = plainType(type);
      // The members of an anonymous struct are those of the struct that it lies in; of a union its largest one is.
      if (name === undefined && plain?.kind === 'struct')
        yield* this.#fieldsOf(owner, plain.members, base + offset, depth + 1);
      else if (name === undefined && plain?.kind === 'union')
        yield* this.#fieldsOf(
          owner,
          largest(plain.members, (one) => this.#sizeOf(one.type)),
          base + offset,
          depth + 1,
        );
      else if (name !== undefined) {
        const found = this.#fieldType(type, depth + 1, `${owner}.${name}`);
        if (found === undefined || found.size === 0) continue;
        yield { name, at: base + offset, type: bits === undefined ? found : byteField(found, bits) };
      }
    }
  }

  #sizeOf(type: CType | undefined): number {
    return this.#fieldType(type, 0)?.size ?? 0;
  }

  // `owner.field` is the name of a struct that has none of its own.
  #fieldType(type: CType | undefined, depth: number, place?: string): FieldType | undefined {
    if (depth > MOST_DEPTH) return undefined;
    const text = typeText(type);
    const plain = plainType(type);
    switch (plain?.kind) {
      case 'base':
        return scalar('integer', text, plain.size, plain.signed) ?? bytesOf(plain.size);
      case 'enum':
        return scalar('integer', text, plain.size, false) ?? bytesOf(plain.size);
      case 'pointer': {
        const target = targetOf(type);
        const pointer: Scalar = { kind: 'pointer', name: text, size: 8, signed: false };
        return target === undefined ? pointer : { ...pointer, target };
      }
      case 'array':
        return this.#arrayOf(plain, depth, place);
      case 'struct': {
        const [only, ...others] = plain.members;
        // A typedef of a struct with one number, such as atomic_t, is shown as that number.
        if (nameOfStruct(type) !== undefined && plain.name === undefined && only && others.length === 0) {
          const inner = this.#fieldType(only.type, depth + 1);
          if (inner?.kind === 'integer' || inner?.kind === 'pointer') return { ...inner, name: text };
        }
        const name = nameOfStruct(type) ?? place;
        if (name !== undefined) return this.add(name, plain, depth + 1);
        return bytesOf(plain.size, text);
      }
      case 'union':
        return bytesOf(plain.size, text);
      default:
        return undefined;
    }
  }

  #arrayOf(
    { of, counts }: Extract<CType, { kind: 'array' }>,
    depth: number,
    place?: string,
  ): FieldType | undefined {
    let type = this.#fieldType(of, depth + 1, place);
    if (type === undefined) return undefined;
    const element = plainType(of);
    const rest = [...counts];
    if (element?.kind === 'base' && element.size === 1 && rest.length > 0) type = bytesOf(rest.pop()!);
    for (const count of rest.toReversed())
      type = { kind: 'array', element: type, count, size: count * type.size };
    return type;
  }
}

// Bit fields of one number share its name: the first one's.
const byteField = (type: FieldType, bits: number): FieldType => {
  const size = Math.ceil(bits / 8);
  return type.kind === 'integer' ? (scalar('integer', type.name, size, type.signed) ?? bytesOf(size)) : type;
};

const largest = (members: readonly Member[], sizeOf: (member: Member) => number): Member[] => {
  const [first] = members.toSorted((a, b) => sizeOf(b) - sizeOf(a));
  return first === undefined ? [] : [first];
};
