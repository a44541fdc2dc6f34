// The table of limits, and docs/limits.md, which is written from it: `npm run limits`.
import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { formatMaximum, limitsDocument } from '../../src/limits/document.js';
import { limits } from '../../src/limits/limits.js';

const file = new URL('../../docs/limits.md', import.meta.url).pathname;

describe('the table of limits', () => {
  it('is what docs/limits.md shows; otherwise run `npm run limits`', async () => {
    const options = await resolveConfig(file);
    const written = await format(limitsDocument(), { ...options, parser: 'markdown' });
    expect(readFileSync(file, 'utf8')).toBe(written);
  });

  it('has one row for each bound, those of an input together', () => {
    const names = limits.map(({ input, what }) => `${input}: ${what}`);
    expect(new Set(names).size).toBe(names.length);
    const starts = limits.filter(({ input }, index) => limits[index - 1]?.input !== input);
    expect(new Set(starts.map(({ input }) => input)).size).toBe(starts.length);
  });

  it('says of each bound what happens past it', () => {
    expect(limits.filter(({ max, beyond }) => !(max > 0) || beyond === '')).toEqual([]);
  });

  it('shows bytes in whole units, and numbers in groups', () => {
    expect(formatMaximum({ max: 4 << 20, unit: 'bytes' })).toBe('4 MiB');
    expect(formatMaximum({ max: 4095, unit: 'bytes' })).toBe('4,095 bytes');
    expect(formatMaximum({ max: 20_000_000, unit: 'instructions' })).toBe('20,000,000 instructions');
    expect(formatMaximum({ max: 64, unit: '' })).toBe('64');
    expect(formatMaximum({ max: Infinity, unit: '' })).toBe('no limit');
  });
});
