// The files of a tar archive, one after the other. Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax
// Interchange Format"; tar(5) of FreeBSD for GNU's long names.

import type { PieceReader } from './pieces.js';

/** A file of an archive that was asked for. */
export interface ArchivedFile {
  /** Without a leading `./` or `/`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Whether a file of an archive is wanted. @param size bytes */
export type Wanted = (name: string, size: number) => boolean;

const BLOCK = 512; // bytes
const MAX_FILE = 1 << 29; // bytes
const MAX_NAME = 4096; // bytes
const MAX_HEADERS = 1 << 20; // bytes of a pax header

const text = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return new TextDecoder('utf-8').decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** A path of an archive as it is looked up. */
export const plainName = (name: string): string => name.replace(/^(?:\.?\/+)+/u, '');

// Digits in octal, or for large files a number of 95 bits after a byte of 0x80.
const sizeOf = (field: Uint8Array, reader: PieceReader): number => {
  if (field[0] === 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
  const digits = text(field).trim();
  return /^[0-7]*$/u.test(digits)
    ? Number.parseInt(digits || '0', 8)
    : reader.fail('is damaged: a size in its archive is not a number');
};

// `27 path=a/long/name\n`
const pathOfPax = (bytes: Uint8Array): string | undefined =>
  /(?:^|\n)\d+ path=([^\n]*)\n/u.exec(new TextDecoder().decode(bytes))?.[1];

/** The wanted files, in the order of the archive. @throws by the reader's `fail` when it is damaged */
export async function* tarFiles(reader: PieceReader, wanted: Wanted): AsyncGenerator<ArchivedFile> {
  let longName: string | undefined;
  for (;;) {
    const header = await reader.take(BLOCK);
    if (header === undefined || header.every((byte) => byte === 0)) return;
    const size = sizeOf(header.subarray(124, 136), reader);
    const type = String.fromCharCode(header[156]!);
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    const special = type === 'L' || type === 'x';
    if (size > (special ? MAX_HEADERS : MAX_FILE))
      return reader.fail(`is damaged: its archive has a file of ${size} bytes`);
    if (special) {
      const bytes = (await reader.take(size)) ?? new Uint8Array();
      longName = (type === 'L' ? text(bytes) : (pathOfPax(bytes) ?? longName))?.slice(0, MAX_NAME);
      await reader.skip(padding);
      continue;
    }
    const prefix = text(header.subarray(345, 500));
    const short = text(header.subarray(0, 100));
    const isUstar = text(header.subarray(257, 262)) === 'ustar' && header[262] === 0;
    const name = plainName(longName ?? (isUstar && prefix !== '' ? `${prefix}/${short}` : short));
    longName = undefined;
    if ((type === '0' || type === '\0') && wanted(name, size))
      yield { name, bytes: (await reader.take(size)) ?? new Uint8Array() };
    else await reader.skip(size);
    await reader.skip(padding);
  }
}
