// xz against the program xz, with and without the x86 filter: over bytes that look like calls everywhere.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decompressXz } from '../../src/image/xz.js';

class Damaged extends Error {}

const fail = (problem: string): never => {
  throw new Damaged(problem);
};

const MAX = 1 << 24;

const pack = (bytes: Uint8Array, ...options: readonly string[]): Uint8Array => {
  const { stdout, status } = spawnSync('xz', ['-c', ...options], { input: bytes, maxBuffer: MAX });
  expect(status).toBe(0);
  return stdout;
};

// Opcodes of calls and jumps, and the operands that decide about them, far more often than in code.
const code = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(0xe8, 0xe9) },
      { weight: 3, arbitrary: fc.constantFrom(0x00, 0xff) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }) },
    ),
    { minLength: 1, maxLength: 3000 },
  )
  .map((bytes) => Uint8Array.from(bytes));

const OPTIONS: readonly (readonly string[])[] = [
  ['--check=crc32', '--x86', '--lzma2=dict=1MiB'], // as scripts/xz_wrap.sh of kernels has it
  ['--check=none', '--x86', '--lzma2'],
  ['--check=crc64', '--x86=start=4096', '--lzma2'],
  ['--check=crc32', '--x86', '--lzma2', '--block-size=512'],
  ['--check=crc32', '--lzma2'],
  ['--check=crc64', '--block-size=700'],
];

it('what xz packs comes back, whatever the filter, the check and the blocks', async () => {
  await fc.assert(
    fc.asyncProperty(code, fc.constantFrom(...OPTIONS), async (bytes, options) => {
      expect(Buffer.from(await decompressXz(pack(bytes, ...options), MAX, fail))).toEqual(Buffer.from(bytes));
    }),
    { numRuns: 120 },
  );
});

it('a changed or shortened stream is refused, or gives the same bytes', async () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, index) => (index * index) >> 3);
  const packed = pack(bytes, '--check=crc32', '--x86', '--lzma2');
  await fc.assert(
    fc.asyncProperty(
      fc.nat(packed.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, by, cuts) => {
        const changed = cuts ? packed.slice(0, at) : packed.slice();
        if (!cuts) changed[at]! ^= by;
        const got = await decompressXz(changed, MAX, fail).catch((error: unknown) => error);
        if (got instanceof Damaged) return;
        expect(Buffer.from(got as Uint8Array)).toEqual(Buffer.from(bytes));
      },
    ),
    { numRuns: 300 },
  );
});

it('what would be too large is refused before it is decompressed', async () => {
  const packed = pack(new Uint8Array(100_000), '--x86', '--lzma2');
  await expect(decompressXz(packed, 99_999, fail)).rejects.toThrow(
    'decompresses to 100000 bytes, more than 99999',
  );
});
