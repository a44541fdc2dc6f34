import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ALIVE, HOW, Ledger, ORIGIN } from '../../src/lineage/ledger.js';

const value = fc.record({
  size: fc.integer({ min: 1, max: 8 }),
  bits: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
  parents: fc.array(fc.nat(40), { maxLength: 6 }),
});

it('a value has the bits of its size, and each parent once, in their order', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), (given) => {
      const ledger = new Ledger();
      const ids = given.map(({ size, bits, parents }, step) => {
        const low = Number(BigInt.asIntN(32, bits));
        const id = ledger.addValue(
          ORIGIN.computed,
          size,
          low,
          Number(BigInt.asIntN(32, bits >> 32n)),
          step,
          -1,
        );
        for (const parent of parents) ledger.addParent(id, parent);
        return id;
      });
      expect(ids).toEqual(given.map((_, index) => index + 1));
      given.forEach(({ size, bits, parents }, index) => {
        expect(ledger.bitsOf(ids[index]!)).toBe(BigInt.asUintN(size * 8, bits));
        expect(ledger.parentsOf(ids[index]!)).toEqual([...new Set(parents)]);
        expect(ledger.stepOf(ids[index]!)).toBe(index);
      });
    }),
  );
});

it('a value with an offset is its only parent plus a constant', () => {
  const ledger = new Ledger();
  const id = ledger.addValue(ORIGIN.computed, 8, 0, 0, 1, 2);
  expect(ledger.offsetOf(id)).toBeUndefined();
  ledger.setOffset(id, -8n);
  expect([ledger.originOf(id), ledger.offsetOf(id)]).toEqual([ORIGIN.offset, -8n]);
});

it('a place is alive until it is closed, and in no state when it ends before it begins', () => {
  const ledger = new Ledger();
  const id = ledger.open(3, 8, 1, 0, 5, 0);
  expect([ledger.until(id), ledger.isSeen(id)]).toEqual([ALIVE, true]);
  ledger.close(id, 5, HOW.destroyed, 0);
  expect(ledger.isSeen(id)).toBe(true);
  ledger.close(id, 4, HOW.destroyed, 0);
  expect(ledger.isSeen(id)).toBe(false);
});

it('a cause has one number, and 0 is the instruction', () => {
  const ledger = new Ledger();
  const numbers = ['a', 'b', 'a', 'b'].map((text) => ledger.causeNumber(text));
  expect(numbers).toEqual([1, 2, 1, 2]);
  expect(ledger.causes).toEqual(['', 'a', 'b']);
});
