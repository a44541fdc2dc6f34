// A stack that ended: the stack pointer against its stack, for double faults and guard pages.

import { hex, isCanonical } from '../../base/address.js';
import type { Statement } from '../code/statement.js';
import type { KernelReport, RegisterSet } from '../read/report.js';
import type { BadValue } from './bad-value.js';
import { means } from './trap-means.js';

const PAGE = 0x1000n;

/**
 * The bounds that the headline of a guard page names, the last byte included; hashed pointers have an empty upper half,
 * and are none. Before v5.16 the kernel printed the last byte, since then the end. Source: arch/x86/kernel/traps.c,
 * handle_stack_overflow(), v5.15 and v5.16
 */
const namedBounds = (report: KernelReport): { low: bigint; high: bigint } | undefined => {
  for (const { text } of report.said) {
    const found = /stack is ([0-9a-f]{16})\.\.([0-9a-f]{16})\)/u.exec(text);
    if (found === null) continue;
    const [low, end] = [BigInt(`0x${found[1]}`), BigInt(`0x${found[2]}`)];
    const high = end % PAGE === 0n ? end - 1n : end;
    if (low >> 63n === 1n && high > low && high - low < 0x100000n) return { low, high };
  }
  return undefined;
};

const isKernel = (address: bigint): boolean => address >> 63n === 1n;

/** Where RSP is, when that explains the trap: the text, and how sure. */
const above = (bytes: bigint): string =>
  bytes === 0n ? 'at the lowest address' : `${hex(bytes)} bytes above the lowest address`;

const explain = (report: KernelReport, { values, control }: RegisterSet) => {
  const rsp = values.get('rsp');
  const isStack = report.kind === 'stack-guard' || /stack overflow/u.test(report.die?.trap ?? '');
  if (rsp === undefined || (!isStack && report.kind !== 'double-fault')) return undefined;
  const facts = { rsp };
  const bounds = namedBounds(report);
  if (bounds !== undefined) {
    const { low, high } = bounds;
    const size = high - low + 1n;
    // A push writes below RSP, so RSP itself may still be the first byte.
    if (rsp < low && low - rsp < 0x10000n)
      return {
        says: `RSP is ${hex(low - rsp)} bytes below its stack, which begins at ${hex(low)} and has ${hex(size)} bytes: the stack overflowed`,
        detail: `${hex(low - rsp)} bytes below its stack: the stack overflowed`,
        sure: 'certain' as const,
        facts: { ...facts, low, high },
      };
    if (rsp >= low && rsp <= high)
      return rsp - low < 0x1000n
        ? {
            says: `RSP is ${above(rsp - low)} of its stack of ${hex(size)} bytes: the stack was used up`,
            detail: `${above(rsp - low)} of its stack`,
            sure: 'likely' as const,
            facts: { ...facts, low, high },
          }
        : undefined;
    return undefined;
  }
  // With five levels, addresses from ff00… on are canonical.
  if (!isKernel(rsp) || (!isCanonical(rsp) && rsp < 0xff00000000000000n)) {
    const what = rsp === 0n ? 'NULL' : isKernel(rsp) ? 'no address' : 'no address of the kernel';
    return {
      says: `RSP is ${hex(rsp)}, ${what}: no exception can be delivered on such a stack`,
      detail: `${what}, where a stack was to be`,
      sure: 'likely' as const,
      facts,
    };
  }
  const cr2 = control.get('cr2');
  // The frame of an exception is up to 48 bytes, aligned; a function may also have gone further at once.
  if (cr2 === undefined || cr2 > rsp || rsp - cr2 >= PAGE || (cr2 & ~(PAGE - 1n)) === (rsp & ~(PAGE - 1n)))
    return cr2 !== undefined && cr2 <= rsp && rsp - cr2 < 0x100n && (cr2 & 0xfffn) >= 0xf00n
      ? {
          says: `CR2 is ${hex(cr2)}, at the end of a page that RSP ${hex(rsp)} points into: the stack went over its end, into the guard page`,
          detail: 'in the guard page below its stack: the stack overflowed',
          sure: 'likely' as const,
          facts: { ...facts, cr2 },
        }
      : undefined;
  return {
    says: `RSP ${hex(rsp)} is the last that its page has, and CR2 ${hex(cr2)} is in the page below: the stack went over its end, into the guard page`,
    detail: `at the end of its stack: the page below it, at ${hex(cr2)}, is not mapped`,
    sure: 'likely' as const,
    facts: { ...facts, cr2 },
  };
};

/** What the stack pointer shows of a double fault, or of a guard page that was hit. */
export const stackBoundStatements = (report: KernelReport, registers: RegisterSet): Statement[] => {
  const found = explain(report, registers);
  return found === undefined ? [] : [means('stack', found.sure, found.says, found.facts)];
};

/** RSP as the bad value, where it explains the trap. */
export const badStack = (report: KernelReport, registers: RegisterSet): BadValue | undefined => {
  const found = explain(report, registers);
  if (found === undefined) return undefined;
  const value = registers.values.get('rsp')!;
  return {
    kind: 'stack bounds',
    value,
    holder: 'RSP',
    register: 'rsp',
    detail: found.detail,
    sure: found.sure,
  };
};
