// The types of a kernel or a module, as BTF has them. Types are decoded when they are looked at: a kernel has 100,000.
// A module's types go on where those of the kernel end (split BTF). Long, since one class has the tables that all of it reads.
// Source: Documentation/bpf/btf.rst of Linux 6.12.

import { InputError } from '../base/errors.js';

/** Number of a type; 0 is void. */
export type TypeId = number;

/** A member of a struct or union. */
interface BtfMember {
  /** Empty where its type is an anonymous struct or union. */
  readonly name: string;
  readonly type: TypeId;
  readonly bit: number; // bits from the start
  /** Bits of a bit field; 0 for any other. */
  readonly bits: number;
}

interface BtfParameter {
  readonly name: string;
  readonly type: TypeId;
}

/** A type. */
type BtfType =
  | { readonly kind: 'void' }
  | { readonly kind: 'int'; readonly name: string; readonly size: number; readonly signed: boolean }
  | { readonly kind: 'float'; readonly name: string; readonly size: number }
  | { readonly kind: 'enum'; readonly name: string; readonly size: number }
  | { readonly kind: 'pointer'; readonly to: TypeId }
  | { readonly kind: 'array'; readonly of: TypeId; readonly count: number }
  | StructType
  /** A struct or union of which only the name is known. */
  | { readonly kind: 'forward'; readonly name: string; readonly isUnion: boolean }
  | { readonly kind: 'typedef'; readonly name: string; readonly of: TypeId }
  /** `const`, `volatile`, `restrict`, or a tag, whose word is empty. */
  | { readonly kind: 'qualified'; readonly word: string; readonly of: TypeId }
  | { readonly kind: 'function'; readonly name: string; readonly prototype: TypeId }
  | Prototype
  | { readonly kind: 'variable'; readonly name: string; readonly of: TypeId }
  | { readonly kind: 'section'; readonly name: string };

export interface StructType {
  readonly kind: 'struct' | 'union';
  /** Empty for an anonymous one. */
  readonly name: string;
  readonly size: number; // bytes
  readonly members: readonly BtfMember[];
}

interface Prototype {
  readonly kind: 'prototype';
  readonly returns: TypeId;
  readonly parameters: readonly BtfParameter[];
  readonly variadic: boolean;
}

/** What names are looked up as. */
type NameKind = 'struct' | 'union' | 'typedef' | 'enum' | 'function' | 'variable';

const MAGIC = 0xeb9f;
const HEADER = 24; // bytes
const ENTRY = 12;
const MAX_TYPES = 4_000_000;
const MAX_TEXT = 1024; // bytes
const MAX_CHAIN = 64; // typedefs and qualifiers of one type

// The numbers of the kinds: include/uapi/linux/btf.h.
const INT = 1;
const POINTER = 2;
const ARRAY = 3;
const STRUCT = 4;
const UNION = 5;
const ENUM = 6;
const FORWARD = 7;
const TYPEDEF = 8;
const FUNCTION = 12;
const PROTOTYPE = 13;
const VARIABLE = 14;
const SECTION = 15;
const FLOAT = 16;
const ENUM64 = 19;
const WORDS: Readonly<Record<number, string>> = {
  9: 'volatile',
  10: 'const',
  11: 'restrict',
  17: '',
  18: '',
};
const LAST = ENUM64;

// Bytes after an entry, and bytes for each of its parts.
const AFTER = [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];
const EACH = [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];

const NAMED: Readonly<Record<number, NameKind>> = {
  [STRUCT]: 'struct',
  [UNION]: 'union',
  [TYPEDEF]: 'typedef',
  [ENUM]: 'enum',
  [ENUM64]: 'enum',
  [FUNCTION]: 'function',
  [VARIABLE]: 'variable',
};

const VOID: BtfType = { kind: 'void' };

/** The types of one image. */
export class Btf {
  /** The number after the last type. */
  readonly end: number;
  readonly #view: DataView;
  readonly #first: number;
  readonly #places: Uint32Array;
  readonly #texts: Uint8Array;
  readonly #textsFrom: number;
  readonly #known = new Map<TypeId, BtfType>();
  #names: ReadonlyMap<string, TypeId> | undefined;
  // The second and later ones of a name.
  readonly #further = new Map<string, TypeId[]>();

  /**
   * @param bytes the section .BTF
   * @param file for messages
   * @param base the kernel's types, for those of a module
   * @throws {InputError} when it is damaged
   */
  constructor(
    bytes: Uint8Array,
    readonly file: string,
    readonly base?: Btf,
  ) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < HEADER || view.getUint16(0, true) !== MAGIC) this.#fail('is not BTF');
    const header = view.getUint32(4, true);
    const part = (at: number, what: string): Uint8Array => {
      const from = header + view.getUint32(at, true);
      const to = from + view.getUint32(at + 4, true);
      return to > bytes.length
        ? this.#fail(`${what} would end at byte ${to} of ${bytes.length}`)
        : bytes.subarray(from, to);
    };
    const types = part(8, 'its types');
    this.#texts = part(16, 'its names');
    this.#textsFrom = base === undefined ? 0 : base.#textsFrom + base.#texts.length;
    this.#first = base?.end ?? 1;
    this.#view = new DataView(types.buffer, types.byteOffset, types.byteLength);
    this.#places = this.#findPlaces();
    this.end = this.#first + this.#places.length;
  }

  #fail(problem: string): never {
    throw new InputError(`its BTF is damaged: ${problem}`, { file: this.file });
  }

  #findPlaces(): Uint32Array {
    const view = this.#view;
    const places = new Uint32Array(Math.min(MAX_TYPES, Math.floor(view.byteLength / ENTRY)));
    let count = 0;
    let at = 0;
    while (at < view.byteLength) {
      if (count === places.length) this.#fail(`it has more than ${count} types`);
      if (at + ENTRY > view.byteLength) this.#fail('its last type is cut off');
      const info = view.getUint32(at + 4, true);
      const kind = (info >>> 24) & 31;
      if (kind === 0 || kind > LAST) this.#fail(`type ${this.#first + count} has the unknown kind ${kind}`);
      places[count] = at;
      count += 1;
      at += ENTRY + AFTER[kind]! + EACH[kind]! * (info & 0xffff);
    }
    if (at !== view.byteLength) this.#fail('its last type is cut off');
    return places.slice(0, count);
  }

  #text(offset: number): string {
    if (this.base !== undefined && offset < this.#textsFrom) return this.base.#text(offset);
    const from = offset - this.#textsFrom;
    const rest = this.#texts.subarray(from, from + MAX_TEXT);
    const size = rest.indexOf(0);
    return size < 0
      ? this.#fail(`a name at ${offset} does not end`)
      : new TextDecoder('latin1').decode(rest.subarray(0, size));
  }

  /** A type. @throws {InputError} when there is none of the number */
  type(id: TypeId): BtfType {
    if (id === 0) return VOID;
    if (this.base !== undefined && id < this.#first) return this.base.type(id);
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const at = this.#places[id - this.#first];
    if (at === undefined) return this.#fail(`a type names type ${id}, which is not there`);
    const type = this.#decode(at);
    this.#known.set(id, type);
    return type;
  }

  #decode(at: number): BtfType {
    const view = this.#view;
    const info = view.getUint32(at + 4, true);
    const kind = (info >>> 24) & 31;
    const count = info & 0xffff;
    const flag = info >>> 31 === 1;
    const word = view.getUint32(at + 8, true);
    const name = this.#text(view.getUint32(at, true));
    const more = at + ENTRY;
    switch (kind) {
      case INT:
        return { kind: 'int', name, size: word, signed: ((view.getUint32(more, true) >>> 24) & 1) === 1 };
      case FLOAT:
        return { kind: 'float', name, size: word };
      case ENUM:
      case ENUM64:
        return { kind: 'enum', name, size: word };
      case POINTER:
        return { kind: 'pointer', to: word };
      case ARRAY:
        return { kind: 'array', of: view.getUint32(more, true), count: view.getUint32(more + 8, true) };
      case STRUCT:
      case UNION:
        return {
          kind: kind === STRUCT ? 'struct' : 'union',
          name,
          size: word,
          members: this.#members(more, count, flag),
        };
      case FORWARD:
        return { kind: 'forward', name, isUnion: flag };
      case TYPEDEF:
        return { kind: 'typedef', name, of: word };
      case FUNCTION:
        return { kind: 'function', name, prototype: word };
      case PROTOTYPE:
        return this.#prototype(more, count, word);
      case VARIABLE:
        return { kind: 'variable', name, of: word };
      case SECTION:
        return { kind: 'section', name };
      default:
        return { kind: 'qualified', word: WORDS[kind] ?? '', of: word };
    }
  }

  #members(from: number, count: number, hasBits: boolean): BtfMember[] {
    return Array.from({ length: count }, (_, index) => {
      const at = from + 12 * index;
      const place = this.#view.getUint32(at + 8, true);
      return {
        name: this.#text(this.#view.getUint32(at, true)),
        type: this.#view.getUint32(at + 4, true),
        bit: hasBits ? place & 0xff_ffff : place,
        bits: hasBits ? place >>> 24 : 0,
      };
    });
  }

  // A parameter without name and type, at the end, stands for `...`.
  #prototype(from: number, count: number, returns: TypeId): Prototype {
    const all = Array.from({ length: count }, (_, index): BtfParameter => ({
      name: this.#text(this.#view.getUint32(from + 8 * index, true)),
      type: this.#view.getUint32(from + 8 * index + 4, true),
    }));
    const variadic = all.at(-1)?.type === 0;
    return { kind: 'prototype', returns, parameters: variadic ? all.slice(0, -1) : all, variadic };
  }

  #index(): ReadonlyMap<string, TypeId> {
    const names = new Map<string, TypeId>();
    this.#places.forEach((at, index) => {
      const kind = NAMED[(this.#view.getUint32(at + 4, true) >>> 24) & 31];
      const name = this.#view.getUint32(at, true);
      if (kind === undefined || name === 0) return;
      const key = `${kind} ${this.#text(name)}`;
      if (!names.has(key)) names.set(key, this.#first + index);
      else this.#further.set(key, [...(this.#further.get(key) ?? []), this.#first + index]);
    });
    return names;
  }

  /** The number of a type by its name; a module's own types come first. */
  find(kind: NameKind, name: string): TypeId | undefined {
    this.#names ??= this.#index();
    return this.#names.get(`${kind} ${name}`) ?? this.base?.find(kind, name);
  }

  /** Every type of a name: files of a kernel may each have a struct of their own under it. */
  all(kind: NameKind, name: string): TypeId[] {
    const first = this.find(kind, name);
    if (first === undefined) return [];
    const own = first < this.#first ? [] : [first, ...(this.#further.get(`${kind} ${name}`) ?? [])];
    return [...own, ...(this.base?.all(kind, name) ?? [])];
  }

  /** Names of a kind, those of a module without the kernel's. */
  *names(kind: NameKind): Generator<readonly [name: string, id: TypeId]> {
    this.#names ??= this.#index();
    for (const [key, id] of this.#names)
      if (key.startsWith(`${kind} `)) yield [key.slice(kind.length + 1), id];
  }

  /** The type without typedefs and qualifiers. @throws {InputError} when they go in a circle */
  plain(id: TypeId): BtfType {
    let type = this.type(id);
    for (let links = 0; type.kind === 'typedef' || type.kind === 'qualified'; links += 1) {
      if (links === MAX_CHAIN) return this.#fail(`the typedefs of type ${id} do not end`);
      type = this.type(type.of);
    }
    return type;
  }

  /** Bytes of a type; 0 where it has none: void, functions, structs that are only declared. */
  sizeOf(id: TypeId, depth = 0): number {
    const type = this.plain(id);
    switch (type.kind) {
      case 'pointer':
        return 8;
      case 'array':
        return depth === MAX_CHAIN
          ? this.#fail(`type ${id} does not end`)
          : type.count * this.sizeOf(type.of, depth + 1);
      case 'int':
      case 'float':
      case 'enum':
      case 'struct':
      case 'union':
        return type.size;
      default:
        return 0;
    }
  }
}
