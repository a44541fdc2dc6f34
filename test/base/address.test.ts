import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  PAGE_OFFSET,
  PAGE_OFFSET_END,
  PAGE_SIZE,
  frameAddress,
  frameOf,
  hex,
  hex16,
  isCanonical,
  pageOffset,
  pageStart,
  parseUnsigned,
} from '../../src/base/address.js';

const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });

it('an address is the start of its page plus its offset in it', () => {
  fc.assert(
    fc.property(u64, (address) => {
      expect(pageStart(address) + BigInt(pageOffset(address))).toBe(address);
      expect(pageStart(address) % BigInt(PAGE_SIZE)).toBe(0n);
      expect(pageOffset(address)).toBeLessThan(PAGE_SIZE);
    }),
  );
});

it('an address is canonical exactly when its low 48 bits, as a signed number, are all of it', () => {
  const near = fc.tuple(fc.constantFrom(0n, 1n << 47n, 0xffff_8000_0000_0000n), fc.bigInt(-3n, 3n));
  const address = fc.oneof(
    u64,
    near.map(([start, by]) => BigInt.asUintN(64, start + by)),
  );
  fc.assert(
    fc.property(address, (one) => {
      expect(isCanonical(one)).toBe(BigInt.asUintN(64, BigInt.asIntN(48, one)) === one);
    }),
  );
});

it('a number that is written as hex or decimal digits is read back; what does not fit is not', () => {
  fc.assert(
    fc.property(u64, (value) => {
      expect(parseUnsigned(hex(value))).toBe(value);
      expect(parseUnsigned(`0x${hex16(value)}`)).toBe(value);
      expect(parseUnsigned(String(value))).toBe(value);
      expect(parseUnsigned(String(value + (1n << 64n)))).toBeUndefined();
    }),
  );
  for (const text of ['', '0x', '-1', ' 1', '1 ', '1e3', 'ff', '0x12345678123456789', '1_000'])
    expect(parseUnsigned(text)).toBeUndefined();
});

it('page frames and the direct map are the same pages, in the same order', () => {
  const last = (PAGE_OFFSET_END - PAGE_OFFSET) / BigInt(PAGE_SIZE) - 1n;
  fc.assert(
    fc.property(fc.bigInt(0n, last), fc.integer({ min: 0, max: PAGE_SIZE - 1 }), (frame, offset) => {
      expect(frameAddress(frame)).toBeLessThan(PAGE_OFFSET_END);
      expect(frameOf(frameAddress(frame) + BigInt(offset))).toBe(frame);
    }),
  );
});
