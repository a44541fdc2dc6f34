// Claims on guest memory: who must leave whom alone, and what memory they add up to.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claim, MAX_WORLD, type Owner, Places } from '../../src/run/places.js';

const PAGE = 0xffff880000000000n;

const claimOf = (owner: Owner, start: bigint, size = 8): Claim => ({
  owner,
  start,
  size,
  what: `this ${owner}`,
  name: owner,
  fail: (problem) => {
    throw new Error(problem);
  },
});

/** Claim one after the other. Gives what is wrong with the last one. */
const together = (first: Owner, second: Owner, at = PAGE): string | undefined => {
  const places = new Places();
  places.claim(claimOf(first, PAGE), 'read-write', 'first');
  try {
    places.claim(claimOf(second, at), 'read-write', 'second');
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
};

describe('a claim', () => {
  it.each<[Owner, Owner]>([
    ['bug table', 'code'],
    ['slab page', 'code'],
    ['page with code', 'slab page'],
    ['allocator data', 'per-CPU word'],
    ['page with code', 'per-CPU word'],
    ['slab page', 'memory'],
    ['allocator data', 'object'],
    ['page with code', 'word'],
    ['per-CPU word', 'word'],
  ])('over %s is refused to %s, with the place of the first', (first, second) => {
    const message = `this ${second} overlaps the ${first} at 0xffff880000000000; choose another place`;
    expect(together(first, second)).toBe(message);
    expect(together(first, second, PAGE + 7n)).toBe(message);
    expect(together(first, second, PAGE - 7n)).toBe(message);
    expect(together(first, second, PAGE + 8n)).toBeUndefined();
    expect(together(first, second, PAGE - 8n)).toBeUndefined();
  });

  it.each<[Owner, Owner, string]>([
    ['slab page', 'object', 'objects of the heap'],
    ['memory', 'object', 'objects in memory of their own'],
    ['allocator data', 'word', 'damage that a scenario wants'],
    ['page descriptors', 'memory', 'descriptors take no whole page'],
    ['page with code', 'page with code', 'functions share pages'],
    ['object', 'object', 'overlaps of objects are checked with their list'],
  ])('over %s is granted to %s: %s', (first, second) => {
    expect(together(first, second)).toBeUndefined();
  });

  it('that is not canonical to its last byte is refused', () => {
    const claim = claimOf('memory', 0x7fff_ffff_fff8n, 16);
    expect(() => new Places().claim(claim, 'read-write', 'low')).toThrow('not canonical');
  });

  it('that makes the world too large is refused, and names the most', () => {
    const places = new Places();
    places.claim(claimOf('memory', PAGE, MAX_WORLD), 'read-write', 'all');
    places.claim(claimOf('memory', PAGE, MAX_WORLD), 'read-write', 'again');
    expect(() => places.claim(claimOf('memory', PAGE - 1n, 1), 'read-write', 'more')).toThrow(
      `more than ${MAX_WORLD} bytes`,
    );
  });
});

describe('the regions', () => {
  it('join neighbours that are alike, and keep what a page was first', () => {
    const places = new Places();
    places.claim(claimOf('memory', PAGE, 4096), 'read-write', 'stack');
    places.claim(claimOf('memory', PAGE + 4096n, 1), 'read-write', 'stack');
    places.claim(claimOf('object', PAGE + 8n), 'read-write', 'page of an object');
    places.claim(claimOf('object', PAGE + 0x2000n), 'read-write', 'page of an object');
    expect(places.regions()).toEqual([
      { start: PAGE, size: 8192, protection: 'read-write', name: 'stack' },
      { start: PAGE + 0x2000n, size: 4096, protection: 'read-write', name: 'page of an object' },
    ]);
  });

  it('are executable where code lies beside what can only be read', () => {
    const places = new Places();
    places.claim(claimOf('bug table', PAGE), 'read', 'bug table');
    places.claim(claimOf('page with code', PAGE + 0x800n), 'read-execute', 'kernel text');
    expect(places.regions()).toMatchObject([{ protection: 'read-execute', name: 'kernel text' }]);
  });

  it('cover every claim, whole pages, sorted and apart', () => {
    const range = fc.record({
      page: fc.nat(20),
      offset: fc.nat(4095),
      size: fc.integer({ min: 1, max: 9000 }),
    });
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), (ranges) => {
        const places = new Places();
        const claimed = ranges.map(({ page, offset, size }) => ({
          start: PAGE + BigInt(page * 4096 + offset),
          size,
        }));
        for (const { start, size } of claimed)
          places.claim(claimOf('memory', start, size), 'read-write', `at ${start % 3n}`);
        const regions = places.regions();
        regions.forEach(({ start, size }, index) => {
          expect(start % 4096n).toBe(0n);
          const next = regions[index + 1];
          if (next !== undefined) expect(start + BigInt(size)).toBeLessThanOrEqual(next.start);
        });
        const has = (at: bigint): boolean =>
          regions.some(({ start, size }) => at >= start && at < start + BigInt(size));
        for (const { start, size } of claimed) {
          for (let at = start; at < start + BigInt(size); at += 512n) expect(has(at)).toBe(true);
          expect(has(start + BigInt(size) - 1n)).toBe(true);
        }
      }),
    );
  });
});
