// Guest addresses and 64-bit values: bigint at every edge, never rounded through `number`.

/** A guest virtual address: an unsigned 64-bit value. */
export type Addr = bigint;

/** Bytes in a page of x86-64. Source: PAGE_SIZE, arch/x86/include/asm/page_types.h, v3.0.101 */
export const PAGE_SIZE = 4096;

/** Start of the direct map of all physical memory. Source: Documentation/x86/x86_64/mm.txt, v3.0.101 */
export const PAGE_OFFSET: Addr = 0xffff880000000000n;

/** End (excluded) of the direct map. Source: Documentation/x86/x86_64/mm.txt, v3.0.101 */
export const PAGE_OFFSET_END: Addr = 0xffffc80000000000n;

/** Wrap to an unsigned 64-bit value. */
export const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

const joined = new BigUint64Array(1);
const halves = new Uint32Array(joined.buffer);

/** The 64-bit value of two unsigned halves. */
export const fromHalves = (low: number, high: number): bigint => {
  halves[0] = low;
  halves[1] = high;
  return joined[0]!;
};

/** `0x…`, lower case, unpadded: the form of addresses and register values in JSON. */
export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** 16 hex digits without `0x`: the form of `%016lx` and of a kernel pointer in an oops. */
export const hex16 = (value: bigint): string => value.toString(16).padStart(16, '0');

/** The bits of an address that are its offset in its page. */
export const IN_PAGE = PAGE_SIZE - 1;

// Positive: a bigint's "and" with a negative mask costs five times as much.
const PAGE_MASK = 0xffff_ffff_ffff_f000n;

/** The start of the page that holds `address`. */
export const pageStart = (address: Addr): Addr => address & PAGE_MASK;

/** The offset of `address` in its page. */
export const pageOffset = (address: Addr): number => Number(address & 0xfffn);

/**
 * Whether a CPU with 48-bit virtual addresses accepts `address`: bits 63 to 47 are all equal.
 * Source: Intel SDM vol. 1, 3.3.7.1 "Canonical Addressing"
 */
export const isCanonical = (address: Addr): boolean => {
  const top = address >> 47n;
  return top === 0n || top === 0x1ffffn;
};

/**
 * Whether a CPU with 57-bit virtual addresses (CR4.LA57) accepts `address`: bits 63 to 56 are all equal.
 * Source: Intel SDM vol. 1, 3.3.7.1 "Canonical Addressing"
 */
export const isCanonicalWide = (address: Addr): boolean => {
  const top = address >> 56n;
  return top === 0n || top === 0xffn;
};

/** The direct-map address of a page frame. */
export const frameAddress = (frame: bigint): Addr => PAGE_OFFSET + frame * BigInt(PAGE_SIZE);

/** The page frame number of a direct-map address. */
export const frameOf = (address: Addr): bigint => (address - PAGE_OFFSET) >> 12n;

/**
 * Read `0x…` (hexadecimal) or decimal digits as an unsigned 64-bit value.
 *
 * @returns `undefined` when the text is anything else, or does not fit in 64 bits
 */
export const parseUnsigned = (text: string): bigint | undefined => {
  if (!/^(?:0x[0-9a-f]{1,16}|\d{1,20})$/iu.test(text)) return undefined;
  const value = BigInt(text);
  return value === u64(value) ? value : undefined;
};
