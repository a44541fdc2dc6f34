// Small draws from fast-check's generator of random numbers.

import type fc from 'fast-check';

/** A number from 0 on, below `count`. */
export const below = (random: fc.Random, count: number): number => random.nextInt(0, count - 1);

/** One of some values. */
export const pick = <Value>(
  random: fc.Random,
  values: { readonly length: number; [at: number]: Value },
): Value => values[random.nextInt(0, values.length - 1)]!;

/** Any bytes. */
export const anyBytes = (random: fc.Random, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 4) {
    const word = random.nextInt(0, 0xffff_ffff);
    bytes[at] = word;
    bytes[at + 1] = word >>> 8;
    bytes[at + 2] = word >>> 16;
    bytes[at + 3] = word >>> 24;
  }
  return bytes;
};
