// Packages against the programs that make them: tar, ar, xz, zstd, gzip; the payload of an RPM in the format of cpio, which is
// written here.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { packageFiles } from '../../src/image/package-file.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-archives-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LONG = `lib/modules/${'a-long-name/'.repeat(20)}cifs.ko`;
const FILES: ReadonlyMap<string, Uint8Array> = new Map([
  ['boot/vmlinuz', Uint8Array.from({ length: 70_000 }, (_, index) => index * 7)],
  [LONG, Uint8Array.from({ length: 513 }, (_, index) => index)],
  ['boot/empty', new Uint8Array()],
  ['boot/System.map', new TextEncoder().encode('ffffffff81000000 T _text\n')],
]);

const run = (command: string, ...args: readonly string[]): void => {
  const { status, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
};

const readAll = async (bytes: Uint8Array, wanted: (name: string) => boolean = () => true) => {
  const found = new Map<string, Uint8Array>();
  for await (const { name, bytes: content } of packageFiles(bytes, 'a package', wanted))
    found.set(name, content);
  return found;
};

const newc = (name: string, mode: number, content: Uint8Array): Buffer => {
  const text = `${name}\0`;
  const fields = [1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, text.length, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${text}`;
  const pad = (size: number): Buffer => Buffer.alloc((4 - (size % 4)) % 4);
  return Buffer.concat([Buffer.from(head), pad(head.length), content, pad(content.length)]);
};

const rpmHeader = (entries: number, data: number): Buffer => {
  const header = Buffer.alloc(16 + 16 * entries + data, 1);
  Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]).copy(header);
  header.writeUInt32BE(entries, 8);
  header.writeUInt32BE(data, 12);
  return header;
};

const rpm = (payload: Uint8Array): Buffer => {
  const lead = Buffer.alloc(96);
  Buffer.from([0xed, 0xab, 0xee, 0xdb, 3, 0]).copy(lead);
  const signature = rpmHeader(3, 37);
  return Buffer.concat([
    lead,
    signature,
    Buffer.alloc((8 - ((96 + signature.length) % 8)) % 8),
    rpmHeader(5, 100),
    payload,
  ]);
};

const DEBS = {
  'data.tar.xz': ['-cJf'],
  'data.tar.zst': ['--zstd', '-cf'],
  'data.tar.gz': ['-czf'],
  'data.tar': ['-cf'],
};

describe('packages', () => {
  const packages = new Map<string, Buffer>();
  beforeAll(() => {
    for (const [name, content] of FILES) {
      mkdirSync(dirname(join(folder, 'tree', name)), { recursive: true });
      writeFileSync(join(folder, 'tree', name), content);
    }
    writeFileSync(join(folder, 'debian-binary'), '2.0\n');
    for (const format of ['gnu', 'pax'])
      for (const [data, options] of Object.entries(DEBS)) {
        run('tar', `--format=${format}`, ...options, data, '-C', 'tree', './boot', './lib');
        run('ar', 'rc', `${format}-${data}.deb`, 'debian-binary', data);
        packages.set(`deb ${format} ${data}`, readFileSync(join(folder, `${format}-${data}.deb`)));
      }
    const cpio = Buffer.concat([
      newc('./boot', 0o040755, new Uint8Array()),
      ...[...FILES].map(([name, content]) => newc(`./${name}`, 0o100644, content)),
      newc('TRAILER!!!', 0, new Uint8Array()),
    ]);
    packages.set('rpm gzip', rpm(gzipSync(cpio)));
    writeFileSync(join(folder, 'cpio'), cpio);
    run('zstd', '-q', 'cpio', '-o', 'cpio.zst');
    run('xz', '-k', 'cpio');
    packages.set('rpm zstd', rpm(readFileSync(join(folder, 'cpio.zst'))));
    packages.set('rpm xz', rpm(readFileSync(join(folder, 'cpio.xz'))));
  });

  it('give their files', async () => {
    expect(packages.size).toBe(11);
    for (const [name, bytes] of packages) {
      const found = await readAll(bytes);
      expect([...found.keys()].toSorted(), name).toEqual([...FILES.keys()].toSorted());
      for (const [file, content] of FILES)
        expect(Buffer.from(found.get(file)!), `${name} ${file}`).toEqual(Buffer.from(content));
    }
  });

  it('give the wanted ones only', async () => {
    for (const [name, bytes] of packages)
      expect([...(await readAll(bytes, (file) => file === LONG)).keys()], name).toEqual([LONG]);
  });

  it('can be left before their end, and opened again', async () => {
    for (const bytes of packages.values()) {
      for await (const { name } of packageFiles(bytes, 'a package', () => true)) {
        expect(name).not.toBe('');
        break;
      }
      expect((await readAll(bytes)).size).toBe(FILES.size);
    }
  });

  it('when damaged or cut off give an error, or files', async () => {
    const all = [...packages.values()];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(all.length - 1),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (which, part, by, cuts) => {
          const bytes = all[which]!;
          const at = Math.floor(part * (bytes.length - 1));
          const changed = Buffer.from(cuts ? bytes.subarray(0, at) : bytes);
          if (!cuts) changed[at]! ^= by;
          const got = await readAll(changed).catch((error: unknown) => error);
          if (!(got instanceof Map)) expect(got).toBeInstanceOf(InputError);
        },
      ),
      { numRuns: 400 },
    );
  });
});
