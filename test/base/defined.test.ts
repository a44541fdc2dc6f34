import { expect, it } from 'vitest';
import { defined, numberIn } from '../../src/base/defined.js';

it('a field without a value is absent; null, 0 and the empty text are values', () => {
  expect(Object.keys(defined({ text: undefined, taint: null, count: 0 }))).toEqual(['taint', 'count']);
  expect(defined({ text: '', count: 1 })).toEqual({ text: '', count: 1 });
});

it('digits are a number in their base, and a part of a pattern that took no part is none', () => {
  expect(numberIn('010')).toBe(10);
  expect(numberIn('010', 16)).toBe(16);
  expect(numberIn(/(a)?b/u.exec('b')?.[1])).toBeUndefined();
});
