// Bytes that are read on demand: in memory, or in a file that may be too large for that.

import { closeSync, readSync } from '../host/files.js';
import { InputError } from '../base/errors.js';
import { type FileKind, openRegular } from '../base/read-file.js';

/** Bytes at offsets. */
export interface ByteSource {
  /** Its name, for messages. */
  readonly file: string;
  readonly size: number; // bytes
  /** The bytes of a range, which must end at or before `size`; do not write into them. */
  read(offset: number, size: number): Uint8Array;
}

/** Bytes in memory. */
export const sourceOf = (bytes: Uint8Array, file: string): ByteSource => ({
  file,
  size: bytes.length,
  read: (offset, size) => bytes.subarray(offset, offset + size),
});

/** An open file; close it. */
export class FileSource implements ByteSource {
  readonly size: number;
  readonly #handle: number;

  /** @throws {InputError} when it is not a regular file, or cannot be read */
  constructor(
    readonly file: string,
    kind: FileKind,
  ) {
    const { handle, size } = openRegular(file, kind);
    this.#handle = handle;
    this.size = size;
  }

  /** @throws {InputError} when the file has become shorter */
  read(offset: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size;) {
      const count = readSync(this.#handle, bytes, done, size - done, offset + done);
      if (count === 0) throw new InputError('has become shorter while it was read', { file: this.file });
      done += count;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#handle);
  }
}
