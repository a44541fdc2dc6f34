// Functions of an ELF64 file for x86-64, a relocatable object or an executable such as vmlinux: their bytes by name
// or address. Reads only headers, symbols and the function asked for; no report here.

import { type Stats, closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type Addr, hex } from '../../base/address.js';
import { InputError } from '../../base/errors.js';
import { systemProblem } from '../../base/read-file.js';

/** A function in the file. */
export interface ElfFunction {
  readonly name: string;
  readonly value: Addr; // as the symbol has it: in an object from the start of its section
  readonly size: number; // bytes
  readonly section: number;
}

/** What a branch goes to that the linker fills in. */
export interface Branch {
  readonly at: number; // offset of the four bytes in the function
  readonly name: string;
  /** Value of the target in the function's own section; absent when it is in another one, or in another file. */
  readonly target?: Addr;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
}

const SHT_SYMTAB = 2;
const SHT_RELA = 4;
const SHT_NOBITS = 8;
const STT_FUNC = 2;
const ET_REL = 1;
const EM_X86_64 = 62;
const R_X86_64_PC32 = 2;
const R_X86_64_PLT32 = 4;
const SYMBOL_BYTES = 24;
const RELA_BYTES = 24;
const LARGEST_TABLE = 256 << 20; // bytes
const LARGEST_FUNCTION = 1 << 20; // bytes

/** An open ELF file; close it. */
export class ElfFile {
  readonly #fd: number;
  readonly #size: number;
  readonly #sections: Section[] = [];
  readonly #symbols: Buffer;
  readonly #names: Buffer;
  readonly relocatable: boolean;

  /** @throws {InputError} when the file cannot be read, or is no ELF64 file for x86-64 with symbols */
  constructor(readonly file: string) {
    let stat: Stats;
    try {
      stat = statSync(file);
    } catch (error) {
      throw new InputError(systemProblem('read', error), { file });
    }
    // Before it is opened: a pipe waits for its writer.
    if (!stat.isFile()) {
      const what = stat.isDirectory() ? 'is a folder' : 'is no regular file';
      throw new InputError(`${what}; name an object (.o), a vmlinux, or a snippet`, { file });
    }
    try {
      this.#fd = openSync(file, 'r');
      this.#size = fstatSync(this.#fd).size;
    } catch (error) {
      throw new InputError(systemProblem('read', error), { file });
    }
    try {
      const header = this.#read(0, 64);
      if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1)
        throw this.#problem('is no ELF64 file; name an object (.o), a vmlinux, or a snippet');
      if (header.readUInt16LE(18) !== EM_X86_64) throw this.#problem('is an ELF file, but not for x86-64');
      this.relocatable = header.readUInt16LE(16) === ET_REL;
      this.#readSections(header);
      const table = this.#sections.find(({ type }) => type === SHT_SYMTAB);
      const strings = table === undefined ? undefined : this.#sections[table.link];
      if (table === undefined || strings === undefined)
        throw this.#problem('has no symbol table: it was stripped; name one that has its symbols');
      this.#symbols = this.#read(table.offset, table.size);
      this.#names = this.#read(strings.offset, strings.size);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #problem(message: string): InputError {
    return new InputError(message, { file: this.file });
  }

  #read(offset: number, size: number): Buffer {
    if (size > LARGEST_TABLE || offset + size > this.#size)
      throw this.#problem('is cut, or its headers are wrong: a part of it lies behind its end');
    const bytes = Buffer.alloc(size);
    for (let done = 0; done < size;) {
      const count = readSync(this.#fd, bytes, done, size - done, offset + done);
      if (count === 0) throw this.#problem('is cut: a part of it lies behind its end');
      done += count;
    }
    return bytes;
  }

  #readSections(header: Buffer): void {
    const offset = Number(header.readBigUInt64LE(40));
    const [entry, count, strings] = [58, 60, 62].map((at) => header.readUInt16LE(at)) as [
      number,
      number,
      number,
    ];
    if (entry !== 64 || count === 0) throw this.#problem('has no sections');
    const bytes = this.#read(offset, entry * count);
    const raw = Array.from({ length: count }, (_, index) => bytes.subarray(index * 64, index * 64 + 64));
    const sections = raw.map((one) => ({
      nameAt: one.readUInt32LE(0),
      type: one.readUInt32LE(4),
      address: one.readBigUInt64LE(16),
      offset: Number(one.readBigUInt64LE(24)),
      size: Number(one.readBigUInt64LE(32)),
      link: one.readUInt32LE(40),
      info: one.readUInt32LE(44),
    }));
    const table = sections[strings];
    const names = table === undefined ? Buffer.alloc(0) : this.#read(table.offset, table.size);
    for (const { nameAt, ...section } of sections)
      this.#sections.push({ ...section, name: textAt(names, nameAt) });
  }

  #symbol(index: number): ElfFunction & { readonly type: number } {
    const at = index * SYMBOL_BYTES;
    const bytes = this.#symbols;
    if (at + SYMBOL_BYTES > bytes.length)
      throw this.#problem(`has no symbol ${index}, which a relocation names`);
    return {
      name: textAt(this.#names, bytes.readUInt32LE(at)),
      type: bytes[at + 4]! & 15,
      section: bytes.readUInt16LE(at + 6),
      value: bytes.readBigUInt64LE(at + 8),
      size: Number(bytes.readBigUInt64LE(at + 16)),
    };
  }

  *#functions(): Generator<ElfFunction> {
    const { length } = this.#symbols;
    for (let at = 0; at + SYMBOL_BYTES <= length; at += SYMBOL_BYTES)
      if ((this.#symbols[at + 4]! & 15) === STT_FUNC) yield this.#symbol(at / SYMBOL_BYTES);
  }

  /** Functions of a name; static ones may be several. */
  named(name: string): ElfFunction[] {
    return [...this.#functions()].filter((one) => one.name === name && one.size > 0 && one.section !== 0);
  }

  /** The function that begins at a value, in a section where that matters. */
  startingAt(value: Addr, section: number | undefined): ElfFunction | undefined {
    for (const one of this.#functions())
      if (one.value === value && one.size > 0 && (section === undefined || one.section === section))
        return one;
    return undefined;
  }

  /** @throws {InputError} when its bytes are not in the file */
  bytesOf({ name, value, size, section }: ElfFunction): Uint8Array {
    const found = this.#sections[section];
    const start = found === undefined ? -1 : Number(this.relocatable ? value : value - found.address);
    if (found === undefined || found.type === SHT_NOBITS || start < 0 || start + size > found.size)
      throw this.#problem(`has no bytes of ${name}: its symbol points outside of its section`);
    if (size > LARGEST_FUNCTION)
      throw this.#problem(`says that ${name} has ${size} bytes, which no function has`);
    return new Uint8Array(this.#read(found.offset + start, size));
  }

  /**
   * Whether a table of exceptions names addresses in a function: what handles them leads back into it.
   * Source: include/asm-generic/extable.h and arch/x86/include/asm/extable.h, distances of 32 bits, v5.10
   */
  hasExceptions(of: ElfFunction): boolean {
    const inside = (value: bigint): boolean => value >= of.value && value <= of.value + BigInt(of.size);
    const tables = this.#sections.filter(({ name }) => name === '__ex_table' || name === '.rela__ex_table');
    for (const { type, offset, size, address } of tables) {
      if (type === SHT_NOBITS) continue;
      const bytes = this.#read(offset, size);
      if (type === SHT_RELA) {
        for (let at = 0; at + RELA_BYTES <= bytes.length; at += RELA_BYTES) {
          const symbol = this.#symbol(bytes.readUInt32LE(at + 12));
          const own = symbol.section === of.section;
          if (own && inside(symbol.value + bytes.readBigInt64LE(at + 16))) return true;
        }
      } else if (!this.relocatable) {
        for (let at = 0; at + 4 <= bytes.length; at += 4)
          if (inside(address + BigInt(at + bytes.readInt32LE(at)))) return true;
      }
    }
    return false;
  }

  /** The branches in a function of an object that relocations fill in, and all bytes that any relocation changes. */
  relocationsIn(of: ElfFunction): { branches: Branch[]; changed: ReadonlySet<number> } {
    const branches: Branch[] = [];
    const changed = new Set<number>();
    if (!this.relocatable) return { branches, changed };
    for (const table of this.#sections.filter(({ type, info }) => type === SHT_RELA && info === of.section)) {
      const bytes = this.#read(table.offset, table.size);
      for (let at = 0; at + RELA_BYTES <= bytes.length; at += RELA_BYTES) {
        const offset = Number(bytes.readBigUInt64LE(at) - of.value);
        if (offset < 0 || offset >= of.size) continue;
        const type = bytes.readUInt32LE(at + 8);
        for (let byte = 0; byte < 8; byte += 1) if (byte < 4 || type === 1) changed.add(offset + byte);
        if (type !== R_X86_64_PC32 && type !== R_X86_64_PLT32) continue;
        const symbol = this.#symbol(bytes.readUInt32LE(at + 12));
        const value = symbol.value + bytes.readBigInt64LE(at + 16) + 4n;
        const own = symbol.section === of.section;
        const name = symbol.name === '' ? (this.#sections[symbol.section]?.name ?? hex(value)) : symbol.name;
        branches.push({ at: offset, name, ...(own ? { target: value } : {}) });
      }
    }
    return { branches, changed };
  }
}

const textAt = (names: Buffer, at: number): string => {
  const end = names.indexOf(0, at);
  return at >= names.length ? '' : names.toString('utf8', at, end < 0 ? names.length : end);
};
