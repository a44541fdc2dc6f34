// Inlined functions (.debug_info): which code comes from a function that was inlined, and the line that called it.
// Source: DWARF Debugging Information Format, version 5, sections 2.17, 3.3.8 and 7.5; versions 2 to 4 where they differ.

import type { ByteReader } from './byte-reader.js';
import { type DieEntry, type DieUnit, readEntries } from './dwarf-entries.js';

/** Code of one call that was inlined. */
export interface InlinedCall {
  readonly ranges: readonly { readonly from: bigint; readonly to: bigint }[]; // `to` excluded
  /** Where the call stands. */
  readonly file: string;
  readonly line: number;
}

interface InlineSections {
  readonly info: ByteReader;
  /** A reader at an offset of another section; `undefined` where that is not there. */
  readonly sectionAt: (
    section: '.debug_abbrev' | '.debug_addr' | '.debug_rnglists' | '.debug_ranges',
    offset: number,
  ) => ByteReader | undefined;
  /** The names of files that the line table at an offset of .debug_line has, by their numbers. */
  readonly filesAt: (offset: number) => (index: number) => string;
  /** Throws the error for a problem. */
  readonly fail: (problem: string) => never;
}

const TAG = { compileUnit: 0x11, inlined: 0x1d } as const;

const AT = {
  statements: 0x10,
  low: 0x11,
  high: 0x12,
  ranges: 0x55,
  callFile: 0x58,
  callLine: 0x59,
  addressBase: 0x73,
  rangesBase: 0x74,
} as const;

const FORM = {
  address: 0x01,
  addressIndex: 0x1b,
  firstAddressIndex: 0x29,
  lastAddressIndex: 0x2c,
  rangesIndex: 0x23,
} as const;

export const MOST_CALLS = 4096;
export const MOST_RANGES = 0x10000;

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

class Inlines {
  #ranges = 0;
  // Of the compilation unit.
  #low = 0n;
  #addressBase = 8; // after a header without which compilers write none
  #rangesBase = 12;
  #files: (index: number) => string = () => '';

  constructor(private readonly sections: InlineSections) {}

  read(): InlinedCall[] {
    const { info, sectionAt, fail } = this.sections;
    const calls: InlinedCall[] = [];
    for (const { unit, entry } of readEntries(info, (offset) => sectionAt('.debug_abbrev', offset), fail)) {
      if (entry.tag === TAG.compileUnit) this.#begin(entry);
      if (entry.tag !== TAG.inlined) continue;
      const line = Number(entry.values.get(AT.callLine)?.value ?? 0);
      const file = this.#files(Number(entry.values.get(AT.callFile)?.value ?? 0));
      const ranges = this.#rangesOf(unit, entry);
      if (line <= 0 || file === '' || ranges.length === 0) continue;
      if (calls.length >= MOST_CALLS) return fail(`it has more than ${MOST_CALLS} inlined calls`);
      calls.push({ ranges, file, line });
    }
    return calls;
  }

  #begin({ values }: DieEntry): void {
    this.#addressBase = Number(values.get(AT.addressBase)?.value ?? 8);
    this.#rangesBase = Number(values.get(AT.rangesBase)?.value ?? 12);
    const statements = values.get(AT.statements);
    this.#files = statements === undefined ? () => '' : this.sections.filesAt(Number(statements.value));
    const low = values.get(AT.low);
    this.#low = low === undefined ? 0n : (this.#address(low) ?? 0n);
  }

  #address({ form, value }: { readonly form: number; readonly value: bigint }): bigint | undefined {
    if (form === FORM.address) return value;
    const isIndex =
      form === FORM.addressIndex || (form >= FORM.firstAddressIndex && form <= FORM.lastAddressIndex);
    return isIndex ? this.#indexed(Number(value)) : undefined;
  }

  #indexed(index: number): bigint {
    const reader = this.sections.sectionAt('.debug_addr', this.#addressBase + index * 8);
    return reader === undefined
      ? this.sections.fail('it refers to an address that .debug_addr lacks')
      : reader.u64();
  }

  #rangesOf(unit: DieUnit, { values }: DieEntry): Range[] {
    const low = values.get(AT.low);
    const high = values.get(AT.high);
    const from = low === undefined ? undefined : this.#address(low);
    if (from !== undefined && high !== undefined) {
      const to = this.#address(high) ?? from + high.value; // a size, where it is no address
      return to > from ? [{ from, to }] : [];
    }
    const ranges = values.get(AT.ranges);
    if (ranges === undefined) return [];
    return unit.version >= 5 ? this.#newRanges(unit, ranges) : this.#oldRanges(Number(ranges.value));
  }

  #count<Value>(list: Value[]): Value[] {
    this.#ranges += 1;
    return this.#ranges > MOST_RANGES ? this.sections.fail(`it has more than ${MOST_RANGES} ranges`) : list;
  }

  #newRanges(unit: DieUnit, { form, value }: { readonly form: number; readonly value: bigint }): Range[] {
    const { sectionAt, fail } = this.sections;
    let offset = Number(value);
    if (form === FORM.rangesIndex) {
      const table = sectionAt('.debug_rnglists', this.#rangesBase + offset * (unit.wide ? 8 : 4));
      if (table === undefined) return fail('it refers to a range that .debug_rnglists lacks');
      offset = this.#rangesBase + (unit.wide ? Number(table.u64()) : table.u32());
    }
    const reader = sectionAt('.debug_rnglists', offset);
    if (reader === undefined) return fail('it refers to a range that .debug_rnglists lacks');
    const ranges: Range[] = [];
    let base = this.#low;
    const add = (from: bigint, to: bigint): void => void this.#count(ranges).push({ from, to });
    for (;;) {
      switch (reader.u8()) {
        case 0: // end of list
          return ranges;
        case 1: // base_addressx
          base = this.#indexed(reader.uleb());
          break;
        case 2: // startx_endx
          add(this.#indexed(reader.uleb()), this.#indexed(reader.uleb()));
          break;
        case 3: {
          // startx_length
          const from = this.#indexed(reader.uleb());
          add(from, from + BigInt(reader.uleb()));
          break;
        }
        case 4: // offset_pair
          add(base + BigInt(reader.uleb()), base + BigInt(reader.uleb()));
          break;
        case 5: // base_address
          base = reader.u64();
          break;
        case 6: // start_end
          add(reader.u64(), reader.u64());
          break;
        case 7: {
          // start_length
          const from = reader.u64();
          add(from, from + BigInt(reader.uleb()));
          break;
        }
        default:
          return fail('it has a range of a kind that version 5 does not have');
      }
    }
  }

  #oldRanges(offset: number): Range[] {
    const { sectionAt, fail } = this.sections;
    const reader = sectionAt('.debug_ranges', offset);
    if (reader === undefined) return fail('it refers to a range that .debug_ranges lacks');
    const ranges: Range[] = [];
    for (let base = this.#low; ;) {
      const from = reader.u64();
      const to = reader.u64();
      if (from === 0n && to === 0n) return ranges;
      if (from === ALL_ONES) base = to;
      else this.#count(ranges).push({ from: base + from, to: base + to });
    }
  }
}

/** The calls that a compiler has inlined, in the order of the section: the outer ones before those inside them. */
export const readInlinedCalls = (sections: InlineSections): InlinedCall[] => new Inlines(sections).read();
