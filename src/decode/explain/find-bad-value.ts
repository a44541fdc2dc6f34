// The one value that made the instruction trap: the operand of the access that faulted, the divisor, or the address
// that was jumped to.

import { ripAtFault } from './rip-from.js';
import { type Addr, isCanonical } from '../../base/address.js';
import type { CodeBytes, KernelReport, RegisterSet } from '../read/report.js';
import {
  FIRST_PAGE,
  type MemoryAccess,
  accessesOf,
  covers,
  faultOf,
  jumpedTo,
  namedByGpf,
  trappingBytes,
} from './accesses.js';
import type { BadValue } from './bad-value.js';
import { badOperandOf, kasanRange, plainReading } from './bad-operand.js';
import { type Division, dividendName, divisionOf, isDivideError } from './divide.js';
import { indirectRegister } from './general-protection.js';
import { PF, isPageFault } from './error-code.js';
import type { Analysis } from '../code/analysis.js';
import { isMadeByCode } from './made-by-code.js';
import { nonCanonical } from './paging-depth.js';
import type { Statement } from '../code/statement.js';
import { readPointer } from './pointer-reading.js';
import { badStack } from './stack-bounds.js';
import type { Surroundings } from './surroundings.js';

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

const FAULT = /^(?:Oops|general protection|double fault|stack)/u;

// The name of the trap decides where the kind is that of any exception: #SS is a fault at an address through RSP or RBP.
const isAddressFault = ({ kind, die }: KernelReport): boolean =>
  ADDRESSED.has(kind)
    ? die === undefined || FAULT.test(die.trap)
    : kind === 'trap' && die !== undefined && FAULT.test(die.trap);

/** The access that faulted: it covers the address, or, where the report names none, is the one that cannot be. */
const faultingAccess = (
  accesses: readonly MemoryAccess[],
  fault: Addr | undefined,
  kind: KernelReport['kind'],
): MemoryAccess | undefined => {
  if (kind === 'gpf' || kind === 'trap')
    return (
      (fault === undefined ? undefined : accesses.find((access) => namedByGpf(access, fault))) ??
      accesses.find(({ address }) => !isCanonical(address))
    );
  return fault === undefined
    ? accesses.find(({ address }) => address < FIRST_PAGE)
    : accesses.find(({ use, address }) => covers(address, use.size, fault));
};

/** A jump to an address that holds no code. */
const badTarget = (rip: Addr, around: Surroundings): BadValue => {
  const isNumber = rip > 0n && rip < FIRST_PAGE;
  const { detail } = isNumber
    ? { detail: 'a small number, not an address' }
    : (readPointer(rip, undefined, around.release) ?? plainReading(rip, around));
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

// An address that is right, of a page that may only be read, or that is another's.
const withWrite = (report: KernelReport, bad: BadValue): BadValue => {
  const refused = PF.present | PF.write;
  if (bad.kind === 'kernel address' && isPageFault(report) && ((report.errorCode ?? 0) & PF.rmp) !== 0)
    return { ...bad, detail: `${bad.detail}; SEV-SNP refuses the access to its page` };
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
  analysis: Analysis | undefined,
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
  const access = faultingAccess(
    accessesOf(bytes, ripAtFault(report, registers, bytes).rip, registers),
    faultOf(report, registers),
    report.kind,
  );
  if (access !== undefined)
    return withWrite(
      report,
      badOperandOf(access, registers, around, kasanRange(report), report.stack, (register) =>
        isMadeByCode(analysis, register),
      ),
    );
  const to = report.kind === 'gpf' ? indirectRegister(bytes, registers) : undefined;
  if (to === undefined || nonCanonical(to.value, around.depth) === undefined) return undefined;
  const { detail } = readPointer(to.value, undefined, around.release) ?? plainReading(to.value, around);
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
  analysis: Analysis | undefined,
): BadValue | undefined => {
  const found = registers.role === 'trap' ? findBad(report, registers, code, around, analysis) : undefined;
  const isDoubted = contradictions.some(
    ({ claim }) =>
      claim.kind === 'contradiction' &&
      (claim.between.includes('instruction') || claim.between.includes('operands')),
  );
  return found === undefined || !isDoubted ? found : { ...found, sure: 'possible' };
};
