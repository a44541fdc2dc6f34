// A stream of bytes in pieces, read in the lengths that a format has, so that an archive of 400 MB need not be kept.

import type { Fail } from './xz-stream.js';

/** Reads pieces as one stream. */
export class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece = new Uint8Array(0);
  #at = 0;
  #read = 0;

  constructor(
    pieces: AsyncIterable<Uint8Array>,
    readonly fail: Fail,
  ) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Bytes that were read. */
  get position(): number {
    return this.#read;
  }

  async #more(): Promise<boolean> {
    while (this.#at === this.#piece.length) {
      const { done, value } = await this.#pieces.next();
      if (done === true) return false;
      this.#piece = value as Uint8Array<ArrayBuffer>;
      this.#at = 0;
    }
    return true;
  }

  /** The next bytes, in memory of their own; `undefined` at the end. @throws when the stream ends within them */
  async take(size: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size;) {
      if (!(await this.#more())) return done === 0 ? undefined : this.fail('is cut off');
      const part = this.#piece.subarray(this.#at, this.#at + size - done);
      bytes.set(part, done);
      done += part.length;
      this.#advance(part.length);
    }
    return bytes;
  }

  /** Leave bytes out. @throws when the stream ends within them */
  async skip(size: number): Promise<void> {
    for (let left = size; left > 0;) {
      if (!(await this.#more())) return this.fail('is cut off');
      const length = Math.min(left, this.#piece.length - this.#at);
      left -= length;
      this.#advance(length);
    }
  }

  #advance(length: number): void {
    this.#at += length;
    this.#read += length;
  }

  /** End the stream before its end. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
