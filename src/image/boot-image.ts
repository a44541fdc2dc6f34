// A kernel as it lies in /boot: the payload of a bzImage, and the vmlinux in it.
// Source: Documentation/arch/x86/boot.rst of Linux 6.12 (protocol 2.08 and later).

import { InputError } from '../base/errors.js';
import { MAGIC_SIZE, compressionOf } from './compression.js';
import { decompress } from './decompress.js';

const SETUP_SECTORS = 0x1f1;
const MAGIC = 0x202; // "HdrS"
const VERSION = 0x206;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const KERNEL_VERSION = 0x20e;
const HEADER = 0x268; // bytes
const SECTOR = 512;
const MAX_RELEASE = 200; // characters

/** Most bytes that a vmlinux has: those of distributions have 60 to 100 MB, with debug information 1 GB. */
export const MAX_VMLINUX = 512 << 20;

const textAt = (bytes: Uint8Array, at: number): string => {
  const end = bytes.indexOf(0, at);
  return new TextDecoder('latin1').decode(
    bytes.subarray(at, Math.min(end < 0 ? bytes.length : end, at + MAX_RELEASE)),
  );
};

/** Whether bytes begin as a bzImage. @param bytes at least its first KB */
export const isBootImage = (bytes: Uint8Array): boolean =>
  bytes.length >= HEADER && textAt(bytes.subarray(MAGIC, MAGIC + 4), 0) === 'HdrS';

/** The release that a bzImage says it is: `6.1.0-57-amd64`; `undefined` where it says none. */
export const releaseOfBootImage = (bytes: Uint8Array): string | undefined => {
  if (!isBootImage(bytes)) return undefined;
  const at = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint16(KERNEL_VERSION, true);
  const [release = ''] = at === 0 || at + SECTOR >= bytes.length ? [] : textAt(bytes, at + SECTOR).split(' ');
  return /^[\w.+~-]+$/u.test(release) ? release : undefined;
};

/**
 * The vmlinux in a bzImage.
 *
 * @throws {InputError} when it is damaged, too old, or packed with what cannot be unpacked here
 */
export const vmlinuxOf = async (bytes: Uint8Array, file: string): Promise<Uint8Array> => {
  const fail = (problem: string): never => {
    throw new InputError(problem, { file });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isBootImage(bytes)) return fail('is not a bzImage');
  const version = view.getUint16(VERSION, true);
  if (version < 0x208)
    return fail(
      `has boot protocol ${version >> 8}.${version & 0xff}; its payload is named since 2.08 (Linux 2.6.26)`,
    );
  const start = ((bytes[SETUP_SECTORS] || 4) + 1) * SECTOR + view.getUint32(PAYLOAD_OFFSET, true);
  const end = start + view.getUint32(PAYLOAD_LENGTH, true);
  if (end > bytes.length || end - start < MAGIC_SIZE + 4)
    return fail(`is cut off: its payload would end at byte ${end} of ${bytes.length}`);
  const payload = bytes.subarray(start, end);
  const kind = compressionOf(payload);
  if (kind === undefined) return fail('is damaged, or its payload is packed in a way that is not known here');
  // The build appends the size; with gzip it is the end of the format itself.
  const size = view.getUint32(end - 4, true);
  const packed = kind === 'gzip' || kind === 'none' ? payload : payload.subarray(0, -4);
  const unpacked = await decompress(kind, packed, { size, max: MAX_VMLINUX, fail });
  if (kind !== 'none' && unpacked.length !== size)
    return fail(`is damaged: its payload decompresses to ${unpacked.length} bytes in place of ${size}`);
  return unpacked;
};
