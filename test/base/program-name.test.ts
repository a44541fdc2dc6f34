// Commands in messages can be typed as they stand.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageFolder } from '../../src/base/package-folder.js';
import { programName, withProgramName } from '../../src/base/program-name.js';

const checkout = packageFolder();

it('the name is the path of ./oopslab where that was started, and oopslab by any other start', () => {
  const started = join(checkout, 'oopslab');
  expect(programName(started, checkout)).toBe('./oopslab');
  expect(programName(started, join(checkout, 'docs'))).toBe(join('..', 'oopslab'));
  expect(programName('/usr/local/bin/oopslab', checkout)).toBe('oopslab');
  expect(programName(join(checkout, 'dist/cli/main.js'), checkout)).toBe('oopslab');
  expect(programName(undefined, checkout)).toBe('oopslab');
});

it('it stands in commands, and in nothing else', () => {
  const text =
    'oopslab says:\n  $ oopslab oops | oopslab decode; oopslab diff a b\n  $ echo oopslabs\nof oopslab $ here';
  expect(withProgramName(text, './oopslab')).toBe(
    'oopslab says:\n  $ ./oopslab oops | ./oopslab decode; ./oopslab diff a b\n  $ echo oopslabs\nof oopslab $ here',
  );
});
