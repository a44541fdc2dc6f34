// The engines that there are: one row each. The only place that names one.

import { InputError } from '../base/errors.js';
import type { EngineKind, EngineLimits } from './engine.js';
import { ENGINE_NAMES, ENGINE_VARIABLE, chosenEngine, unknownEngine } from './engine-names.js';
import { loadLibunicorn } from './library.js';
import { Unicorn } from './unicorn.js';
import { openNativeCpu } from './unicorn-native.js';
import { unicornLimits } from './unicorn-limits.js';
import { Wasm } from './wasm.js';
import { wasmLimits } from './wasm-limits.js';

const once = (make: () => EngineLimits): (() => EngineLimits) => {
  let limits: EngineLimits | undefined;
  return () => (limits ??= make());
};

const KINDS: Readonly<Record<(typeof ENGINE_NAMES)[number], EngineKind>> = {
  unicorn: {
    name: 'unicorn',
    limits: once(() => unicornLimits(loadLibunicorn().version)),
    open: (memory, observer, options) => new Unicorn(memory, openNativeCpu, observer, options),
  },
  wasm: {
    name: 'wasm',
    limits: once(wasmLimits),
    open: (memory, observer, options) => new Wasm(memory, observer, options),
  },
};

/** One engine. */
export const engineNamed = (name: (typeof ENGINE_NAMES)[number]): EngineKind => KINDS[name];

/** Every engine; the first is the default. */
export const ENGINES: readonly EngineKind[] = ENGINE_NAMES.map((name) => KINDS[name]);

const chosen = (): EngineKind => {
  const name = chosenEngine();
  if (name !== undefined) return KINDS[name];
  throw new InputError(unknownEngine(process.env[ENGINE_VARIABLE] ?? ''), { field: ENGINE_VARIABLE });
};

/**
 * The engine of a machine that is not given another one: that of OOPSLAB_ENGINE, or the first. An unknown name is an
 * InputError when it is first used.
 */
export const DEFAULT_ENGINE: EngineKind = {
  get name() {
    return chosen().name;
  },
  limits: () => chosen().limits(),
  open: (memory, observer, options) => chosen().open(memory, observer, options),
};
