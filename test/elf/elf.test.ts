// The reader of ELF files, on an object built here byte by byte: no compiler is needed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { ElfFile, SHT, STT } from '../../src/elf/elf.js';
import { FileSource, sourceOf } from '../../src/elf/source.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-elf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const number = (size: 2 | 4 | 8, value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes.subarray(0, size);
};

// Two functions, the second of which the first calls, by way of a relocation.
const TEXT = Buffer.from('e800000000c390c3', 'hex');
const STRINGS = Buffer.from('\0first\0second\0.text\0.rela.text\0.symtab\0.strtab\0.bss\0', 'latin1');
const named = (name: string): number => STRINGS.indexOf(`\0${name}\0`) + 1;

const symbol = (name: string, value: number, size: number, section = 1): Buffer =>
  Buffer.concat([
    number(4, name === '' ? 0 : named(name)),
    Buffer.of(name === '' ? STT.NOTYPE : 0x10 | STT.FUNC, 0),
    number(2, name === '' ? 0 : section),
    number(8, value),
    number(8, size),
  ]);

const parts = [
  { name: '.text', type: 1, flags: 6, bytes: TEXT },
  { name: '.rela.text', type: SHT.RELA, link: 3, info: 1, bytes: Buffer.concat([number(8, 1), number(4, 4), number(4, 2), number(8, -4)]) },
  { name: '.symtab', type: SHT.SYMTAB, link: 4, bytes: Buffer.concat([symbol('', 0, 0), symbol('first', 0, 6), symbol('second', 7, 1)]) },
  { name: '.strtab', type: SHT.STRTAB, bytes: STRINGS },
  { name: '.bss', type: SHT.NOBITS, flags: 3, bytes: Buffer.alloc(0), size: 4096 },
]; // prettier-ignore

const build = (type = 1): Buffer => {
  let at = 64;
  const headers = [Buffer.alloc(64)];
  for (const { name, type: kind, flags = 0, bytes, size, link = 0, info = 0 } of parts) {
    headers.push(
      Buffer.concat([
        number(4, named(name)),
        number(4, kind),
        number(8, flags),
        number(8, 0),
        number(8, at),
        number(8, size ?? bytes.length),
        number(4, link),
        number(4, info),
        number(8, 1),
        number(8, 0),
      ]),
    );
    at += bytes.length;
  }
  const header = Buffer.concat([
    Buffer.from('7f454c46020101000000000000000000', 'hex'),
    number(2, type),
    number(2, 62),
    number(4, 1),
    number(8, 0),
    number(8, 0),
    number(8, at),
    number(4, 0),
    number(2, 64),
    number(2, 0),
    number(2, 0),
    number(2, 64),
    number(2, headers.length),
    number(2, 4),
  ]);
  return Buffer.concat([header, ...parts.map(({ bytes }) => bytes), ...headers]);
};

const whole = build();
const open = (bytes: Uint8Array): ElfFile => new ElfFile(sourceOf(bytes, 'built.o'), 'name another');

/** Everything that a file says; reading all of it may fail nowhere but with one clear error. */
const readAll = (elf: ElfFile) => ({
  type: elf.type,
  sections: elf.sections.map((section) => ({
    ...section,
    bytes: [...elf.bytesOf(section)],
    relocations: elf.isRelocatable ? [...elf.relocations(section)] : [],
  })),
  symbols: [...elf.symbols()],
});

describe('the reader', () => {
  it('finds sections, symbols and relocations', () => {
    const elf = open(whole);
    expect(elf.sections.map(({ name }) => name)).toEqual(['', ...parts.map(({ name }) => name)]);
    const [, text, , , , bss] = elf.sections;
    expect(Buffer.from(elf.bytesOf(text!))).toEqual(TEXT);
    expect(elf.bytesOf(bss!)).toHaveLength(0);
    expect(bss!.size).toBe(4096);
    expect([...elf.symbols(STT.FUNC)].map(({ name, value, size }) => [name, value, size])).toEqual([
      ['first', 0n, 6],
      ['second', 7n, 1],
    ]);
    const [second] = [...elf.symbols(STT.FUNC)].slice(-1);
    expect([...elf.relocations(text!)]).toEqual([{ offset: 1, type: 4, symbol: second, addend: -4n }]);
    expect([...elf.relocations(text!, 2)]).toEqual([]);
    expect(elf.relocationCount).toBe(1);
  });

  it('reads the same from a file as from memory', () => {
    const path = join(folder, 'built.o');
    writeFileSync(path, whole);
    const source = new FileSource(path, { what: 'an object', max: 4096 });
    try {
      expect(readAll(new ElfFile(source, 'name another'))).toEqual(readAll(open(whole)));
    } finally {
      source.close();
    }
  });

  it('reads no more of a large file than is wanted', () => {
    const reads: number[] = [];
    const source = sourceOf(whole, 'built.o');
    const elf = new ElfFile(
      { ...source, read: (at, size) => (reads.push(at), source.read(at, size)) },
      'name another',
    );
    expect(reads).not.toContain(64); // .text
    expect(elf.bytesIn(elf.sections[1]!, 6, 2, 'some bytes')).toEqual(TEXT.subarray(6));
    expect(reads.slice(-1)).toEqual([70]);
  });
});

describe('a file that is wrong', () => {
  const changed = (at: number, bytes: Buffer): Buffer => {
    const copy = Buffer.from(whole);
    bytes.copy(copy, at);
    return copy;
  };
  const headers = whole.length - 6 * 64;
  it.each<[string, Buffer, RegExp]>([
    ['text', Buffer.from('hello'), /^is not an ELF file; name another$/u],
    ['nothing', Buffer.alloc(0), /^is not an ELF file/u],
    ['32-bit', changed(4, Buffer.of(1)), /^is ELF of class 1, not 64-bit \(2\); name another$/u],
    ['big-endian', changed(5, Buffer.of(2)), /^has byte order 2, not little-endian/u],
    ['arm64', changed(18, number(2, 183)), /^is for machine 183, not x86-64 \(62\)/u],
    ['without sections', changed(60, number(2, 0)), /^has no sections$/u],
    ['cut off', whole.subarray(0, -1), /^is cut off: the section headers would end at byte \d+ of \d+$/u],
    [
      'with a section past its end',
      changed(headers + 4 * 64 + 32, number(8, 9999)),
      /^is cut off: section 4 would end at byte/u,
    ],
    [
      'with an offset that no file has',
      changed(headers + 64 + 24, number(8, 2n ** 60n)),
      /^is damaged: the offset of section 1 is 0x10{15}$/u,
    ],
    [
      'with symbols without names',
      changed(headers + 3 * 64 + 40, number(4, 1)),
      /^is damaged: its symbol table has no string table$/u,
    ],
    [
      'with two symbol tables',
      changed(headers + 64 + 4, number(4, 2)),
      /^is damaged: it has two symbol tables$/u,
    ],
    [
      'with a symbol in no section',
      changed(64 + 8 + 24 + 24 + 6, number(2, 77)),
      /^is damaged: symbol 1 is in section 77 of 6$/u,
    ],
    [
      'with a relocation past its section',
      changed(64 + 8, number(8, 8)),
      /^is damaged: a relocation of \.text is at 0x8, past its end$/u,
    ],
    [
      'with a relocation of a symbol that is not there',
      changed(64 + 8 + 12, number(4, 3)),
      /^is damaged: a relocation names symbol 3, which is not there$/u,
    ],
    [
      'with relocations without addends',
      changed(headers + 2 * 64 + 4, number(4, 9)),
      /^holds relocations of \.text without addends/u,
    ],
  ])('%s: the error says what is wrong', (_, bytes, message) => {
    // prettier-ignore
    expect(() => readAll(open(bytes))).toThrow(InputError);
    expect(() => readAll(open(bytes))).toThrow(message);
  });

  it('is refused or read, whichever bytes of it are changed', () => {
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(0xff));
    const ends = { read: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.boolean(), (changes, executable) => {
        const bytes = build(executable ? 2 : 1);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          readAll(open(bytes));
          ends.read += 1;
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          expect(error.where.file).toBe('built.o');
          ends.refused += 1;
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(ends.read).toBeGreaterThan(100);
    expect(ends.refused).toBeGreaterThan(100);
  });
});
