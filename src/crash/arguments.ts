// Arguments as crash reads them: options by letter, addresses in hexadecimal, symbols, expressions.

import { type Addr, u64 } from '../base/address.js';
import { nearest } from '../base/did-you-mean.js';
import { append } from '../base/long-lists.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { complain } from './command.js';

// Options by letter, and the other arguments.
interface Arguments {
  /** How often each letter was given. */
  readonly count: (letter: string) => number;
  readonly has: (letter: string) => boolean;
  /** The value of the last one, for letters that take one. */
  readonly value: (letter: string) => string | undefined;
  readonly rest: readonly string[];
}

/**
 * Split arguments as getopt does: `-lr` is `-l -r`, `-e ADDR` and `-eADDR` are one, `--` ends options.
 *
 * @param letters options that the command has; one that takes a value is followed by a colon: `lrs:`
 * @param words options that are written in full: `-32`
 */
export const readArguments = (
  command: string,
  args: readonly string[],
  letters: string,
  words: readonly string[] = [],
): Arguments => {
  const known = new Map(
    [...letters.matchAll(/([A-Za-z])(:?)/gu)].map(([, letter, colon]) => [letter!, colon === ':']),
  );
  const counts = new Map<string, number>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  const bump = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index]!;
    if (argument === '--') {
      append(rest, args.slice(index + 1));
      break;
    }
    if (words.includes(argument)) {
      bump(argument.slice(1));
      continue;
    }
    // A negative number is not an option.
    if (!/^-[^\d]/u.test(argument)) {
      rest.push(argument);
      continue;
    }
    for (let at = 1; at < argument.length; at += 1) {
      const letter = argument[at]!;
      const takesValue = known.get(letter);
      if (takesValue === undefined) {
        const has = [...known.keys()].map((one) => `-${one}`).concat(words);
        return complain(
          command,
          `there is no option -${letter}${has.length === 0 ? '' : `; it has ${has.join(' ')}`}`,
        );
      }
      bump(letter);
      if (!takesValue) continue;
      const value = at + 1 < argument.length ? argument.slice(at + 1) : args[(index += 1)];
      if (value === undefined) return complain(command, `-${letter} needs a value`);
      values.set(letter, value);
      break;
    }
  }
  return {
    count: (letter) => counts.get(letter) ?? 0,
    has: (letter) => counts.has(letter),
    value: (letter) => values.get(letter),
    rest,
  };
};

/**
 * Complain when options contradict each other.
 *
 * @param letters of which at most one may be given
 */
export const chooseOne = (command: string, options: Arguments, letters: readonly string[]): void => {
  const [first, second] = letters.filter((letter) => options.has(letter));
  if (first !== undefined && second !== undefined) complain(command, `choose -${first} or -${second}`);
};

/** A number: decimal unless it begins with 0x or holds a letter. `undefined` when it is none, or over 64 bits. */
export const parseNumber = (text: string): bigint | undefined => {
  const [, minus, digits] = /^(-?)(0x[0-9a-f]+|[0-9a-f]+)$/iu.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const hexadecimal = /^0x/iu.test(digits) || /[a-f]/iu.test(digits);
  const value = BigInt(hexadecimal && !/^0x/iu.test(digits) ? `0x${digits}` : digits);
  if (value > 0xffff_ffff_ffff_ffffn) return undefined;
  return minus === '-' ? u64(-value) : value;
};

/** A hexadecimal number, with or without 0x. */
export const parseHex = (text: string): bigint | undefined =>
  /^(?:0x)?[0-9a-f]{1,16}$/iu.test(text) ? BigInt(`0x${text.replace(/^0x/iu, '')}`) : undefined;

/** A count of things: positive, at most `most`. */
export const readCount = (command: string, text: string, most: number): number => {
  const value = parseNumber(text);
  if (value === undefined || value < 1n || value > BigInt(most)) {
    return complain(command, `a count from 1 to ${most} is needed, found "${text}"`);
  }
  return Number(value);
};

/** An address: hexadecimal, or `symbol`, `symbol+62`, `symbol+0x3e`. `undefined` when it is none of them. */
export const parseAddress = (text: string, symbols: SymbolTable): Addr | undefined =>
  symbols.parseLocation(text) ?? parseHex(text);

/** An address that must be there. */
export const readAddress = (command: string, text: string, symbols: SymbolTable): Addr =>
  parseAddress(text, symbols) ??
  complain(command, `an address or symbol is needed, found "${text}"${nearestSymbol(text, symbols)}`);

const nearestSymbol = (text: string, symbols: SymbolTable): string => {
  const near = nearest(
    text.replace(/\+.*$/u, ''),
    symbols.all().map(({ name }) => name),
    2,
  );
  return near === undefined ? '' : `; did you mean ${near}?`;
};
