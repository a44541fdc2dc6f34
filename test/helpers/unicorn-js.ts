// The engine unicorn.js, which cannot be installed here, by its double over libunicorn.
import { fileURLToPath } from 'node:url';
import type { EngineKind } from '../../src/machine/engine.js';
import { loadEngine } from '../../src/machine/engines.js';
import { UNICORN_JS_VARIABLE } from '../../src/machine/unicorn-js-module.js';

/** The double, as OOPSLAB_UNICORN_JS takes it. */
export const DOUBLE = fileURLToPath(new URL('unicorn-js-double.cjs', import.meta.url));

/** Load the engine unicorn.js from a file. */
export const loadUnicornJsFrom = async (file: string): Promise<EngineKind> => {
  const before = process.env[UNICORN_JS_VARIABLE];
  process.env[UNICORN_JS_VARIABLE] = file;
  try {
    return await loadEngine('unicorn.js');
  } finally {
    if (before === undefined) delete process.env[UNICORN_JS_VARIABLE];
    else process.env[UNICORN_JS_VARIABLE] = before;
  }
};
