// A package as distributions hand it out, .deb or .rpm: the files in it, without unpacking it to a disk.
// Sources: deb(5); rpm.org, "RPM V4 Package format" (lead, signature, header, payload).

import { InputError } from '../base/errors.js';
import { MAGIC_SIZE, compressionOf } from './compression.js';
import { cpioFiles } from './cpio.js';
import { decompress } from './decompress.js';
import { PieceReader } from './pieces.js';
import { type ArchivedFile, type Wanted, tarFiles } from './tar.js';
import type { Fail } from './xz-stream.js';
import { xzPieces } from './xz.js';
import { zstdPieces } from './zstd.js';

const AR = '!<arch>\n';
const AR_HEADER = 60; // bytes
const RPM = [0xed, 0xab, 0xee, 0xdb];
const RPM_LEAD = 96; // bytes
const RPM_HEADER = [0x8e, 0xad, 0xe8, 0x01];
const MAX_WHOLE = 1 << 30; // bytes of an archive that cannot be read in pieces

const latin1 = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

// @param bytes at least its first 8
const packageKind = (bytes: Uint8Array): 'deb' | 'rpm' | undefined => {
  if (latin1(bytes.subarray(0, AR.length)) === AR) return 'deb';
  return RPM.every((byte, index) => bytes[index] === byte) ? 'rpm' : undefined;
};

// The member of the archive that has the files: data.tar.xz, data.tar.zst, …
/** Whether bytes begin as a package. @param bytes at least its first 8 */
export const isPackage = (bytes: Uint8Array): boolean => packageKind(bytes) !== undefined;

const payloadOfDeb = (bytes: Uint8Array, fail: Fail): Uint8Array => {
  for (let at = AR.length; at + AR_HEADER <= bytes.length;) {
    const header = latin1(bytes.subarray(at, at + AR_HEADER));
    const size = /^\d+ *$/u.test(header.slice(48, 58))
      ? Number(header.slice(48, 58))
      : fail('is damaged: a size in it is not a number');
    const from = at + AR_HEADER;
    if (from + size > bytes.length)
      return fail(`is cut off: a part of it would end at byte ${from + size} of ${bytes.length}`);
    if (header.startsWith('data.tar')) return bytes.subarray(from, from + size);
    at = from + size + (size % 2);
  }
  return fail('is damaged: it has no data.tar');
};

// Bytes of a header: its index, and what that points to.
const rpmHeader = (bytes: Uint8Array, at: number, fail: Fail): number => {
  if (at + 16 > bytes.length || RPM_HEADER.some((byte, index) => bytes[at + index] !== byte))
    return fail('is damaged: a header of the package is not where it should be');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return 16 + 16 * view.getUint32(at + 8) + view.getUint32(at + 12);
};

const payloadOfRpm = (bytes: Uint8Array, fail: Fail): Uint8Array => {
  const header = Math.ceil((RPM_LEAD + rpmHeader(bytes, RPM_LEAD, fail)) / 8) * 8;
  const payload = header + rpmHeader(bytes, header, fail);
  return payload < bytes.length ? bytes.subarray(payload) : fail('is cut off: it has no payload');
};

async function* one(bytes: Promise<Uint8Array> | Uint8Array): AsyncGenerator<Uint8Array> {
  yield await bytes;
}

const piecesOf = (payload: Uint8Array, fail: Fail): AsyncIterable<Uint8Array> => {
  const kind = compressionOf(payload.subarray(0, MAGIC_SIZE));
  if (kind === 'xz') return xzPieces(payload, fail);
  if (kind === 'zstd') return zstdPieces(payload, fail);
  if (kind === undefined) return one(payload); // not compressed
  return one(decompress(kind, payload, { max: MAX_WHOLE, fail }));
};

/**
 * The wanted files of a package, in its order.
 *
 * @param bytes of the package
 * @param file its name, for messages
 * @throws {InputError} when it is damaged, or packed in a way that is not known here
 */
export async function* packageFiles(
  bytes: Uint8Array,
  file: string,
  wanted: Wanted,
): AsyncGenerator<ArchivedFile> {
  const fail = (problem: string): never => {
    throw new InputError(problem, { file });
  };
  const kind = packageKind(bytes);
  if (kind === undefined) fail('is not a package: neither .deb nor .rpm');
  const payload = kind === 'deb' ? payloadOfDeb(bytes, fail) : payloadOfRpm(bytes, fail);
  const reader = new PieceReader(piecesOf(payload, fail), fail);
  try {
    yield* kind === 'deb' ? tarFiles(reader, wanted) : cpioFiles(reader, wanted);
  } finally {
    await reader.close();
  }
}
