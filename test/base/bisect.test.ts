import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstWhere, lastUpTo } from '../../src/base/bisect.js';

it('finds what a search from the start finds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 })),
      fc.integer({ min: -1, max: 21 }),
      (list, limit) => {
        const sorted = list.toSorted((a, b) => a - b);
        const found = sorted.findIndex((one) => one >= limit);
        expect(firstWhere(sorted.length, (index) => sorted[index]! >= limit)).toBe(
          found < 0 ? sorted.length : found,
        );
        const last = sorted.findLast((one) => one <= limit);
        expect(lastUpTo(sorted, limit, (one) => one)).toBe(last);
      },
    ),
  );
});
