// ELF64 relocatable objects of x86-64, as gcc, clang and as write them: bytes to sections, symbols and relocations.
// Every offset is checked. What a section is for, and where it will lie, is not known here.

import { hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { ByteReader } from './byte-reader.js';

/** A section; `bytes` is empty where the file holds none (.bss). */
export interface Section {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly size: number; // bytes in memory
  readonly alignment: number; // a power of two
  readonly bytes: Uint8Array; // do not write
}

/** A symbol; `section` is an index of a section, or one of SHN. */
export interface ElfSymbol {
  readonly name: string;
  readonly binding: number;
  readonly type: number;
  readonly section: number;
  readonly value: bigint; // offset in its section
  readonly size: number;
}

/** One place of a section that the address of a symbol goes to. */
export interface Relocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: ElfSymbol;
  readonly addend: bigint;
}

/** A relocatable object. */
export interface ElfObject {
  readonly file: string;
  readonly sections: readonly Section[];
  readonly symbols: readonly ElfSymbol[];
  /** By index of the section that they change. */
  readonly relocations: ReadonlyMap<number, readonly Relocation[]>;
}

// Names and values: ELF-64 Object File Format 1.5, and the System V ABI for AMD64.
export const SHT = {
  NULL: 0,
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  NOTE: 7,
  NOBITS: 8,
  REL: 9,
} as const;
export const SHT_X86_64_UNWIND = 0x7000_0001;
export const SHF = { WRITE: 1, ALLOC: 2, EXECINSTR: 4, TLS: 0x400, COMPRESSED: 0x800 } as const;
export const SHN = { UNDEF: 0, LORESERVE: 0xff00, ABS: 0xfff1, COMMON: 0xfff2, XINDEX: 0xffff } as const;
export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const;
export const STT = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3, FILE: 4, TLS: 6, GNU_IFUNC: 10 } as const;

const MAX_SECTIONS = 0x4000;
const MAX_SYMBOLS = 0x20000;
const MAX_RELOCATIONS = 0x40000;
const MAX_ALIGNMENT = 4096;
const MAX_NAME = 1000; // bytes; many symbols may share a name

const HEADER = 64;
const SECTION_HEADER = 64;
const SYMBOL = 24;
const RELA = 24;

const TYPES: Readonly<Record<number, string>> = {
  2: 'an executable',
  3: 'a shared object',
  4: 'a core dump',
};

interface RawSection extends Omit<Section, 'name' | 'bytes'> {
  readonly nameAt: number;
  readonly offset: number;
  readonly link: number;
  readonly info: number;
}

class Parser {
  readonly #bytes: Uint8Array;
  readonly #file: string;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  fail(problem: string, field?: string): never {
    throw new InputError(problem, { file: this.#file, ...(field === undefined ? {} : { field }) });
  }

  #reader(at: number, size: number, what: string): ByteReader {
    if (at + size > this.#bytes.length)
      this.fail(`is cut off: ${what} would end at byte ${at + size} of ${this.#bytes.length}`);
    return new ByteReader(this.#bytes, (problem) => this.fail(`${what}: ${problem}`), at, at + size);
  }

  // Offsets and sizes are 64 bits wide in the file; none over 2^53 lies in a file that is read at all.
  #number(value: bigint, what: string): number {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.fail(`is damaged: ${what} is ${hex(value)}`);
    return Number(value);
  }

  #header(): { readonly at: number; readonly count: number; readonly names: number } {
    const bytes = this.#bytes;
    if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46)
      this.fail('is no ELF file; a candidate is an ELF64 object of x86-64, as "gcc -c" writes it');
    const header = this.#reader(0, HEADER, 'the ELF header');
    header.skip(4);
    const elfClass = header.u8();
    if (elfClass !== 2) this.fail(`is ELF of class ${elfClass}, not 64-bit (2); compile with -m64`);
    const order = header.u8();
    if (order !== 1) this.fail(`has byte order ${order}, not little-endian (1)`);
    header.skip(10);
    const type = header.u16();
    const machine = header.u16();
    if (machine !== 62) this.fail(`is for machine ${machine}, not x86-64 (62)`);
    if (type !== 1)
      this.fail(`is ${TYPES[type] ?? `ELF of type ${type}`}, not a relocatable object; compile with -c`);
    header.skip(4 + 8 + 8);
    const at = this.#number(header.u64(), 'the offset of the section headers');
    header.skip(4 + 2 + 2 + 2);
    const entry = header.u16();
    const count = header.u16();
    const names = header.u16();
    if (entry !== SECTION_HEADER) this.fail(`is damaged: section headers of ${entry} bytes, not 64`);
    if (count === 0 || at === 0) this.fail('has no sections');
    if (count > MAX_SECTIONS) this.fail(`has ${count} sections; at most ${MAX_SECTIONS} are read`);
    return { at, count, names };
  }

  #rawSections(at: number, count: number): RawSection[] {
    const reader = this.#reader(at, count * SECTION_HEADER, 'the section headers');
    return Array.from({ length: count }, (_, index): RawSection => {
      const what = `section ${index}`;
      const nameAt = reader.u32();
      const type = reader.u32();
      const flags = this.#number(reader.u64(), `the flags of ${what}`);
      reader.skip(8);
      const offset = this.#number(reader.u64(), `the offset of ${what}`);
      const size = this.#number(reader.u64(), `the size of ${what}`);
      const link = reader.u32();
      const info = reader.u32();
      const alignment = Math.max(1, this.#number(reader.u64(), `the alignment of ${what}`));
      reader.skip(8);
      if (alignment > MAX_ALIGNMENT || (alignment & (alignment - 1)) !== 0)
        this.fail(`${what} wants an alignment of ${alignment}; powers of two up to ${MAX_ALIGNMENT} are`);
      return { index, nameAt, type, flags, offset, size, link, info, alignment };
    });
  }

  #text(table: Uint8Array, at: number, what: string): string {
    const rest = table.subarray(at, at + MAX_NAME + 1);
    const size = rest.indexOf(0);
    if (size < 0)
      this.fail(`is damaged: the name of ${what} does not end in its table, or not within ${MAX_NAME} bytes`);
    return Buffer.from(rest.subarray(0, size)).toString('utf8');
  }

  #bytesOf(section: RawSection): Uint8Array {
    if (section.type === SHT.NOBITS || section.type === SHT.NULL) return new Uint8Array(0);
    const { offset, size, index } = section;
    if (offset + size > this.#bytes.length)
      this.fail(`is cut off: section ${index} would end at byte ${offset + size} of ${this.#bytes.length}`);
    return this.#bytes.subarray(offset, offset + size);
  }

  #symbols(raw: readonly RawSection[], sections: readonly Section[]): ElfSymbol[] {
    const tables = raw.filter(({ type }) => type === SHT.SYMTAB);
    if (tables.length > 1) this.fail('is damaged: it has two symbol tables');
    const [table] = tables;
    if (table === undefined) return [];
    const names = sections[table.link];
    if (names?.type !== SHT.STRTAB) this.fail('is damaged: its symbol table has no string table');
    const count = Math.floor(table.size / SYMBOL);
    if (count > MAX_SYMBOLS) this.fail(`has ${count} symbols; at most ${MAX_SYMBOLS} are read`);
    const reader = this.#reader(table.offset, count * SYMBOL, 'the symbol table');
    return Array.from({ length: count }, (_, index): ElfSymbol => {
      const name = this.#text(names.bytes, reader.u32(), `symbol ${index}`);
      const info = reader.u8();
      reader.skip(1);
      const section = reader.u16();
      const value = reader.u64();
      const size = this.#number(reader.u64(), `the size of symbol ${index}`);
      if (section === SHN.XINDEX || (section < SHN.LORESERVE && section >= sections.length))
        this.fail(`is damaged: symbol ${index} lies in section ${section} of ${sections.length}`);
      return { name, binding: info >> 4, type: info & 15, section, value, size };
    });
  }

  #relocations(raw: readonly RawSection[], symbols: readonly ElfSymbol[]): Map<number, Relocation[]> {
    const all = new Map<number, Relocation[]>();
    let total = 0;
    for (const { type, offset, size, info, index } of raw) {
      if (type === SHT.REL)
        this.fail(`section ${index} holds relocations without addends, which x86-64 has not`);
      if (type !== SHT.RELA) continue;
      const target = raw[info];
      if (target === undefined) this.fail(`is damaged: section ${index} relocates section ${info}`);
      const count = Math.floor(size / RELA);
      total += count;
      if (total > MAX_RELOCATIONS) this.fail(`has more than ${MAX_RELOCATIONS} relocations`);
      const reader = this.#reader(offset, count * RELA, `section ${index}`);
      const list = all.get(info) ?? [];
      for (let number = 0; number < count; number += 1) {
        const at = this.#number(reader.u64(), `an offset in section ${index}`);
        const kind = reader.u32();
        const symbol = symbols[reader.u32()];
        const addend = reader.i64();
        if (symbol === undefined)
          this.fail(`is damaged: relocation ${number} of section ${index} has no symbol`);
        if (at >= target.size)
          this.fail(
            `is damaged: relocation ${number} of section ${index} is at ${hex(at)}, behind its section`,
          );
        list.push({ offset: at, type: kind, symbol, addend });
      }
      all.set(info, list);
    }
    return all;
  }

  parse(): ElfObject {
    const { at, count, names } = this.#header();
    const raw = this.#rawSections(at, count);
    const nameTable = raw[names];
    if (nameTable?.type !== SHT.STRTAB) this.fail('is damaged: its sections have no names');
    const text = this.#bytesOf(nameTable);
    const sections = raw.map((section): Section => {
      const { index, type, flags, size, alignment, nameAt } = section;
      const name = this.#text(text, nameAt, `section ${index}`);
      return { index, name, type, flags, size, alignment, bytes: this.#bytesOf(section) };
    });
    const symbols = this.#symbols(raw, sections);
    return { file: this.#file, sections, symbols, relocations: this.#relocations(raw, symbols) };
  }
}

/**
 * Read a relocatable object.
 *
 * @param file its name, for messages
 * @throws {InputError} when it is anything else, or damaged
 */
export const parseElf = (bytes: Uint8Array, file: string): ElfObject => new Parser(bytes, file).parse();

/** The name that people know a symbol by: that of its section where it has none. */
export const nameOf = ({ sections }: ElfObject, { name, section }: ElfSymbol): string =>
  name === '' ? (sections[section]?.name ?? '(no name)') : name;
