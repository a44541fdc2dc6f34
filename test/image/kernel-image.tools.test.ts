// A kernel and a module in small, made by as and ld, packed by gzip, xz, zstd, bzip2: what is read of them is what nm says,
// and what the source of their tables names.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { type KernelImage, openKernelImage } from '../../src/image/kernel-image.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-kernel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Sizes of entries as Linux 6.1 and 6.12 have them; the labels are what the tables name.
const SOURCE = `
  .text
  .globl first, second
  .type first, @function
first:
f_entry: call after
after: push %rbp
  push %rbx
f_alternative: nopl 0(%rax)
f_load: mov (%rdi),%rax
f_fixup: xor %eax,%eax
f_static: call second
f_label: jmp 1f
1: pop %rbx
  pop %rbp
f_return: ret
  .size first, . - first
  .type second, @function
second:
s_warning: ud2
s_bug: ud2
s_lock: lock incl (%rdi)
  ret
  .size second, . - second
  .section .rodata, "a"
file: .asciz "fs/smb/client/connect.c"
banner: .asciz "Linux version 6.12.117+deb12-amd64 (builder) #1 SMP"
  .section __bug_table, "aw"
  .long s_warning - ., file - .
  .short 17, 1
  .long s_bug - ., file - .
  .short 4711, 0
  .section __ex_table, "a"
  .long f_load - ., f_fixup - ., 3
  .section .altinstructions, "a"
  .long f_alternative - ., second - .
  .long 0x70
  .byte 4, 3
  .section __jump_table, "aw"
  .long f_label - ., f_return - .
  .quad 0
  .section .static_call_sites, "aw"
  .long f_static - ., second - .
  .section .return_sites, "a"
  .long f_return - .
  .section .smp_locks, "a"
  .long s_lock - .
  .section __mcount_loc, "a"
  .quad f_entry
  .section .orc_unwind_ip, "a"
  .long first - .
  .long after + 1 - .
  .long after + 2 - .
  .section .orc_header, "a"
  .fill 20
  .section .orc_unwind, "a"
  .short 8, 0, 0x205
  .short 16, -16, 0x215
  .short 24, -16, 0x215
  .section .modinfo, "a"
  .asciz "license=GPL"
  .asciz "name=small"
  .asciz "vermagic=6.1.0-57-amd64 SMP preempt mod_unload modversions "
`;

const run = (command: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
};

const packed = (command: string, args: readonly string[], input: Uint8Array): Buffer => {
  const { status, stdout } = spawnSync(command, args, { input });
  expect(status).toBe(0);
  return stdout;
};

// Documentation/arch/x86/boot.rst: setup of two sectors, then the payload, then what comes after it.
const bootImage = (payload: Uint8Array): Buffer => {
  const setup = Buffer.alloc(3 * 512, 0x90);
  setup[0x1f1] = 2;
  setup.write('HdrS', 0x202, 'latin1');
  setup.writeUInt16LE(0x20f, 0x206);
  setup.writeUInt16LE(0x300, 0x20e);
  setup.write('6.12.117+deb12-amd64 (builder) #1 SMP\0', 0x500, 'latin1');
  setup.writeUInt32LE(0x40, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([setup, Buffer.alloc(0x40, 0xcc), payload, Buffer.alloc(100, 0xcc)]);
};

const withSize = (bytes: Buffer, size: number): Buffer => {
  const end = Buffer.alloc(4);
  end.writeUInt32LE(size);
  return Buffer.concat([bytes, end]);
};

/** What a place is, by the labels of the source. */
const labelsOf = (image: KernelImage) => {
  const { all } = image.symbols();
  return (place: bigint): string =>
    all
      .filter(({ at }) => at === place)
      .map(({ name }) => name)
      .toSorted()[0] ?? `0x${place.toString(16)}`;
};

const facts = (image: KernelImage) => {
  const label = labelsOf(image);
  return {
    sites: image
      .sites()
      .map(({ at, size, kind }) => `${kind} ${label(at)} ${size}`)
      .toSorted(),
    handlers: [...image.handlers()].map(([at, to]) => `${label(at)} ${label(to.at)}`),
    labels: [...image.jumpLabels()].map(([at, to]) => `${label(at)} ${label(to)}`),
    bugs: [...image.bugs()].map(([at, { file, line, warning }]) => `${label(at)} ${file}:${line} ${warning}`),
  };
};

const FACTS = {
  sites: [
    'alternative f_alternative 4',
    'ftrace f_entry 5',
    'jump label f_label 5',
    'lock s_lock 1',
    'return f_return 5',
    'static call f_static 5',
  ],
  handlers: ['f_load f_fixup'],
  labels: ['f_label f_return'],
  bugs: ['s_warning fs/smb/client/connect.c:17 true', 's_bug fs/smb/client/connect.c:4711 false'],
};

describe('an opened kernel', () => {
  let object: Buffer;
  let linked: Buffer;
  beforeAll(() => {
    writeFileSync(join(folder, 'small.s'), SOURCE);
    run('as', '-o', 'small.ko', 'small.s');
    run('ld', '-Ttext=0xffffffff81000000', '--section-start=.rodata=0xffffffff82000000', '-e', 'first', '--build-id=0x0123456789abcdef', '-o', 'vmlinux', 'small.ko');
    object = readFileSync(join(folder, 'small.ko'));
    linked = readFileSync(join(folder, 'vmlinux'));
  }); // prettier-ignore

  it('has its tables, as a module and as a kernel', async () => {
    const module = await openKernelImage(object, 'small.ko');
    expect([module.module, module.release]).toEqual(['small', '6.1.0-57-amd64']);
    expect(facts(module)).toEqual(FACTS);
    const kernel = await openKernelImage(linked, 'vmlinux');
    expect([kernel.module, kernel.release, kernel.buildId]).toEqual([
      undefined,
      '6.12.117+deb12-amd64',
      '0123456789abcdef',
    ]);
    expect(facts(kernel)).toEqual(FACTS);
  });

  it('has the symbols that nm prints', async () => {
    const kernel = await openKernelImage(linked, 'vmlinux');
    const printed = run('nm', '--defined-only', 'vmlinux')
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, type]) => 'TtRr'.includes(type!));
    const own = kernel.symbols().all.map(({ at, name }) => `${at.toString(16)} ${name}`);
    expect(printed.length).toBeGreaterThan(10);
    for (const [address, , name] of printed) expect(own).toContain(`${address} ${name}`);
    const [first] = kernel.symbols().named('first');
    expect(kernel.symbols().containing(first!.at + 3n)?.name).toBe('first');
  });

  it('has the frames that its unwinder has', async () => {
    for (const bytes of [object, linked]) {
      const image = await openKernelImage(bytes, 'small');
      const [{ at }] = image.symbols().named('first') as unknown as [{ at: bigint }];
      const frame = (offset: number) => image.frames()!.at(at + BigInt(offset));
      expect(frame(0)).toMatchObject({ base: 'rsp', offset: 8, savedRbp: undefined, kind: 'call' });
      expect(frame(5)).toMatchObject({ offset: 8 });
      expect(frame(6)).toMatchObject({ base: 'rsp', offset: 16, savedRbp: -16 });
      expect(frame(20)).toMatchObject({ offset: 24, savedRbp: -16 });
    }
  });

  const PACKERS = {
    xz: ['xz', ['--check=crc32', '--x86', '--lzma2=dict=32MiB', '-c']],
    zstd: ['zstd', ['-19', '-q', '-c']],
    bzip2: ['bzip2', ['-c']],
    lzma: ['xz', ['--format=lzma', '-c']],
  } as const;

  it('is the same, however it is packed', async () => {
    const images = [
      bootImage(packed('gzip', ['-9', '-n', '-c'], linked)),
      ...Object.values(PACKERS).map(([command, args]) =>
        bootImage(withSize(packed(command, args, linked), linked.length)),
      ),
    ];
    for (const image of images) {
      const kernel = await openKernelImage(image, 'vmlinuz');
      expect(kernel.release).toBe('6.12.117+deb12-amd64');
      expect(facts(kernel)).toEqual(FACTS);
    }
    for (const [command, args] of [PACKERS.xz, PACKERS.zstd, ['gzip', ['-c']] as const])
      expect(facts(await openKernelImage(packed(command, args, object), 'small.ko.packed'))).toEqual(FACTS);
  });

  it('when damaged gives an error, or a kernel', async () => {
    const images = [bootImage(withSize(packed('xz', PACKERS.xz[1], linked), linked.length)), object, linked];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...images), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255), fc.boolean(), async (image, part, byte, cuts) => {
        const at = Math.floor(part * (image.length - 1));
        const changed = Buffer.from(cuts ? image.subarray(0, at) : image);
        if (!cuts) changed[at] = byte;
        try {
          const opened = await openKernelImage(changed, 'damaged');
          expect(facts(opened).sites.length).toBeGreaterThanOrEqual(0);
          opened.frames()?.at(0xffff_ffff_8100_0000n);
          opened.types();
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 600 },
    );
  }); // prettier-ignore
});
