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

// Tables that name code which handlers of exceptions lead back into, or which the kernel changes while it runs: jump labels
// and alternatives. Sources: include/asm-generic/extable.h, include/linux/jump_label.h and
// arch/x86/include/asm/alternative.h, v5.10
const TABLES: ReadonlyMap<string, 'exceptions' | 'patched'> = new Map([
  ['__ex_table', 'exceptions'],
  ['__jump_table', 'patched'],
  ['.altinstructions', 'patched'],
]);

const FILE = { what: 'an object (.o), a vmlinux, or a snippet', max: Number.MAX_SAFE_INTEGER };
export const LARGEST_FUNCTION = 1 << 20; // bytes

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

  /** Which of the kernel's tables name addresses in a function. */
  tablesOf(of: ElfSymbol): ReadonlySet<'exceptions' | 'patched'> {
    const found = new Set<'exceptions' | 'patched'>();
    for (const section of this.#elf.sections) {
      const means = TABLES.get(section.name);
      if (means !== undefined && !found.has(means) && this.#names(section, of)) found.add(means);
    }
    return found;
  }

  // Entries of several forms hold distances of 32 bits from themselves, or addresses: any place is looked at.
  #names(table: Section, of: ElfSymbol): boolean {
    const inside = (value: bigint): boolean => value >= of.value && value <= of.value + BigInt(of.size);
    if (this.isRelocatable) {
      for (const { symbol, addend } of this.#elf.relocations(table))
        if (symbol.section === of.section && inside(symbol.value + addend)) return true;
      return false;
    }
    const { buffer, byteOffset, byteLength } = this.#elf.bytesOf(table);
    const view = new DataView(buffer, byteOffset, byteLength);
    // Distances as numbers: bigints for each byte of a table would take a second.
    const start = Number(BigInt.asIntN(64, of.value - table.address));
    for (let at = 0; at + 4 <= byteLength; at += 1) {
      const target = at + view.getInt32(at, true);
      if (target >= start && target <= start + of.size) return true;
      if (at % 8 === 0 && at + 8 <= byteLength && inside(view.getBigUint64(at, true))) return true;
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
