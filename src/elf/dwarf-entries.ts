// The entries of .debug_info, one after the other, with their attributes. Knows their form, not their meaning.
// Source: DWARF Debugging Information Format, version 5, sections 7.5.1 to 7.5.6; versions 2 to 4 where they differ.

import type { ByteReader } from './byte-reader.js';

/** What a unit's header says. */
export interface DieUnit {
  readonly version: number;
  readonly wide: boolean; // DWARF64
  /** Where it begins in its section: references inside a unit count from there. */
  readonly start: number;
}

/** One entry. */
export interface DieEntry {
  readonly tag: number;
  /** Where it begins in its section: references to it name this place. */
  readonly offset: number;
  /** How many entries it lies in; 0 for that of a unit. */
  readonly level: number;
  /** Attributes that are numbers, offsets or indices, by their codes; 64 bits, unsigned. */
  readonly values: ReadonlyMap<number, { readonly form: number; readonly value: bigint }>;
  /** Attributes that are texts which stand in the entry, or bytes such as expressions, by their codes. */
  readonly bytes: ReadonlyMap<number, Uint8Array>;
}

interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly { readonly code: number; readonly form: number; readonly constant: number }[];
}

export const MOST_ENTRIES = 0x10_0000;
export const MOST_ABBREVIATIONS = 0x10000;
const IMPLICIT_CONSTANT = 0x21;
const INDIRECT = 0x16;

type Fail = (problem: string) => never;

const readAbbreviations = (reader: ByteReader, fail: Fail): ReadonlyMap<number, Abbreviation> => {
  const all = new Map<number, Abbreviation>();
  for (;;) {
    const code = reader.uleb();
    if (code === 0) return all;
    if (all.size >= MOST_ABBREVIATIONS) return fail(`it has more than ${MOST_ABBREVIATIONS} abbreviations`);
    const tag = reader.uleb();
    const hasChildren = reader.u8() !== 0;
    const attributes: { code: number; form: number; constant: number }[] = [];
    for (;;) {
      const attribute = reader.uleb();
      const form = reader.uleb();
      const constant = form === IMPLICIT_CONSTANT ? reader.sleb() : 0;
      if (attribute === 0 && form === 0) break;
      if (attributes.length >= 256) return fail('an abbreviation has more than 256 attributes');
      attributes.push({ code: attribute, form, constant });
    }
    all.set(code, { tag, hasChildren, attributes });
  }
};

// One value: a number, or bytes.
const readValue = (
  reader: ByteReader,
  form: number,
  { wide, version }: DieUnit,
  fail: Fail,
): bigint | Uint8Array => {
  const take = (size: number): Uint8Array => {
    const { at } = reader;
    reader.skip(size);
    return reader.bytes.subarray(at, at + size);
  };
  const offset = (): bigint => (wide ? reader.u64() : BigInt(reader.u32()));
  switch (form) {
    case 0x01: // addr
    case 0x07: // data8
      return reader.u64();
    case 0x0b: // data1
    case 0x0c: // flag
    case 0x11: // ref1
    case 0x25: // strx1
    case 0x29: // addrx1
      return BigInt(reader.u8());
    case 0x05: // data2
    case 0x12: // ref2
    case 0x26: // strx2
    case 0x2a: // addrx2
      return BigInt(reader.u16());
    case 0x27: // strx3
    case 0x2b: // addrx3
      return BigInt(reader.u16() + reader.u8() * 0x10000);
    case 0x06: // data4
    case 0x13: // ref4
    case 0x1c: // ref_sup4
    case 0x28: // strx4
    case 0x2c: // addrx4
      return BigInt(reader.u32());
    case 0x0f: // udata
    case 0x15: // ref_udata
    case 0x1a: // strx
    case 0x1b: // addrx
    case 0x22: // loclistx
    case 0x23: // rnglistx
      return BigInt(reader.uleb());
    case 0x0d: // sdata
      return BigInt.asUintN(64, BigInt(reader.sleb()));
    case 0x10: // ref_addr
      return version <= 2 ? reader.u64() : offset();
    case 0x0e: // strp
    case 0x17: // sec_offset
    case 0x1d: // strp_sup
    case 0x1f: // line_strp
      return offset();
    case 0x14: // ref8
    case 0x20: // ref_sig8
    case 0x24: // ref_sup8
      return reader.u64();
    case 0x19: // flag_present
      return 1n;
    case 0x08: // string
      return Buffer.from(reader.text());
    case 0x1e: // data16
      return take(16);
    case 0x0a: // block1
      return take(reader.u8());
    case 0x03: // block2
      return take(reader.u16());
    case 0x04: // block4
      return take(reader.u32());
    case 0x09: // block
    case 0x18: // exprloc
      return take(reader.uleb());
    default:
      return fail(`it has a form 0x${form.toString(16)}, which is not one of version 5`);
  }
};

const UNIT_KINDS: readonly number[] = [1, 3]; // compile, partial: no header of their own beyond the common one

/**
 * The entries of all units.
 *
 * @param abbreviationsAt a reader at an offset of .debug_abbrev; `undefined` outside
 */
export function* readEntries(
  info: ByteReader,
  abbreviationsAt: (offset: number) => ByteReader | undefined,
  fail: Fail,
): Generator<{ readonly unit: DieUnit; readonly entry: DieEntry }> {
  const known = new Map<number, ReadonlyMap<number, Abbreviation>>();
  const tableAt = (offset: number): ReadonlyMap<number, Abbreviation> => {
    let table = known.get(offset);
    if (table === undefined) {
      const reader = abbreviationsAt(offset);
      if (reader === undefined) return fail('it refers to abbreviations that .debug_abbrev lacks');
      known.set(offset, (table = readAbbreviations(reader, fail)));
    }
    return table;
  };
  let count = 0;
  while (!info.done) {
    const start = info.at;
    let size = info.u32();
    const wide = size === 0xffff_ffff;
    if (wide) {
      const value = info.u64();
      if (value > 0xffff_ffffn) fail(`one of its units has ${value} bytes`);
      size = Number(value);
    }
    const reader = info.take(size);
    if (size === 0) continue;
    const unit: DieUnit = { version: reader.u16(), wide, start };
    if (unit.version < 2 || unit.version > 5) fail(`it is of version ${unit.version}; 2 to 5 are read`);
    const kind = unit.version >= 5 ? reader.u8() : 1;
    if (unit.version >= 5) reader.skip(1); // size of an address
    const table = tableAt(wide ? Number(reader.u64()) : reader.u32());
    if (unit.version < 5) reader.skip(1);
    if (!UNIT_KINDS.includes(kind)) continue;
    let level = 0;
    while (!reader.done) {
      const offset = reader.at;
      const code = reader.uleb();
      if (code === 0) {
        level = Math.max(0, level - 1); // the end of some children
        continue;
      }
      count += 1;
      if (count > MOST_ENTRIES) fail(`it has more than ${MOST_ENTRIES} entries`);
      const abbreviation = table.get(code);
      if (abbreviation === undefined) return fail(`an entry has the abbreviation ${code}, which is none`);
      const values = new Map<number, { form: number; value: bigint }>();
      const bytes = new Map<number, Uint8Array>();
      for (const { code: attribute, form: stated, constant } of abbreviation.attributes) {
        const form = stated === INDIRECT ? reader.uleb() : stated;
        const value =
          form === IMPLICIT_CONSTANT
            ? BigInt.asUintN(64, BigInt(constant))
            : readValue(reader, form, unit, fail);
        if (typeof value === 'bigint') values.set(attribute, { form, value });
        else bytes.set(attribute, value);
      }
      yield { unit, entry: { tag: abbreviation.tag, offset, level, values, bytes } };
      if (abbreviation.hasChildren) level += 1;
    }
  }
}
