// A value that was a pointer once: with one bit changed, read at the wrong byte, or half of it. What other registers and
// the stack hold says how likely that is; the bits alone make it possible at most.

import { hex, isCanonical, isCanonicalWide, u64 } from '../../base/address.js';
import type { StackWord } from '../read/report.js';
import type { PagingDepth } from './paging-depth.js';
import type { PointerReading } from './pointer-reading.js';

/** A value with the name of its place: `RSI`, `Stack[3]`. */
export interface Neighbour {
  readonly name: string;
  readonly value: bigint;
}

const MAX_WORDS = 64;

const isKernel = (value: bigint): boolean => value >= 0xff00000000000000n && value < 0xfffffffffffff000n;

/** The pointers of the kernel in registers and on the stack, but one register. */
export const neighboursOf = (
  values: ReadonlyMap<string, bigint>,
  stack: readonly StackWord[],
  but: string,
): Neighbour[] => {
  const registers = [...values].filter(([name]) => name !== but && name !== 'rflags' && name !== 'rip');
  const held = registers.map(([name, value]) => ({ name: name.toUpperCase(), value }));
  const words = stack.slice(0, MAX_WORDS).map(({ value }, index) => ({ name: `Stack[${index}]`, value }));
  // A value that stands elsewhere too was not damaged here.
  return [...held, ...words].filter(({ value }) => isKernel(value) && value !== values.get(but));
};

/** The bit by which two values differ; -1 where they differ in none or several. */
const oneBit = (a: bigint, b: bigint): number => {
  const different = a ^ b;
  return different !== 0n && (different & (different - 1n)) === 0n ? different.toString(2).length - 1 : -1;
};

const TOP = 0x1ffffn; // bits 47 to 63

const oneSet = (bits: bigint): boolean => bits !== 0n && (bits & (bits - 1n)) === 0n;

const flipped = (value: bigint, others: readonly Neighbour[]): PointerReading | undefined => {
  const twin = others.find((other) => oneBit(other.value, value) >= 13);
  if (twin !== undefined)
    return {
      kind: 'flipped bit',
      sure: isCanonical(value) ? 'possible' : 'likely',
      detail: `${twin.name} (${hex(twin.value)}) with bit ${oneBit(twin.value, value)} changed: memory that flips bits, or a bit operation on the wrong word`,
    };
  if (isCanonical(value)) return undefined;
  const top = value >> 47n;
  const wrong = oneSet(top ^ TOP) ? top ^ TOP : oneSet(top) ? top : undefined;
  if (wrong === undefined) return undefined;
  const was = value ^ (wrong << 47n);
  const bit = wrong.toString(2).length + 46;
  // A pointer of the kernel lies near others.
  const near = others.find((other) => other.value >> 24n === was >> 24n);
  if (was >= 0x1000n && was >> 63n === 0n) return undefined; // any number
  return {
    kind: 'flipped bit',
    sure: near === undefined ? 'possible' : 'likely',
    detail:
      was < 0x1000n
        ? `${was === 0n ? 'NULL' : hex(was)} with bit ${bit} changed`
        : `${hex(was)} with bit ${bit} changed${near === undefined ? '' : `; ${near.name} is near that`}`,
  };
};

// Read some bytes beyond where the pointer starts: its upper bytes are below, the next ones above.
const shiftedDown = (value: bigint, others: readonly Neighbour[]): PointerReading | undefined => {
  for (const bytes of [1, 2, 3, 4, 5]) {
    const bits = BigInt(bytes * 8);
    const was = u64(value << bits);
    if (was >> 47n !== TOP || was >> 32n === 0xffffffffn || (bytes === 5 && was >> 44n === 0xfffffn))
      continue;
    const from = others.find((other) => other.value >> bits === was >> bits);
    const near = others.find((other) => other.value >> 32n === was >> 32n);
    if (bytes > 2 && from === undefined && near === undefined) continue;
    const which =
      from === undefined ? `a pointer like ${hex(was)}` : `the pointer in ${from.name} (${hex(from.value)})`;
    // Five bytes beyond, only what all pointers of a region share is left.
    const isWeak = bytes === 5 || (from === undefined && near === undefined);
    return {
      kind: 'shifted pointer',
      sure: isWeak ? 'possible' : 'likely',
      detail: `${which}, read ${bytes} byte${bytes === 1 ? '' : 's'} beyond its start, or shifted right by ${bits}`,
    };
  }
  return undefined;
};

// Read some bytes before the pointer starts: only its lower bytes are left.
const shiftedUp = (value: bigint, others: readonly Neighbour[]): PointerReading | undefined => {
  for (const bytes of [1, 2, 3]) {
    const bits = BigInt(bytes * 8);
    const left = value >> bits;
    const from = others.find((other) => BigInt.asUintN(64 - bytes * 8, other.value) === left);
    if (from === undefined) continue;
    return {
      kind: 'shifted pointer',
      sure: 'likely',
      detail: `the pointer in ${from.name} (${hex(from.value)}), read ${bytes} byte${bytes === 1 ? '' : 's'} before its start, or shifted left by ${bits}`,
    };
  }
  return undefined;
};

const halves = (value: bigint, others: readonly Neighbour[]): PointerReading | undefined => {
  const [high, low] = [value >> 32n, value & 0xffffffffn];
  const whole = low >= 0x10000n && (high === 0n || high === 0xffffffffn);
  const lost = whole
    ? others.find((other) => (other.value & 0xffffffffn) === low && other.value >> 32n !== high)
    : undefined;
  if (lost !== undefined)
    return {
      kind: 'shifted pointer',
      sure: 'likely',
      detail: `the lower half of ${lost.name} (${hex(lost.value)})${high === 0n ? '' : ', with its sign extended'}: the upper half was lost, as in a cast to 32 bits`,
    };
  const below = others.find((other) => other.value >> 32n === low);
  const above = others.find((other) => (other.value & 0xffffffffn) === high);
  if (low < 0xfffff000n && below !== undefined && above !== undefined && high !== 0n)
    return {
      kind: 'shifted pointer',
      sure: 'likely',
      detail: `the upper half of a pointer like ${below.name}, and above it the lower half of ${above.name}: two neighbours, read 4 bytes too far`,
    };
  return undefined;
};

/** The pointer that a value may have been; `undefined` where nothing speaks for one. */
export const readDamaged = (
  value: bigint,
  others: readonly Neighbour[],
  depth: PagingDepth | undefined,
): PointerReading | undefined => {
  // With 57 bits what looks damaged may be right.
  if (depth?.bits !== 48 && !isCanonical(value) && isCanonicalWide(value)) return undefined;
  if (value >> 63n === 1n && isCanonical(value)) return halves(value, others) ?? flipped(value, others);
  return (
    halves(value, others) ?? shiftedDown(value, others) ?? shiftedUp(value, others) ?? flipped(value, others)
  );
};
