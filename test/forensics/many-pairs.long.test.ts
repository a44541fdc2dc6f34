// The time that compare takes for many pairs.
import { expect, it } from 'vitest';
import { compareValues } from '../../src/forensics/compare.js';

it('of thousands of pairs, of which none is like another, takes little longer than of one', () => {
  let seed = 1;
  const next = (): bigint => {
    seed = (seed * 48271) % 2147483647;
    return BigInt(seed);
  };
  const samples = Array.from({ length: 10_000 }, () => ({
    expected: (next() << 31n) | next(),
    found: (next() << 31n) | next(),
    size: 8 as const,
  }));
  const start = process.cpuUsage();
  compareValues(samples);
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(15); // seconds of CPU; 3 as it is, 20 when it was quadratic
});
