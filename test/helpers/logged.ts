// Our engine in the two ways in which it can tell a recorder: by calls, and by rows that it writes itself, in blocks.
import type { EngineKind, EngineObserver } from '../../src/machine/engine.js';
import { engineNamed } from '../../src/machine/engines.js';
import { Wasm } from '../../src/machine/wasm.js';

const wasm = engineNamed('wasm');

const withoutLog = (observer: EngineObserver): EngineObserver => ({
  instruction: (registers) => observer.instruction(registers),
  read: (...access) => observer.read(...access),
  write: (...access) => observer.write(...access),
});

/** The engine that calls. */
export const CALLING: EngineKind = {
  ...wasm,
  open: (memory, observer, options) => new Wasm(memory, observer && withoutLog(observer), options),
};

/** The engine that writes down. @param block 32-bit words of a block; 37 take one row of an instruction */
export const logging = (block: number): EngineKind => ({
  ...wasm,
  open: (memory, observer, options) => new Wasm(memory, observer, { ...options, logBlock: block }),
});
