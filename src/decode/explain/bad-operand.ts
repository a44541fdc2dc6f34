// The bad part of the address of an access that faulted: which register, and what is wrong with what it holds.

import { type Addr, hex, u64 } from '../../base/address.js';
import { ERRNO_NAMES } from '../../forensics/patterns.js';
import type { KernelReport, RegisterSet, StackWord } from '../read/report.js';
import { type MemoryAccess, operandText } from './accesses.js';
import type { BadValue } from './bad-value.js';
import { type Neighbour, neighboursOf, readDamaged } from './damaged-pointer.js';
import { nonCanonical } from './paging-depth.js';
import { type PointerReading, readPointer } from './pointer-reading.js';
import { isRegisterName } from '../../x86/registers.js';
import { KASAN_SHADOW_OFFSET, type Surroundings } from './surroundings.js';
import { looksOf } from './value-kinds.js';

/** An operand part: a register and what it holds. */
interface Part {
  readonly register: string;
  readonly value: bigint;
}

const partsOf = ({ use }: MemoryAccess, registers: RegisterSet): Part[] =>
  [use.base, use.index].flatMap((register) => {
    const value = register === undefined ? undefined : registers.values.get(register);
    return register === undefined || value === undefined ? [] : [{ register, value }];
  });

/** The address that KASAN names, from `KASAN: null-ptr-deref in range [0x…-0x…]`. Source: mm/kasan/report.c, v6.14 */
export const kasanRange = (report: KernelReport): Addr | undefined => {
  for (const { text } of report.said) {
    const found = /^KASAN: .{1,60} in range \[0x([0-9a-f]{1,16})-/u.exec(text);
    if (found !== null) return BigInt(`0x${found[1]}`);
  }
  return undefined;
};

/** The shadow of the kernel's half. Source: Documentation/arch/x86/x86_64/mm.rst, v6.6 */
const SHADOW = 0xffffec0000000000n;
const SHADOW_END = 0xfffffc0000000000n;

/** The address whose KASAN shadow an access reads; `undefined` for other accesses. */
const shadowedBy = (
  access: MemoryAccess,
  parts: readonly Part[],
  said: Addr | undefined,
  kasan: boolean,
): Addr | undefined => {
  const real = u64((access.address - KASAN_SHADOW_OFFSET) << 3n);
  const adds = parts.some(({ value }) => value === KASAN_SHADOW_OFFSET);
  const ofNull = access.address >= KASAN_SHADOW_OFFSET && access.address < KASAN_SHADOW_OFFSET + 0x200n;
  const isShadow = kasan && access.address >= SHADOW && access.address < SHADOW_END;
  return adds || ofNull || isShadow || said === real ? real : undefined;
};

const holderOf = (register: string): string => register.toUpperCase();

const isSmall = ({ kind }: PointerReading): boolean => kind === 'NULL' || kind === 'near NULL';

const fieldOf = ({ use }: MemoryAccess, reading: PointerReading, value: bigint): string => {
  const plus = BigInt.asIntN(64, use.displacement);
  if (reading.kind !== 'NULL' || use.index !== undefined || plus === 0n) return reading.detail;
  return plus > 0n
    ? `${reading.detail}; the field at offset ${hex(plus)} was wanted`
    : `${reading.detail}; the instruction goes ${hex(-plus)} bytes back from ${hex(value)}, as container_of() does from a member`;
};

// Below that an address of user space is rather a number. Source: the mappings of user space, see value-kinds.ts
const MAPPINGS = 0x400000n;

const low = (address: Addr): PointerReading => {
  const number = -BigInt.asIntN(32, address);
  const error = address >> 32n === 0n && number > 0n ? ERRNO_NAMES.get(Number(number)) : undefined;
  const detail =
    error !== undefined
      ? `-${error}, the error ${-number}, as a number of 32 bits`
      : address < MAPPINGS
        ? 'a small number: a far field of a NULL pointer, or no pointer at all'
        : 'an address of the lower half, where user space is';
  // -1 is also all ones.
  const sure = number === 1n ? 'possible' : 'likely';
  return error === undefined
    ? { kind: 'user address', sure: 'likely', detail }
    : { kind: 'error pointer', sure, detail };
};

// An address that looks like nothing special: which part of the address space it is in.
export const plainReading = (address: Addr, around: Surroundings): PointerReading => {
  const [look] = looksOf(address, around).filter(({ what }) => what !== 'not canonical');
  const wild = nonCanonical(address, around.depth);
  if (wild !== undefined)
    return {
      kind: 'not canonical',
      sure: wild.sure === 'possible' ? 'possible' : 'likely',
      detail: 'not canonical: no address at all',
    };
  if (address >> 63n === 0n) return low(address);
  return {
    kind: 'kernel address',
    sure: 'likely',
    detail: look === undefined ? 'an address of the kernel' : look.detail,
  };
};

/**
 * The register that holds the address which KASAN checks: the only one in the 8 bytes of its shadow byte. A small number
 * may stand in a register by chance, so several that have one are none.
 */
const holdsChecked = (real: Addr, parts: readonly Part[], registers: RegisterSet): Part | undefined => {
  const used = new Set(parts.map(({ register }) => register));
  const found = [...registers.values]
    .filter(([name, value]) => isRegisterName(name) && !used.has(name) && value >> 3n === real >> 3n)
    .map(([register, value]) => ({ register, value }));
  const values = new Set(found.map(({ value }) => value));
  return values.size === 1 && (found.length === 1 || real >= 0x1000n) ? found[0] : undefined;
};

// The register holds the address in units of 8 bytes, to which the offset is added, or the sum.
const checked = (
  real: Addr,
  access: MemoryAccess,
  parts: readonly Part[],
  others: readonly Neighbour[],
  around: Surroundings,
  held: Part | undefined,
): BadValue => {
  const part = parts.find(({ value }) => value !== KASAN_SHADOW_OFFSET);
  const form =
    part !== undefined && part.value === real >> 3n ? `${hex(real)} >> 3` : `the shadow of ${hex(real)}`;
  const address = held?.value ?? real;
  const reading =
    address > 0n && address < 0x1000n
      ? ({
          kind: 'near NULL',
          sure: 'likely',
          detail: 'a field of a NULL pointer, or a small number',
        } as const)
      : (readPointer(address, undefined, around.release) ??
        readDamaged(address, others, around.depth) ??
        plainReading(address, around));
  if (held !== undefined)
    return {
      kind: reading.kind,
      value: address,
      holder: holderOf(held.register),
      register: held.register,
      detail: `${reading.detail}; KASAN checks it before the access, and its shadow faulted`,
      sure: reading.sure === 'possible' ? 'possible' : 'likely',
    };
  return {
    kind: reading.kind === 'kernel address' ? 'KASAN shadow' : reading.kind,
    value: real,
    holder: part === undefined ? operandText(access.use) : holderOf(part.register),
    ...(part === undefined ? {} : { register: part.register }),
    indirect: true,
    detail: `${form}, which KASAN checks before an access there: ${reading.detail}`,
    sure: reading.sure,
  };
};

// The part that is the pointer: the only one; or the one that is not an address; or the large one beside a small index.
const pointerOf = (
  parts: readonly Part[],
  { scale, index }: MemoryAccess['use'],
  around: Surroundings,
): Part | undefined => {
  const isScaled = ({ register }: Part): boolean => register === index && scale > 1;
  if (parts.length === 1) return isScaled(parts[0]!) ? undefined : parts[0];
  const wild = parts.filter(
    (part) => !isScaled(part) && nonCanonical(part.value, around.depth) !== undefined,
  );
  if (wild.length === 1) return wild[0];
  const large = parts.filter(({ value }) => value >= 0x10000n);
  return large.length === 1 && !isScaled(large[0]!) ? large[0] : undefined;
};

/**
 * The bad part of the address of an access that faulted.
 *
 * @param said the address that KASAN names
 * @param isMade whether the code computed what a register holds: then no bit of it flipped in memory
 */
export const badOperandOf = (
  access: MemoryAccess,
  registers: RegisterSet,
  around: Surroundings,
  said: Addr | undefined,
  stack: readonly StackWord[],
  isMade: (register: string) => boolean,
): BadValue => {
  const { use, address } = access;
  const parts = partsOf(access, registers);
  const real = shadowedBy(access, parts, said, around.kasan);
  if (real !== undefined)
    return checked(
      real,
      access,
      parts,
      neighboursOf(registers.values, stack, ''),
      around,
      holdsChecked(real, parts, registers),
    );
  const read = parts.map((part) => ({ part, reading: readPointer(part.value, address, around.release) }));
  const telling =
    use.segment === undefined
      ? (read.find(({ reading }) => reading !== undefined && !isSmall(reading)) ??
        // A small index is a usual one, and a small base with an index may be an offset.
        read.find(
          ({ part, reading }) =>
            reading !== undefined &&
            part.register === use.base &&
            (use.index === undefined || address < 1n << 47n),
        ))
      : undefined;
  if (telling?.reading !== undefined) {
    const { part, reading } = telling;
    return {
      ...reading,
      value: part.value,
      holder: holderOf(part.register),
      register: part.register,
      detail: fieldOf(access, reading, part.value),
    };
  }
  const only = use.segment === undefined ? pointerOf(parts, use, around) : undefined;
  if (only === undefined)
    return {
      ...(readPointer(address, undefined, around.release) ?? plainReading(address, around)),
      value: address,
      holder: operandText(use),
    };
  const others = neighboursOf(registers.values, stack, only.register);
  const damaged = readDamaged(only.value, others, around.depth);
  const found =
    damaged === undefined || (damaged.kind === 'flipped bit' && isMade(only.register))
      ? plainReading(only.value, around)
      : damaged;
  // Objects with fields of 8 bytes are aligned.
  const isOdd =
    found.kind === 'kernel address' &&
    use.size === 8 &&
    only.value % 8n !== 0n &&
    use.displacement % 8n === 0n &&
    only.register !== 'rsi' &&
    only.register !== 'rdi';
  return {
    ...found,
    detail: isOdd ? `${found.detail}; it is not a multiple of 8` : found.detail,
    value: only.value,
    holder: holderOf(only.register),
    register: only.register,
  };
};
