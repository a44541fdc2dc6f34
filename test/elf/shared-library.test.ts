// Whether a shared library can be mapped: the one that this machine runs, whole and damaged.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { findSharedLibraryProblem } from '../../src/elf/shared-library.js';
import { fileOf } from '../../src/machine/library-file.js';
import { searchPlaces } from '../../src/machine/library-search.js';

describe.skipIf(process.platform !== 'linux')('libunicorn of this machine (needs Linux)', () => {
  const file = searchPlaces().flatMap((place) => fileOf(place) ?? [])[0]!;
  const handle = openSync(file, 'r');
  afterAll(() => closeSync(handle));
  const { size } = fstatSync(handle);
  const HEADERS = 0x300;
  const headers = new Uint8Array(HEADERS);
  readSync(handle, headers, 0, HEADERS, 0);

  /** The problem of the file cut off at a length, with changed headers. */
  const problemAt = (length: number, change?: (bytes: Uint8Array) => void, arch: string = process.arch) => {
    const bytes = headers.slice();
    change?.(bytes);
    return findSharedLibraryProblem(
      length,
      (offset, wanted) => bytes.slice(offset, Math.min(offset + wanted, length)),
      arch,
    );
  };

  it('has none', () => {
    expect(problemAt(size)).toBeUndefined();
  });

  it('is truncated at each length that its segments do not fit in', () => {
    const view = new DataView(headers.buffer);
    let needed = 0; // read here without the code under test: where the last segment of type 1 ends
    for (let at = 64; at < 64 + 56 * view.getUint16(56, true); at += 56)
      if (view.getUint32(at, true) === 1)
        needed = Math.max(
          needed,
          Number(view.getBigUint64(at + 8, true)) + Number(view.getBigUint64(at + 32, true)),
        );
    expect(needed).toBeGreaterThan(1e6);
    for (let length = 0; length < HEADERS; length += 1) expect(problemAt(length), `${length}`).toBeDefined();
    for (const length of [0x1000, 1e6, needed - 1])
      expect(problemAt(length)?.text).toBe(`it is truncated: it has ${length} bytes of at least ${needed}`);
    expect(problemAt(needed)).toBeUndefined(); // sections are not loaded
  });

  it.each([
    ['for 32 bits', 4, 1, /32 bits/u, true],
    ['big-endian', 5, 2, /big-endian/u, true],
    ['for another processor', 18, 40, /ELF machine 40; this Node is for/u, true],
    ['a program', 16, 2, /not a shared library/u, false],
    ['no ELF file', 0, 0, /not an ELF file/u, false],
    ['without program headers', 56, 0, /damaged/u, false],
    ['with a program header of another size', 54, 1, /damaged/u, false],
  ])('is refused when its header says that it is %s', (_, at, value, text, foreign) => {
    const found = problemAt(size, (bytes) => (bytes[at] = value));
    expect(found?.text).toMatch(text);
    expect(found?.foreign).toBe(foreign);
  });

  it('is looked at without an exception, whatever byte of its headers is changed', () => {
    for (let at = 0; at < HEADERS; at += 1)
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) problemAt(size, (bytes) => (bytes[at] = value));
  });
});
