// What a 64-bit value looks like: an error code, poison, an address of a part of the address space, text. A value alone
// never proves what it is: nothing here is certain but what its bits show.

import { type Addr, hex, isCanonicalWide } from '../../base/address.js';
import { isPrintable } from '../../base/words.js';
import { ERRNO_NAMES, patternsOf } from '../../forensics/patterns.js';
import type { Sure } from '../code/boundaries.js';
import { isAtLeast } from '../read/release.js';
import { type PagingDepth, nonCanonical } from './paging-depth.js';
import { wideRegion } from './wide-regions.js';
import type { ValueKind } from '../code/statement.js';

/** The facts of a report that distinguish kinds of addresses. */
export interface Surroundings {
  readonly release: string | undefined;
  readonly rsp: Addr | undefined;
  readonly gsBase: Addr | undefined;
  /** How many bits addresses have; `undefined` when the report does not tell. */
  readonly depth: PagingDepth | undefined;
  /** Names that the report gives to code addresses. */
  readonly names: ReadonlyMap<Addr, string>;
  readonly module: boolean; //  the trap is in a module
  readonly rip: Addr | undefined;
}

interface Look {
  readonly what: ValueKind;
  readonly sure: Sure;
  readonly detail: string;
}

/** Shadow of address 0. Source: KASAN_SHADOW_OFFSET, arch/x86/Kconfig, v5.10 */
export const KASAN_SHADOW_OFFSET = 0xdffffc0000000000n;

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
  const shown = JSON.stringify(String.fromCodePoint(...used));
  return { what: 'text', sure: used.length === 8 ? 'likely' : 'possible', detail: `the characters ${shown}` };
};

/** Bytes of a kernel stack. Source: arch/x86/include/asm/page_64_types.h: 8 KiB before 3.15, 16 KiB since */
const stackSize = (release: string | undefined): bigint =>
  isAtLeast(release, 3, 15) === true ? 0x4000n : 0x2000n;

const stack = (value: bigint, { rsp, release }: Surroundings): Look | undefined => {
  if (rsp === undefined) return undefined;
  const size = stackSize(release);
  if (value / size !== rsp / size) return undefined;
  const distance = value - rsp;
  const where =
    distance === 0n ? 'RSP' : `RSP${distance < 0n ? '-' : '+'}${hex(distance < 0n ? -distance : distance)}`;
  return { what: 'this stack', sure: 'likely', detail: `${where}, on the stack that RSP is on` };
};

const image = (value: bigint, { module, rip, names, release }: Surroundings): Look | undefined => {
  const name = names.get(value);
  if (name !== undefined)
    return { what: 'kernel text', sure: 'likely', detail: `the code address ${name} of this report` };
  if (value < 0xffffffff80000000n || value >= 0xffffffffff000000n) return undefined;
  // The image is moved since 3.14, within 1 GiB, and modules then begin at ffffffffc0000000.
  const moved = !module && rip !== undefined && rip >= 0xffffffffa0000000n;
  const modules = moved ? 0xffffffffc0000000n : 0xffffffffa0000000n;
  const sure: Sure =
    isAtLeast(release, 3, 14) !== false && value >= 0xffffffffa0000000n && value < 0xffffffffc0000000n
      ? 'possible'
      : 'likely';
  if (value >= modules) return { what: 'module', sure, detail: 'an address of the modules' };
  return { what: 'kernel text', sure, detail: 'an address of the kernel image, code or data' };
};

const kernel = (value: bigint, { release }: Surroundings): Look | undefined => {
  if (value >> 47n !== 0x1ffffn) return undefined;
  // Source: Documentation/x86/x86_64/mm.txt: v2.6.26, v3.0, v4.20
  const old = isAtLeast(release, 2, 27) === false;
  const base = isAtLeast(release, 4, 20) === true ? 0xffff888n : old ? 0xffff810n : 0xffff880n;
  const top = value >> 36n;
  const random = isAtLeast(release, 4, 8) !== false; // CONFIG_RANDOMIZE_MEMORY
  const note = random ? '; bases may be randomised' : '';
  if (top === base || top === base + 1n)
    return { what: 'direct map', sure: 'likely', detail: `an address of the direct map${note}` };
  if (value >> 40n === 0xffffc9n)
    return { what: 'vmalloc', sure: 'likely', detail: `an address of the vmalloc area${note}` };
  if (value >> 40n === 0xffffean)
    return { what: 'vmemmap', sure: 'likely', detail: `a struct page in the vmemmap${note}` };
  if (value >= 0xffff800000000000n && value < 0xfffffc0000000000n)
    return {
      what: 'kernel address',
      sure: 'likely',
      detail: random
        ? 'an address of the kernel: direct map, vmalloc or vmemmap, whose bases are randomised'
        : 'an address of the kernel',
    };
  return undefined;
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
  if (value >= KASAN_SHADOW_OFFSET && value < KASAN_SHADOW_OFFSET + 0x1000n)
    add({
      what: 'KASAN shadow',
      sure: 'likely',
      detail: 'the shadow of a NULL pointer, KASAN_SHADOW_OFFSET',
    });
  if (looks.length === 0) add(poison(value));
  if (looks.length === 0) add(text(value));
  const { depth } = around;
  const wild = nonCanonical(value, depth);
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
  if (looks.length === 0 && depth?.bits === 57) add(image(value, around) ?? wideRegion(value, depth));
  if (looks.length === 0) add(image(value, around) ?? kernel(value, around) ?? user(value));
  return looks;
};
