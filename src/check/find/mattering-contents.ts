// Which bytes of a slab object mattered in a counterexample. Each statement is a hypothesis about byte classes that is
// tried on worlds; where none fits, nothing is stated.

import fc from 'fast-check';
import type { ParameterValue } from '../../scenario/parameters.js';
import type { ParameterFinding } from './mattering-document.js';
import type { Variations } from './variations.js';

type Range = { readonly from: number; readonly to: number }; // both included

const PLAIN = 0x41; // neither a NUL nor a separator
const MOST_BYTES = 6; // distinct bytes of a value that are tried as the one it takes

const contents = (bytes: Uint8Array): ParameterValue => ({
  type: 'contents',
  text: Buffer.from(bytes).toString('hex'),
  fill: bytes,
});

// The numbers below `size` that pass, where they follow each other without a gap.
const rangeOf = (size: number, passes: (index: number) => boolean): Range | undefined => {
  const all = Array.from({ length: size }, (_, index) => index).filter(passes);
  const from = all[0];
  const to = all.at(-1);
  return from === undefined || to === undefined || to - from + 1 !== all.length ? undefined : { from, to };
};

// Any bytes, the likely ones of texts and pointers more often.
const anyByte = fc.oneof(fc.constantFrom(0x00, 0x2f, 0x5c, PLAIN, 0xff), fc.nat({ max: 255 }));
const anyBytes = (size: number): fc.Arbitrary<Uint8Array> =>
  fc.array(anyByte, { minLength: size, maxLength: size }).map((bytes) => Uint8Array.from(bytes));

// Whether a byte is at `from` to `to`, with no 00 between `stop` and it.
const takes = (bytes: Uint8Array, byte: number, { from, to }: Range, stop: number | null): boolean => {
  const at = bytes.subarray(0, to + 1).indexOf(byte, from);
  return at >= 0 && (stop === null || !bytes.subarray(stop, at).includes(0));
};

const set = (bytes: Uint8Array, index: number, byte: number): Uint8Array => {
  const changed = bytes.slice();
  changed[index] = byte;
  return changed;
};

/**
 * Find what the bytes of a contents parameter must be.
 *
 * @param runs worlds for each hypothesis
 * @returns `undefined` where no hypothesis fits
 */
export const findContents = (
  variations: Variations,
  parameter: string,
  runs: number,
): ParameterFinding | undefined => {
  const value = variations.world.get(parameter);
  const size = variations.specs[parameter]?.max ?? 32;
  if (value?.type !== 'contents' || value.fill === undefined) return undefined;
  const { fill } = value;
  const bytes = Uint8Array.from({ length: size }, (_, index) => fill[index % fill.length]!);
  const breaks = (changed: Uint8Array): boolean => variations.breaks({ [parameter]: contents(changed) });
  if (!breaks(bytes)) return undefined;
  const before = variations.worlds;
  const tested = (): number => variations.worlds - before;

  // A 00 at any one of them does not break it; all other bytes there do, whatever the rest is.
  const nul = rangeOf(size, (index) => !breaks(set(bytes, index, 0)));
  if (nul !== undefined) {
    const without = anyBytes(size).map((drawn) =>
      drawn.map((byte, index) => (byte === 0 && index >= nul.from && index <= nul.to ? PLAIN : byte)),
    );
    if (variations.sample(without, runs).every(breaks))
      return { parameter, kind: 'no-nul', ...nul, tested: tested() };
  }

  // Nothing but the byte, somewhere before the first 00, breaks it.
  const plain = new Uint8Array(size).fill(PLAIN);
  for (const byte of [...new Set(bytes)].filter((one) => one !== 0 && one !== PLAIN).slice(0, MOST_BYTES)) {
    if (breaks(plain)) break;
    const place = rangeOf(size, (index) => breaks(set(plain, index, byte)));
    if (place === undefined) continue;
    const drawn = variations.sample(
      fc.tuple(anyBytes(size), fc.integer({ min: place.from, max: place.to })),
      runs,
    );
    // Where a 00 ends the search for it: where the byte itself may first stand, one byte before, or nowhere.
    for (const stop of [place.from, place.from - 1, null]) {
      if (stop !== null && stop < 0) continue;
      const agrees = drawn.every(([any, at]) => {
        const more = set(any, at, byte);
        const none = any.map((found) => (found === byte ? PLAIN : found));
        return [any, more, none].every((one) => breaks(one) === takes(one, byte, place, stop));
      });
      if (agrees) return { parameter, kind: 'takes-byte', byte, ...place, stop, tested: tested() };
    }
  }
  return undefined;
};
