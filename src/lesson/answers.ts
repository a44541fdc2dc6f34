// Answers: their kinds, how people write them, and when two are the same.

import { type Addr, hex } from '../base/address.js';
import { findField } from '../kernel/layout.js';
import { REGISTER_INDEX, type RegisterName } from '../x86/registers.js';
import { partName } from '../x86/register-parts.js';
import { readPart, readRegister } from './register-names.js';
import { errnoOf } from '../forensics/patterns.js';
import { ERRNO_NAMES } from '../forensics/patterns.js';
import type { LessonCase } from './case.js';

/** What a question asks for. */
export const KINDS = ['place', 'register', 'instruction', 'address', 'value', 'choice'] as const;

export type Kind = (typeof KINDS)[number];

/** One answer, whatever its spelling was. */
export type Answer =
  | {
      readonly kind: 'register';
      readonly register: RegisterName;
      /** Bits of the part that is meant, one of these; 64, the whole, where it says nothing. */
      readonly widths?: readonly number[];
    }
  | { readonly kind: 'memory'; readonly address: Addr }
  | { readonly kind: 'instruction'; readonly address: Addr }
  | { readonly kind: 'number'; readonly value: bigint; readonly size: number /* bytes */ }
  | { readonly kind: 'word'; readonly word: string };

/** Error numbers by name: EINVAL is 22. */
const ERRNO: ReadonlyMap<string, bigint> = new Map(
  [...ERRNO_NAMES].map(([number, name]) => [name, BigInt(number)]),
);

const HEX = /^(?:0x)?[0-9a-f]+$/iu;

/** A number: decimal or hexadecimal, with or without 0x, negative, an errno name, one character in quotes or not. */
export const readNumber = (text: string, bare: 'decimal' | 'hexadecimal' = 'decimal'): bigint | undefined => {
  const trimmed = text.trim();
  const errno = /^-?(E[A-Z0-9]+)$/u.exec(trimmed);
  const number = ERRNO.get(errno?.[1] ?? '');
  if (number !== undefined) return -number; // the kernel returns them negative, whether or not the sign is written
  const character = /^'(.)'$|^"(.)"$|^([^\s\w])$/u.exec(trimmed);
  if (character !== null) return BigInt((character[1] ?? character[2] ?? character[3]!).codePointAt(0)!);
  const plain = trimmed.replaceAll(/(?<=[0-9a-f])[_'](?=[0-9a-f])/giu, '');
  const negative = plain.startsWith('-');
  const digits = plain.replace(/^[-+]/u, '').replace(/\s*bytes?$/u, '');
  if (!HEX.test(digits)) return undefined;
  // 16 digits are an address as an oops prints it; more are too many for a hexadecimal one.
  const decimal = /^\d+$/u.test(digits) && digits.length !== 16 && bare === 'decimal';
  const value = BigInt(decimal || /^0x/iu.test(digits) ? digits.toLowerCase() : `0x${digits}`);
  return negative ? -value : value;
};

/** `[rsp+0x8]`, `8(%rsp)`, `(%rsp)` with the registers of a state. */
const readOperand = (text: string, registers: BigUint64Array): Addr | undefined => {
  const bracket = /^\[?\s*%?([a-z]\w+)\s*(?:([-+])\s*(\w+))?\s*\]$/iu.exec(text);
  const at = /^(-?\w*)\(\s*%?(\w+)\s*\)$/iu.exec(text);
  const base = readRegister(bracket?.[1] ?? at?.[2] ?? '');
  if (base === undefined) return undefined;
  const amount = bracket?.[3] ?? (at?.[1] === '' ? undefined : at?.[1]);
  const offset = amount === undefined ? 0n : readNumber(amount);
  if (offset === undefined) return undefined;
  return BigInt.asUintN(64, registers[REGISTER_INDEX[base]]! + (bracket?.[2] === '-' ? -offset : offset));
};

/** The address of `sfd`, `&sfd`, `sfd.id`, `sfd->id` by the scenario's names. */
const readObject = (
  { namedObjects, structs }: LessonCase,
  text: string,
): { address: Addr; path: string } | undefined => {
  const match = /^&?([A-Za-z_]\w*)(?:(?:\.|->)([\w.[\]>-]+))?$/u.exec(text);
  const object = namedObjects.find(({ name }) => name === match?.[1]);
  if (object === undefined) return undefined;
  const path = (match![2] ?? '').replaceAll('->', '.');
  if (path === '') return { address: BigInt(object.address), path };
  const struct = object.struct === null ? undefined : structs.find(object.struct);
  const field = struct === undefined ? undefined : findField(struct, path);
  return field === undefined ? undefined : { address: BigInt(object.address) + BigInt(field.offset), path };
};

/** An address: hexadecimal, a stack operand, a symbol with an offset, or an object of the scenario. */
export const readAddress = (text: string, which: LessonCase, state: number): Addr | undefined => {
  const trimmed = text.trim();
  const inner = /^[*&]?\[(0x[0-9a-f]+|[0-9a-f]{9,16})\]$/iu.exec(trimmed)?.[1] ?? trimmed.replace(/^\*/u, '');
  const number = /^[0-9a-f]+$|^0x[0-9a-f]+$/iu.test(inner) ? readNumber(inner, 'hexadecimal') : undefined;
  return (
    number ??
    readOperand(trimmed, which.recording.registersAt(state)) ??
    readObject(which, trimmed)?.address ??
    readCode(trimmed.replace(/^&/u, ''), which)
  );
};

/** `shm_close+0xb`, `shm_close+11`, `<shm_close+11>`, `shm_close+0xb/0xb0`, or an address. */
const readCode = (text: string, { symbols }: LessonCase): Addr | undefined => {
  const trimmed = text
    .trim()
    .replace(/^<(.*)>$/u, '$1')
    .replace(/\/0x[0-9a-f]+$/iu, '')
    .replaceAll(/\s+/gu, '');
  // Hexadecimal without 0x is meant where a digit says so.
  const spelled = trimmed.replace(/\+([0-9a-f]*[a-f][0-9a-f]*)$/iu, '+0x$1');
  if (/^(?:0x)?[0-9a-f]{16}$/iu.test(trimmed)) return readNumber(trimmed, 'hexadecimal');
  return symbols.parseLocation(spelled);
};

/**
 * Read a typed text as an answer of a kind.
 *
 * @param state where registers are read for `[rsp+8]`
 * @param words the choices of a `choice`
 * @returns `undefined` when it is none
 */
export const readAnswer = (
  text: string,
  kind: Kind,
  which: LessonCase,
  state: number,
  words: readonly string[] = [],
): Answer | undefined => {
  switch (kind) {
    case 'register':
    case 'place': {
      const part = readPart(text);
      if (part !== undefined) return { kind: 'register', register: part.register, widths: [part.bits] };
      if (kind === 'register') return undefined;
      const address = readAddress(text, which, state);
      return address === undefined ? undefined : { kind: 'memory', address };
    }
    case 'instruction': {
      const address = readCode(text, which);
      return address === undefined ? undefined : { kind: 'instruction', address };
    }
    // The scenario's names do not count here: "sfd" says which object is meant, and not where it is.
    case 'address': {
      const value =
        readObject(which, text.trim()) === undefined ? readAddress(text, which, state) : undefined;
      return value === undefined ? undefined : { kind: 'number', value, size: 8 };
    }
    case 'value': {
      const isObject = readObject(which, text.trim()) !== undefined;
      const value = readNumber(text) ?? (isObject ? undefined : readAddress(text, which, state));
      return value === undefined ? undefined : { kind: 'number', value, size: 8 };
    }
    case 'choice': {
      const wanted = text.trim().toLowerCase().replace(/\)$/u, '');
      const word =
        words.find((one) => one.toLowerCase() === wanted) ??
        (/^\d+$/u.test(wanted) ? words[Number(wanted) - 1] : undefined) ??
        words.filter((one) => one.toLowerCase().startsWith(wanted) && wanted.length > 1)[0];
      return word === undefined ? undefined : { kind: 'word', word };
    }
  }
};

const WHOLE = [64];

/** Whether an answer is one of the key; numbers count modulo the size of the key's. */
export const isSame = (key: Answer, given: Answer): boolean => {
  switch (key.kind) {
    case 'register':
      return (
        given.kind === 'register' &&
        given.register === key.register &&
        (given.widths ?? WHOLE).some((bits) => (key.widths ?? WHOLE).includes(bits))
      );
    case 'memory':
    case 'instruction':
      return given.kind === key.kind && given.address === key.address;
    case 'word':
      return given.kind === 'word' && given.word === key.word;
    case 'number': {
      if (given.kind !== 'number') return false;
      const bits = key.size * 8;
      const fits = given.value >= -(1n << BigInt(bits - 1)) && given.value < 1n << BigInt(bits);
      return fits && BigInt.asUintN(bits, given.value) === BigInt.asUintN(bits, key.value);
    }
  }
};

/** A number as people compare it: `13008988 (0xc6805c)`, `-22 (0xffffffffffffffea, -EINVAL)`, `0xffff…`. */
export const numberText = (value: bigint, size: number): string => {
  const unsigned = BigInt.asUintN(size * 8, value);
  const signed = BigInt.asIntN(size * 8, value);
  const errno = size >= 4 ? errnoOf(unsigned, size === 4 ? 4 : 8) : undefined;
  const name = errno === undefined ? undefined : ERRNO_NAMES.get(errno);
  if (name !== undefined) return `${signed} (${hex(unsigned)}, -${name})`;
  if (unsigned >= 1n << 40n) return hex(unsigned);
  return unsigned < 10n ? `${unsigned}` : `${unsigned} (${hex(unsigned)})`;
};

/** The instructions at some locations of a run; what the sandbox did has none. */
export const instructionsAt = (which: LessonCase, at: readonly string[]): Answer[] =>
  at.flatMap((location): Answer[] => {
    const address = which.symbols.addressOf(location);
    return address === undefined ? [] : [{ kind: 'instruction', address }];
  });

/** An answer in the first of its spellings. */
export const answerText = (answer: Answer, which: LessonCase, state: number): string => {
  switch (answer.kind) {
    case 'register':
      return partName(answer.register, 0, (answer.widths ?? WHOLE)[0]! / 8);
    case 'memory': {
      const distance = answer.address - which.recording.registersAt(state)[REGISTER_INDEX.rsp]!;
      const near = distance >= 0n && distance < 0x1000n;
      const stack = distance === 0n ? '[rsp]' : `[rsp+${hex(distance)}]`;
      return near ? `${stack} (${hex(answer.address)})` : hex(answer.address);
    }
    case 'instruction':
      return which.symbols.formatLocation(answer.address);
    case 'number':
      return numberText(answer.value, answer.size);
    case 'word':
      return answer.word;
  }
};

/** Spellings of an answer that all count; the first is the shortest that is exact. */
export const spellings = (answer: Answer, which: LessonCase, state: number): string[] => {
  switch (answer.kind) {
    case 'register': {
      const parts = (answer.widths ?? WHOLE).map((bits) => partName(answer.register, 0, bits / 8));
      return parts.flatMap((part) => [part, `%${part}`, part.toUpperCase()]);
    }
    case 'memory': {
      const distance = answer.address - which.recording.registersAt(state)[REGISTER_INDEX.rsp]!;
      const address = [hex(answer.address), answer.address.toString(16)];
      if (distance < 0n || distance > 0x1000n) return address;
      const near = [`[rsp+${hex(distance)}]`, `[rsp+${distance}]`, `${hex(distance)}(%rsp)`];
      return [...(distance === 0n ? ['[rsp]', '(%rsp)', '0(%rsp)'] : near), ...address];
    }
    case 'instruction': {
      const location = which.symbols.findLocation(answer.address);
      const bare = [hex(answer.address), answer.address.toString(16)];
      if (location === undefined) return bare;
      const { name } = location.symbol;
      const { offset } = location;
      return [
        `${name}+${hex(offset)}`,
        `${name}+${offset}`,
        `<${name}+${offset}>`,
        `${name}+${hex(offset)}/${hex(location.symbol.size)}`,
        ...bare,
      ];
    }
    case 'number': {
      const unsigned = BigInt.asUintN(answer.size * 8, answer.value);
      const signed = BigInt.asIntN(answer.size * 8, answer.value);
      return [hex(unsigned), ...(unsigned < 1n << 40n || signed > -4096n ? [`${signed}`] : [])];
    }
    case 'word':
      return [answer.word, answer.word.toUpperCase()];
  }
};
