// Links a whole object as a module of its own: each function on pages of its own, constants and variables after all code.
// Long, since each part is placed by where the others are.

import { type Addr, hex, u64 } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { append } from '../base/long-lists.js';
import { type Callable, callablesOf, explainUnresolved } from '../candidate/callable.js';
import type { Linked } from '../candidate/link.js';
import { functionsOf } from '../candidate/place.js';
import { ByteReader } from '../elf/byte-reader.js';
import {
  type ElfFile,
  type ElfSymbol,
  type Relocation,
  type Section,
  SHF,
  SHN,
  SHT,
  SHT_X86_64_UNWIND,
  STB,
  STT,
} from '../elf/elf.js';
import { relocate } from '../elf/relocations.js';
import type { Part } from '../release/manifest.js';
import type { Release } from '../release/snippet.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';

// Where the code of a case lies: the space of modules, after those of the release. Invented.
const CODE_START: Addr = 0xffffffffa0600000n;

/** Bytes from the start of the code to that of the constants and variables. */
export const CODE_ROOM = 0x100000;

export const MAX_FUNCTIONS = 200;
export const MAX_DATA = 0x80000; // bytes

const PAGE = 0x1000;
const SLACK = 0x800; // after each function, so that a longer version of it has room
const BUGS = '.oopslab.bugs';
const BUG_ENTRY = 16; // bytes: address, line
export const MAX_BUGS = 200;

/** A region of constants or variables. */
interface ImageData {
  readonly name: string;
  readonly start: Addr;
  readonly bytes: Uint8Array;
  readonly writable: boolean;
}

/** A variable, as the symbol table has it. */
interface ImageVariable {
  readonly name: string;
  readonly address: Addr;
  readonly size: number; // bytes
}

/** A linked module. */
export interface Image extends Linked {
  readonly data: readonly ImageData[];
  readonly variables: readonly ImageVariable[];
  /** Each ud2 of a BUG(), with its line. */
  readonly bugs: readonly { readonly address: Addr; readonly line: number }[];
}

const isCode = ({ flags }: Section): boolean => (flags & SHF.EXECINSTR) !== 0;
const isWritable = ({ flags }: Section): boolean => (flags & SHF.WRITE) !== 0;
const isUnwind = ({ type, name }: Section): boolean =>
  type === SHT_X86_64_UNWIND || type === SHT.NOTE || /^\.(?:eh_frame|note)/u.test(name);
const isKept = (section: Section): boolean =>
  (section.flags & SHF.ALLOC) !== 0 && section.size > 0 && !isUnwind(section);

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

const STT_OBJECT = 1;

/**
 * A section that is not in memory, such as debug information, relocated: for reading only.
 *
 * @param placeOf the address of a section; 0 of one that is not in memory
 */
export const readAside = (
  object: ElfFile,
  name: string,
  placeOf: (section: number) => Addr,
): Uint8Array | 'compressed' | undefined => {
  const section = object.sections.find((one) => one.name === name && one.size > 0);
  if (section === undefined) return undefined;
  if ((section.flags & SHF.COMPRESSED) !== 0) return 'compressed';
  const bytes = object.bytesOf(section).slice();
  relocate(
    bytes,
    0n,
    object.relocations(section),
    (symbol) => (symbol.section === SHN.UNDEF ? 0n : u64(placeOf(symbol.section) + symbol.value)),
    ({ offset }, problem) => object.fail(`${name}+${hex(offset)} ${problem}`),
  );
  return bytes;
};

class Linker {
  readonly #offsets = new Map<number, number>(); // of placed sections, from this.start
  readonly #callables: ReadonlyMap<string, Callable>;
  readonly #aside = new Map<string, Uint8Array>();
  readonly #code: Section[] = [];
  #size = 0; // bytes of code

  constructor(
    private readonly object: ElfFile,
    private readonly release: Release,
    private readonly start: Addr,
  ) {
    this.#callables = new Map(callablesOf(release).map((callable) => [callable.name, callable]));
  }

  link(): Image {
    const kept = this.object.sections.filter(isKept);
    for (const section of kept) this.#refuse(section);
    this.#placeCode(kept.filter(isCode));
    const data = this.#placeData(kept.filter((section) => !isCode(section)));
    this.#refuseNames([...this.#code, ...data.flatMap(({ sections }) => sections)]);
    const bytes = new Uint8Array(this.#size).fill(NO_INSTRUCTION);
    for (const section of this.#code) this.#fill(bytes, section, 0);
    for (const { sections, base, bytes: own } of data)
      for (const section of sections) this.#fill(own, section, base);
    return {
      placement: { start: this.start, size: this.#size, entryOffset: 0 },
      bytes,
      parts: this.#parts(),
      readAside: (name) => this.#readAside(name),
      data: data
        .filter(({ bytes: own }) => own.length > 0)
        .map(({ name, writable, base, bytes: own }) => ({
          name,
          writable,
          start: this.start + BigInt(base),
          bytes: own,
        })),
      variables: this.#variables(),
      bugs: this.#bugs(),
    };
  }

  #fail(problem: string): never {
    throw new InputError(problem, { file: this.object.file });
  }

  #refuse(section: Section): void {
    const { name, flags, size, alignment } = section;
    const refuse = (problem: string): never => this.#fail(`section ${name} (${size} bytes) ${problem}`);
    if ((flags & SHF.TLS) !== 0) refuse('holds thread-local variables, which the kernel does not have');
    if ((flags & SHF.COMPRESSED) !== 0) refuse('is compressed');
    if (alignment > PAGE || (alignment & (alignment - 1)) !== 0)
      refuse(`asks for an alignment of ${alignment} bytes; at most ${PAGE}, a power of two`);
    if (/^\.(?:preinit_array|init_array|fini_array|ctors|dtors|init|fini)\b/u.test(name))
      refuse('holds constructors; nothing would run them');
    if (isCode(section) && isWritable(section))
      refuse('is code that is writable; the sandbox maps code read-only');
  }

  #placeCode(sections: readonly Section[]): void {
    if (sections.length === 0) this.#fail('defines no function');
    if (sections.length > MAX_FUNCTIONS)
      this.#fail(`has ${sections.length} functions; a case has at most ${MAX_FUNCTIONS}`);
    for (const section of sections) {
      const offset = this.#size === 0 ? 0 : alignUp(this.#size + SLACK, PAGE);
      this.#offsets.set(section.index, offset);
      this.#size = offset + section.size;
      if (this.#size > CODE_ROOM - SLACK)
        this.#fail(
          `is too large: its functions take more than ${CODE_ROOM - SLACK} bytes, a page at least each`,
        );
    }
    append(this.#code, sections);
  }

  #placeData(sections: readonly Section[]) {
    let base = CODE_ROOM;
    return [false, true].map((writable) => {
      const own = sections.filter((section) => isWritable(section) === writable);
      let size = 0;
      for (const section of own) {
        size = alignUp(size, section.alignment);
        this.#offsets.set(section.index, base + size);
        size += section.size;
        if (size > MAX_DATA)
          this.#fail(`has too many variables or constants: at most ${MAX_DATA} bytes of each`);
      }
      const region = {
        name: writable ? 'variables of the case' : 'constants of the case',
        writable,
        base,
        bytes: new Uint8Array(size),
        sections: own,
      };
      base += Math.max(PAGE, alignUp(size, PAGE));
      return region;
    });
  }

  #fill(into: Uint8Array, section: Section, base: number): void {
    const offset = this.#offsets.get(section.index)!;
    const own = into.subarray(offset - base, offset - base + section.size);
    own.fill(0);
    own.set(this.object.bytesOf(section).subarray(0, section.size));
    relocate(
      own,
      this.start + BigInt(offset),
      this.object.relocations(section),
      (symbol, relocation) => this.#addressOf(symbol, section, relocation),
      (relocation, problem) => this.#failAt(section, relocation, problem),
    );
  }

  #failAt(section: Section, { offset }: Relocation, problem: string): never {
    return this.#fail(`${section.name}+${hex(offset)} ${problem}`);
  }

  // All at once, so that they can be mended at once.
  #refuseNames(sections: readonly Section[]): void {
    const missing = new Set<string>();
    for (const section of sections)
      for (const { symbol } of this.object.relocations(section))
        if (symbol.section === SHN.UNDEF && symbol.name !== '' && !this.#callables.has(symbol.name))
          missing.add(symbol.name);
    if (missing.size > 0) {
      const all = [...this.#callables.values()];
      const phrases = [...missing]
        .slice(0, 12)
        .map((name) => explainUnresolved(name.slice(0, 100), this.release, all));
      this.#fail(
        `refers to names that the sandbox does not have: ${phrases.join(', ')}; "oopslab headers" prints all that it has`,
      );
    }
    const taken = [...this.object.symbols()]
      .filter(({ section, type }) => this.#offsets.has(section) && (type === STT.FUNC || type === STT_OBJECT))
      .find(({ name }) => this.release.symbols.findSymbol(name) !== undefined);
    if (taken !== undefined)
      this.#fail(
        `defines ${taken.name}, which ${this.release.name} has already; give it another name, such as my_${taken.name}`,
      );
  }

  #addressOf(symbol: ElfSymbol, from: Section, relocation: Relocation): Addr {
    const { section, name, value, type } = symbol;
    if (section === SHN.UNDEF) return name === '' ? 0n : this.#callables.get(name)!.address;
    if (section === SHN.ABS) return value;
    if (section === SHN.COMMON) return this.#fail(`${name} is a common variable; compile with -fno-common`);
    if (type === STT.GNU_IFUNC || type === STT.TLS)
      return this.#failAt(from, relocation, `refers to ${name}, which the kernel could not have`);
    const offset = this.#offsets.get(section);
    if (offset === undefined)
      return this.#failAt(
        from,
        relocation,
        `refers to ${this.object.nameOf(symbol)}, which is not in memory`,
      );
    return u64(this.start + BigInt(offset) + value);
  }

  #readAside(name: string): Uint8Array | 'compressed' | undefined {
    const known = this.#aside.get(name);
    if (known !== undefined) return known;
    const bytes = readAside(this.object, name, (section) => {
      const offset = this.#offsets.get(section);
      return offset === undefined ? 0n : this.start + BigInt(offset);
    });
    if (typeof bytes === 'object') this.#aside.set(name, bytes);
    return bytes;
  }

  #parts(): Part[] {
    const parts = new Map<number, Part & { readonly rank: number }>();
    for (const symbol of functionsOf(this.object)) {
      const offset = this.#offsets.get(symbol.section);
      const size = this.object.sections[symbol.section]!.size;
      if (offset === undefined || symbol.value >= BigInt(size)) continue;
      const from = offset + Number(symbol.value);
      const to = symbol.size === 0 ? offset + size : Math.min(offset + size, from + symbol.size);
      const rank = symbol.binding === STB.LOCAL ? 1 : 0; // of several names for a place
      const known = parts.get(from);
      if (to > from && (known === undefined || rank < known.rank))
        parts.set(from, { name: symbol.name, from, to, rank });
    }
    for (const section of this.#code)
      if (!parts.has(this.#offsets.get(section.index)!))
        this.#fail(`section ${section.name} (${section.size} bytes) begins with code that is in no function`);
    const sorted = [...parts.values()].toSorted((a, b) => a.from - b.from);
    const names = new Set<string>();
    return sorted.map(({ name, from, to }, index): Part => {
      const next = sorted[index + 1];
      return { name: plainName(name, names), from, to: next === undefined ? to : Math.min(to, next.from) };
    });
  }

  #variables(): ImageVariable[] {
    const names = new Set<string>();
    return [...this.object.symbols(STT_OBJECT)].flatMap((symbol): ImageVariable[] => {
      const offset = this.#offsets.get(symbol.section);
      const section = this.object.sections[symbol.section];
      if (offset === undefined || section === undefined || isCode(section)) return [];
      if (symbol.value + BigInt(symbol.size) > BigInt(section.size))
        this.#fail(`is damaged: the variable ${symbol.name} ends past its section`);
      if (symbol.name === '') return [];
      const address = this.start + BigInt(offset) + symbol.value;
      return [{ name: plainName(symbol.name, names), address, size: symbol.size }];
    });
  }

  #bugs(): { address: Addr; line: number }[] {
    const bytes = this.#readAside(BUGS);
    if (typeof bytes !== 'object') return [];
    if (bytes.length / BUG_ENTRY > MAX_BUGS) this.#fail(`has more than ${MAX_BUGS} places of BUG()`);
    const reader = new ByteReader(bytes, (problem) => this.#fail(`${BUGS}: ${problem}`));
    const bugs: { address: Addr; line: number }[] = [];
    while (!reader.done) {
      const address = reader.u64();
      const line = Number(BigInt.asUintN(16, reader.u64()));
      if (address !== 0n) bugs.push({ address, line });
    }
    return bugs;
  }
}

// A dot would make a variant of a function; a name that is there gets a number.
const plainName = (name: string, taken: Set<string>): string => {
  const plain = name.replaceAll(/\W/gu, '_').replace(/^(?=\d)/u, '_');
  let free = plain;
  for (let number = 2; taken.has(free); number += 1) free = `${plain}_${number}`;
  taken.add(free);
  return free;
};

/**
 * Link an object as a module.
 *
 * @param release what it may call, and whose names it may not take
 * @param start where its code begins
 * @throws {InputError} when it holds or refers to something that the sandbox does not have, or is too large
 */
export const linkImage = (object: ElfFile, release: Release, start: Addr = CODE_START): Image =>
  new Linker(object, release, start).link();
