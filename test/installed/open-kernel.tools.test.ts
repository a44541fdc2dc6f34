// Kernels in small, in the folders of a machine and of packages: the one of the release is found, others are not taken, and
// what was unpacked is kept safely.
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { openKernel } from '../../src/installed/open-kernel.js';
import { cases } from '../helpers/effort.js';

const base = mkdtempSync(join(tmpdir(), 'oopslab-installed-'));
const cacheBefore = process.env['XDG_CACHE_HOME'];
afterAll(() => {
  rmSync(base, { recursive: true, force: true });
  if (cacheBefore === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cacheBefore;
});

const RELEASE = '6.1.0-57-amd64';
const OTHER = '6.12.9-arch1';

const tool = (command: string, args: readonly string[], input?: Uint8Array): Buffer => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: base,
    ...(input === undefined ? {} : { input }),
  });
  expect(status, String(stderr)).toBe(0);
  return stdout;
};

const source = (release: string): string => `
  .globl start
  .type start, @function
start: call second
  ret
  .size start, . - start
  .type second, @function
second: ret
  .size second, . - second
  .section .rodata, "a"
  .asciz "Linux version ${release} (builder)"
  .fill 100000
  .section .modinfo, "a"
  .asciz "name=nf_small"
  .asciz "vermagic=${release} SMP"
`;

// Documentation/arch/x86/boot.rst: setup of two sectors, then the payload.
const bootImage = (vmlinux: Uint8Array, release: string): Buffer => {
  const payload = tool('gzip', ['-9', '-n', '-c'], vmlinux);
  const setup = Buffer.alloc(3 * 512, 0x90);
  setup[0x1f1] = 2;
  setup.write('HdrS', 0x202, 'latin1');
  setup.writeUInt16LE(0x20f, 0x206);
  setup.writeUInt16LE(0x300, 0x20e);
  setup.write(`${release} (builder)\0`, 0x500, 'latin1');
  setup.writeUInt32LE(0, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([setup, payload]);
};

const images = new Map<
  string,
  { readonly vmlinuz: Buffer; readonly vmlinux: Buffer; readonly module: Buffer }
>();
beforeAll(() => {
  for (const release of [RELEASE, OTHER]) {
    writeFileSync(join(base, 'small.s'), source(release));
    tool('as', ['-o', 'small.o', 'small.s']);
    tool('ld', ['-Ttext=0xffffffff81000000', '--section-start=.rodata=0xffffffff82000000', '-e', 'start', '-o', 'vmlinux', 'small.o']);
    const vmlinux = readFileSync(join(base, 'vmlinux'));
    images.set(release, { vmlinux, vmlinuz: bootImage(vmlinux, release), module: readFileSync(join(base, 'small.o')) });
  }
}); // prettier-ignore

let folders = 0;
const put = (files: Readonly<Record<string, Uint8Array>>): string => {
  folders += 1;
  const folder = join(base, `${folders}`);
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
};

const of = (release: string) => images.get(release)!;
const wished = (release: string | undefined = RELEASE) => ({ release, modules: ['nf-small'] });

describe('the kernel of a release', () => {
  const PLACES: Readonly<Record<string, (release: string) => Record<string, Uint8Array>>> = {
    Debian: (release) => ({
      [`boot/vmlinuz-${release}`]: of(release).vmlinuz,
      [`lib/modules/${release}/kernel/net/nf-small.ko`]: of(release).module,
    }),
    Fedora: (release) => ({
      [`usr/lib/modules/${release}/vmlinuz`]: of(release).vmlinuz,
      [`usr/lib/modules/${release}/kernel/net/nf_small.ko.gz`]: tool('gzip', ['-c'], of(release).module),
    }),
    'a build': (release) => ({
      [`lib/modules/${release}/build/vmlinux`]: of(release).vmlinux,
      [`lib/modules/${release}/extra/nf_small.ko.xz`]: tool(
        'xz',
        ['--check=crc32', '-c'],
        of(release).module,
      ),
    }),
    'debug information': (release) => ({
      [`usr/lib/debug/boot/vmlinux-${release}`]: of(release).vmlinux,
      [`lib/modules/${release}/kernel/nf_small.ko`]: of(release).module,
    }),
  };

  it.each(Object.keys(PLACES))('is found where %s has it, beside another one', async (name) => {
    const folder = put({ ...PLACES[name]!(RELEASE), ...PLACES[name]!(OTHER) });
    for (const release of [RELEASE, OTHER]) {
      const kernel = await openKernel([folder], wished(release));
      expect(kernel.notes).toEqual([]);
      expect([kernel.release, kernel.image?.release]).toEqual([release, release]);
      expect([...kernel.modules].map(([key, { release: own }]) => [key, own])).toEqual([
        ['nf_small', release],
      ]);
      expect(kernel.image!.symbols().placeOf('start')).toBe(0xffff_ffff_8100_0000n);
    }
    await expect(openKernel([folder], wished('5.10.0-1-amd64'))).rejects.toThrow(
      `has no kernel 5.10.0-1-amd64: there is ${RELEASE}, ${OTHER}`,
    );
    await expect(openKernel([folder], { release: undefined, modules: [] })).rejects.toThrow(
      `there is ${RELEASE}, ${OTHER}`,
    );
  });

  it('is taken from files that are named one by one, and from a folder with the files alone', async () => {
    const folder = put({
      vmlinuz: of(RELEASE).vmlinuz,
      'nf-small.ko': of(RELEASE).module,
      'odd.ko': Buffer.from('?'),
    });
    for (const where of [[folder], [join(folder, 'vmlinuz'), join(folder, 'nf-small.ko')]]) {
      const kernel = await openKernel(where, wished());
      expect([kernel.image?.release, ...kernel.modules.keys()]).toEqual([RELEASE, 'nf_small']);
    }
  });

  it('is never another one: a module of another build is told, not used', async () => {
    const folder = put({ vmlinuz: of(RELEASE).vmlinuz, 'nf_small.ko': of(OTHER).module });
    const kernel = await openKernel([folder], wished());
    expect(kernel.modules.size).toBe(0);
    expect(kernel.notes.join('\n')).toContain(`is of ${OTHER}, and is not used`);
  });

  it('does not follow links in a circle', async () => {
    const folder = put({ vmlinuz: of(RELEASE).vmlinuz });
    symlinkSync('.', join(folder, 'again'));
    symlinkSync('/nowhere', join(folder, 'vmlinux'));
    expect((await openKernel([folder], wished())).image?.release).toBe(RELEASE);
  });
});

describe('what was unpacked', () => {
  afterEach(() => delete process.env['XDG_CACHE_HOME']);

  const kept = (cache: string): string[] => {
    try {
      return readdirSync(join(cache, 'oopslab/unpacked')).toSorted();
    } catch {
      return [];
    }
  };

  it('is kept, once for each content, and is not believed when it is damaged', async () => {
    const cache = put({});
    process.env['XDG_CACHE_HOME'] = cache;
    const folder = put({ vmlinuz: of(RELEASE).vmlinuz });
    const expected = [...of(RELEASE).vmlinux];
    const bytes = async () => {
      const { elf } = (await openKernel([folder], { release: RELEASE, modules: [] })).image!;
      return [...elf.bytesOf(elf.sections.find(({ name }) => name === '.rodata')!)];
    };
    const first = await bytes();
    const [name = '', ...others] = kept(cache);
    expect([name.length > 64, others]).toEqual([true, []]);
    const path = join(cache, 'oopslab/unpacked', name);
    const whole = readFileSync(path);
    expect(whole.length).toBe(expected.length + 64);
    for (const damaged of [whole.subarray(0, 1000), Buffer.alloc(0), Buffer.from(whole.map((byte, at) => (at === 5000 ? byte ^ 1 : byte)))]) {
      writeFileSync(path, damaged);
      expect(await bytes()).toEqual(first);
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
    // Another image at the same path, with the same size, is another content.
    copyFileSync(join(folder, 'vmlinuz'), join(folder, 'old'));
    writeFileSync(join(folder, 'vmlinuz'), of(OTHER).vmlinuz);
    expect((await openKernel([folder], { release: OTHER, modules: [] })).image?.release).toBe(OTHER);
    expect(kept(cache)).toHaveLength(2);
  }); // prettier-ignore

  it('is the same without a folder to keep it in', async () => {
    process.env['XDG_CACHE_HOME'] = '/nowhere/at/all';
    const folder = put({ vmlinuz: of(RELEASE).vmlinuz });
    expect((await openKernel([folder], { release: RELEASE, modules: [] })).image?.release).toBe(RELEASE);
  });

  it('is whole when two processes keep it at the same time', async () => {
    const cache = put({});
    const folder = put({ vmlinuz: of(RELEASE).vmlinuz });
    const program = new URL('../../dist/program/main.js', import.meta.url).pathname;
    const ends = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<string>((resolve) => {
            const child = spawn(process.execPath, [program, 'whatis', 'second', '--kernel', folder], {
              env: { ...process.env, XDG_CACHE_HOME: cache },
            });
            let text = '';
            child.stdout.on('data', (part) => (text += String(part)));
            child.on('close', (status) => resolve(`${status} ${text}`));
          }),
      ),
    );
    expect(new Set(ends).size).toBe(1);
    expect(ends[0]).toMatch(/^0 second\+0x0/u);
    expect(kept(cache)).toHaveLength(1);
  });
});

describe('a damaged kernel', () => {
  it('gives one error, or a kernel', async () => {
    const { vmlinuz, vmlinux, module } = of(RELEASE);
    const head = fc.nat(1023);
    const at = fc.oneof(head, fc.double({ min: 0, max: 1, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(vmlinuz, vmlinux, module), fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.boolean(), async (bytes, changes, cuts) => {
        const changed = Buffer.from(bytes);
        const places = changes.map(([place]) => (Number.isInteger(place) && place > 1 ? place : Math.floor(place * (bytes.length - 1))));
        for (const [index, place] of places.entries()) changed[place] = changes[index]![1];
        const folder = join(base, 'damaged');
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, 'vmlinuz'), cuts ? changed.subarray(0, places[0]) : changed);
        try {
          const { image } = await openKernel([join(folder, 'vmlinuz')], wished());
          image?.symbols().containing(0xffff_ffff_8100_0001n);
          expect(image?.release ?? RELEASE).toBe(RELEASE);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: cases(400, 10_000) },
    );
  }); // prettier-ignore
});
