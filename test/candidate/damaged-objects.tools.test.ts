// Objects that are damaged, by chance or on purpose: one clear error or a snippet, never anything else.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { bringCandidate } from '../../src/candidate/bring.js';
import { headerText } from '../../src/candidate/header.js';
import { headerFor } from '../../src/candidate/own-names.js';
import { findInvisible } from '../../src/base/visible-text.js';
import { InputError } from '../../src/base/errors.js';
import { loadRelease } from '../../src/release/snippet.js';
import { COMPILERS, Folder, fixture } from '../helpers/candidate-tools.js';

const folder = new Folder();
afterAll(() => folder.remove());
const release = loadRelease();

/** Whether an object of these bytes is accepted. */
const bring = (bytes: Uint8Array): 'accepted' | 'refused' => {
  const path = folder.write('damaged.o', bytes);
  try {
    const { snippet } = bringCandidate(path, { release });
    expect(snippet.bytes.length).toBe(snippet.manifest.size);
    JSON.stringify(snippet.manifest, (name, value: unknown) => {
      for (const text of [name, value])
        if (typeof text === 'string') expect(findInvisible(text)).toBeUndefined();
      return typeof value === 'bigint' ? String(value) : value;
    });
    return 'accepted';
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.where.file).toBe(path);
    expect(error.message).toMatch(/^[^\n]{10,}$/u);
    expect(findInvisible(error.message)).toBeUndefined();
    return 'refused';
  }
};

const objectOf = (cc: string): Buffer => {
  const source = fixture('several.c');
  folder.write('oopslab.h', headerFor(headerText(release), readFileSync(source, 'utf8')));
  const object = join(folder.path, `${cc}.o`);
  const flags = ['-c', '-O1', '-g', '-mcmodel=kernel', '-fno-pic', '-mno-red-zone', '-ffreestanding'];
  const made = spawnSync(cc, [...flags, '-I', folder.path, '-o', object, source]);
  expect(made.status).toBe(0);
  return readFileSync(object);
};

// The places where numbers lie that others depend on: the header, section headers, symbols, relocations.
const interesting = fc.constantFrom(
  0n,
  1n,
  0x7fn,
  0xffn,
  0xffffn,
  0x7fff_ffffn,
  0xffff_ffffn,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
);

describe.each(COMPILERS)('an object of $cc', ({ cc, missing }) => {
  it.skipIf(missing)(`is refused or accepted, with numbers in it changed (needs ${cc})`, () => {
    const whole = objectOf(cc);
    expect(bring(whole)).toBe('accepted');
    const ends = { accepted: 0, refused: 0 };
    const change = fc.record({
      at: fc.oneof(
        fc.nat(whole.length - 9),
        fc.nat(63),
        fc.nat(Math.min(4000, whole.length - 9)).map((back) => whole.length - 9 - back),
      ),
      size: fc.constantFrom(1, 2, 4, 8),
      value: fc.oneof(interesting, fc.bigInt(0n, 2n ** 64n - 1n)),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const { at, size, value } of changes) {
          const number = Buffer.alloc(8);
          number.writeBigUInt64LE(value);
          number.copy(bytes, at, 0, size);
        }
        ends[bring(bytes)] += 1;
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(ends.accepted).toBeGreaterThan(50);
    expect(ends.refused).toBeGreaterThan(50);
  });

  it.skipIf(missing)(`is refused, or shows only what is seen, with names in it changed (needs ${cc})`, () => {
    const whole = objectOf(cc);
    const ends = { accepted: 0, refused: 0 };
    const names = [...whole.toString('latin1').matchAll(/(?<=\0)[!-~]{3,}(?=\0)/gu)];
    for (const [index, { index: at }] of names.entries()) {
      const bytes = Buffer.from(whole);
      bytes.write(['\u202e', '\u200b', '\u001b[m'][index % 3]!, at);
      ends[bring(bytes)] += 1;
    }
    expect(ends.accepted + ends.refused).toBeGreaterThan(20);
    expect(ends.refused).toBeGreaterThan(8);
  });

  it.skipIf(missing)(`is refused wherever it is cut off (needs ${cc})`, () => {
    const whole = objectOf(cc);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (size) => {
        expect(bring(whole.subarray(0, size))).toBe('refused');
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it.skipIf(missing)(`is refused or accepted with parts of it moved (needs ${cc})`, () => {
    const whole = objectOf(cc);
    const place = fc.nat(whole.length - 1);
    fc.assert(
      fc.property(place, place, fc.nat(200), (from, to, size) => {
        const bytes = Buffer.from(whole);
        whole.copy(bytes, to, from, from + size);
        bring(bytes);
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});

it('any bytes after an ELF header are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (rest) => {
      const header = Buffer.from('7f454c4602010100000000000000000001003e0001000000', 'hex');
      expect(bring(Buffer.concat([header, rest]))).toBe('refused');
      expect(bring(Buffer.from(rest))).toBe('refused');
    }),
    { numRuns: 500, seed: 1 },
  );
});

// Objects that are cheap to write and expensive to read: a name that many symbols share, and many unknown names.
it.skipIf(COMPILERS[0]!.missing)(
  'an object that is made to take long is refused, or read in time (needs gcc)',
  () => {
    const long = 'x'.repeat(3000);
    const many = Array.from({ length: 20_000 }, (_, index) => `\tcall\tunknown_function_number_${index}`);
    const source = (lines: readonly string[]): string =>
      ['\t.globl cifs_build_path_to_root', 'cifs_build_path_to_root:', ...lines, '\tret', ''].join('\n');
    const message = (text: string): string => {
      const path = folder.write('long.S', text);
      try {
        bringCandidate(path, { release, cc: 'gcc' });
      } catch (error) {
        if (error instanceof InputError) return error.message;
        throw error;
      }
      return 'accepted';
    };
    expect(message(source([`\t.globl ${long}`, `${long}:`]))).toMatch(
      /does not end in its table, or not within 1000 bytes/u,
    );
    expect(message(source(many.slice(0, 20)))).toMatch(
      /unknown_function_number_11, 8 more; "oopslab headers"/u,
    );
    expect(message(source(many))).toMatch(/unknown_function_number_\d+, 19988 more|too large/u);
  },
);
