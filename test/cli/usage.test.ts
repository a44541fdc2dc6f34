// Wrong use of the command line is one line, with what was meant.
import { expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';

it.each([
  [['replya'], "oopslab: unknown command 'replya' (Did you mean replay?)\n"],
  [['replay', '--recrod', 'x'], "oopslab: unknown option '--recrod' (Did you mean --record?)\n"],
  [['replay', '--a\nb'], "oopslab: unknown option '--a\\nb'\n"],
])('%j', async (args, expected) => {
  expect(await oopslab(args)).toEqual({ status: 2, stdout: '', stderr: expected });
});
