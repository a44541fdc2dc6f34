// What the difference of two values says, on the published values and on random ones.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import type { Explanation } from '../../src/forensics/explanation.js';
import { explain, holds } from '../../src/forensics/kinds.js';
import { type Finding, comparePair, compareValues } from '../../src/forensics/compare.js';
import { readPair } from '../../src/forensics/input.js';
import {
  type ValuePair,
  type ValueSize,
  bytesOf,
  signedOf,
  unsignedOf,
  valueOf,
} from '../../src/forensics/pair.js';
import { ERRNO_NAMES, PATTERNS, patternValue, patternsOf } from '../../src/forensics/patterns.js';

const pairOf = (expected: bigint, found: bigint, size: ValueSize = 8): ValuePair => ({
  expected: unsignedOf(expected, size),
  found: unsignedOf(found, size),
  size,
});
const findingsOf = (expected: bigint, found: bigint, size: ValueSize = 8): readonly Finding[] =>
  comparePair(pairOf(expected, found, size)).findings;
const explanations = (expected: bigint, found: bigint, size: ValueSize = 8): Explanation[] =>
  findingsOf(expected, found, size).map(({ explanation }) => explanation);
const kinds = (expected: bigint, found: bigint, size: ValueSize = 8): string[] =>
  explanations(expected, found, size).map(({ kind }) => kind);
const firstKind = (expected: bigint, found: bigint, size: ValueSize = 8) =>
  explanations(expected, found, size)[0]?.kind;

const POINTER = 0xffff880008012f80n; // slide 44, the expected list pointer

// Slides 44 and 45 of the talk.
const ID = pairOf(13008943n, 13008988n, 4);
const LIST = pairOf(POINTER, 0xffff880008015c80n);

describe('the corruptions of the talk', () => {
  it('of the IPC id: the bits of test/golden/eval-b.txt that differ, and one byte, / to \\', () => {
    const { xor, difference, bits, nibbles, bytes, findings } = comparePair(ID);
    expect({ xor, difference }).toEqual({ xor: 0x73n, difference: 45n });
    // bits set: 23 22 18 17 15 5 3 2 1 0 became 23 22 18 17 15 6 4 3 2
    expect(bits.filter((bit) => bit.new === 1).map(({ at }) => at)).toEqual([4, 6]);
    expect(bits.filter((bit) => bit.new === 0).map(({ at }) => at)).toEqual([0, 1, 5]);
    expect(nibbles).toEqual([
      { at: 0, old: 0xf, new: 0xc },
      { at: 1, old: 0x2, new: 0x5 },
    ]);
    expect(bytes).toEqual([{ at: 0, old: 0x2f, new: 0x5c }]);
    expect(findings.map(({ explanation, sure }) => [explanation, sure])).toEqual([
      [{ kind: 'byte', offset: 0, old: 0x2f, new: 0x5c }, 'certain'],
      [{ kind: 'conversion', name: 'slash to backslash' }, 'likely'],
    ]);
    expect(findings[0]!.text).toBe('Byte 0, 2f (`/`), became 5c (`\\`); the other 3 bytes did not change.');
  });

  it('of the list pointer: the same byte, one further on', () => {
    expect(explanations(LIST.expected, LIST.found)[0]).toEqual({
      kind: 'byte',
      offset: 1,
      old: 0x2f,
      new: 0x5c,
    });
  });

  it('have one explanation: / became \\', () => {
    const { common } = compareValues([ID, LIST]);
    expect(common).toMatchObject({
      pairs: [0, 1],
      explanation: { explanation: { kind: 'substitution', old: 0x2f, new: 0x5c }, sure: 'certain' },
      also: [{ explanation: { kind: 'conversion', name: 'slash to backslash' } }],
      closest: null,
    });
    expect(common!.explanation!.text).toBe(
      'One byte 2f (`/`) became 5c (`\\`), byte 0 in sample 1, byte 1 in sample 2.',
    );
    expect(common!.also[0]!.source).toContain('fs/cifs/cifsglob.h');
  });

  it('have none any more when a sample of another kind joins them, and it says which fits most', () => {
    const { common } = compareValues([ID, LIST, pairOf(POINTER, 0x123456789n)]);
    expect(common).toMatchObject({
      explanation: null,
      closest: { finding: { explanation: { kind: 'substitution' } }, pairs: [0, 1] },
    });
  });
});

describe('a pair', () => {
  it.each<[string, bigint, bigint, ValueSize, Explanation]>([
    ['freed', POINTER, 0x6b6b6b6b6b6b6b6bn, 8, { kind: 'pattern', name: 'POISON_FREE', beyond: 0n }],
    ['a field of freed memory', POINTER, 0x6b6b6b6b6b6b6b73n, 8, { kind: 'pattern', name: 'POISON_FREE', beyond: 8n }],
    ['the end of a freed object', 0n, 0xa56b6b6b6b6b6b6bn, 8, { kind: 'pattern', name: 'POISON_FREE and POISON_END', beyond: 0n }],
    ['not initialised', 1n, 0x5a5a5a5an, 4, { kind: 'pattern', name: 'POISON_INUSE', beyond: 0n }],
    ['removed from its list', POINTER, 0xdead000000100100n, 8, { kind: 'pattern', name: 'LIST_POISON1', beyond: 0n }],
    ['removed, newer kernel', POINTER, 0xdead000000000122n, 8, { kind: 'pattern', name: 'LIST_POISON2 of newer kernels', beyond: 0n }],
    ['a red zone', 1n, 0x09f911029d74e35bn, 8, { kind: 'pattern', name: 'RED_INACTIVE', beyond: 0n }],
    ['zeroed', POINTER, 0n, 8, { kind: 'zeroed' }],
    ['all ones', 5n, -1n, 8, { kind: 'all-ones' }],
    ['a single bit', POINTER, POINTER ^ (1n << 40n), 8, { kind: 'bit-flip', bit: 40, to: 1 }],
    ['off by one, with carry', 0xfffn, 0x1000n, 4, { kind: 'delta', delta: 1n }],
    ['below zero', 0n, -2n, 4, { kind: 'pattern', name: 'BUFCTL_FREE', beyond: 0n }],
    ['big-endian', 0x12345678n, 0x78563412n, 4, { kind: 'byte-swap', unit: 4 }],
    ['halves exchanged', 0x1122334455667788n, 0x5566778811223344n, 8, { kind: 'word-swap', unit: 4 }],
    ['sign-extended', 0x81234567n, 0xffffffff81234567n, 8, { kind: 'sign-extension', bits: 32 }],
    ['truncated', 0xffffffff81234567n, 0x81234567n, 8, { kind: 'truncation', bits: 32 }],
    ['negated', 22n, -22n, 4, { kind: 'negation' }],
    ['an error', POINTER, -22n, 8, { kind: 'errno', errno: 22 }],
    ['shifted', 0x1122334455667788n, 0x0011223344556677n, 8, { kind: 'shift', left: -8 }],
    ['rotated', 0x1122334455667788n, 0x8811223344556677n, 8, { kind: 'rotation', left: 56 }],
    ['read at the wrong place', 0x1122334455667788n, 0x2233445566778899n, 8, { kind: 'misaligned', bytes: -1 }],
    ['text', POINTER, 0x002f6c61636f6c2fn, 8, { kind: 'text' }],
    ['text before a newline', POINTER, 0x0a63626164636261n, 8, { kind: 'text' }],
    ['text behind a NUL', 0x1122334455667788n, 0x6665646362610000n, 8, { kind: 'text' }],
    ['UTF-16', POINTER, 0x0064006300620061n, 8, { kind: 'text' }],
    ['filled with nothing known', POINTER, 0x4343434343434343n, 8, { kind: 'filled', byte: 0x43 }],
    ['a page away', POINTER, POINTER + 0x123000n, 8, { kind: 'overwrite', offset: 1, bytes: [0x5f, 0x13] }],
    ['NULL and an offset', POINTER, 0x18n, 8, { kind: 'near-null' }],
    ['complement', 0x12345678n, ~0x12345678n, 4, { kind: 'complement' }],
    ['the same', 7n, 7n, 4, { kind: 'same' }],
  ])('%s is told so first', (_, expected, found, size, explanation) => {
    expect(explanations(expected, found, size)[0]).toEqual(explanation);
  }); // prettier-ignore

  it('says that a kernel pointer is none any more, and where another one points', () => {
    expect(kinds(POINTER, 0xfff7880008012f80n)).toContain('not-canonical');
    expect(explanations(POINTER, 0xffffffffa0012f80n)).toContainEqual({
      kind: 'range',
      from: 'the direct map',
      to: 'the module area',
    });
    expect(kinds(POINTER, POINTER + 0x123000n)).toContain('same-page-offset');
    expect(kinds(POINTER, POINTER + 0x41n)).toContain('same-page');
    expect(kinds(0x1234n, 0xfff7880008012f80n)).not.toContain('not-canonical');
  });

  it('names error numbers in 32 and 64 bits, and widened without their sign', () => {
    expect(ERRNO_NAMES.get(22)).toBe('EINVAL');
    expect([35, 40, 42, 57, 59, 110, 133, 512].map((number) => ERRNO_NAMES.get(number))).toEqual([
      'EDEADLK', 'ELOOP', 'ENOMSG', 'EBADSLT', 'EBFONT', 'ETIMEDOUT', 'EHWPOISON', 'ERESTARTSYS',
    ]); // prettier-ignore
    for (const [found, size] of [[-22n, 4], [-22n, 8], [0xffffffean, 8]] as const) {
      expect(explanations(0x1000n, found, size)).toContainEqual({ kind: 'errno', errno: 22 });
    } // prettier-ignore
  });

  it('says that the kernel image and the direct map show the same physical address', () => {
    const { findings } = comparePair(pairOf(0xffffffff81a46920n, 0xffff880001a46920n));
    const found = findings.find(({ explanation }) => explanation.kind === 'same-frame')!;
    expect(found).toMatchObject({ sure: 'likely', source: expect.stringContaining('mm.txt') as string });
    expect(found.text).toBe(
      'Both are the physical address 0x1a46920: expected through the kernel image, found through the direct map.',
    );
    expect(kinds(0xffff880001a46920n, 0xffffffff81a46920n)).toContain('same-frame');
    expect(kinds(0xffffffff81a46920n, 0xffff880001a46928n)).not.toContain('same-frame');
  });

  it('names which bytes of a run did not change, and how text ends', () => {
    const text = (
      expected: bigint,
      found: bigint,
      size: ValueSize = 8,
      kind = 'overwrite',
    ): string | undefined =>
      comparePair(pairOf(expected, found, size)).findings.find(({ explanation }) => explanation.kind === kind)
        ?.text;
    expect(text(0xffff88002f802f80n, 0xffff88005c805c80n, 8, 'substitution')).toBeDefined();
    expect(text(0x112f802e80n, 0x115c805c80n)).toBe(
      'Bytes 1 to 3 are 5c 80 5c now, of which 2 did not change; the bytes around them did not change.',
    );
    expect(text(POINTER, 0x0a63626164636261n, 8, 'text')).toContain(
      'ASCII text now: "abcdabc", ended by a newline.',
    );
    expect(text(0x1122334455667788n, 0x6665646362610000n, 8, 'text')).toContain('"abcdef", after NUL.');
    expect(text(POINTER, 0x0064006300620061n, 8, 'text')).toContain('UTF-16 text now: "abcd".');
  });

  it('says that a pattern was written over', () => {
    expect(explanations(0x6b6b6b6b6b6b6b6bn, 0x6b6b6b6b6b6b6b6an)).toContainEqual({
      kind: 'pattern-lost',
      name: 'POISON_FREE',
    });
  });

  it('that nothing explains has no finding', () => {
    expect(explanations(0xff00ff00n, 0x12345678n, 4)).toEqual([]);
  });

  it('is not called text for a fill, nor for what was text before', () => {
    expect(kinds(POINTER, 0x6b6b6b6b6b6b6b6bn)).not.toContain('text');
    expect(kinds(0x61626364n, 0x65666768n, 4)).not.toContain('text');
  });
});

describe('several pairs', () => {
  it.each<[string, readonly [bigint, bigint][], Explanation]>([
    ['all zeroed', [[5n, 0n], [POINTER, 0n]], { kind: 'zeroed' }],
    ['all one value', [[5n, 0x1234n], [POINTER, 0x1234n]], { kind: 'value', value: 0x1234n }],
    ['the same bit, set', [[0x10n, 0x18n], [0x21n, 0x29n]], { kind: 'bit-flip', bit: 3, to: 1 }],
    ['the same bit, either way', [[0x10n, 0x18n], [0x29n, 0x21n]], { kind: 'bit', bit: 3 }],
    ['the same mask', [[0x1000n, 0x4321n], [0x2000n, 0x7321n]], { kind: 'bits', mask: 0x5321n }],
    ['one less in each', [[1n, 0n], [7n, 6n], [0x100n, 0xffn]], { kind: 'delta', delta: -1n }],
    ['the same sum', [[0x1000n, 0x10fff0n], [0x9010n, 0x118000n]], { kind: 'delta', delta: 0x10eff0n }],
    ['the same byte', [[0x12n, 0x56n], [0x1122n, 0x5522n]], { kind: 'byte-xor', mask: 0x44 }],
    ['a byte to the same', [[0x1122n, 0x77n << 8n | 0x22n], [0x3344n, 0x3377n]], { kind: 'byte-becomes', new: 0x77 }],
    ['byte 0', [[0x1122n, 0x1177n], [0x3344n, 0x3340n]], { kind: 'byte-at', offset: 0 }],
    ['one byte somewhere', [[0x1122n, 0x1177n], [0x3344n, 0x4044n]], { kind: 'one-byte' }],
    ['swapped', [[0x1234n, 0x34120000n], [0x12345678n, 0x78563412n]], { kind: 'byte-swap', unit: 4 }],
    ['set', [[0x1n, 0x7n], [0x4n, 0x6n]], { kind: 'bits-set', mask: 0x6n }],
    ['freed', [[1n, 0x6b6b6b6bn], [5n, 0x6b6b6b6bn]], { kind: 'pattern', name: 'POISON_FREE', beyond: 0n }],
  ])('%s', (_, values, explanation) => {
    const pairs = values.map(([expected, found]) => pairOf(expected, found, expected > 0xffffffffn || found > 0xffffffffn ? 8 : 4));
    const { common } = compareValues(pairs);
    expect(common?.explanation?.explanation).toEqual(explanation);
  }); // prettier-ignore

  it('that are equal are left out, and one that differs has no common explanation', () => {
    expect(compareValues([pairOf(1n, 1n), pairOf(7n, 6n)]).common).toBeNull();
    expect(compareValues([pairOf(1n, 1n), pairOf(7n, 6n), pairOf(3n, 2n)]).common?.pairs).toEqual([1, 2]);
  });

  it('with a consequence alone in common have no explanation', () => {
    const { common } = compareValues([
      pairOf(POINTER, 0x1234567812345678n),
      pairOf(POINTER, 0x0fedcba98c654321n),
    ]);
    expect(common).toMatchObject({ explanation: null, closest: null });
    expect(common!.also.map(({ explanation }) => explanation.kind)).toEqual(['not-canonical']);
  });
});

describe('the patterns', () => {
  it('have names of their own, and are found by their value at every size they have', () => {
    expect(new Set(PATTERNS.map(({ name }) => name)).size).toBe(PATTERNS.length);
    for (const pattern of PATTERNS) {
      for (const size of [1, 2, 4, 8] as const) {
        const value = patternValue(pattern, size);
        if (value !== undefined) expect(patternsOf(value, size)).toContainEqual({ pattern, beyond: 0n });
      }
    }
  });
});

// --- properties --------------------------------------------------------------------------------------------------

const sizes = fc.constantFrom<ValueSize>(1, 2, 4, 8);
const sized = sizes.chain((size) =>
  fc.record({
    size: fc.constant(size),
    value: fc.oneof(
      fc.bigInt({ min: 0n, max: (1n << BigInt(8 * size)) - 1n }),
      fc.constantFrom(0n, -1n, 1n, POINTER, 0x6b6b6b6b6b6b6b6bn).map((value) => unsignedOf(value, size)),
    ),
    at: fc.nat(8 * size - 1),
  }),
);
const pairs = fc
  .tuple(sized, sized, fc.boolean())
  .map(([one, other, near]): ValuePair =>
    pairOf(one.value, near ? one.value ^ (other.value & 0xffn) : other.value, one.size),
  );

describe('properties', () => {
  it('any single bit that flips is found as exactly that bit', () => {
    fc.assert(
      fc.property(sized, ({ value, size, at }) => {
        const found = value ^ (1n << BigInt(at));
        const { bits, bytes, findings } = comparePair(pairOf(value, found, size));
        const to = Number((found >> BigInt(at)) & 1n);
        expect(bits).toEqual([{ at, old: 1 - to, new: to }]);
        expect(bytes.map((byte) => byte.at)).toEqual([at >> 3]);
        expect(findings).toContainEqual(
          expect.objectContaining({ explanation: { kind: 'bit-flip', bit: at, to }, sure: 'certain' }),
        );
      }),
    );
  });

  it('any byte that is replaced is found as that byte', () => {
    fc.assert(
      fc.property(sized, fc.integer({ min: 1, max: 255 }), ({ value, size, at }, flipped) => {
        const offset = at >> 3;
        const bytes = bytesOf(value, size);
        const old = bytes[offset]!;
        bytes[offset] = old ^ flipped;
        expect(explanations(value, valueOf(bytes), size)).toContainEqual({
          kind: 'byte',
          offset,
          old,
          new: old ^ flipped,
        });
      }),
    );
  });

  it('reversed bytes, one more or less, the other sign and sign extension are found', () => {
    fc.assert(
      fc.property(sized, ({ value, size }) => {
        const swapped = valueOf(bytesOf(value, size).toReversed());
        if (swapped !== value && size > 1) {
          expect(explanations(value, swapped, size)).toContainEqual({ kind: 'byte-swap', unit: size });
        }
        for (const delta of size === 1 ? [] : [1n, -1n]) {
          expect(explanations(value, unsignedOf(value + delta, size), size)).toContainEqual({
            kind: 'delta',
            delta,
          });
        }
        const negated = unsignedOf(-value, size);
        if (negated !== value) expect(kinds(value, negated, size)).toContain('negation');
        const low = BigInt.asUintN(32, value) | 0x80000000n;
        if (low !== 0xffffffffn) {
          expect(firstKind(low, BigInt.asIntN(32, low)), low.toString(16)).toBeDefined();
          expect(kinds(low, BigInt.asIntN(32, low))).toContain('sign-extension');
          expect(kinds(BigInt.asIntN(32, low), low)).toContain('truncation');
        }
      }),
    );
  });

  it('every explanation that is given holds, alone and for all samples, and bits and bytes put back give the other', () => {
    fc.assert(
      fc.property(fc.array(pairs, { minLength: 1, maxLength: 4 }), (samples) => {
        const { pairs: each, common } = compareValues(samples);
        for (const { pair, xor, difference, bits, bytes, findings } of each) {
          for (const { explanation } of findings)
            expect(holds(explanation, pair), explanation.kind).toBe(true);
          for (const explanation of explain(pair, [pair])) expect(holds(explanation, pair)).toBe(true);
          expect(bits.reduce((value, { at }) => value ^ (1n << BigInt(at)), pair.expected)).toBe(pair.found);
          expect(pair.expected ^ xor).toBe(pair.found);
          expect(unsignedOf(pair.expected + difference, pair.size)).toBe(pair.found);
          const put = bytesOf(pair.expected, pair.size);
          for (const byte of bytes) put[byte.at] = byte.new;
          expect(valueOf(put)).toBe(pair.found);
        }
        const fitting = [...(common?.explanation ? [common.explanation] : []), ...(common?.also ?? [])];
        for (const { explanation } of fitting) {
          for (const index of common!.pairs) expect(holds(explanation, samples[index]!)).toBe(true);
        }
        for (const index of common?.closest?.pairs ?? []) {
          expect(holds(common!.closest!.finding.explanation, samples[index]!)).toBe(true);
        }
      }),
    );
  });

  it('the same byte, replaced the same way anywhere, is the one explanation', () => {
    const sample = fc.tuple(
      fc.nat(7),
      fc.array(fc.integer({ min: 1, max: 0x2e }), { minLength: 8, maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(sample, { minLength: 2, maxLength: 5 }), (samples) => {
        const damaged = samples.map(([at, bytes]) =>
          pairOf(valueOf(bytes.with(at, 0x2f)), valueOf(bytes.with(at, 0x5c))),
        );
        const { explanation } = compareValues(damaged).common!;
        const places = new Set(samples.map(([at]) => at));
        expect(explanation!.explanation).toEqual(
          places.size === 1
            ? { kind: 'byte', offset: samples[0]![0], old: 0x2f, new: 0x5c }
            : { kind: 'substitution', old: 0x2f, new: 0x5c },
        );
      }),
    );
  });

  it('backward, the same bits differ the other way, and swaps and signs stay what they are', () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const forward = comparePair(pair);
        const backward = comparePair({ ...pair, expected: pair.found, found: pair.expected });
        const turned = (parts: typeof forward.bits) =>
          parts.map(({ at, old, new: now }) => ({ at, old: now, new: old }));
        expect(backward.xor).toBe(forward.xor);
        expect(backward.bits).toEqual(turned(forward.bits));
        expect(backward.nibbles).toEqual(turned(forward.nibbles));
        expect(backward.bytes).toEqual(turned(forward.bytes));
        expect(unsignedOf(backward.difference + forward.difference, pair.size)).toBe(0n);
        const involutions = ({ findings }: typeof forward) =>
          findings
            .map(({ explanation }) => explanation)
            .filter(({ kind }) => ['same', 'byte-swap', 'negation', 'complement', 'bits'].includes(kind));
        expect(involutions(backward)).toEqual(expect.arrayContaining(involutions(forward)));
      }),
    );
  });

  it('any two values can be compared, and every finding is a sentence', () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        for (const { text, sure } of comparePair(pair).findings) {
          expect(text).toMatch(/^[A-Z0-9].*\.$/u);
          expect(text).not.toMatch(/undefined|null|NaN|\[object/u);
          expect(['certain', 'likely', 'possible']).toContain(sure);
        }
        expect(explain(pair).length).toBeLessThan(16);
      }),
      { numRuns: 500 },
    );
  });

  it('a number reads the same in decimal, negative, hexadecimal, as in a dump and as bytes', () => {
    fc.assert(
      fc.property(sized, ({ value, size }) => {
        const hex = `0x${value.toString(16)}`;
        // Sixteen digits alone are a hexadecimal number, as a dump prints it.
        const inDecimal = (number: bigint) => String(number).replace(/^\d{16}$/u, '0d$&');
        const { pair } = readPair(inDecimal(value), hex, size);
        expect(pair).toEqual({ expected: value, found: value, size });
        const negative = readPair(inDecimal(signedOf(value, size)), hex, size);
        expect(negative.pair).toEqual(pair);
        const padded = BigInt.asUintN(64, value) | (0xan << 60n);
        expect(readPair(padded.toString(16), String(padded)).pair).toEqual(pairOf(padded, padded));
        if (size === 1) return;
        const bytes = bytesOf(value, size).map((byte) => byte.toString(16).padStart(2, '0'));
        expect(readPair(bytes.join(':'), bytes.join(' ')).pair).toEqual(pair);
      }),
    );
  });
});

describe('reading values', () => {
  const read = (expected: string, found: string, size?: ValueSize) => readPair(expected, found, size).pair;

  it('takes 32 bits where they suffice, and 64 where one value needs or shows them', () => {
    expect(read('13008943', '13008988').size).toBe(4);
    expect(read('-1', '0xffffffff')).toEqual({
      expected: 0xffffffffffffffffn,
      found: 0xffffffffn,
      size: 8,
    });
    expect(read('5', '0x100000000').size).toBe(8);
    expect(read('0000000000000005', '7').size).toBe(8);
    expect(read('2f:80', '5c:80').size).toBe(2);
    expect(read('2f:80:c6:00', '13008988')).toEqual(ID);
    expect(read('2f:80', '7').size).toBe(2);
    expect(read('2f:80', '65536').size).toBe(4);
    expect(read('-22', '4294967274').size).toBe(8); // the same 32 bits
    expect(read('5', '7', 1).size).toBe(1);
  });

  it.each([
    ['00100100', '1', 'decimal', 100100n],
    ['0d10', '1', 'decimal', 10n],
    ['1e5', '1', 'hexadecimal', 0x1e5n],
    ['EBADF', '1', 'hexadecimal', 0xebadfn],
    ['13008943', 'c6805c', 'decimal', 13008943n],
    ['13008943', 'ffff880008012f80', 'decimal', 13008943n],
    ['0000000012345678', '1', 'hexadecimal', 0x12345678n],
    ['1234567812345678', '0', 'hexadecimal', 0x1234567812345678n],
    ['1234567812345678', 'ffff880008012f80', 'hexadecimal', 0x1234567812345678n],
    ['0755', '1', 'decimal', 755n],
  ])('%s beside %s can be read in two ways, and says so', (text, other, reading, value) => {
    const { expected, pair } = readPair(text, other);
    expect(expected).toMatchObject({ reading, note: expect.stringMatching(/^read as /u) as string });
    expect(pair.expected).toBe(value);
    // What a note tells to write is read so, and without another note.
    const advice = / write (\S+) for/u.exec(expected.note!)?.[1];
    if (advice !== undefined) {
      const other_ = readPair(advice, other);
      expect(other_.expected.note).toBeNull();
      expect(other_.pair.expected).not.toBe(value);
    }
  });

  it.each([
    ['1234567812345678', 'hex', 0x1234567812345678n],
    ['1234567812345678', 'dec', 1234567812345678n],
    ['0d1234567812345678', undefined, 1234567812345678n],
    ['0d00000000000000', undefined, 0x0d00000000000000n], // 16 digits
    ['0d10', 'hex', 0xd10n],
    ['0d10', 'dec', 10n],
    ['10', 'hex', 0x10n],
    ['c6802f', 'dec', 0xc6802fn],
    ['-0d10', undefined, -10n],
    ['-10', 'hex', -0x10n],
    ['-0x16', undefined, -0x16n],
    ['-ENOMEM', undefined, -12n],
    ['ENOMEM', undefined, 12n],
    ['-EBADF', undefined, -9n],
  ] as const)('%s, bare digits %s, needs no note', (text, base, value) => {
    const { expected, pair } = readPair(text, '0x1', 8, 0, base);
    expect(expected.note).toBeNull();
    expect(pair.expected).toBe(unsignedOf(value, 8));
  });

  it('any number can be entered in decimal and in hexadecimal, whatever stands beside it', () => {
    const beside = fc.constantFrom('1', 'ffff880008012f80', 'c6802f', '0000000000000000', '12345678');
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.nat(20), beside, (any, cut, other) => {
        const value = BigInt(String(any).slice(0, cut + 1));
        expect(readPair(`0x${value.toString(16)}`, other, 8).pair.expected).toBe(value);
        if (String(value).length !== 14) expect(readPair(`0d${value}`, other, 8).pair.expected).toBe(value);
        if (String(value).length !== 16) expect(readPair(String(value), other, 8).pair.expected).toBe(value);
      }),
    );
  });

  it.each(['13008943', '0x1234', 'c6802f', 'ffff880008012f80', '-22', '0', '0000000000000000', '2f:80'])(
    '%s needs no note',
    (text) => expect(readPair(text, '1').expected.note).toBeNull(),
  );

  it.each([
    ['', '1', undefined, /is empty/u],
    ['xyz', '1', undefined, /"xyz" is not a value; write/u],
    ['-c6', '1', undefined, /"-c6" is not a value/u],
    ['0x', '1', undefined, /"0x" is not a value/u],
    ['1.5', '1', undefined, /"1\.5" is not a value/u],
    ['1e5x', '1', undefined, /is not a value/u],
    ['0x10000000000000000', '1', undefined, /does not fit in 8 bytes \(64 bits\)/u],
    ['18446744073709551616', '1', undefined, /does not fit in 8 bytes/u],
    ['-9223372036854775809', '1', undefined, /does not fit in 8 bytes/u],
    ['256', '1', 1, /"256" does not fit in 1 byte \(8 bits\)/u],
    ['-129', '1', 1, /"-129" does not fit in 1 byte/u],
    ['00:00:00:00', '1', 2, /"00:00:00:00" has 4 bytes, more than 2/u],
    ['00:11:22', '1', undefined, /"00:11:22" has 3 bytes; a value has 1, 2, 4 or 8/u],
  ] as const)('"%s" is refused', (text, other, size, message) => {
    expect(() => readPair(text, other, size)).toThrow(message);
    expect(() => readPair(other, text, size, 2)).toThrow(InputError);
    expect(() => readPair(other, text, size, 2)).toThrow(
      expect.objectContaining({ where: { field: 'FOUND of pair 3' } }) as Error,
    );
  });
});
