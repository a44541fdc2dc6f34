// User-supplied code that the engine does not run as a CPU does is refused here, at the instructions that a sweep from
// each snippet's start finds; a test sweeps the shipped snippets. Bytes in between that would end the process if a guest
// jumped to them are found, not refused: two calls in a row can have them.

import { hex } from '../base/address.js';
import { decode } from '../x86/disasm.js';
import { InputError } from '../base/errors.js';
import { listSome } from '../base/words.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';
import { MAX_INSTRUCTION } from '../x86/fetch.js';
import type { EngineLimits } from '../machine/engine.js';
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
  let offset = from;
  for (const { length, flow } of decode(bytes.subarray(from, to), start + BigInt(from))) {
    // not the decoded length: bytes that are not an instruction are decoded as one bad byte
    const rest = bytes.subarray(offset, offset + MAX_INSTRUCTION);
    const reason = limits.findProblem(rest);
    if (reason !== undefined) {
      const digits = Buffer.from(rest.subarray(0, flow === 'bad' ? 3 : length)).toString('hex');
      throw new InputError(`the instruction at ${name}+${hex(offset)} (${digits}) ${reason}`, {
        file,
        field: 'bytes',
      });
    }
    offset += length;
  }
};

/** Bytes of a snippet that would end the process if a guest jumped to them. */
export interface FatalPlace {
  readonly snippet: Snippet;
  /** From the snippet's start. Mostly inside an instruction; a sweep finds no instruction there. */
  readonly offset: number;
}

/**
 * Where among these snippets, which lie in memory together, a jump into the middle of an instruction would be fatal.
 *
 * @param snippets sorted by address
 */
export const findFatalPlaces = (snippets: readonly Snippet[], limits: EngineLimits): FatalPlace[] =>
  snippets.flatMap((snippet, index) => {
    const { bytes, end } = snippet;
    const text = new Uint8Array(bytes.length + MAX_INSTRUCTION).fill(NO_INSTRUCTION);
    text.set(bytes);
    for (const { start: at, bytes: next } of snippets.slice(index + 1)) {
      if (at >= end + BigInt(MAX_INSTRUCTION)) break;
      const from = bytes.length + Number(at - end);
      text.set(next.subarray(0, text.length - from), from);
    }
    return [...bytes.keys()]
      .filter((offset) => limits.isFatal(text.subarray(offset, offset + MAX_INSTRUCTION)))
      .map((offset) => ({ snippet, offset }));
  });

/** `guest+0x1 and guest+0x7`, with at most a few of them. */
export const formatFatalPlaces = (places: readonly FatalPlace[]): string => {
  const names = places.map(({ snippet, offset }) => `${snippet.name}+${hex(offset)}`);
  return listSome(names, 8);
};
