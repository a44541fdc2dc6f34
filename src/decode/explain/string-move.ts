// String instructions: what one step of them accesses, and how many steps are left.

import { hex } from '../../base/address.js';
import { plural } from '../../base/words.js';
import type { Statement } from '../code/statement.js';
import type { RegisterSet } from '../read/report.js';
import { means } from './trap-means.js';

/** `rep movsq`, `scasb`. */
interface StringMove {
  readonly name: 'movs' | 'cmps' | 'stos' | 'lods' | 'scas' | 'ins' | 'outs';
  /** Bytes of one element. */
  readonly size: number;
  /** With `rep`, `repz` or `repnz`: RCX counts. */
  readonly repeated: boolean;
}

// Source: Intel SDM vol. 2, appendix A: opcodes 6c to 6f, a4 to a7, aa to af
const NAMES = new Map<number, StringMove['name']>([
  [0x6c, 'ins'],
  [0x6e, 'outs'],
  [0xa4, 'movs'],
  [0xa6, 'cmps'],
  [0xaa, 'stos'],
  [0xac, 'lods'],
  [0xae, 'scas'],
]);

/** The string instruction at the start of `bytes`; `undefined` for another. */
export const stringMoveOf = (bytes: Uint8Array): StringMove | undefined => {
  let at = 0;
  let repeated = false;
  let narrow = false;
  let wide = false;
  for (; at < 6; at += 1) {
    const byte = bytes[at];
    if (byte === 0xf3 || byte === 0xf2) repeated = true;
    else if (byte === 0x66) narrow = true;
    else if (byte !== 0x67) break;
  }
  const rex = bytes[at];
  if (rex !== undefined && (rex & 0xf0) === 0x40) {
    wide = (rex & 8) !== 0;
    at += 1;
  }
  const opcode = bytes[at];
  if (opcode === undefined) return undefined;
  const name = NAMES.get(opcode & 0xfe);
  if (name === undefined) return undefined;
  // ins and outs have no form of 64 bits.
  const large = wide && name !== 'ins' && name !== 'outs' ? 8 : narrow ? 2 : 4;
  return { name, size: (opcode & 1) === 0 ? 1 : large, repeated };
};

/** RFLAGS.DF: addresses go down. Source: Intel SDM vol. 1, 3.4.3.2 */
const DF = 0x400n;

/** Whether addresses go down; `undefined` without EFLAGS. */
export const goesDown = ({ values }: RegisterSet): boolean | undefined => {
  const flags = values.get('rflags');
  return flags === undefined ? undefined : (flags & DF) !== 0n;
};

const hasSource = (name: StringMove['name']): boolean => ['movs', 'cmps', 'lods', 'outs'].includes(name);

/**
 * How much a string instruction had left when it trapped, and how much was done where the registers of memcpy() and
 * memset() tell: they return the destination in RAX. Source: arch/x86/lib/memcpy_64.S and memset_64.S, v6.14
 *
 * @param symbol the function that it is in
 */
export const stringStatements = (
  bytes: Uint8Array,
  registers: RegisterSet,
  symbol: string | undefined,
): Statement[] => {
  const move = stringMoveOf(bytes);
  const { values } = registers;
  const left = values.get('rcx');
  if (move?.repeated !== true || left === undefined) return [];
  const size = BigInt(move.size);
  const elements = `${plural(move.size, 'byte')} each`;
  const from = hasSource(move.name) && values.has('rsi') ? ` from RSI ${hex(values.get('rsi')!)}` : '';
  const to =
    move.name !== 'lods' && move.name !== 'outs' && values.has('rdi')
      ? ` to RDI ${hex(values.get('rdi')!)}`
      : '';
  const where = move.name === 'cmps' || move.name === 'scas' ? '' : `${from}${to}`;
  const facts = { left, size: move.size };
  // A search for the end of a string counts down from -1: so compilers write strlen() where size matters.
  if (move.name === 'scas' && left >> 32n === 0xffffffffn)
    return [
      means(
        'string',
        'likely',
        `RCX is -${hex(-BigInt.asIntN(64, left))}: the search has no limit, as that of strlen(), which counts down from -1`,
        facts,
      ),
    ];
  if (BigInt.asIntN(64, left) < 0n || left * size >= 1n << 47n) {
    const signed = BigInt.asIntN(64, left);
    return [
      means(
        'string',
        'likely',
        `RCX counts ${signed < 0n ? `-${hex(-signed)}` : hex(left)} elements that are left: the length was negative, or is not a length`,
        facts,
        ['no object is as large'],
      ),
    ];
  }
  const statements = [
    means(
      'string',
      'certain',
      left === 0n
        ? 'RCX is 0: the string instruction had nothing left'
        : `It stopped with ${hex(left)} elements left, ${elements}: ${hex(left * size)} bytes${where}`,
      facts,
    ),
  ];
  // memset() keeps the destination in R9 while AL has the byte.
  const holder = move.name === 'stos' ? 'r9' : 'rax';
  const start = values.get(holder);
  const next = values.get('rdi');
  const isOne =
    symbol !== undefined && (move.name === 'stos' ? /^_*memset/u : /^_*mem(?:cpy|move)/u).test(symbol);
  if (isOne && start !== undefined && next !== undefined && next >= start && next - start < 1n << 32n) {
    const done = next - start;
    const total = done + left * size;
    const because = [`${holder.toUpperCase()} is the destination there`];
    const says = `${hex(done)} of ${hex(total)} bytes were done`;
    statements.push(means('string', 'likely', says, { done, total }, because));
  }
  return statements;
};
