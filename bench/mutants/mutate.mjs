// Mutants of a function's machine code: one small mistake each, patched in place, so that nothing moves. Bytes only: no
// kernel, nothing runs. What a mistake is, and how it is encoded, is in operators.mjs.

import { openCode } from './code.mjs';
import { OPERATORS } from './operators.mjs';

/**
 * All mutants of a function, in the order of their places. Two mistakes that come to the same bytes are one mutant.
 *
 * @param bytes of the whole function; what pads its end is left alone
 * @param start its address
 * @param nameOf the symbol at an address, for calls
 */
export const mutantsOf = (bytes, start, nameOf = () => undefined) => {
  const code = openCode(bytes, start, nameOf);
  try {
    return collect(code, bytes).toSorted((a, b) => a.at - b.at);
  } finally {
    code.close();
  }
};

const collect = (code, bytes) => {
  const seen = new Set([keyOf(bytes)]);
  const mutants = [];
  for (const { operator, make } of OPERATORS) {
    for (const { at, what, patches } of make(code)) {
      const mutated = Uint8Array.from(bytes);
      for (const { offset, bytes: patch } of patches) mutated.set(patch, offset);
      const key = keyOf(mutated);
      if (seen.has(key)) continue;
      seen.add(key);
      mutants.push({ id: `+0x${at.toString(16)} ${what}`, operator, at, bytes: mutated });
    }
  }
  return mutants;
};

const keyOf = (bytes) => Buffer.from(bytes).toString('hex');

/**
 * The instructions that a mutant changes, before and after; the nops that fill a gap are left out.
 *
 * @param decode of `oopslab`, for the text
 */
export const changesOf = (bytes, mutated, start, decode) => {
  const textsOf = (all) => new Map(decode(all, start).map(({ address, text }) => [address - start, text]));
  const [before, after] = [textsOf(bytes), textsOf(mutated)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .toSorted((a, b) => Number(a - b))
    .map((place) => ({ at: `+0x${place.toString(16)}`, before: before.get(place), after: after.get(place) }))
    .filter(({ before: old, after: now }) => old !== now && (old !== undefined || now !== 'nop'));
};
