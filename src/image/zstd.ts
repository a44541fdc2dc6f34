// Decompresses zstd, in Node and in a browser: the package zstddec does it, which does not look at errors of the library;
// it gives empty pieces for ever then.

import { allocate } from '../base/allocate.js';
import type { Fail } from './xz-stream.js';

const MOST_EMPTY = 16;

/**
 * The pieces of what a zstd stream decompresses to, in order.
 *
 * @param fail throws the error for a damaged stream
 */
export async function* zstdPieces(bytes: Uint8Array, fail: Fail): AsyncGenerator<Uint8Array> {
  const { ZSTDDecoder } = await import('zstddec/stream');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  let empty = 0;
  try {
    for (const piece of decoder.decodeStreaming([bytes])) {
      empty = piece.length === 0 ? empty + 1 : 0;
      if (empty > MOST_EMPTY) throw new Error('no progress');
      yield piece;
    }
  } catch {
    fail('is damaged: the zstd stream in it cannot be decompressed');
  }
}

/**
 * Decompress a zstd stream.
 *
 * @param size bytes that it decompresses to, where something says so
 * @param max bytes that it may decompress to
 * @param fail throws the error for a damaged stream, or one that is too large
 */
export const decompressZstd = async (
  bytes: Uint8Array,
  size: number | undefined,
  max: number,
  fail: Fail,
): Promise<Uint8Array> => {
  if (size !== undefined && size > max) return fail(`decompresses to ${size} bytes, more than ${max}`);
  let whole = new Uint8Array(allocate(size ?? 4 * bytes.length, 'what the zstd stream decompresses to'));
  let at = 0;
  for await (const piece of zstdPieces(bytes, fail)) {
    if (at + piece.length > (size ?? max)) return fail(`decompresses to more than ${size ?? max} bytes`);
    if (at + piece.length > whole.length) {
      const larger = new Uint8Array(
        allocate(2 * (at + piece.length), 'what the zstd stream decompresses to'),
      );
      larger.set(whole);
      whole = larger;
    }
    whole.set(piece, at);
    at += piece.length;
  }
  return whole.subarray(0, at);
};
