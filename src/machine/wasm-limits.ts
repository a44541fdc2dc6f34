// Instructions that the engine in WebAssembly does not run: all but the integer ones of kernels.

import { MAX_INSTRUCTION } from '../x86/fetch.js';
import { describeKind, surveyCode } from '../x86/survey.js';
import type { CodeProblem, EngineLimits } from './engine.js';
import { RANDOM, isRandom } from './random-instructions.js';
import { UNSUPPORTED, makeCpu } from './wasm-cpu.js';
import { webAssembly } from './web-assembly.js';

const INVALID: CodeProblem = { kind: 'invalid' };
const REFUSED: CodeProblem = {
  kind: 'refused',
  reason:
    'is not one of those that the engine "wasm" runs, the integer instructions of kernels; --engine unicorn runs more',
};

const SCRATCH = 512; // in the CPU's memory, where nothing else is
const nothing = (): void => undefined;

/** What the engine does not run as a CPU does. */
export const wasmLimits = (): EngineLimits => {
  const memory = new (webAssembly().Memory)({ initial: 16, maximum: 16 });
  const cpu = makeCpu(memory, {
    read: nothing,
    write: nothing,
    instruction: nothing,
    comesTo: () => 0,
    takeLog: nothing,
  });
  const scratch = new Uint8Array(memory.buffer, SCRATCH, MAX_INSTRUCTION);

  const isKnown = (bytes: Uint8Array): boolean => {
    scratch.fill(0);
    scratch.set(bytes);
    return cpu.classify(SCRATCH, MAX_INSTRUCTION) !== UNSUPPORTED;
  };

  return {
    name: 'wasm',
    findProblems: (bytes, count) => {
      const problems = new Map<number, CodeProblem>();
      surveyCode(bytes, count, (offset, kind) => {
        if (kind === 0) problems.set(offset, INVALID);
        else if (!isKnown(bytes.subarray(offset, offset + MAX_INSTRUCTION)))
          problems.set(offset, isRandom(describeKind(kind).name) ? RANDOM : REFUSED);
      });
      return problems;
    },
  };
};
