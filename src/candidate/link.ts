// Links an object to bytes at the function's address: sections in place, relocations done, functions named.

import { type Addr, hex, u64 } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';
import type { Part } from '../release/manifest.js';
import type { Release } from '../release/snippet.js';
import { type Callable, callablesOf, explainUnresolved } from './callable.js';
import {
  type ElfFile,
  type ElfSymbol,
  type Relocation,
  type Section,
  SHF,
  SHN,
  STB,
  STT,
} from '../elf/elf.js';
import { relocate } from '../elf/relocations.js';
import { type Placement, type Room, functionsOf, placeSections } from './place.js';

export const MAX_FUNCTIONS = 1000;
const MAX_EXPLAINED = 12; // names in one message

// Bytes. Past that, scenarios choose return addresses in functions that do not exist.
export const MAX_SIZE = 0x1e000;

/** A linked object. */
export interface Linked {
  readonly placement: Pick<Placement, 'start' | 'size' | 'entryOffset'>;
  readonly bytes: Uint8Array;
  readonly parts: readonly Part[];
  /** Debug information: a section that is not in memory, relocated as if it began at address 0. */
  readonly readAside: (name: string) => Uint8Array | 'compressed' | undefined;
}

// How many bytes a function may have in a release. @throws {InputError} when the release does not know it
const roomOf = (release: Release, name: string): Room => {
  const own = release.symbols.findSymbol(name);
  if (own?.kind !== 'function') {
    const known = release.select().map((snippet) => snippet.function);
    throw new InputError(
      `${release.name} has no function "${name}" to replace; it has ${known.join(', ')}; another function needs a snippet that says where it is: docs/candidates.md`,
      { field: 'function' },
    );
  }
  const { address: start } = own;
  const next = release.symbols.all().find(({ address }) => address > start);
  const room = next === undefined ? MAX_SIZE : Number(next.address - start);
  return next === undefined || room > MAX_SIZE
    ? { start, room: MAX_SIZE, end: 'the end of the room for candidates' }
    : { start, room, end: next.name };
};

class Linker {
  readonly #object: ElfFile;
  readonly #release: Release;
  readonly #callables: readonly Callable[];
  readonly #placement: Placement;
  readonly #aside = new Map<string, Uint8Array>();
  readonly #offsets: ReadonlyMap<number, number>; // of placed sections

  constructor(object: ElfFile, entry: ElfSymbol, release: Release) {
    this.#object = object;
    this.#release = release;
    this.#callables = callablesOf(release);
    this.#placement = placeSections(object, entry, roomOf(release, entry.name));
    this.#offsets = new Map(this.#placement.placed.map(({ section, offset }) => [section.index, offset]));
  }

  link(): Linked {
    this.#refuseSymbols();
    const { size, start, placed, entryOffset } = this.#placement;
    const bytes = new Uint8Array(size).fill(NO_INSTRUCTION);
    if (entryOffset !== 0) {
      bytes[0] = 0xe9; // jmp rel32
      new DataView(bytes.buffer).setInt32(1, entryOffset - 5, true);
    }
    for (const { section, offset } of placed) {
      const own = bytes.subarray(offset, offset + section.size);
      own.fill(0);
      own.set(this.#object.bytesOf(section));
      relocate(
        own,
        start + BigInt(offset),
        this.#object.relocations(section),
        (symbol, relocation) => this.#addressOf(symbol, section, relocation),
        (relocation, problem) => this.#failAt(section, relocation, problem),
      );
    }
    return {
      placement: this.#placement,
      bytes,
      parts: this.#parts(),
      readAside: (name) => this.#readAside(name),
    };
  }

  #fail(problem: string): never {
    throw new InputError(problem, { file: this.#object.file });
  }

  #failAt(section: Section, { offset }: Relocation, problem: string): never {
    const at = BigInt(offset);
    const home = functionsOf(this.#object).find(
      (one) => one.section === section.index && one.value <= at && at < one.value + BigInt(one.size),
    );
    const place =
      home === undefined ? `${section.name}+${hex(offset)}` : `${home.name}+${hex(at - home.value)}`;
    return this.#fail(`${place} ${problem}`);
  }

  #findCallable(name: string): Callable | undefined {
    return this.#callables.find((callable) => callable.name === name);
  }

  // All missing names at once, so that they can be repaired at once.
  #refuseSymbols(): void {
    const used = new Set(
      this.#placement.placed.flatMap(({ section }) =>
        [...this.#object.relocations(section)].map(({ symbol }) => symbol),
      ),
    );
    const common = [...used].find(({ section }) => section === SHN.COMMON);
    if (common !== undefined)
      this.#fail(`${common.name} is a variable; a candidate keeps its state in locals and allocations only`);
    const unresolved = [...used].filter(
      ({ section, name }) => section === SHN.UNDEF && name !== '' && this.#findCallable(name) === undefined,
    );
    if (unresolved.length === 0) return;
    const names = [...new Set(unresolved.map(({ name }) => name))];
    const phrases = names
      .slice(0, MAX_EXPLAINED)
      .map((name) => explainUnresolved(name.slice(0, 100), this.#release, this.#callables));
    if (names.length > MAX_EXPLAINED) phrases.push(`${names.length - MAX_EXPLAINED} more`);
    this.#fail(
      `refers to names that the sandbox does not have: ${phrases.join(', ')}; "oopslab headers" prints all that it has`,
    );
  }

  #addressOf(symbol: ElfSymbol, from: Section, relocation: Relocation): Addr {
    const { section, name, value, type } = symbol;
    const fail = (problem: string): never => this.#failAt(from, relocation, problem);
    if (section === SHN.UNDEF) return name === '' ? 0n : this.#findCallable(name)!.address;
    if (section === SHN.ABS) return value;
    if (type === STT.GNU_IFUNC) fail(`refers to ${name}, which is chosen when a program starts (ifunc)`);
    if (type === STT.TLS) fail(`refers to ${name}, a thread-local variable`);
    const offset = this.#offsets.get(section);
    if (offset === undefined) return fail(`refers to ${this.#object.nameOf(symbol)}, which is not in memory`);
    return u64(this.#placement.start + BigInt(offset) + value);
  }

  // Debug information is for reading only: addresses of things that are not in memory stay 0.
  #readAside(name: string): Uint8Array | 'compressed' | undefined {
    const known = this.#aside.get(name);
    if (known !== undefined) return known;
    const section = this.#object.sections.find((one) => one.name === name && one.size > 0);
    if (section === undefined) return undefined;
    if ((section.flags & SHF.COMPRESSED) !== 0) return 'compressed';
    const bytes = this.#object.bytesOf(section).slice();
    relocate(
      bytes,
      0n,
      this.#object.relocations(section),
      (symbol) => {
        const offset = this.#offsets.get(symbol.section);
        const base = offset === undefined ? 0n : this.#placement.start + BigInt(offset);
        return symbol.section === SHN.UNDEF ? 0n : u64(base + symbol.value);
      },
      (relocation, problem) => this.#failAt(section, relocation, problem),
    );
    this.#aside.set(name, bytes);
    return bytes;
  }

  // Functions by place: sized as their symbols say, but not into the next one.
  #parts(): Part[] {
    const { entry, entryOffset, placed } = this.#placement;
    const found = new Map<number, { name: string; from: number; to: number; rank: number }>();
    const homes = new Map(placed.map((one) => [one.section.index, one]));
    const functions = functionsOf(this.#object);
    if (functions.length > MAX_FUNCTIONS)
      this.#fail(`has ${functions.length} functions; a candidate has at most ${MAX_FUNCTIONS}`);
    for (const symbol of functions) {
      const home = homes.get(symbol.section);
      if (home === undefined || symbol.value >= BigInt(home.section.size)) continue;
      const from = home.offset + Number(symbol.value);
      const end = home.offset + home.section.size;
      const to = symbol.size === 0 ? end : Math.min(end, from + symbol.size);
      const rank = symbol === entry ? 0 : symbol.binding === STB.LOCAL ? 2 : 1; // of several names for a place
      const known = found.get(from);
      if (known === undefined || rank < known.rank) found.set(from, { name: symbol.name, from, to, rank });
    }
    if (entryOffset !== 0) {
      const own = found.get(entryOffset)!;
      found.set(entryOffset, { ...own, name: `${entry.name}.body` });
      found.set(0, { name: entry.name, from: 0, to: 5, rank: 0 });
    }
    const sorted = [...found.values()].toSorted((a, b) => a.from - b.from);
    const names = new Set<string>();
    return sorted.map(({ name, from, to }, index): Part => {
      const next = sorted[index + 1];
      const own = this.#ownName(name, names, from === 0);
      names.add(own);
      return { name: own, from, to: next === undefined ? to : Math.min(to, next.from) };
    });
  }

  // A helper that is named like a kernel function, or like another helper, gets a number.
  #ownName(name: string, taken: ReadonlySet<string>, isEntry: boolean): string {
    if (isEntry) return name;
    const plain = name.replaceAll(/[^\w.]/gu, '_').replace(/^(?=\d)/u, '_');
    const isFree = (one: string): boolean =>
      !taken.has(one) && this.#release.symbols.findSymbol(one) === undefined;
    if (isFree(plain)) return plain;
    let number = 1;
    while (!isFree(`${plain}.own${number}`)) number += 1;
    return `${plain}.own${number}`;
  }
}

/**
 * Link an object as a version of one function of a release.
 *
 * @throws {InputError} when it holds or refers to something that the sandbox does not have, or is too large
 */
export const link = (object: ElfFile, entry: ElfSymbol, release: Release): Linked =>
  new Linker(object, entry, release).link();
