// The engines that there are: one row each. The only place that names one.

import type { EngineKind, EngineLimits } from './engine.js';
import { Unicorn } from './unicorn.js';
import { unicornLimits } from './unicorn-limits.js';
import { loadLibunicorn } from './library.js';

let limits: EngineLimits | undefined;

/** Every engine; the first is the default. */
export const ENGINES: readonly EngineKind[] = [
  {
    name: 'unicorn',
    limits: () => (limits ??= unicornLimits(loadLibunicorn().version)),
    open: (memory, observer, options) => new Unicorn(memory, observer, options),
  },
];

/** The engine of a machine that is not given another one. */
export const DEFAULT_ENGINE: EngineKind = ENGINES[0]!;
