// A cursor over untrusted bytes: little-endian numbers, LEB128, C strings, each checked against the end.

/** Longest name or path that is read, in bytes: many places may refer to one text. */
export const MAX_TEXT = 4096;

/** Reads forward from a place in some bytes. */
export class ByteReader {
  readonly #view: DataView;
  readonly #fail: (problem: string) => never;

  /**
   * @param at offset of the first byte to read
   * @param end offset of the first byte that may not be read
   * @param fail throws the error for a problem
   */
  constructor(
    readonly bytes: Uint8Array,
    fail: (problem: string) => never,
    public at = 0,
    readonly end: number = bytes.length,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
    if (end > bytes.length || at > end) fail(`a part of it ends at ${end} of ${bytes.length} bytes`);
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.at >= this.end;
  }

  /** A reader for the next `size` bytes, which this one skips. */
  take(size: number): ByteReader {
    const from = this.#advance(size);
    return new ByteReader(this.bytes, this.#fail, from, from + size);
  }

  skip(size: number): void {
    this.#advance(size);
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  i8(): number {
    return this.#view.getInt8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#advance(8), true);
  }

  /** An unsigned LEB128 number; one over 53 bits is refused. */
  uleb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (shift > 63 || value > Number.MAX_SAFE_INTEGER) return this.#fail('a number in it is too large');
      if (byte < 0x80) return value;
    }
  }

  /** A signed LEB128 number; one over 53 bits is refused. */
  sleb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        const signed = (byte & 0x40) === 0 ? value : value - 2 ** (shift + 7);
        return Number.isSafeInteger(signed) ? signed : this.#fail('a number in it is too large');
      }
      if (shift > 63) return this.#fail('a number in it is too large');
    }
  }

  /** The text up to the next NUL, which is skipped; one of over MAX_TEXT bytes is refused. */
  text(): string {
    const rest = this.bytes.subarray(this.at, Math.min(this.end, this.at + MAX_TEXT + 1));
    const size = rest.indexOf(0);
    if (size < 0) return this.#fail(`a text in it does not end, or not within ${MAX_TEXT} bytes`);
    this.at += size + 1;
    return Buffer.from(rest.subarray(0, size)).toString('utf8');
  }

  #advance(size: number): number {
    const from = this.at;
    if (size < 0 || size > this.end - from) {
      return this.#fail(`it ends early: ${size} bytes at ${from} of ${this.end}`);
    }
    this.at = from + size;
    return from;
  }
}
