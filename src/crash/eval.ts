// eval: numbers in four bases, and the bits that are set. Source of the format: test/golden/eval-b.txt.

import { u64 } from '../base/address.js';
import { parseNumber, readArguments } from './arguments.js';
import { type CrashCommand, complain } from './command.js';
import type { SymbolTable } from '../kernel/symbols.js';

const COLUMNS = 77;
const LABEL = '   bits set: ';
export const MAX_DEPTH = 64;

const UNITS = [['GB', 1n << 30n], ['MB', 1n << 20n], ['KB', 1n << 10n]] as const; // prettier-ignore

const unitsOf = (value: bigint): string => {
  const [name, size] = UNITS.find(([, one]) => value >= one && value % one === 0n) ?? [];
  return name === undefined || size === undefined ? '' : `  (${value / size}${name})`;
};

const bitLines = (value: bigint): string[] => {
  const bits: string[] = [];
  for (let bit = 63n; bit >= 0n; bit -= 1n) if ((value >> bit) & 1n) bits.push(String(bit));
  const lines: string[] = [];
  let line = LABEL;
  for (const bit of bits) {
    if (line.length + bit.length + 1 > COLUMNS) {
      lines.push(line);
      line = ' '.repeat(LABEL.length);
    }
    line += `${bit} `;
  }
  return [...lines, line].map((one) => one.trimEnd());
};

/** A value as crash's eval prints it. */
const evalLines = (value: bigint, withBits: boolean): string[] => {
  const signed = BigInt.asIntN(64, value);
  return [
    `hexadecimal: ${value.toString(16)}${unitsOf(value)}`,
    `    decimal: ${value}${signed < 0n ? `  (${signed})` : ''}`,
    `      octal: ${value.toString(8)}`,
    `     binary: ${value.toString(2).padStart(64, '0')}`,
    ...(withBits ? bitLines(value) : []),
  ];
};

/** Numbers, symbols and + - * / % << >> & ^ | ~ ( ), with C's precedence, in 64 bits. */
class Expression {
  #at = 0;
  #depth = 0;
  readonly #tokens: readonly string[];

  constructor(
    text: string,
    readonly symbols: SymbolTable,
  ) {
    this.#tokens = text.match(/<<|>>|[-+*/%&|^~()]|[\w.]+|\S/gu) ?? [];
  }

  value(): bigint {
    const value = this.#binary(0);
    const rest = this.#tokens[this.#at];
    return rest === undefined ? value : complain('eval', `"${rest}" is not expected there`);
  }

  #binary(level: number): bigint {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = this.#tokens[this.#at];
      const operate = operator === undefined ? undefined : operators.get(operator);
      if (operate === undefined) return left;
      this.#at += 1;
      left = u64(operate(left, this.#binary(level + 1)));
    }
  }

  #unary(): bigint {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) return complain('eval', `over ${MAX_DEPTH} terms`);
    if (token === undefined) return complain('eval', 'something is missing at the end');
    if (token === '-') return u64(-this.#unary());
    if (token === '~') return u64(~this.#unary());
    if (token === '(') {
      const value = this.#binary(0);
      if (this.#tokens[this.#at] !== ')') return complain('eval', 'a closing parenthesis is missing');
      this.#at += 1;
      return value;
    }
    const [, number, unit] = /^(\w+?)([kmgKMG]?)$/u.exec(token) ?? [];
    const scale = { '': 1n, k: 1n << 10n, m: 1n << 20n, g: 1n << 30n }[(unit ?? '').toLowerCase()] ?? 1n;
    const value = parseNumber(token) ?? this.symbols.findSymbol(token)?.address;
    if (value !== undefined) return value;
    const scaled = number === undefined ? undefined : parseNumber(number);
    return scaled === undefined
      ? complain('eval', `"${token}" is neither a number of 64 bits nor a symbol`)
      : u64(scaled * scale);
  }
}

const divide = (left: bigint, right: bigint): bigint =>
  right === 0n ? complain('eval', 'division by zero') : left / right;
const remainder = (left: bigint, right: bigint): bigint =>
  right === 0n ? complain('eval', 'division by zero') : left % right;
const LEVELS: readonly ReadonlyMap<string, (left: bigint, right: bigint) => bigint>[] = [
  new Map([['|', (left, right) => left | right]]),
  new Map([['^', (left, right) => left ^ right]]),
  new Map([['&', (left, right) => left & right]]),
  new Map([
    ['<<', (left, right) => (right > 63n ? 0n : left << right)],
    ['>>', (left, right) => (right > 63n ? 0n : left >> right)],
  ]),
  new Map([
    ['+', (left, right) => left + right],
    ['-', (left, right) => left - right],
  ]),
  new Map([
    ['*', (left, right) => left * right],
    ['/', divide],
    ['%', remainder],
  ]),
];

export const evaluate: CrashCommand = {
  name: 'eval',
  summary: 'calculate, and show a number in all bases',
  usage: '[-b] NUMBER | SYMBOL | EXPRESSION',
  help: [
    '-b   the numbers of the bits that are set',
    'A number with a letter in it is hexadecimal. Operators are those of C on 64 bits; K, M, G scale a number.',
    '',
    '  crash> eval -b 13008943',
    '  crash> eval init_ipc_ns + 0x98 + 0x28',
  ],
  run: ({ dump }, args) => {
    const withBits = args[0] === '-b';
    const words = withBits ? args.slice(1) : args;
    if (words[0] !== undefined && /^-[A-Za-z]+$/u.test(words[0])) readArguments('eval', [words[0]], 'b');
    if (words.length === 0) return complain('eval', 'give a number, a symbol or an expression');
    return evalLines(new Expression(words.join(' '), dump.symbols).value(), withBits);
  },
};
