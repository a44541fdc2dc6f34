// User-supplied code that the engine does not run as a CPU does is refused here, at the instructions that a sweep from
// each snippet's start finds; a test sweeps the shipped snippets. Where a guest jumps to such an instruction inside
// another one, its run ends there: see code-stops.ts.

import { hex } from '../base/address.js';
import { decode } from '../x86/disasm.js';
import { InputError } from '../base/errors.js';
import type { EngineLimits } from '../machine/engine.js';
import { findForbidden } from '../x86/privileged.js';
import type { Snippet } from './snippet.js';

/**
 * Refuse a snippet with an instruction that the engine does not run as a CPU does.
 *
 * @throws {InputError} with the snippet's file, the instruction and the reason
 */
export const refuseCode = (snippet: Snippet, limits: EngineLimits): void => {
  // Bytes outside of all parts are data: they mean nothing as instructions.
  const parts = snippet.manifest.parts.map(({ from, to }) => ({ from, to }));
  const code = parts.length === 0 ? [{ from: 0, to: snippet.bytes.length }] : parts;
  for (const { from, to } of code) refuseSweep(snippet, from, to, limits);
};

const refuseSweep = (
  { name, bytes, start, file }: Snippet,
  from: number,
  to: number,
  limits: EngineLimits,
): void => {
  const code = bytes.subarray(from, to);
  const problems = limits.findProblems(code, code.length);
  let offset = 0;
  for (const { length } of decode(code, start + BigInt(from))) {
    const problem = problems.get(offset);
    // what is forbidden ends a run that comes there, and need not be right
    if (problem?.kind === 'refused' && findForbidden(code.subarray(offset, offset + length)) === undefined) {
      const digits = Buffer.from(code.subarray(offset, offset + length)).toString('hex');
      throw new InputError(`the instruction at ${name}+${hex(from + offset)} (${digits}) ${problem.reason}`, {
        file,
        field: 'bytes',
      });
    }
    offset += length;
  }
};
