import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearest } from '../../src/base/did-you-mean.js';

const KNOWN = ['replay', 'lineage', 'scenarios', 'snippets'];

it('a name with one slip is near: a letter left out, doubled, changed, or exchanged with the next', () => {
  fc.assert(
    fc.property(fc.constantFrom(...KNOWN), fc.nat(), fc.constantFrom(0, 1, 2, 3), (name, place, slip) => {
      const at = place % (name.length - 1);
      const [before, here, next, after] = [name.slice(0, at), name[at]!, name[at + 1]!, name.slice(at + 2)];
      const slips = [before + next + after, before + here + here + next + after];
      slips.push(`${before}${here}q${after}`, before + next + here + after);
      expect(nearest(slips[slip]!, KNOWN)).toBe(name);
    }),
  );
});

it('a name that differs in more than a third of its letters is near nothing', () => {
  expect(nearest('relpyx', KNOWN)).toBeUndefined();
  expect(nearest('', KNOWN)).toBeUndefined();
  expect(nearest('replay', [])).toBeUndefined();
});
