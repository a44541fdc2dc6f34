// What the engine of JavaScript cannot do is said as such, not as a defect.
import { expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { ofSystem } from '../../src/base/system-error.js';

it('a text that is longer than one can be is a result that is too long', () => {
  let thrown: unknown;
  try {
    'x'.repeat(0x1fff_ffe8).concat('xx');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(RangeError);
  expect(ofSystem(thrown)).toBeInstanceOf(InputError);
  expect(ofSystem(thrown)!.message).toMatch(/^the result is longer than 512 MiB/u);
});
