// Instructions that the engine in WebAssembly does not run: all but the integer ones of kernels.

import { MAX_INSTRUCTION } from '../x86/fetch.js';
import { describeKind, surveyCode } from '../x86/survey.js';
import type { CodeProblem, EngineLimits } from './engine.js';
import { RANDOM, isRandom } from './random-instructions.js';
import { UNSUPPORTED, makeCpu } from './wasm-cpu.js';
import { WASM_PAGE, makeWasmMemory } from './web-assembly.js';

const INVALID: CodeProblem = { kind: 'invalid' };
const REFUSED: CodeProblem = {
  kind: 'refused',
  reason:
    'is not one of those that the engine "wasm" runs, the integer instructions of kernels; --engine unicorn runs more',
};

const SCRATCH = 512; // in the CPU's memory, where nothing else is
const nothing = (): void => undefined;

// Whether the CPU knows the instruction at the start of some bytes. Memory for it is taken when it is first asked.
const makeDecoder = (): ((bytes: Uint8Array) => boolean) => {
  const memory = makeWasmMemory(16 * WASM_PAGE, 'what decodes instructions');
  const cpu = makeCpu(memory, {
    read: nothing,
    write: nothing,
    instruction: nothing,
    comesTo: () => 0,
    takeLog: nothing,
  });
  const scratch = new Uint8Array(memory.buffer, SCRATCH, MAX_INSTRUCTION);
  return (bytes) => {
    scratch.fill(0);
    scratch.set(bytes);
    return cpu.classify(SCRATCH, MAX_INSTRUCTION) !== UNSUPPORTED;
  };
};

/** What the engine does not run as a CPU does. */
export const wasmLimits = (): EngineLimits => {
  let isKnown: ((bytes: Uint8Array) => boolean) | undefined;
  return {
    name: 'wasm',
    findProblems: (bytes, count) => {
      const problems = new Map<number, CodeProblem>();
      surveyCode(bytes, count, (offset, kind) => {
        if (kind === 0) problems.set(offset, INVALID);
        else if (!(isKnown ??= makeDecoder())(bytes.subarray(offset, offset + MAX_INSTRUCTION)))
          problems.set(offset, isRandom(describeKind(kind).name) ? RANDOM : REFUSED);
      });
      return problems;
    },
  };
};
