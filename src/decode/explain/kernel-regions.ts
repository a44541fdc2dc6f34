// The parts of the kernel's half of the address space, with 48 bits: which one a value lies in, as far as the report shows
// where they are.

import { type Addr, hex, u64 } from '../../base/address.js';
import { isAtLeast } from '../read/release.js';
import type { KernelReport, RegisterSet } from '../read/report.js';
import { KASAN_SHADOW_OFFSET, type Look, type Surroundings } from './surroundings.js';

/** The kernel image at most, moved or not. Source: KERNEL_IMAGE_SIZE, arch/x86/include/asm/page_64_types.h, v6.14 */
const IMAGE_START = 0xffffffff80000000n;
const IMAGE_END = 0xffffffffc0000000n;
/** Where its text is linked. Source: CONFIG_PHYSICAL_START, arch/x86/Kconfig, v6.14 */
const LINKED = 0xffffffff81000000n;
/** Where modules begin without CONFIG_RANDOMIZE_BASE. Source: Documentation/arch/x86/x86_64/mm.rst, v4.20 */
const MODULES = 0xffffffffa0000000n;

/** Whether the report is of a kernel with KASAN: it says so, or a register holds the offset of the shadow. */
export const hasKasan = ({ die, said, checker }: KernelReport, { values }: RegisterSet): boolean =>
  die?.flags.includes('KASAN') === true ||
  checker?.checker === 'KASAN' ||
  said.some(({ text }) => /^(?:BUG: )?KASAN: |^kasan: /u.test(text)) ||
  [...values.values()].includes(KASAN_SHADOW_OFFSET);

/** A value in the kernel image or among the modules; `undefined` for others. */
export const imageLook = (
  value: bigint,
  { module, rip, names, release, kernelOffset }: Surroundings,
): Look | undefined => {
  const name = names.get(value);
  if (name !== undefined)
    return { what: 'kernel text', sure: 'likely', detail: `the code address ${name} of this report` };
  if (value < IMAGE_START || value >= 0xffffffffff000000n) return undefined;
  const isImage = 'an address of the kernel image, code or data';
  if (kernelOffset !== undefined && kernelOffset > 0n) {
    if (value >= IMAGE_END) return { what: 'module', sure: 'likely', detail: 'an address of the modules' };
    const linked = value - kernelOffset;
    return linked < LINKED
      ? undefined
      : { what: 'kernel text', sure: 'likely', detail: `${isImage}: ${hex(linked)} in System.map` };
  }
  // The image is moved since 3.14, within 1 GiB, and modules then begin at ffffffffc0000000.
  const moved = !module && rip !== undefined && rip >= MODULES;
  if (value >= IMAGE_END) return { what: 'module', sure: 'likely', detail: 'an address of the modules' };
  if (value < MODULES || moved) return { what: 'kernel text', sure: 'likely', detail: isImage };
  return isAtLeast(release, 3, 14) === false
    ? { what: 'module', sure: 'likely', detail: 'an address of the modules' }
    : {
        what: module ? 'module' : 'kernel text',
        sure: 'possible',
        detail: 'an address of the kernel image, if that was moved (KASLR), or else of the modules',
      };
};

/** A value in another part of the kernel's half. */
export const kernelLook = (value: bigint, { release, kasan }: Surroundings): Look | undefined => {
  if (value >> 47n !== 0x1ffffn) return undefined;
  // Source: Documentation/x86/x86_64/mm.txt: v2.6.26, v3.0, v4.20
  const old = isAtLeast(release, 2, 27) === false;
  const base = isAtLeast(release, 4, 20) === true ? 0xffff888n : old ? 0xffff810n : 0xffff880n;
  const top = value >> 36n;
  // Bases are randomised since 4.8, but not with KASAN. Source: kaslr_memory_enabled(), arch/x86/mm/kaslr.c, v6.14
  const random = !kasan && isAtLeast(release, 4, 8) !== false;
  const note = random ? '; bases may be randomised' : '';
  const isDirect = kasan ? top >= base && value < 0xffffc88000000000n : top === base || top === base + 1n;
  if (isDirect) return { what: 'direct map', sure: 'likely', detail: `an address of the direct map${note}` };
  const isVmalloc = kasan
    ? value >= 0xffffc90000000000n && value < 0xffffe90000000000n
    : value >> 40n === 0xffffc9n;
  if (isVmalloc) return { what: 'vmalloc', sure: 'likely', detail: `an address of the vmalloc area${note}` };
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

/** The address that a byte of KASAN's shadow is of. */
const shadowed = (shadow: bigint): Addr => u64((shadow - KASAN_SHADOW_OFFSET) << 3n);

/**
 * A value of KASAN's own: a byte of its shadow, or an address in units of 8 bytes, from which it computes one.
 * Source: Documentation/arch/x86/x86_64/mm.rst and kasan_mem_to_shadow(), include/linux/kasan.h, v6.14
 */
export const kasanLook = (value: bigint, { kasan, depth }: Surroundings): Look | undefined => {
  if (value >= KASAN_SHADOW_OFFSET && value < KASAN_SHADOW_OFFSET + 0x1000n)
    return {
      what: 'KASAN shadow',
      sure: 'likely',
      detail:
        value === KASAN_SHADOW_OFFSET
          ? 'the shadow of a NULL pointer, KASAN_SHADOW_OFFSET'
          : `the shadow of ${hex(shadowed(value))}, a field of a NULL pointer`,
    };
  if (!kasan) return undefined;
  const start = depth?.bits === 57 ? 0xffdf000000000000n : 0xffffec0000000000n;
  if (value >= start && value < 0xfffffc0000000000n)
    return { what: 'KASAN shadow', sure: 'likely', detail: `the KASAN shadow of ${hex(shadowed(value))}` };
  if (value >> 44n === 0x1ffffn)
    return {
      what: 'KASAN shadow',
      sure: 'likely',
      detail: `${hex(value << 3n)} >> 3, from which KASAN computes a shadow`,
    };
  return undefined;
};
