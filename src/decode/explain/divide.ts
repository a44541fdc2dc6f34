// A divide error: which operand was zero, or whose quotient does not fit.

import { type Addr, hex } from '../../base/address.js';
import { decodeOne, usesOf } from '../../x86/disasm.js';
import { REGISTERS } from '../../x86/registers.js';
import { type Statement, statement } from '../code/statement.js';
import { readOperation, valueOf } from '../code/evaluate.js';
import type { KernelReport, RegisterSet } from '../read/report.js';
import { operandText } from './accesses.js';

/** A division that trapped. */
export interface Division {
  readonly signed: boolean;
  /** Bytes of the divisor; the dividend has twice as many. */
  readonly size: number;
  /** The divisor as written: `ecx`, `0x8(%rbx)`. */
  readonly operand: string;
  /** The full register that holds it; absent for one in memory. */
  readonly register?: string;
  /** Unsigned; absent where it is not known. */
  readonly divisor?: bigint;
  /** Unsigned, of twice `size` bytes. */
  readonly dividend?: bigint;
  /** What made it trap: `either`, where the divisor is in memory and a small one would do too. */
  readonly cause: 'zero' | 'overflow' | 'either' | 'none';
}

/**
 * Whether dividing traps. Source: Intel SDM vol. 2, DIV and IDIV: #DE if the divisor is 0 or the quotient too large
 *
 * @param size bytes of the divisor
 */
export const dividing = (
  signed: boolean,
  size: number,
  dividend: bigint,
  divisor: bigint,
): 'zero' | 'overflow' | 'none' => {
  const bits = size * 8;
  if (divisor === 0n) return 'zero';
  if (!signed) return (dividend / divisor) >> BigInt(bits) === 0n ? 'none' : 'overflow';
  const quotient = BigInt.asIntN(bits * 2, dividend) / BigInt.asIntN(bits, divisor);
  return quotient === BigInt.asIntN(bits, quotient) ? 'none' : 'overflow';
};

// A divisor that is not known: it can be only 0 where no other makes the quotient too large. Of unsigned divisors 1 gives
// the largest quotient, of signed ones 1 and -1.
const unknownDivisor = (signed: boolean, size: number, dividend: bigint | undefined): 'zero' | 'either' => {
  if (dividend === undefined) return 'either';
  const ones = (1n << BigInt(size * 8)) - 1n;
  const others = signed ? [1n, ones] : [1n];
  return others.every((divisor) => dividing(signed, size, dividend, divisor) === 'none') ? 'zero' : 'either';
};

/** The division at the start of `bytes`; `undefined` for other instructions. */
export const divisionOf = (bytes: Uint8Array, rip: Addr, { values }: RegisterSet): Division | undefined => {
  const operation = readOperation(bytes, rip);
  if (operation === undefined || (operation.name !== 'div' && operation.name !== 'idiv')) return undefined;
  const signed = operation.name === 'idiv';
  const [operand] = operation.operands;
  const known = new Map(
    REGISTERS.slice(0, 16).flatMap((name, index) => {
      const value = values.get(name);
      return value === undefined ? [] : [[index, value] as const];
    }),
  );
  const memory = usesOf(bytes, rip).memory[0];
  const size = operand?.kind === 'register' ? operand.size : (memory?.size ?? 0);
  if (size === 0) return undefined;
  const mask = (1n << BigInt(size * 8)) - 1n;
  const rax = values.get('rax');
  const rdx = values.get('rdx');
  // Of 8 bits the dividend is AX alone.
  const dividend =
    size === 1
      ? rax === undefined
        ? undefined
        : rax & 0xffffn
      : rax === undefined || rdx === undefined
        ? undefined
        : ((rdx & mask) << BigInt(size * 8)) | (rax & mask);
  const divisor = valueOf(operand, known, size);
  const cause =
    divisor === undefined
      ? unknownDivisor(signed, size, dividend)
      : divisor === 0n
        ? 'zero'
        : dividend === undefined
          ? 'either'
          : dividing(signed, size, dividend, divisor);
  return {
    signed,
    size,
    operand:
      operand?.kind === 'register' ? /%(\w+)/u.exec(decodeOne(bytes, rip).text)![1]! : operandText(memory!),
    ...(operand?.kind === 'register' ? { register: REGISTERS[operand.register]! } : {}),
    ...(divisor === undefined ? {} : { divisor }),
    ...(dividend === undefined ? {} : { dividend }),
    cause,
  };
};

/** The registers of the dividend: `EDX:EAX`. */
export const dividendName = ({ size }: Division): string =>
  ({ 1: 'AX', 2: 'DX:AX', 4: 'EDX:EAX', 8: 'RDX:RAX' })[size] ?? '';

/** `0x1234`, or `-0x80000000` of a signed one. */
const shownNumber = (value: bigint, bits: number, signed: boolean): string => {
  const number = signed ? BigInt.asIntN(bits, value) : value;
  return number < 0n ? `-${hex(-number)}` : hex(number);
};

/** Whether the report is of a divide error. Source: arch/x86/kernel/traps.c, v2.6.32 (`divide error`), v5.7 (`divide_error`) */
export const isDivideError = ({ die, headline }: KernelReport): boolean =>
  /^divide[ _]error\b/u.test(die?.trap ?? headline?.text.replace(/^Oops: /u, '') ?? '');

// Of signed divisors other than 1 and -1 quotients are at most half as large.
const isOnlyMinusOne = ({ signed, size, dividend, divisor }: Division): boolean =>
  signed && divisor === undefined && dividend !== undefined && dividing(true, size, dividend, 1n) === 'none';

const said = (division: Division): { readonly says: string; readonly because: string[] } => {
  const { cause, divisor, dividend, operand, register, signed, size } = division;
  const bits = size * 8;
  const by = register === undefined ? operand : operand.toUpperCase();
  const name = dividendName(division);
  const divides = `It divides ${name} by ${by}`;
  const given = dividend === undefined ? [] : [`${name} is ${shownNumber(dividend, bits * 2, signed)}`];
  switch (cause) {
    case 'zero':
      return divisor === undefined
        ? {
            says: `${divides}: that must have been 0`,
            because: [...given, 'with that the quotient of every other divisor fits'],
          }
        : {
            says: `${divides}, which is 0`,
            because: given,
          };
    case 'overflow':
      return {
        says: `${divides}, which is ${shownNumber(divisor!, bits, signed)}: the quotient does not fit in ${bits} bits`,
        because: given,
      };
    case 'either':
      return {
        says: `${divides}: that was ${isOnlyMinusOne(division) ? '0 or -1' : `0, or the quotient did not fit in ${bits} bits`}`,
        because: given,
      };
    case 'none':
      return {
        says: `${divides}, which is ${shownNumber(divisor!, bits, signed)}: that has a quotient, and does not trap`,
        because: given,
      };
  }
};

/** What a division that trapped shows. */
export const divideStatements = (division: Division): Statement[] => {
  const { says, because } = said(division);
  const { divisor, dividend, operand, size, signed, cause } = division;
  const facts = {
    operand,
    size,
    signed,
    cause,
    ...(divisor === undefined ? {} : { divisor }),
    ...(dividend === undefined ? {} : { dividend }),
  };
  return [
    statement({ kind: 'trap' }, 'certain', { kind: 'trap-means', topic: 'divide', says, facts }, because),
  ];
};
