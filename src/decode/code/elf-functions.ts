// Functions of an ELF file, a relocatable object or an executable such as vmlinux: their bytes by name or address.

import type { Addr } from '../../base/address.js';
import { ElfFile, type ElfSymbol, type Section, STT } from '../../elf/elf.js';
import { FileSource } from '../../elf/source.js';

/** What a branch goes to that the linker fills in. */
export interface Branch {
  readonly at: number; // offset of the four bytes in the function
  readonly name: string;
  /** Value of the target in the function's own section; absent when it is in another one, or in another file. */
  readonly target?: Addr;
}

// Source: System V ABI for AMD64, table 4.9
const R_X86_64_64 = 1;
const R_X86_64_PC32 = 2;
const R_X86_64_PLT32 = 4;

const FILE = { what: 'an object (.o), a vmlinux, or a snippet', max: Number.MAX_SAFE_INTEGER };
const LARGEST_FUNCTION = 1 << 20; // bytes

/** The functions of an open ELF file; close it. */
export class ElfFunctions {
  readonly #source: FileSource;
  readonly #elf: ElfFile;

  /** @throws {InputError} when the file cannot be read, or is not an ELF64 file for x86-64 with symbols */
  constructor(readonly file: string) {
    this.#source = new FileSource(file, FILE);
    try {
      this.#elf = new ElfFile(this.#source, `name ${FILE.what}`);
      if (this.#elf.symbolCount === 0)
        this.#elf.fail(
          'has no symbol table, because it was stripped; name a file that still has its symbols',
        );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get isRelocatable(): boolean {
    return this.#elf.isRelocatable;
  }

  close(): void {
    this.#source.close();
  }

  /** Functions of a name; static ones may be several. */
  named(name: string): ElfSymbol[] {
    return [...this.#elf.symbols(STT.FUNC)].filter(
      (one) => one.name === name && one.size > 0 && one.section !== 0,
    );
  }

  /** The function that begins at a value, in a section where that matters. */
  startingAt(value: Addr, section: number | undefined): ElfSymbol | undefined {
    for (const one of this.#elf.symbols(STT.FUNC))
      if (one.value === value && one.size > 0 && (section === undefined || one.section === section))
        return one;
    return undefined;
  }

  #sectionOf({ name, section }: ElfSymbol): Section {
    return this.#elf.sections[section] ?? this.#elf.fail(`has no bytes of ${name}: it is in no section`);
  }

  /** @throws {InputError} when its bytes are not in the file */
  bytesOf(of: ElfSymbol): Uint8Array {
    const { name, value, size } = of;
    const section = this.#sectionOf(of);
    if (size > LARGEST_FUNCTION)
      this.#elf.fail(`gives ${name} a size of ${size} bytes, more than any function has`);
    return this.#elf.bytesIn(section, Number(value - section.address), size, name).slice();
  }

  /**
   * Whether a table of exceptions names addresses in a function: what handles them leads back into it.
   * Source: include/asm-generic/extable.h and arch/x86/include/asm/extable.h, distances of 32 bits, v5.10
   */
  hasExceptions(of: ElfSymbol): boolean {
    const inside = (value: bigint): boolean => value >= of.value && value <= of.value + BigInt(of.size);
    for (const table of this.#elf.sections.filter(({ name }) => name === '__ex_table')) {
      if (this.isRelocatable) {
        for (const { symbol, addend } of this.#elf.relocations(table))
          if (symbol.section === of.section && inside(symbol.value + addend)) return true;
        continue;
      }
      const { buffer, byteOffset, byteLength } = this.#elf.bytesOf(table);
      const view = new DataView(buffer, byteOffset, byteLength);
      for (let at = 0; at + 4 <= byteLength; at += 4)
        if (inside(table.address + BigInt(at + view.getInt32(at, true)))) return true;
    }
    return false;
  }

  /** The branches in a function of an object that relocations fill in, and all bytes that any relocation changes. */
  relocationsIn(of: ElfSymbol): { branches: Branch[]; changed: ReadonlySet<number> } {
    const branches: Branch[] = [];
    const changed = new Set<number>();
    if (!this.isRelocatable) return { branches, changed };
    const from = Number(of.value);
    const all = this.#elf.relocations(this.#sectionOf(of), from, from + of.size);
    for (const { offset, type, symbol, addend } of all) {
      const at = offset - from;
      for (let byte = 0; byte < (type === R_X86_64_64 ? 8 : 4); byte += 1) changed.add(at + byte);
      if (type !== R_X86_64_PC32 && type !== R_X86_64_PLT32) continue;
      const target = symbol.section === of.section ? { target: symbol.value + addend + 4n } : {};
      branches.push({ at, name: this.#elf.nameOf(symbol), ...target });
    }
    return { branches, changed };
  }
}
