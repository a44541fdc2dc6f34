/// <reference lib="esnext.disposable" preserve="true" />
// `oopslab/vitest`: the matcher toHold() with its type for vitest. Nothing of vitest is imported at run time; a setup file
// calls `expect.extend(matchers)`, or is oopslab/vitest/setup, which does.

import type { ToHoldOptions } from './check/expect/to-hold.js';

export { matchers, type ToHoldOptions } from './check/expect/to-hold.js';
export type { Checkable } from './check/expect/contender.js';

declare module 'vitest' {
  // oxlint-disable-next-line typescript/no-explicit-any -- the parameters of an interface that is added to must be the same
  interface Matchers<T = any> {
    /**
     * No world breaks the code: a path of a `.c`, `.S` or `.o` file, what `bringCandidate` gives, or `{ name, variants }`.
     */
    toHold(options?: ToHoldOptions): T;
  }
}
