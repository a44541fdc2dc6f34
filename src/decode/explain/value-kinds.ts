// What a 64-bit value looks like: an error code, poison, an address of a part of the address space, text. A value alone
// never proves what it is: nothing here is certain but what its bits show.

import { hex, isCanonicalWide } from '../../base/address.js';
import { isPrintable, printable } from '../../base/words.js';
import { ERRNO_NAMES, patternsOf } from '../../forensics/patterns.js';
import type { Sure } from '../code/sure.js';
import { isAtLeast } from '../read/release.js';
import { imageLook, kasanLook, kernelLook } from './kernel-regions.js';
import { nonCanonical } from './paging-depth.js';
import type { Look, Surroundings } from './surroundings.js';
import { wideRegion } from './wide-regions.js';

const PER_CPU_SPAN = 0x100000n;

const errorCode = (value: bigint): Look | undefined => {
  const wide = -BigInt.asIntN(64, value);
  const narrow = value >> 32n === 0n ? -BigInt.asIntN(32, value) : 0n;
  const [number, bits] = wide > 0n ? [wide, 64] : [narrow, 32];
  const name = number > 0n && number < 4096n ? ERRNO_NAMES.get(Number(number)) : undefined;
  if (name === undefined) return undefined;
  const width = bits === 64 ? '' : ', as a number of 32 bits';
  // -1 is also all ones.
  return {
    what: 'error code',
    sure: number === 1n ? 'possible' : 'likely',
    detail: `-${number} = -${name}${width}`,
  };
};

const poison = (value: bigint): Look | undefined => {
  if (value === 0n) return undefined;
  const size = value >> 32n === 0n ? 4 : 8;
  const [match] = patternsOf(value, size);
  if (match === undefined || match.pattern.name === 'ATM_POISON_FREE') return undefined;
  const { pattern, beyond } = match;
  const distance = beyond === 0n ? '' : ` ${beyond < 0n ? '-' : '+'} ${hex(beyond < 0n ? -beyond : beyond)}`;
  // Few bits may be a number like any other.
  const sure: Sure = size === 8 || pattern.value !== undefined ? 'likely' : 'possible';
  return { what: 'poison', sure, detail: `${pattern.name}${distance}, ${pattern.meaning}` };
};

const text = (value: bigint): Look | undefined => {
  const bytes = Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(at * 8)) & 0xffn));
  const end = bytes.indexOf(0);
  const used = end < 0 ? bytes : bytes.slice(0, end);
  if (used.length < 4 || bytes.slice(used.length).some((byte) => byte !== 0)) return undefined;
  if (!used.every(isPrintable)) return undefined;
  const shown = JSON.stringify(printable(used));
  return { what: 'text', sure: used.length === 8 ? 'likely' : 'possible', detail: `the characters ${shown}` };
};

/** Bytes of a kernel stack. Source: arch/x86/include/asm/page_64_types.h: 8 KiB before 3.15, 16 KiB since; twice with KASAN */
const stackSize = ({ release, kasan }: Surroundings): bigint =>
  (isAtLeast(release, 3, 15) === true ? 0x4000n : 0x2000n) * (kasan ? 2n : 1n);

const stack = (value: bigint, around: Surroundings): Look | undefined => {
  const { rsp } = around;
  if (rsp === undefined) return undefined;
  const size = stackSize(around);
  if (value / size !== rsp / size) return undefined;
  const distance = value - rsp;
  const where =
    distance === 0n ? 'RSP' : `RSP${distance < 0n ? '-' : '+'}${hex(distance < 0n ? -distance : distance)}`;
  return { what: 'this stack', sure: 'likely', detail: `${where}, on the stack that RSP is on` };
};

// Below that a value is as often a number.
const USER_MAPPINGS = 0x550000000000n;

const user = (value: bigint): Look | undefined =>
  value >= USER_MAPPINGS && value < 1n << 47n
    ? { what: 'user address', sure: 'likely', detail: 'an address of user space' }
    : undefined;

/** What a value looks like, best reading first; nothing for small numbers, which may be anything. */
export const looksOf = (value: bigint, around: Surroundings): Look[] => {
  const looks: Look[] = [];
  const add = (look: Look | undefined): void => {
    if (look !== undefined) looks.push(look);
  };
  add(errorCode(value));
  if (looks.length === 0) add(kasanLook(value, around));
  if (looks.length === 0) add(poison(value));
  if (looks.length === 0) add(text(value));
  const { depth } = around;
  // An address in units of 8 bytes is none, and need not be said to be none.
  const isUnits = looks[0]?.what === 'KASAN shadow' && value >> 63n === 0n;
  const wild = isUnits ? undefined : nonCanonical(value, depth);
  if (wild !== undefined)
    add({
      what: 'not canonical',
      sure: wild.sure,
      detail: isCanonicalWide(value)
        ? `non-canonical: not an address where addresses have 48 bits${wild.sure === 'certain' ? '' : ` (${wild.because})`}`
        : 'non-canonical: not an address, with 48 bits or with 57',
    });
  // Without CR4 it may be either.
  if (depth === undefined && wild?.sure === 'possible') add(wideRegion(value, depth));
  if (looks.length > 0) return looks;
  const { gsBase } = around;
  if (
    gsBase !== undefined &&
    gsBase > 0xffff800000000000n &&
    value >= gsBase &&
    value < gsBase + PER_CPU_SPAN
  )
    add({
      what: 'per-CPU',
      sure: 'likely',
      detail: `GS base+${hex(value - gsBase)}, in this CPU's per-CPU area`,
    });
  add(stack(value, around));
  if (looks.length === 0 && depth?.bits === 57) add(imageLook(value, around) ?? wideRegion(value, depth));
  if (looks.length === 0) add(imageLook(value, around) ?? kernelLook(value, around) ?? user(value));
  return looks;
};
