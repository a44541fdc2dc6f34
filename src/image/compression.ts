// How a file or a payload is compressed, by its first bytes. Sources: each format's own specification, and
// scripts/Makefile.lib of Linux 6.12 for what kernels are packed with.

/** A way to compress; `none` is an ELF file as it is. */
export type Compression = 'none' | 'gzip' | 'xz' | 'zstd' | 'lz4' | 'lzo' | 'bzip2' | 'lzma';

const MAGIC: readonly (readonly [kind: Compression, bytes: readonly number[]])[] = [
  ['none', [0x7f, 0x45, 0x4c, 0x46]],
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4', [0x02, 0x21, 0x4c, 0x18]], // the legacy frame, which kernels have
  ['lzo', [0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lzma', [0x5d, 0x00, 0x00]],
];

/** Bytes that tell every kind. */
export const MAGIC_SIZE = 9;

/** @param bytes the first MAGIC_SIZE bytes, or all of fewer; `undefined` of what is none of them */
export const compressionOf = (bytes: Uint8Array): Compression | undefined =>
  MAGIC.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte))?.[0];
