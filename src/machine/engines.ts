// The engines that there are: one row each. The only place that names one.

import { InputError, LibraryError } from '../base/errors.js';
import type { EngineKind, EngineLimits } from './engine.js';
import { ENGINE_NAMES, ENGINE_VARIABLE, chosenEngine, unknownEngine } from './engine-names.js';
import { loadLibunicorn } from './library.js';
import { Unicorn } from './unicorn.js';
import { openNativeCpu } from './unicorn-native.js';
import type { LoadedUnicornJs } from './unicorn-js-module.js';
import { unicornLimits } from './unicorn-limits.js';
import { Wasm } from './wasm.js';
import { wasmLimits } from './wasm-limits.js';

const once = (make: () => EngineLimits): (() => EngineLimits) => {
  let limits: EngineLimits | undefined;
  return () => (limits ??= make());
};

// Its module is loaded when it is asked for, and by a promise, so before a machine is made.
let unicornJs = (): LoadedUnicornJs => {
  throw new LibraryError('the engine "unicorn.js" is not loaded: first await loadEngine("unicorn.js")');
};

const loadScript = async (): Promise<void> => {
  try {
    const { loadUnicornJs } = await import('./unicorn-js-module.js');
    const loaded = await loadUnicornJs();
    unicornJs = () => loaded;
  } catch (error) {
    unicornJs = () => {
      throw error;
    };
    throw error;
  }
};

const scriptLimits = once(() => unicornLimits(unicornJs().version));

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
  'unicorn.js': {
    name: 'unicorn.js',
    load: loadScript,
    limits: () => (unicornJs(), scriptLimits()),
    open: (memory, observer, options) => new Unicorn(memory, unicornJs().openCpu, observer, options),
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

/**
 * Load an engine that cannot be loaded while a machine is made: `unicorn.js`. For the others there is nothing to do.
 *
 * @param name the one of OOPSLAB_ENGINE, or the first, without it
 * @throws {InputError} when there is no such engine
 * @throws {LibraryError} when it cannot be loaded; machines of this engine are then refused with the same error
 */
export const loadEngine = async (name?: string): Promise<EngineKind> => {
  const kind = name === undefined ? chosen() : ENGINES.find((one) => one.name === name);
  if (kind === undefined) throw new InputError(unknownEngine(name ?? ''));
  await kind.load?.();
  return kind;
};
