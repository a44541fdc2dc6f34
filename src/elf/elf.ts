// ELF64 files of x86-64, relocatable objects and executables: sections, symbols and relocations, read on demand,
// so that a file may be much larger than the part that is wanted. Every offset is checked.
// Source of names and values: ELF-64 Object File Format 1.5, and the System V ABI for AMD64.

import { hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { findInvisible } from '../base/visible-text.js';
import { ByteReader } from './byte-reader.js';
import type { ByteSource } from './source.js';

/** A section, as its header describes it. */
export interface Section {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: bigint; // 0 in a relocatable object
  readonly offset: number; // in the file
  readonly size: number; // bytes in memory
  readonly link: number;
  readonly info: number;
  readonly alignment: number; // at least 1
}

/** A symbol; `section` is an index of a section, or one of SHN. */
export interface ElfSymbol {
  readonly name: string;
  readonly binding: number;
  readonly type: number;
  readonly section: number;
  readonly value: bigint; // offset in its section, or an address in an executable
  readonly size: number;
}

/** One place of a section that the address of a symbol goes to. */
export interface Relocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: ElfSymbol;
  readonly addend: bigint;
}

export const ET_REL = 1;
export const SHT = { NULL: 0, SYMTAB: 2, STRTAB: 3, RELA: 4, NOTE: 7, NOBITS: 8, REL: 9 } as const;
export const SHT_X86_64_UNWIND = 0x7000_0001;
export const SHF = { WRITE: 1, ALLOC: 2, EXECINSTR: 4, TLS: 0x400, COMPRESSED: 0x800 } as const;
export const SHN = { UNDEF: 0, LORESERVE: 0xff00, ABS: 0xfff1, COMMON: 0xfff2, XINDEX: 0xffff } as const;
export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const;
export const STT = { NOTYPE: 0, FUNC: 2, TLS: 6, GNU_IFUNC: 10 } as const;

const EM_X86_64 = 62;
const HEADER = 64; // bytes, as the other sizes here
const SECTION_HEADER = 64;
const SYMBOL = 24;
const RELA = 24;
export const MAX_PART = 256 << 20; // read at once
export const MAX_NAME = 1000; // many symbols may share a name

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** An ELF file. Its source is closed by the caller. */
export class ElfFile {
  /** One of ET. */
  readonly type: number;
  readonly sections: readonly Section[];
  readonly symbolCount: number;
  readonly #source: ByteSource;
  readonly #symbols: DataView;
  readonly #names: Uint8Array;
  readonly #known = new Map<number, ElfSymbol>();

  /**
   * Read its headers, and its symbol table if there is one.
   *
   * @param wanted what would be right, for messages: a clause
   * @throws {InputError} when it is not an ELF64 file for x86-64, or is damaged
   */
  constructor(source: ByteSource, wanted: string) {
    this.#source = source;
    const [one, two, three, four] = source.read(0, Math.min(4, source.size));
    if (one !== 0x7f || two !== 0x45 || three !== 0x4c || four !== 0x46)
      this.fail(`is not an ELF file; ${wanted}`);
    const header = this.#reader(0, HEADER, 'the ELF header');
    header.skip(4);
    const elfClass = header.u8();
    if (elfClass !== 2) this.fail(`is ELF of class ${elfClass}, not 64-bit (2); ${wanted}`);
    const order = header.u8();
    if (order !== 1) this.fail(`has byte order ${order}, not little-endian (1); ${wanted}`);
    header.skip(10);
    this.type = header.u16();
    const machine = header.u16();
    if (machine !== EM_X86_64) this.fail(`is for machine ${machine}, not x86-64 (${EM_X86_64}); ${wanted}`);
    header.skip(4 + 8 + 8);
    const at = this.#number(header.u64(), 'the offset of the section headers');
    header.skip(4 + 2 + 2 + 2);
    const entry = header.u16();
    const count = header.u16();
    if (count === 0 || at === 0) this.fail('has no sections');
    if (entry !== SECTION_HEADER) this.fail(`is damaged: section headers of ${entry} bytes, not 64`);
    this.sections = this.#readSections(at, count, header.u16());
    const tables = this.sections.filter(({ type }) => type === SHT.SYMTAB);
    if (tables.length > 1) this.fail('is damaged: it has two symbol tables');
    const [table] = tables;
    const names = table === undefined ? undefined : this.sections[table.link];
    if (table !== undefined && names?.type !== SHT.STRTAB)
      this.fail('is damaged: its symbol table has no string table');
    this.#symbols = viewOf(table === undefined ? new Uint8Array(0) : this.bytesOf(table));
    this.#names = names === undefined ? new Uint8Array(0) : this.bytesOf(names);
    this.symbolCount = Math.floor(this.#symbols.byteLength / SYMBOL);
  }

  get file(): string {
    return this.#source.file;
  }

  get isRelocatable(): boolean {
    return this.type === ET_REL;
  }

  /** Throw the error for a problem of the file. */
  fail(problem: string): never {
    throw new InputError(problem, { file: this.file });
  }

  #read(at: number, size: number, what: string): Uint8Array {
    if (at + size > this.#source.size)
      this.fail(`is cut off: ${what} would end at byte ${at + size} of ${this.#source.size}`);
    if (size > MAX_PART) this.fail(`is damaged: ${what} has ${size} bytes, more than ${MAX_PART}`);
    return this.#source.read(at, size);
  }

  #reader(at: number, size: number, what: string): ByteReader {
    return new ByteReader(this.#read(at, size, what), (problem) => this.fail(`${what}: ${problem}`));
  }

  // Offsets and sizes are 64 bits wide in the file; no file has 2^53 bytes.
  #number(value: bigint, what: string): number {
    return value > BigInt(Number.MAX_SAFE_INTEGER)
      ? this.fail(`is damaged: ${what} is ${hex(value)}`)
      : Number(value);
  }

  #text(table: Uint8Array, at: number, what: string): string {
    const rest = table.subarray(at, at + MAX_NAME + 1);
    const size = rest.indexOf(0);
    if (size < 0)
      this.fail(`is damaged: the name of ${what} does not end in its table, or not within ${MAX_NAME} bytes`);
    const name = Buffer.from(rest.subarray(0, size)).toString('utf8');
    const hidden = findInvisible(name);
    if (hidden !== undefined)
      this.fail(`has a control or invisible character in the name of ${what}: ${hidden.shown}`);
    return name;
  }

  #readSections(at: number, count: number, names: number): Section[] {
    const headers = this.#reader(at, count * SECTION_HEADER, 'the section headers');
    const raw = Array.from({ length: count }, (_, index) => {
      const what = `section ${index}`;
      const reader = headers.take(SECTION_HEADER);
      return {
        nameAt: reader.u32(),
        index,
        type: reader.u32(),
        flags: this.#number(reader.u64(), `the flags of ${what}`),
        address: reader.u64(),
        offset: this.#number(reader.u64(), `the offset of ${what}`),
        size: this.#number(reader.u64(), `the size of ${what}`),
        link: reader.u32(),
        info: reader.u32(),
        alignment: Math.max(1, this.#number(reader.u64(), `the alignment of ${what}`)),
      };
    });
    const table = raw[names];
    if (table?.type !== SHT.STRTAB) this.fail('is damaged: its sections have no names');
    const text = this.#read(table.offset, table.size, `section ${names}`);
    return raw.map(({ nameAt, ...section }) => ({
      ...section,
      name: this.#text(text, nameAt, `section ${section.index}`),
    }));
  }

  /** What the file holds of a section; nothing where it takes memory only (.bss). */
  bytesOf({ type, offset, size, index }: Section): Uint8Array {
    return type === SHT.NOBITS || type === SHT.NULL
      ? new Uint8Array(0)
      : this.#read(offset, size, `section ${index}`);
  }

  /** Some bytes of a section. @throws {InputError} when it does not hold them */
  bytesIn(section: Section, at: number, size: number, what: string): Uint8Array {
    if (section.type === SHT.NOBITS || at < 0 || at + size > section.size)
      this.fail(`has no bytes of ${what}: it would end outside its section`);
    return this.#read(section.offset + at, size, what);
  }

  /** The symbol of a number; the same object each time. */
  symbol(index: number): ElfSymbol {
    const known = this.#known.get(index);
    if (known !== undefined) return known;
    if (index >= this.symbolCount)
      this.fail(`is damaged: a relocation names symbol ${index}, which is not there`);
    const view = this.#symbols;
    const at = index * SYMBOL;
    const info = view.getUint8(at + 4);
    const section = view.getUint16(at + 6, true);
    const { length } = this.sections;
    if (section === SHN.XINDEX || (section < SHN.LORESERVE && section >= length))
      this.fail(`is damaged: symbol ${index} is in section ${section} of ${length}`);
    const symbol: ElfSymbol = {
      name: this.#text(this.#names, view.getUint32(at, true), `symbol ${index}`),
      binding: info >> 4,
      type: info & 15,
      section,
      value: view.getBigUint64(at + 8, true),
      size: this.#number(view.getBigUint64(at + 16, true), `the size of symbol ${index}`),
    };
    this.#known.set(index, symbol);
    return symbol;
  }

  /** Its symbols, of all types or of one of STT. */
  *symbols(type?: number): Generator<ElfSymbol> {
    for (let index = 0; index < this.symbolCount; index += 1)
      if (type === undefined || (this.#symbols.getUint8(index * SYMBOL + 4) & 15) === type)
        yield this.symbol(index);
  }

  /** The name to show for a symbol: the name of its section where it has none. */
  nameOf({ name, section }: ElfSymbol): string {
    return name === '' ? (this.sections[section]?.name ?? '(no name)') : name;
  }

  /** How many relocations its tables have room for, whatever they change. */
  get relocationCount(): number {
    return this.sections.reduce(
      (sum, { type, size }) => sum + (type === SHT.RELA ? Math.floor(size / RELA) : 0),
      0,
    );
  }

  /** The relocations of a relocatable object that change a section, between two offsets of it. */
  *relocations(target: Section, from = 0, to = target.size): Generator<Relocation> {
    const tables = this.sections.filter(({ info }) => info === target.index);
    if (tables.some(({ type }) => type === SHT.REL))
      this.fail(`holds relocations of ${target.name} without addends, which x86-64 does not have`);
    let total = 0;
    for (const table of tables.filter(({ type }) => type === SHT.RELA)) {
      total += table.size;
      if (total > MAX_PART) this.fail(`is damaged: it has ${total} bytes of relocations of ${target.name}`);
      const view = viewOf(this.bytesOf(table));
      for (let at = 0; at + RELA <= view.byteLength; at += RELA) {
        const offset = Number(view.getBigUint64(at, true));
        if (offset >= target.size)
          this.fail(`is damaged: a relocation of ${target.name} is at ${hex(offset)}, past its end`);
        if (offset < from || offset >= to) continue;
        yield {
          offset,
          type: view.getUint32(at + 8, true),
          symbol: this.symbol(view.getUint32(at + 12, true)),
          addend: view.getBigInt64(at + 16, true),
        };
      }
    }
  }
}
