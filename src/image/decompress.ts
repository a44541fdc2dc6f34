// Decompresses what kernels and modules are packed with: gzip, xz and zstd here and in a browser, the rest by the
// system's programs.

import { gunzipSync } from 'fflate';
import { systemProblem } from '../base/system-words.js';
import { spawnSync } from '../host/processes.js';
import type { Compression } from './compression.js';
import type { Fail } from './xz-stream.js';
import { decompressXz } from './xz.js';
import { decompressZstd } from './zstd.js';

/** The programs that decompress what no package does, with their Debian packages. */
export const PROGRAMS: Readonly<Partial<Record<Compression, { command: readonly string[]; from: string }>>> =
  {
    lz4: { command: ['lz4', '-dc'], from: 'lz4' },
    lzo: { command: ['lzop', '-dc'], from: 'lzop' },
    bzip2: { command: ['bzip2', '-dc'], from: 'bzip2' },
    lzma: { command: ['xz', '--format=lzma', '-dc'], from: 'xz-utils' },
  };

const byProgram = (kind: Compression, bytes: Uint8Array, max: number, fail: Fail): Uint8Array => {
  const program = PROGRAMS[kind];
  const [command, ...args] = program?.command ?? [];
  if (command === undefined) return fail(`is packed with ${kind}, which is not known here`);
  // A kernel's lz4 payload is followed by nothing that lz4 knows: its status says so, its output is whole.
  const { error, stdout, status } = spawnSync(command, args, {
    input: bytes,
    maxBuffer: max,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT')
    return fail(
      `is packed with ${kind}: that needs the program ${command} (Debian: apt install ${program!.from})`,
    );
  if (code === 'ENOBUFS') return fail(`decompresses to more than ${max} bytes`);
  if (error !== undefined && stdout.length === 0)
    return fail(`${command} ${systemProblem('started', error)}`);
  if (status !== 0) return fail(`is damaged: ${command} cannot decompress it`);
  return stdout;
};

// The size stands at the end (RFC 1952), modulo 2^32.
const byGunzip = (bytes: Uint8Array, max: number, fail: Fail): Uint8Array => {
  const { byteLength, byteOffset, buffer } = bytes;
  const size = new DataView(buffer, byteOffset, byteLength).getUint32(byteLength - 4, true);
  if (size > max) return fail(`decompresses to ${size} bytes, more than ${max}`);
  try {
    return gunzipSync(bytes, { out: new Uint8Array(size) });
  } catch {
    return fail('is damaged: it cannot be decompressed by gzip');
  }
};

/**
 * Decompress.
 *
 * @param size bytes that it decompresses to, where something says so
 * @param max bytes that it may decompress to
 * @param fail throws the error: damaged, too large, or a program is missing
 */
export const decompress = async (
  kind: Compression,
  bytes: Uint8Array,
  { size, max, fail }: { readonly size?: number; readonly max: number; readonly fail: Fail },
): Promise<Uint8Array> => {
  if (kind === 'none') return bytes;
  if (kind === 'xz') return decompressXz(bytes, max, fail);
  if (kind === 'zstd') return decompressZstd(bytes, size, max, fail);
  return kind === 'gzip' ? byGunzip(bytes, max, fail) : byProgram(kind, bytes, max, fail);
};
