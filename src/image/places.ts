// Tables of a kernel or module, whose entries name places by distances from themselves (32 bits) or by addresses. In an
// object the linker has not filled them in: its relocations say what they are.
//
// A place is an address in a linked image; in an object it is the offset in a section, with the section's number above
// bit 32, since sections are loaded one by one.

import type { ElfFile, Section } from '../elf/elf.js';

/** An address, or in an object `section << 32 | offset`. */
export type Place = bigint;

/** The place of an offset in a section. */
export const placeIn = (elf: ElfFile, { index, address }: Section, offset: number | bigint): Place =>
  (elf.isRelocatable ? BigInt(index) << 32n : address) + BigInt(offset);

/** A table: a part of a section. */
export interface Table {
  readonly section: Section;
  readonly from: number; // offset in the section, bytes
  readonly size: number; // bytes
}

/** Entries of one size; reads what they say. */
export class Entries {
  readonly count: number;
  readonly #view: DataView;
  readonly #places: ReadonlyMap<number, Place> | undefined;

  /** @param size bytes of an entry */
  constructor(
    readonly elf: ElfFile,
    readonly table: Table,
    readonly size: number,
  ) {
    const { section, from } = table;
    const bytes = elf.bytesIn(section, from, table.size, section.name);
    this.count = Math.floor(table.size / size);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!elf.isRelocatable) return;
    const places = new Map<number, Place>();
    // What a symbol of another file is, is not known; such an entry has no place.
    for (const { offset, symbol, addend } of elf.relocations(section, from, from + table.size)) {
      const target = elf.sections[symbol.section];
      if (symbol.section === 0 || target === undefined) continue;
      places.set(offset - from, placeIn(elf, target, BigInt.asUintN(32, symbol.value + addend)));
    }
    this.#places = places;
  }

  /** What 32 bits of an entry name, as the distance from themselves. @param at bytes into the entry */
  place(entry: number, at: number): Place | undefined {
    const offset = entry * this.size + at;
    if (this.#places !== undefined) return this.#places.get(offset);
    const { section, from } = this.table;
    return section.address + BigInt(from + offset) + BigInt(this.#view.getInt32(offset, true));
  }

  /**
   * The same as a number that is quick to compare: its distance from `origin`, which is exact.
   */
  distance(entry: number, at: number): number | undefined {
    const offset = entry * this.size + at;
    if (this.#places === undefined) return this.table.from + offset + this.#view.getInt32(offset, true);
    const place = this.#places.get(offset);
    return place === undefined ? undefined : Number(place);
  }

  /** What distances are counted from. */
  get origin(): Place {
    return this.elf.isRelocatable ? 0n : this.table.section.address;
  }

  /** What 64 bits of an entry name, as an address. */
  address(entry: number, at: number): Place | undefined {
    const offset = entry * this.size + at;
    return this.#places === undefined ? this.#view.getBigUint64(offset, true) : this.#places.get(offset);
  }

  u8(entry: number, at: number): number {
    return this.#view.getUint8(entry * this.size + at);
  }
  u16(entry: number, at: number): number {
    return this.#view.getUint16(entry * this.size + at, true);
  }
  i16(entry: number, at: number): number {
    return this.#view.getInt16(entry * this.size + at, true);
  }
}
