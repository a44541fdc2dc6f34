// What one parameter can be: how values are drawn, and which are simpler than one.

import type fc from 'fast-check';
import type { ParameterValue } from '../../scenario/parameters.js';

/** A parameter's values of one type. */
export interface Domain<Value extends ParameterValue = ParameterValue> {
  draw(random: fc.Random): Value;
  /** Whether a scenario takes the value for the parameter. */
  has(value: ParameterValue): value is Value;
  /** Much simpler values, the simplest first; few. */
  leaps(value: Value): Iterable<Value>;
  /** Values that are a little simpler. A chain of leaps and steps ends. */
  steps(value: Value): Iterable<Value>;
}

/** Where pieces of a size start, from the last to the first: at most `most` of them, spread over `from` to `end`. */
export function* pieces(from: number, end: number, size: number, most: number): Iterable<number> {
  const count = Math.ceil((end - from) / size);
  const stride = Math.max(1, count / most);
  for (let piece = count - 1; piece >= 0; piece -= stride) yield from + Math.floor(piece) * size;
}

/** The bytes without `size` of them from `at` on. */
export const without = (bytes: Uint8Array, at: number, size: number): Uint8Array => {
  const end = Math.min(bytes.length, at + size);
  const rest = new Uint8Array(bytes.length - (end - at));
  rest.set(bytes.subarray(0, at));
  rest.set(bytes.subarray(end), at);
  return rest;
};

/**
 * The bytes with some of them made plain: halves, quarters, and so on to single bytes, which become the plainest of
 * `plain` that they can; the plainest comes first. Bytes before `from` stay.
 */
export function* plainer(bytes: Uint8Array, plain: readonly number[], from: number): Iterable<Uint8Array> {
  const rank = (byte: number): number => {
    const known = plain.indexOf(byte);
    return known < 0 ? plain.length : known;
  };
  const [plainest = 0] = plain;
  for (let size = Math.ceil((bytes.length - from) / 2); size > 1; size = Math.ceil(size / 2)) {
    for (let at = from; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size);
      if (piece.every((byte) => byte === plainest)) continue;
      const changed = bytes.slice();
      changed.fill(plainest, at, at + size);
      yield changed;
    }
  }
  for (let at = from; at < bytes.length; at += 1) {
    for (const byte of plain.slice(0, rank(bytes[at]!))) {
      const changed = bytes.slice();
      changed[at] = byte;
      yield changed;
    }
  }
}
