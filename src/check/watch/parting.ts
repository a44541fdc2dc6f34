// Finds the instruction after which two equal runs of one world are no longer the same.

import type { Addr } from '../../base/address.js';
import { DEFAULT_ENGINE } from '../../machine/engines.js';
import type { Memory } from '../../kernel/memory.js';
import type { SymbolTable } from '../../kernel/symbols.js';
import { decodeOne } from '../../x86/disasm.js';
import { fetchCode } from '../../x86/fetch.js';
import { findForbidden } from '../../x86/privileged.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import type { Flaky } from './flaky.js';

const MOST = 200_000; // instructions of a run that are looked at
const MOST_RUNS = 8; // runs that are compared with the first

// The registers before an instruction, as one number; equal states give equal numbers.
const digest = (halves: Uint32Array): number => {
  let mixed = 0x811c9dc5;
  for (const half of halves) mixed = Math.imul(mixed ^ half, 0x01000193) ^ (mixed >>> 15);
  return mixed >>> 0;
};

/** Runs the world again, and reports the registers before each instruction. */
type ObservedRun = (onInstruction: (registers: BigUint64Array) => void) => void;

/**
 * Compare runs that should be equal.
 *
 * @returns the address of the last instruction before they part; undefined where they do not
 */
export const findParting = (run: ObservedRun): Addr | undefined => {
  const first: number[] = [];
  const readers = (halves: (view: Uint32Array, pc: Addr) => void) => {
    let view: Uint32Array | undefined;
    return (registers: BigUint64Array): void => {
      view ??= new Uint32Array(registers.buffer, registers.byteOffset, registers.length * 2);
      halves(view, registers[REGISTER_INDEX.rip]!);
    };
  };
  run(readers((view) => void (first.length < MOST && first.push(digest(view)))));
  for (let round = 0; round < MOST_RUNS; round += 1) {
    let index = 0;
    let last: Addr | undefined;
    let parting: Addr | undefined;
    run(
      readers((view, pc) => {
        if (parting === undefined && index < first.length && first[index] !== digest(view))
          parting = last ?? pc;
        last = pc;
        index += 1;
      }),
    );
    if (parting !== undefined) return parting;
  }
  return undefined;
};

/** The instruction at an address, as what makes equal runs differ. What is forbidden need not be emulated. */
export const flakyAt = (memory: Memory, symbols: SymbolTable, at: Addr | undefined): Flaky => {
  if (at === undefined) return { instruction: 'an instruction that was not found', at: 'an unknown place' };
  const bytes = fetchCode(memory, at);
  const problem = DEFAULT_ENGINE.limits().findProblems(bytes, Math.min(bytes.length, 1)).get(0);
  return {
    instruction: bytes.length === 0 ? '(not mapped)' : decodeOne(bytes, at, undefined, 'gnu').text,
    at: symbols.formatLocation(at),
    ...(problem?.kind === 'refused' && findForbidden(bytes) === undefined ? { problem: problem.reason } : {}),
  };
};
