// kallsyms against a table that is written here, in the three layouts that kernels have had.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KernelSymbol, readKallsyms } from '../../src/image/kallsyms.js';

const BASE = 0xffff_ffff_8100_0000n;

type Layout = 'before 4.6' | '4.6 to 6.3' | 'since 6.4';
const LAYOUTS: readonly Layout[] = ['before 4.6', '4.6 to 6.3', 'since 6.4'];

const pad8 = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
};

// A byte that is a letter, a digit or _ . $ stands for itself, as in kernels; the others for parts of names.
const PARTS = ['sys_', '__x64', 'init', 'shm', 'close', 'lock', 'read', 'write', 'alloc', 'free'];
const TOKENS = Array.from({ length: 256 }, (_, byte) => {
  const text = String.fromCharCode(byte);
  return /[\w.$]/u.test(text) && byte < 128 ? text : `${PARTS[byte % PARTS.length]}${byte % 7}`;
});

// Tokens from left to right, the longest first; what a token says does not matter.
const packed = (text: string): number[] => {
  const bytes: number[] = [];
  for (let at = 0; at < text.length;) {
    const fits = TOKENS.map((token, byte) => ({ token, byte })).filter(({ token }) =>
      text.startsWith(token, at),
    );
    const best = fits.reduce((a, b) => (b.token.length > a.token.length ? b : a));
    bytes.push(best.byte);
    at += best.token.length;
  }
  return bytes;
};

const table = (symbols: readonly KernelSymbol[], layout: Layout): Buffer => {
  const names: Buffer[] = [];
  const marks: number[] = [];
  let size = 0;
  symbols.forEach(({ type, name }, index) => {
    if (index % 256 === 0) marks.push(size);
    const bytes = packed(type + name);
    const length = bytes.length < 0x80 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
    names.push(Buffer.from([...length, ...bytes]));
    size += length.length + bytes.length;
  });
  const markers =
    layout === 'before 4.6'
      ? Buffer.concat(marks.map((mark) => u64(BigInt(mark))))
      : pad8(Buffer.from(Uint32Array.from(marks).buffer));
  const text = TOKENS.map((token) => `${token}\0`);
  let offset = 0;
  const index = Uint16Array.from(text, (token) => (offset += token.length) - token.length);
  const tokens = [pad8(Buffer.from(text.join(''), 'latin1')), Buffer.from(index.buffer)];
  const middle = [u64(BigInt(symbols.length)), pad8(Buffer.concat(names)), markers, ...tokens];
  if (layout === 'before 4.6')
    return Buffer.concat([...symbols.map(({ address }) => u64(address)), ...middle]);
  // Per-CPU symbols stay as they are, others count down from one below the base.
  const offsets = pad8(
    Buffer.from(
      Int32Array.from(symbols, ({ address }) => Number(address < 0x10_0000n ? address : BASE - 1n - address))
        .buffer,
    ),
  );
  return layout === 'since 6.4'
    ? Buffer.concat([...middle, offsets, u64(BASE), Buffer.alloc(64)])
    : Buffer.concat([offsets, u64(BASE), ...middle]);
};

const name = fc
  .array(fc.oneof(fc.constantFrom(...PARTS), fc.stringMatching(/^[a-z_.$][\w.$]{0,8}$/u)), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join(''));

const symbolsOf = (isOld: boolean) =>
  fc
    .array(fc.tuple(fc.nat(0x1000), fc.constantFrom(...'TtDdBbRrWwVA'), name), {
      minLength: 300,
      maxLength: 700,
    })
    .map((all): KernelSymbol[] => {
      let at = BASE;
      return all.map(([gap, type, text], index) => {
        const isPerCpu = !isOld && index < 20;
        if (!isPerCpu) at += BigInt(gap);
        return { address: isPerCpu ? BigInt(index * 64) : at, type, name: text };
      });
    });

describe('kallsyms', () => {
  for (const layout of LAYOUTS)
    it(`of kernels ${layout}`, () => {
      fc.assert(
        fc.property(symbolsOf(layout === 'before 4.6'), fc.nat(40), (symbols, before) => {
          const image = Buffer.concat([
            Buffer.alloc(8 * before, 0xcc),
            table(symbols, layout),
            Buffer.alloc(100, 0x5a),
          ]);
          expect(readKallsyms(image)).toEqual(symbols);
        }),
        { numRuns: 15 },
      );
    });

  it('when damaged is no table, or another one, and never an error', () => {
    fc.assert(
      fc.property(
        symbolsOf(false),
        fc.constantFrom(...LAYOUTS),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        (symbols, layout, changes, cut) => {
          const image = table(symbols, layout);
          for (const [part, byte] of changes) image[Math.floor(part * (image.length - 1))] = byte;
          const found = readKallsyms(
            cut === null ? image : image.subarray(0, Math.floor(cut * image.length)),
          );
          expect(found === undefined || found.length > 256).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are not found where there are none', () => {
    expect(readKallsyms(new Uint8Array())).toBeUndefined();
    expect(readKallsyms(new Uint8Array(100_000))).toBeUndefined();
    expect(
      readKallsyms(Buffer.from('0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00'.repeat(5000))),
    ).toBeUndefined();
  });
});
