// Tests that take Unicorn, and for what only it runs: vector and system instructions. Their names say "Unicorn".
import type { EngineKind } from '../../src/machine/engine.js';
import { ENGINES } from '../../src/machine/engines.js';
import { DOUBLE, loadUnicornJsFrom } from './unicorn-js.js';

/** Whether libunicorn may be used: the ground without it says that it is not. */
export const hasUnicorn = process.env['OOPSLAB_TEST_WITHOUT_UNICORN'] !== '1';

if (hasUnicorn) await loadUnicornJsFrom(DOUBLE);

/** The engines that can be tried, loaded; unicorn.js is its double. */
export const ENGINES_HERE: readonly EngineKind[] = ENGINES.filter(
  ({ name }) => name === 'wasm' || hasUnicorn,
);

/** Do something with Unicorn for the engine of all machines. */
export const withUnicorn = <Result>(work: () => Result): Result => {
  const before = process.env['OOPSLAB_ENGINE'];
  process.env['OOPSLAB_ENGINE'] = 'unicorn';
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env['OOPSLAB_ENGINE'];
    else process.env['OOPSLAB_ENGINE'] = before;
  }
};
