// Mutations of bytes: any input can be taken for some.
import type { Random } from './random.js';

/** Numbers at which readers go wrong. */
export const BOUNDARIES: readonly bigint[] = [
  0n, 1n, 2n, 7n, 8n, 0x7fn, 0x80n, 0xffn, 0x100n, 0xfffn, 0x1000n, 0x7fffn, 0xffffn, 0x10000n, 0x7fff_ffffn,
  0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 8n,
  2n ** 64n - 1n, 0xffff_8000_0000_0000n, 0x7fff_ffff_ffffn, 0x8000_0000_0000n, 0xffff_ffff_8000_0000n,
]; // prettier-ignore

const put = (bytes: Buffer, at: number, size: number, value: bigint): void => {
  const number = Buffer.alloc(8);
  number.writeBigUInt64LE(BigInt.asUintN(64, value));
  number.copy(bytes, at, 0, Math.min(size, bytes.length - at));
};

const splice = (bytes: Buffer, from: number, to: number, between: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(to)]);

/**
 * One to a few changes.
 *
 * @param other another input, for parts of it
 * @param most bytes of the result
 */
export const mutateBytes = (random: Random, input: Uint8Array, other: Uint8Array, most: number): Buffer => {
  let bytes: Buffer = Buffer.from(input);
  for (let left = random.few(); left > 0; left -= 1) {
    const at = random.below(bytes.length + 1);
    const length = Math.min(random.below(1 << random.below(10)), bytes.length - at);
    const kind = random.below(10);
    if (kind === 0 && bytes.length > 0) bytes[at % bytes.length]! ^= 1 << random.below(8);
    else if (kind === 1 && bytes.length > 0) bytes[at % bytes.length] = random.below(256);
    else if (kind === 2 && bytes.length > 0)
      put(bytes, at % bytes.length, random.pick([1, 2, 4, 8]), random.pick(BOUNDARIES));
    else if (kind === 3) bytes = splice(bytes, at, at + length, Buffer.alloc(0));
    else if (kind === 4) bytes = splice(bytes, at, at, bytes.subarray(at, at + length));
    else if (kind === 5) bytes = splice(bytes, at, at + length, Buffer.alloc(length, random.below(256)));
    else if (kind === 6) bytes = bytes.subarray(0, at);
    else if (kind === 7) {
      const from = random.below(other.length + 1);
      bytes = splice(bytes, at, at + length, other.subarray(from, from + random.below(200)));
    } else if (kind === 8)
      bytes = splice(
        bytes,
        at,
        at,
        Buffer.from(Array.from({ length: random.below(9) }, () => random.below(256))),
      );
    else bytes.copyWithin(at, random.below(bytes.length + 1), random.below(bytes.length + 1));
  }
  return bytes.length > most ? bytes.subarray(0, most) : bytes;
};
