// What a compiler says in .debug_info about the types, functions and variables of a file. Knows C, not the kernel.
// Source: DWARF Debugging Information Format, version 4, sections 2.6, 3.3, 4 and 5; version 5 where it differs.
// Long, since one reader resolves what entries of all kinds refer to.

import type { ByteReader } from './byte-reader.js';
import { type DieEntry, type DieUnit, readEntries } from './dwarf-entries.js';

/** A member of a struct or union. */
export interface Member {
  /** Absent where its type is an anonymous struct or union. */
  readonly name: string | undefined;
  readonly offset: number; // bytes
  /** Of a bit field. */
  readonly bits?: number;
  readonly type: CType | undefined;
}

/** A type in C; `undefined` is void. */
export type CType =
  | { readonly kind: 'base'; readonly name: string; readonly size: number; readonly signed: boolean }
  | { readonly kind: 'enum'; readonly name: string | undefined; readonly size: number }
  | { readonly kind: 'pointer'; readonly to: () => CType | undefined }
  | { readonly kind: 'array'; readonly of: CType | undefined; readonly counts: readonly number[] }
  | {
      readonly kind: 'struct' | 'union';
      readonly name: string | undefined;
      readonly size: number;
      /** Whether only its name is known. */
      readonly declared: boolean;
      readonly members: readonly Member[];
    }
  | { readonly kind: 'typedef'; readonly name: string; readonly of: CType | undefined }
  | { readonly kind: 'qualified'; readonly word: string; readonly of: CType | undefined }
  | {
      readonly kind: 'function';
      readonly returns: CType | undefined;
      readonly arguments: readonly (CType | undefined)[];
    };

/** A register that holds a variable in a range of code. */
interface Held {
  readonly from: bigint;
  readonly to: bigint; // excluded
  readonly register: number; // as DWARF numbers them
}

/** A variable or an argument of a function. */
export interface LocalVariable {
  readonly name: string;
  readonly type: CType | undefined;
  readonly isArgument: boolean;
  /** Absent where a register holds it in all of its scope, or none does. */
  readonly held: readonly Held[];
  /** The register that holds it wherever it is alive. */
  readonly register: number | undefined;
}

/** A function that has code. */
export interface DescribedFunction {
  readonly name: string;
  readonly address: bigint;
  readonly returns: CType | undefined;
  readonly variables: readonly LocalVariable[];
}

/** A variable that has a place in memory. */
interface DescribedData {
  readonly name: string;
  readonly address: bigint;
  readonly type: CType | undefined;
}

/** What a file declares. */
export interface Described {
  /** The compiler, without its flags. */
  readonly producer: string;
  readonly functions: readonly DescribedFunction[];
  readonly data: readonly DescribedData[];
  /** Structs with a name, or that a typedef names, whose members are known; in the order of the file. */
  readonly structs: readonly {
    readonly name: string;
    readonly type: Extract<CType, { kind: 'struct' | 'union' }>;
  }[];
}

interface TypeSections {
  readonly info: ByteReader;
  /** A reader at an offset of another section; `undefined` where that is not there. */
  readonly sectionAt: (
    section: '.debug_abbrev' | '.debug_str' | '.debug_line_str' | '.debug_loc',
    offset: number,
  ) => ByteReader | undefined;
  /** Throws the error for a problem. */
  readonly fail: (problem: string) => never;
}

const TAG = {
  array: 0x01,
  enumeration: 0x04,
  argument: 0x05,
  block: 0x0b,
  member: 0x0d,
  pointer: 0x0f,
  compileUnit: 0x11,
  struct: 0x13,
  subroutine: 0x15,
  typedef: 0x16,
  union: 0x17,
  subrange: 0x21,
  base: 0x24,
  const: 0x26,
  subprogram: 0x2e,
  variable: 0x34,
  volatile: 0x35,
  restrict: 0x37,
} as const;

const AT = {
  location: 0x02,
  name: 0x03,
  size: 0x0b,
  low: 0x11,
  upperBound: 0x2f,
  producer: 0x25,
  origin: 0x31,
  count: 0x37,
  memberLocation: 0x38,
  declaration: 0x3c,
  encoding: 0x3e,
  specification: 0x47,
  type: 0x49,
  bitSize: 0x0d,
  dataBitOffset: 0x6b,
} as const;

const FORM = {
  strp: 0x0e,
  lineStrp: 0x1f,
  refAddress: 0x10,
  sectionOffset: 0x17,
  data4: 0x06,
  data8: 0x07,
} as const;
const REFERENCES: readonly number[] = [0x11, 0x12, 0x13, 0x14, 0x15]; // inside the unit
const SIGNED: readonly number[] = [5, 6, 13]; // signed, signed char, signed fixed
const OP_ADDRESS = 0x03;
const OP_PLUS = 0x23;
const OP_REGISTER = 0x50;

export const MOST_MEMBERS = 4096;
export const MOST_DEPTH = 64; // of types in each other
export const MOST_LOCATIONS = 0x10000;
export const MOST_STRUCT = 1 << 20; // bytes

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

interface Die {
  readonly unit: DieUnit;
  readonly entry: DieEntry;
  readonly children: Die[];
}

class Description {
  readonly #dies = new Map<number, Die>();
  readonly #tops: Die[] = [];
  readonly #types = new Map<Die, CType>();
  readonly #lows = new Map<DieUnit, bigint>();
  #producer = '';
  #locations = 0;

  constructor(private readonly sections: TypeSections) {
    const open: Die[] = [];
    const { info, sectionAt, fail } = sections;
    for (const { unit, entry } of readEntries(info, (at) => sectionAt('.debug_abbrev', at), fail)) {
      const die: Die = { unit, entry, children: [] };
      this.#dies.set(entry.offset, die);
      open.length = Math.min(open.length, entry.level);
      const parent = open.at(-1);
      if (parent !== undefined) parent.children.push(die);
      if (open.length === 1) this.#tops.push(die);
      if (entry.tag === TAG.compileUnit) {
        this.#lows.set(unit, entry.values.get(AT.low)?.value ?? 0n);
        this.#producer ||= this.#textOf(die, AT.producer) ?? '';
      }
      open.push(die);
    }
  }

  read(): Described {
    const structs = new Map<string, Extract<CType, { kind: 'struct' | 'union' }>>();
    for (const die of this.#tops) {
      const { tag } = die.entry;
      if (tag !== TAG.struct && tag !== TAG.union && tag !== TAG.typedef) continue;
      const type = this.#typeOf(die, 0);
      const inner = type.kind === 'typedef' ? type.of : type;
      if (inner?.kind !== 'struct' && inner?.kind !== 'union') continue;
      const name = inner.name ?? (type.kind === 'typedef' ? type.name : undefined);
      if (name === undefined || inner.declared || structs.has(name)) continue;
      structs.set(name, inner);
    }
    return {
      producer: this.#producer.replace(/ -.*$/su, ''),
      structs: [...structs].map(([name, type]) => ({ name, type })),
      functions: this.#tops.flatMap((die) => this.#functionOf(die) ?? []),
      data: [...this.#dies.values()].flatMap((die) => this.#dataOf(die) ?? []),
    };
  }

  #fail(problem: string): never {
    return this.sections.fail(problem);
  }

  #textOf({ entry }: Die, attribute: number): string | undefined {
    const inside = entry.bytes.get(attribute);
    if (inside !== undefined) return Buffer.from(inside).toString('utf8');
    const value = entry.values.get(attribute);
    if (value === undefined) return undefined;
    if (value.form !== FORM.strp && value.form !== FORM.lineStrp)
      return this.#fail(`a name in it has the form 0x${value.form.toString(16)}, which is not read here`);
    const section = value.form === FORM.strp ? '.debug_str' : '.debug_line_str';
    const reader = this.sections.sectionAt(section, Number(value.value));
    return reader === undefined ? this.#fail(`refers to a text that ${section} lacks`) : reader.text();
  }

  // The entry that an attribute refers to.
  #refer({ unit, entry }: Die, attribute: number): Die | undefined {
    const value = entry.values.get(attribute);
    if (value === undefined) return undefined;
    const inUnit = REFERENCES.includes(value.form);
    if (!inUnit && value.form !== FORM.refAddress)
      return this.#fail(
        `a reference in it has the form 0x${value.form.toString(16)}, which is not read here`,
      );
    const at = Number(value.value) + (inUnit ? unit.start : 0);
    return this.#dies.get(at) ?? this.#fail(`refers to an entry at ${at}, where none begins`);
  }

  // The name of an entry, or of the one that it completes.
  #nameOf(die: Die): string | undefined {
    const own = this.#textOf(die, AT.name);
    if (own !== undefined) return own;
    const other = this.#refer(die, AT.origin) ?? this.#refer(die, AT.specification);
    return other === undefined || other === die ? undefined : this.#textOf(other, AT.name);
  }

  #typeAt(die: Die, depth: number): CType | undefined {
    const target = this.#refer(die, AT.type);
    return target === undefined ? undefined : this.#typeOf(target, depth + 1);
  }

  // The type of a variable or function, which may stand in the entry that it completes.
  #typeFor(die: Die): CType | undefined {
    const own = this.#typeAt(die, 0);
    if (own !== undefined || die.entry.values.has(AT.type)) return own;
    const other = this.#refer(die, AT.origin) ?? this.#refer(die, AT.specification);
    return other === undefined ? undefined : this.#typeAt(other, 0);
  }

  #number(die: Die, attribute: number, what: string): number | undefined {
    const value = die.entry.values.get(attribute)?.value;
    if (value === undefined) return undefined;
    return value > BigInt(MOST_STRUCT) ? this.#fail(`${what} is ${value}`) : Number(value);
  }

  #typeOf(die: Die, depth: number): CType {
    const known = this.#types.get(die);
    if (known !== undefined) return known;
    if (depth > MOST_DEPTH) return this.#fail(`has types over ${MOST_DEPTH} deep in each other`);
    const type = this.#makeType(die, depth);
    this.#types.set(die, type);
    return type;
  }

  #makeType(die: Die, depth: number): CType {
    const { tag } = die.entry;
    const size = (): number => this.#number(die, AT.size, 'the size of a type') ?? 0;
    switch (tag) {
      case TAG.base: {
        const encoding = Number(die.entry.values.get(AT.encoding)?.value ?? 0);
        return {
          kind: 'base',
          name: this.#nameOf(die) ?? 'int',
          size: size(),
          signed: SIGNED.includes(encoding),
        };
      }
      case TAG.enumeration:
        return { kind: 'enum', name: this.#textOf(die, AT.name), size: size() };
      case TAG.pointer:
        // Looked up when it is asked for: structs point to themselves.
        return { kind: 'pointer', to: () => this.#typeAt(die, 0) };
      case TAG.array:
        return { kind: 'array', of: this.#typeAt(die, depth), counts: this.#countsOf(die) };
      case TAG.struct:
      case TAG.union:
        return {
          kind: tag === TAG.struct ? 'struct' : 'union',
          name: this.#textOf(die, AT.name),
          size: size(),
          declared: die.entry.values.has(AT.declaration),
          members: this.#membersOf(die, depth),
        };
      case TAG.typedef:
        return { kind: 'typedef', name: this.#nameOf(die) ?? '', of: this.#typeAt(die, depth) };
      case TAG.const:
      case TAG.volatile:
      case TAG.restrict: {
        const word = tag === TAG.const ? 'const' : tag === TAG.volatile ? 'volatile' : 'restrict';
        return { kind: 'qualified', word, of: this.#typeAt(die, depth) };
      }
      case TAG.subroutine:
        return {
          kind: 'function',
          returns: this.#typeAt(die, depth),
          arguments: die.children
            .filter(({ entry }) => entry.tag === TAG.argument)
            .map((argument) => this.#typeAt(argument, depth)),
        };
      default:
        return this.#fail(`has a type of kind 0x${tag.toString(16)}, which C does not have`);
    }
  }

  #countsOf(die: Die): number[] {
    return die.children
      .filter(({ entry }) => entry.tag === TAG.subrange)
      .map((range) => {
        const count = this.#number(range, AT.count, 'the length of an array');
        if (count !== undefined) return count;
        const bound = range.entry.values.get(AT.upperBound)?.value;
        if (bound === undefined || bound === ALL_ONES || bound === 0xffff_ffffn) return 0; // [] and [0]
        return bound >= BigInt(MOST_STRUCT)
          ? this.#fail(`an array in it has ${bound} elements`)
          : Number(bound) + 1;
      });
  }

  #membersOf(die: Die, depth: number): Member[] {
    const members = die.children.filter(({ entry }) => entry.tag === TAG.member);
    if (members.length > MOST_MEMBERS) this.#fail(`has a struct with ${members.length} members`);
    return members.map((member) => {
      const bits = this.#number(member, AT.bitSize, 'the size of a bit field');
      const bitOffset = this.#number(member, AT.dataBitOffset, 'the place of a bit field');
      const offset = bitOffset === undefined ? this.#memberOffset(member) : Math.floor(bitOffset / 8);
      const type = this.#typeAt(member, depth);
      return { name: this.#textOf(member, AT.name), offset, type, ...(bits === undefined ? {} : { bits }) };
    });
  }

  // A number, or an expression that adds one.
  #memberOffset(member: Die): number {
    const bytes = member.entry.bytes.get(AT.memberLocation);
    if (bytes === undefined) return this.#number(member, AT.memberLocation, 'the place of a member') ?? 0;
    if (bytes[0] !== OP_PLUS) return this.#fail('has a member whose place is computed');
    let value = 0;
    for (const [index, byte] of bytes.subarray(1, 5).entries()) value += (byte & 0x7f) << (7 * index);
    return value;
  }

  #dataOf(die: Die): DescribedData | undefined {
    const { entry } = die;
    if (entry.tag !== TAG.variable) return undefined;
    const bytes = entry.bytes.get(AT.location);
    if (bytes?.length !== 9 || bytes[0] !== OP_ADDRESS) return undefined;
    const address = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(1, true);
    const name = this.#nameOf(die);
    return name === undefined ? undefined : { name, address, type: this.#typeFor(die) };
  }

  #functionOf(die: Die): DescribedFunction | undefined {
    const { entry } = die;
    const low = entry.values.get(AT.low)?.value;
    if (entry.tag !== TAG.subprogram || low === undefined) return undefined;
    const name = this.#nameOf(die);
    if (name === undefined) return undefined;
    return { name, address: low, returns: this.#typeFor(die), variables: this.#variablesOf(die, 0) };
  }

  #variablesOf(die: Die, depth: number): LocalVariable[] {
    if (depth > MOST_DEPTH) return this.#fail(`has blocks over ${MOST_DEPTH} deep in each other`);
    return die.children.flatMap((child): LocalVariable[] => {
      const { tag } = child.entry;
      if (tag === TAG.block) return this.#variablesOf(child, depth + 1);
      if (tag !== TAG.variable && tag !== TAG.argument) return [];
      const name = this.#nameOf(child);
      if (name === undefined) return [];
      const bytes = child.entry.bytes.get(AT.location);
      return [
        {
          name,
          type: this.#typeFor(child),
          isArgument: tag === TAG.argument,
          register: bytes === undefined ? undefined : registerOf(bytes),
          held: this.#heldBy(child),
        },
      ];
    });
  }

  // Source: DWARF 4, section 2.6.2
  #heldBy({ unit, entry }: Die): Held[] {
    const value = entry.values.get(AT.location);
    if (value === undefined || unit.version >= 5) return [];
    const reader = this.sections.sectionAt('.debug_loc', Number(value.value));
    if (reader === undefined) return this.#fail('refers to a list of places that .debug_loc lacks');
    const held: Held[] = [];
    for (let base = this.#lows.get(unit) ?? 0n; ;) {
      this.#locations += 1;
      if (this.#locations > MOST_LOCATIONS) return this.#fail(`has more than ${MOST_LOCATIONS} places`);
      const from = reader.u64();
      const to = reader.u64();
      if (from === 0n && to === 0n) return held;
      if (from === ALL_ONES) {
        base = to;
        continue;
      }
      const size = reader.u16();
      const expression = reader.bytes.subarray(reader.at, reader.at + size);
      reader.skip(size);
      const register = registerOf(expression);
      if (register !== undefined && to > from) held.push({ from: base + from, to: base + to, register });
    }
  }
}

// The register that an expression of one operation names.
const registerOf = (bytes: Uint8Array): number | undefined => {
  const [operation] = bytes;
  if (bytes.length !== 1 || operation === undefined) return undefined;
  return operation >= OP_REGISTER && operation < OP_REGISTER + 16 ? operation - OP_REGISTER : undefined;
};

/** What the debug information of a file says about its types, functions and variables. */
export const describeTypes = (sections: TypeSections): Described => new Description(sections).read();
