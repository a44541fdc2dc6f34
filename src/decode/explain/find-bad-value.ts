// The one value that made the instruction trap: the operand of the access that faulted, the divisor, or the address
// that was jumped to.

import { type Addr, hex, isCanonical, u64 } from '../../base/address.js';
import { ERRNO_NAMES } from '../../forensics/patterns.js';
import type { CodeBytes, KernelReport, RegisterSet, StackWord } from '../read/report.js';
import {
  FIRST_PAGE,
  type MemoryAccess,
  accessesOf,
  covers,
  faultOf,
  jumpedTo,
  namedByGpf,
  operandText,
  trappingBytes,
} from './accesses.js';
import type { BadValue } from './bad-value.js';
import { neighboursOf, readDamaged } from './damaged-pointer.js';
import { type Division, dividendName, divisionOf, isDivideError } from './divide.js';
import { indirectRegister } from './general-protection.js';
import { PF, isPageFault } from './error-code.js';
import { nonCanonical } from './paging-depth.js';
import type { Statement } from '../code/statement.js';
import { type PointerReading, readPointer } from './pointer-reading.js';
import { badStack } from './stack-bounds.js';
import { KASAN_SHADOW_OFFSET, type Surroundings } from './surroundings.js';
import { looksOf } from './value-kinds.js';

// Reports of an access to memory: an address is what was bad.
const ADDRESSED = new Set<KernelReport['kind']>([
  'paging',
  'null-deref',
  'gpf',
  'double-fault',
  'stack-guard',
  'kasan',
  'unknown',
]);

const isAddressFault = ({ kind, die }: KernelReport): boolean =>
  ADDRESSED.has(kind) &&
  (die === undefined || /^(?:Oops|general protection|double fault|stack)/u.test(die.trap));

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

/** The address whose KASAN shadow an access reads; `undefined` for other accesses. */
const shadowedBy = (
  access: MemoryAccess,
  parts: readonly Part[],
  said: Addr | undefined,
): Addr | undefined => {
  const real = u64((access.address - KASAN_SHADOW_OFFSET) << 3n);
  const adds = parts.some(({ value }) => value === KASAN_SHADOW_OFFSET);
  const ofNull = access.address >= KASAN_SHADOW_OFFSET && access.address < KASAN_SHADOW_OFFSET + 0x200n;
  return adds || ofNull || said === real ? real : undefined;
};

const holderOf = (register: string): string => register.toUpperCase();

// The register holds the address in units of 8 bytes, to which the offset is added, or the sum.
const checked = (
  real: Addr,
  access: MemoryAccess,
  parts: readonly Part[],
  release: string | undefined,
): BadValue => {
  const part = parts.find(({ value }) => value !== KASAN_SHADOW_OFFSET);
  const reading = readPointer(real, undefined, release);
  const form =
    part !== undefined && part.value === real >> 3n ? `${hex(real)} >> 3` : `the shadow of ${hex(real)}`;
  const of = `${form}, which KASAN checks before an access there`;
  return {
    kind: reading?.kind ?? 'KASAN shadow',
    value: real,
    holder: part === undefined ? operandText(access.use) : holderOf(part.register),
    ...(part === undefined ? {} : { register: part.register }),
    detail: reading === undefined ? of : `${of}: ${reading.detail}`,
    sure: reading?.sure ?? 'likely',
  };
};

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
        ? 'a number rather than a pointer'
        : 'an address in the half of user space';
  // -1 is also all ones.
  const sure = number === 1n ? 'possible' : 'likely';
  return error === undefined
    ? { kind: 'user address', sure: 'likely', detail }
    : { kind: 'error pointer', sure, detail };
};

// An address that looks like nothing special: which part of the address space it is in.
const plain = (address: Addr, around: Surroundings): PointerReading => {
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

// The part that is the pointer: the only one; or the one that is no address; or the large one beside a small index.
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

/** The bad part of the address of an access that faulted. @param said the address that KASAN names */
export const badOperandOf = (
  access: MemoryAccess,
  registers: RegisterSet,
  around: Surroundings,
  said: Addr | undefined,
  stack: readonly StackWord[],
): BadValue => {
  const { use, address } = access;
  const parts = partsOf(access, registers);
  const real = shadowedBy(access, parts, said);
  if (real !== undefined) return checked(real, access, parts, around.release);
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
      ...(readPointer(address, undefined, around.release) ?? plain(address, around)),
      value: address,
      holder: operandText(use),
    };
  const others = neighboursOf(registers.values, stack, only.register);
  return {
    ...(readDamaged(only.value, others, around.depth) ?? plain(only.value, around)),
    value: only.value,
    holder: holderOf(only.register),
    register: only.register,
  };
};

/** The access that faulted: it covers the address, or, where the report names none, is the one that cannot be. */
export const faultingAccess = (
  accesses: readonly MemoryAccess[],
  fault: Addr | undefined,
  kind: KernelReport['kind'],
): MemoryAccess | undefined => {
  if (kind === 'gpf')
    return (
      (fault === undefined ? undefined : accesses.find((access) => namedByGpf(access, fault))) ??
      accesses.find(({ address }) => !isCanonical(address))
    );
  return fault === undefined
    ? accesses.find(({ address }) => address < FIRST_PAGE)
    : accesses.find(({ use, address }) => covers(address, use.size, fault));
};

/** A jump to an address that holds no code. */
export const badTarget = (rip: Addr, around: Surroundings): BadValue => {
  const { detail } = readPointer(rip, undefined, around.release) ?? plain(rip, around);
  return { kind: 'code address', value: rip, holder: 'RIP', register: 'rip', detail, sure: 'likely' };
};

const badDivision = (division: Division): BadValue | undefined => {
  const { cause, divisor, dividend, operand, register, size } = division;
  if (cause === 'none' || cause === 'either') return undefined;
  const held = register === undefined ? {} : { register };
  const holder = register === undefined ? operand : operand.toUpperCase();
  if (cause === 'zero')
    return {
      kind: 'zero divisor',
      value: 0n,
      holder,
      ...held,
      detail: divisor === undefined ? '0, since no other divisor traps here' : '0, and the divisor',
      sure: 'certain',
    };
  return {
    kind: 'overflowing quotient',
    value: divisor ?? dividend ?? 0n,
    holder,
    ...held,
    detail: `the divisor of ${dividendName(division)}, whose quotient does not fit in ${size * 8} bits`,
    sure: 'certain',
  };
};

// An address that is right, of a page that may only be read.
const withWrite = (report: KernelReport, bad: BadValue): BadValue => {
  const refused = PF.present | PF.write;
  const isRefused = isPageFault(report) && ((report.errorCode ?? 0) & (refused | PF.fetch)) === refused;
  return bad.kind === 'kernel address' && isRefused
    ? { ...bad, detail: `${bad.detail}; its page is there, and may not be written` }
    : bad;
};

const findBad = (
  report: KernelReport,
  registers: RegisterSet,
  code: CodeBytes | undefined,
  around: Surroundings,
): BadValue | undefined => {
  const target = jumpedTo(report, registers);
  if (target !== undefined) return badTarget(target, around);
  const stack = badStack(report, registers);
  if (stack !== undefined) return stack;
  const bytes = trappingBytes(code);
  const rip = registers.values.get('rip') ?? registers.rip?.address;
  if (bytes.length === 0) return undefined;
  if (isDivideError(report)) {
    const division = divisionOf(bytes, rip ?? 0n, registers);
    return division === undefined ? undefined : badDivision(division);
  }
  if (!isAddressFault(report)) return undefined;
  const access = faultingAccess(accessesOf(bytes, rip, registers), faultOf(report, registers), report.kind);
  if (access !== undefined)
    return withWrite(report, badOperandOf(access, registers, around, kasanRange(report), report.stack));
  const to = report.kind === 'gpf' ? indirectRegister(bytes, registers) : undefined;
  if (to === undefined || nonCanonical(to.value, around.depth) === undefined) return undefined;
  const { detail } = readPointer(to.value, undefined, around.release) ?? plain(to.value, around);
  return { kind: 'code address', ...to, holder: to.register.toUpperCase(), detail, sure: 'likely' };
};

/**
 * The value that made the instruction trap; `undefined` where no reading is better than the others.
 *
 * @param contradictions where one is about the instruction or its operands, no value is more than possible
 */
export const badValueOf = (
  report: KernelReport,
  registers: RegisterSet,
  code: CodeBytes | undefined,
  around: Surroundings,
  contradictions: readonly Statement[],
): BadValue | undefined => {
  const found = registers.role === 'trap' ? findBad(report, registers, code, around) : undefined;
  const isDoubted = contradictions.some(
    ({ claim }) =>
      claim.kind === 'contradiction' &&
      (claim.between.includes('instruction') || claim.between.includes('operands')),
  );
  return found === undefined || !isDoubted ? found : { ...found, sure: 'possible' };
};
