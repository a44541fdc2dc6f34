// Decompresses xz, in Node and in a browser: the package xz-decompress does LZMA2, the x86 filter is undone here.

import { createRequire } from 'node:module';
import { allocate } from '../base/allocate.js';
import { crc32 } from './crc32.js';
import { undoX86Filter } from './x86-filter.js';
import { type Fail, readXzStream, withoutFilter } from './xz-stream.js';

const PIECE = 1 << 16; // bytes

type Package = typeof import('xz-decompress');

/** Bytes as a stream, which knows whether all of them were taken. */
class Source {
  #at = 0;
  readonly stream: ReadableStream<Uint8Array>;

  constructor(bytes: Uint8Array) {
    this.stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (this.#at >= bytes.length) return controller.close();
        controller.enqueue(bytes.subarray(this.#at, this.#at + PIECE));
        this.#at += PIECE;
      },
    });
    this.isTaken = () => this.#at >= bytes.length;
  }

  readonly isTaken: () => boolean;
}

// Of a stream that is cut off the decoder gives empty pieces for ever.
const MOST_EMPTY = 8;

/**
 * The pieces of what an xz stream decompresses to, in order; each is valid until the next one.
 *
 * @param fail throws the error for a damaged stream
 */
export async function* xzPieces(bytes: Uint8Array, fail: Fail): AsyncGenerator<Uint8Array> {
  const { XzReadableStream } = createRequire(import.meta.url)('xz-decompress') as Package;
  const source = new Source(bytes);
  const reader = new XzReadableStream(source.stream).getReader();
  let empty = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      empty = value.length === 0 && source.isTaken() ? empty + 1 : 0;
      if (empty > MOST_EMPTY) throw new Error('is cut off');
      yield value;
    }
  } catch {
    fail('is damaged: the xz stream in it cannot be decompressed');
  } finally {
    await reader.cancel().catch(() => undefined); // the decoder takes the next stream only then
  }
}

/**
 * Decompress an xz stream.
 *
 * @param max bytes that it may decompress to
 * @param fail throws the error for a damaged stream, or one that is too large
 */
export const decompressXz = async (bytes: Uint8Array, max: number, fail: Fail): Promise<Uint8Array> => {
  const stream = readXzStream(bytes, fail);
  const size = stream.blocks.reduce((sum, block) => sum + block.size, 0);
  if (size > max) return fail(`decompresses to ${size} bytes, more than ${max}`);
  const unfiltered = withoutFilter(bytes, stream, fail);
  const whole = new Uint8Array(allocate(size, 'what the xz stream decompresses to'));
  let at = 0;
  for await (const piece of xzPieces(unfiltered?.stream ?? bytes, fail)) {
    if (at + piece.length > size) return fail('is damaged: it decompresses to more than its index says');
    whole.set(piece, at);
    at += piece.length;
  }
  if (at !== size) return fail(`is damaged: it decompresses to ${at} bytes, and its index says ${size}`);
  let from = 0;
  for (const { size: length, start, crc } of unfiltered?.blocks ?? []) {
    const part = whole.subarray(from, from + length);
    if (start !== undefined) undoX86Filter(part, start);
    if (crc !== undefined && crc32(part) !== crc)
      return fail('is damaged: a checksum of the xz stream is wrong');
    from += length;
  }
  return whole;
};
