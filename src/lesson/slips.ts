// Answers that miss by a slip: the sign, one off, half of a register, the base, the order of the bytes. Each has its own
// word, which does not say on which side the right answer lies.

import { bytesOf } from '../forensics/pair.js';
import { fetchCode } from '../x86/fetch.js';
import { decodeOne } from '../x86/disasm.js';
import { type Answer, isSame } from './answers.js';
import type { LessonCase } from './case.js';

type NumberAnswer = Answer & { readonly kind: 'number' };

const BITS_IN_WORDS: Readonly<Record<number, string>> = {
  32: 'lower half',
  16: 'lower 16 bits',
  8: 'lowest byte',
};

const registerSlip = (answers: readonly Answer[], given: Answer, text: string): string | undefined => {
  if (given.kind !== 'register') return undefined;
  const same = answers.some((answer) => answer.kind === 'register' && answer.register === given.register);
  if (!same) return undefined;
  const bits = given.widths?.[0] ?? 64;
  const part = BITS_IN_WORDS[bits];
  return part === undefined
    ? `the width: all 64 bits of ${text} are more than is meant`
    : `the width: ${text} is a name of only the ${part} of a register`;
};

// Of small numbers, reversed bytes are a coincidence.
const reversed = ({ value, size }: NumberAnswer): bigint => {
  const bytes = bytesOf(BigInt.asUintN(size * 8, value), size === 8 ? 8 : 4).toReversed();
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
};

const numberSlip = (key: NumberAnswer, given: bigint, text: string): string | undefined => {
  const unsigned = (value: bigint): bigint => BigInt.asUintN(key.size * 8, value);
  const is = (value: bigint): boolean => isSame(key, { kind: 'number', value, size: 8 });
  const signed = BigInt.asIntN(key.size * 8, key.value);
  if (signed !== 0n && is(-given)) return `the sign: ${text} and its negative are two numbers`;
  if (signed < 0n && unsigned(key.value) >> 32n !== 0n && given === BigInt.asUintN(32, key.value))
    return `the width: ${text} is the lower half of a negative number of 64 bits`;
  const digits = /^(0x)?(\d+)$/iu.exec(text);
  if (digits !== null && (digits[1] !== undefined || BigInt(digits[2]!) > 9n)) {
    const other = digits[1] === undefined ? BigInt(`0x${digits[2]!}`) : BigInt(digits[2]!);
    if (is(other))
      return digits[1] === undefined
        ? `the base: ${text} was read as decimal; 0x before it makes it hexadecimal`
        : `the base: ${text} is hexadecimal; without 0x it is decimal`;
  }
  if (unsigned(key.value) > 0xffffn && unsigned(given) === reversed(key))
    return 'the order of the bytes: x86 stores the lowest first';
  const far = BigInt.asIntN(64, given - key.value);
  if (far === 1n || far === -1n) return `off by one: ${text} lies beside it`;
  if ((far === 8n || far === -8n) && unsigned(key.value) >= 1n << 40n)
    return `one word off: ${text} lies 8 bytes from it`;
  return undefined;
};

const memorySlip = (key: bigint, given: bigint, text: string): string | undefined => {
  const far = BigInt.asIntN(64, given - key);
  if (far === 8n || far === -8n) return `one word off: ${text} lies 8 bytes from a right one`;
  return far === 1n || far === -1n ? `off by one: ${text} lies beside it` : undefined;
};

// The instruction after one.
const after = (which: LessonCase, address: bigint): bigint | undefined => {
  const memory = which.stateAt(which.recording.instructions);
  if (!memory.isMapped(address, 1)) return undefined;
  const one = decodeOne(fetchCode(memory, address), address);
  return address + BigInt(one.length);
};

const instructionSlip = (which: LessonCase, key: bigint, given: bigint, text: string): string | undefined => {
  const offset = /\+(\d+)$/u.exec(text)?.[1];
  const symbol = which.symbols.findLocation(given)?.symbol;
  if (offset !== undefined && symbol !== undefined && symbol.address + BigInt(`0x${offset}`) === key)
    return `the base: the offset ${offset} was read as decimal; 0x before it makes it hexadecimal`;
  if (given > key && given < (after(which, key) ?? key))
    return `off by a little: ${text} lies inside of an instruction, and not at its start`;
  if (after(which, given) === key || after(which, key) === given)
    return `one instruction off: ${text} lies beside it`;
  return undefined;
};

/**
 * The word for an answer that is wrong by a slip.
 *
 * @param text as it was typed
 * @returns `undefined` for one that is simply wrong
 */
export const slipOf = (
  which: LessonCase,
  answers: readonly Answer[],
  given: Answer,
  text: string,
): string | undefined => {
  const register = registerSlip(answers, given, text);
  if (register !== undefined) return register;
  for (const key of answers) {
    const slip =
      key.kind === 'number' && given.kind === 'number'
        ? numberSlip(key, given.value, text)
        : key.kind === 'memory' && given.kind === 'memory'
          ? memorySlip(key.address, given.address, text)
          : key.kind === 'instruction' && given.kind === 'instruction'
            ? instructionSlip(which, key.address, given.address, text)
            : undefined;
    if (slip !== undefined) return slip;
  }
  return undefined;
};
