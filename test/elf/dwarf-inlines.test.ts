// Inlined calls from .debug_info that a test writes; any bytes give calls or the problem, and nothing else.
// test/candidate/bring.tools.test.ts compares what compilers write with addr2line -i.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/elf/byte-reader.js';
import { readInlinedCalls } from '../../src/elf/dwarf-inlines.js';

class Problem extends Error {}
const fail = (problem: string): never => {
  throw new Problem(problem);
};

type Sections = Readonly<Record<string, Uint8Array>>;

const calls = (info: Uint8Array, sections: Sections) =>
  readInlinedCalls({
    info: new ByteReader(info, fail),
    sectionAt: (name, offset) => {
      const bytes = sections[name];
      return bytes === undefined || offset >= bytes.length ? undefined : new ByteReader(bytes, fail, offset);
    },
    filesAt: () => (index) => ['', 'fix.c', 'oopslab.h'][index] ?? '',
    fail,
  });

const word = (value: number | bigint, size: number): number[] =>
  Array.from({ length: size }, (_, index) => Number((BigInt(value) >> BigInt(index * 8)) & 0xffn));

// 1: compile_unit, stmt_list sec_offset, low_pc addr; 2: inlined, low_pc addr, high_pc data4, call_file data1, call_line data2;
// 3: inlined, ranges sec_offset, call_file data1, call_line implicit_const 9
const ABBREVIATIONS = Uint8Array.of(
  1,
  0x11,
  1,
  0x10,
  0x17,
  0x11,
  0x01,
  0,
  0,
  2,
  0x1d,
  1,
  0x11,
  0x01,
  0x12,
  0x06,
  0x58,
  0x0b,
  0x59,
  0x05,
  0,
  0,
  3,
  0x1d,
  0,
  0x55,
  0x17,
  0x58,
  0x0b,
  0x59,
  0x21,
  9,
  0,
  0,
  0,
);

const unit = (version: 4 | 5, entries: readonly number[]): Uint8Array => {
  const head = version === 5 ? [5, 0, 1, 8, 0, 0, 0, 0] : [4, 0, 0, 0, 0, 0, 8];
  const body = [...head, 1, ...word(0, 4), ...word(0x1000, 8), ...entries, 0, 0];
  return Uint8Array.of(...word(body.length, 4), ...body);
};

const OUTER = [2, ...word(0x1010, 8), ...word(0x20, 4), 1, ...word(300, 2)];
const INNER = [3, ...word(4, 4), 2];

describe('inlined calls', () => {
  it.each([4, 5] as const)('have their ranges and the line of the call (version %i)', (version) => {
    const ranges =
      version === 5
        ? { '.debug_rnglists': Uint8Array.of(0, 0, 0, 0, 4, 0x14, 0x18, 7, ...word(0x1020, 8), 4, 0) }
        : {
            '.debug_ranges': Uint8Array.of(
              ...word(0, 4),
              ...[0x14, 0x18, 0x20, 0x24, 0, 0].flatMap((value) => word(value, 8)),
            ),
          };
    const found = calls(unit(version, [...OUTER, ...INNER]), { '.debug_abbrev': ABBREVIATIONS, ...ranges });
    expect(found).toEqual([
      { file: 'fix.c', line: 300, ranges: [{ from: 0x1010n, to: 0x1030n }] },
      {
        file: 'oopslab.h',
        line: 9,
        ranges: [
          { from: 0x1014n, to: 0x1018n },
          { from: 0x1020n, to: 0x1024n },
        ],
      },
    ]);
  });

  it('that refer to what is not there are a problem', () => {
    expect(() => calls(unit(5, INNER), { '.debug_abbrev': ABBREVIATIONS })).toThrow(
      'a range that .debug_rnglists lacks',
    );
    expect(() => calls(unit(5, [9]), { '.debug_abbrev': ABBREVIATIONS })).toThrow(
      'the abbreviation 9, which is none',
    );
    expect(() => calls(unit(5, []), {})).toThrow('.debug_abbrev lacks');
  });

  it('of any bytes are calls or a problem', () => {
    const bytes = fc.uint8Array({ maxLength: 80 });
    const damaged = fc.tuple(fc.nat(60), fc.integer({ min: 0, max: 255 })).map(([at, value]) => {
      const whole = unit(5, [...OUTER, ...INNER]);
      whole[at % whole.length] = value;
      return whole;
    });
    fc.assert(
      fc.property(
        fc.oneof(bytes, damaged),
        fc.oneof(bytes, fc.constant(ABBREVIATIONS)),
        bytes,
        (info, abbreviations, rest) => {
          try {
            for (const { line, ranges } of calls(info, {
              '.debug_abbrev': abbreviations,
              '.debug_addr': rest,
              '.debug_rnglists': rest,
              '.debug_ranges': rest,
            })) {
              expect(line).toBeGreaterThan(0);
              expect(ranges.length).toBeGreaterThan(0);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(Problem);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
