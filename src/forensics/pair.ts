// Two values of one size, and in which bits, nibbles and bytes they differ.

/** Bytes in a value. */
export type ValueSize = 1 | 2 | 4 | 8;

/** The value that should have been there and the one that was: unsigned, both below 2 to the power of 8 * size. */
export interface ValuePair {
  readonly expected: bigint;
  readonly found: bigint;
  readonly size: ValueSize;
}

/** One bit, nibble or byte that differs; `at` counts from the least significant one, from 0. */
export interface Change {
  readonly at: number;
  readonly old: number;
  readonly new: number;
}

/** Wrap to an unsigned value of `size` bytes. */
export const unsignedOf = (value: bigint, size: number): bigint => BigInt.asUintN(8 * size, value);

/** The same bits read as a two's complement number of `size` bytes. */
export const signedOf = (value: bigint, size: number): bigint => BigInt.asIntN(8 * size, value);

/** The bytes of a value in memory order: x86 is little-endian, so byte 0 is the least significant. */
export const bytesOf = (value: bigint, size: number): number[] =>
  Array.from({ length: size }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));

/** The inverse of `bytesOf`. */
export const valueOf = (bytes: readonly number[]): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** A value whose bytes are all `byte`. */
export const filledWith = (byte: number, size: number): bigint => valueOf(new Array<number>(size).fill(byte));

/** The value of a size with every bit set. */
export const allOnes = (size: number): bigint => filledWith(0xff, size);

/** The pair's values in parts of `width` bits, where they differ; byte `at` is also the offset in memory. */
export const changesOf = ({ expected, found, size }: ValuePair, width: 1 | 4 | 8): Change[] => {
  const mask = (1n << BigInt(width)) - 1n;
  const changes: Change[] = [];
  for (let at = 0; at < (8 * size) / width; at++) {
    const shift = BigInt(at * width);
    const change = { at, old: Number((expected >> shift) & mask), new: Number((found >> shift) & mask) };
    if (change.old !== change.new) changes.push(change);
  }
  return changes;
};

/** The bit or byte that differs, when it is the only one. */
export const onlyChange = (pair: ValuePair, width: 1 | 8): readonly Change[] => {
  const changes = changesOf(pair, width);
  return changes.length === 1 ? changes : [];
};

/** `found - expected` modulo the size: the number of smaller magnitude of the two that it can be. */
export const differenceOf = ({ expected, found, size }: ValuePair): bigint =>
  signedOf(found - expected, size);

/** The adjacent bytes from the first that differs to the last; `undefined` when none does. */
export const changedRun = (
  pair: ValuePair,
): { readonly offset: number; readonly length: number } | undefined => {
  const changes = changesOf(pair, 8);
  const [first, last] = [changes[0], changes.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { offset: first.at, length: last.at - first.at + 1 };
};

/** The bytes of one of the pair's values in the changed run. */
export const changedBytes = (pair: ValuePair, value: bigint): number[] => {
  const { offset = 0, length = 0 } = changedRun(pair) ?? {};
  return bytesOf(value, pair.size).slice(offset, offset + length);
};
