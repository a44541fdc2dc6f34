// Libraries that would end the process that loads them, or never come back: every command gives one message, doctor too.
// The good one is a copy of this machine's libunicorn; gcc makes the evil ones.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findFileProblem, fileOf } from '../../src/machine/library-file.js';
import { searchPlaces } from '../../src/machine/library-search.js';
import { runBuilt } from '../helpers/built.js';
import { has } from '../helpers/candidate-tools.js';
import { cases } from '../helpers/effort.js';
import { makeFifo } from '../helpers/fifo.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-damaged-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENDS = /ends the process that loads it/u;

/** Under a cache of its own, so that nothing is known of any library. */
const run = (args: readonly string[], library: string, env: Record<string, string> = {}) =>
  runBuilt(args, {
    env: { XDG_CACHE_HOME: folder, OOPSLAB_LIBUNICORN: library, OOPSLAB_ENGINE: 'unicorn', ...env },
  });

const refusal = (library: string): string => {
  const { status, stdout, stderr } = run(['oops'], library);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^oopslab: OOPSLAB_LIBUNICORN: libunicorn cannot be loaded from /u);
  expect(stderr).not.toMatch(/internal error|\n {4}at /u);
  const doctor = run(['doctor'], library);
  expect(doctor.status).toBe(1);
  expect(doctor.stdout).toContain('Missing: libunicorn 2');
  const [, problem = ''] = /libunicorn cannot be loaded from [^\n]*?: ([^\n]*)\n/u.exec(stderr) ?? [];
  expect(doctor.stdout).toContain(problem);
  return problem;
};

describe.skipIf(process.platform !== 'linux')('a library that OOPSLAB_LIBUNICORN names (needs Linux)', () => {
  const real = searchPlaces().flatMap((place) => fileOf(place) ?? [])[0]!;
  const whole = readFileSync(real);
  const file = join(folder, 'libunicorn.so.2');
  const made = (bytes: Uint8Array): string => {
    rmSync(file, { force: true });
    writeFileSync(file, bytes);
    return file;
  };

  it('is taken when it is whole', () => {
    expect(run(['oops'], made(whole))).toMatchObject({ status: 0, stderr: '' });
  });

  const SIZES = [0, 1, 63, 64, 600, 4096, 4097, 1 << 20, whole.length >> 1, Math.floor(whole.length * 0.9)];
  it.each(SIZES)('is refused when it is cut off after %i bytes', (size) => {
    expect(refusal(made(whole.subarray(0, size)))).toMatch(/empty|not an ELF file|truncated/u);
  });

  it('is refused when its end, or its start, is zeros', () => {
    expect(
      refusal(made(Buffer.concat([whole.subarray(0, 1 << 20), Buffer.alloc(whole.length - (1 << 20))]))),
    ).toMatch(/ends the process that loads it|cannot be loaded|not libunicorn/u);
    expect(refusal(made(Buffer.alloc(whole.length)))).toMatch(/not an ELF file/u);
  });

  it('is refused when it is a folder, a fifo, a device, a text, or a loop of links', () => {
    const fifo = join(folder, 'fifo.so');
    makeFifo(fifo);
    const [text, loop] = [join(folder, 'text.so'), join(folder, 'loop.so')];
    writeFileSync(text, '/* GNU ld script */ INPUT(libunicorn.so.2)\n');
    symlinkSync('loop.so', loop);
    expect(refusal(folder)).toMatch(/is a folder/u);
    expect(refusal(fifo)).toMatch(/is not a regular file/u);
    expect(refusal('/dev/zero')).toMatch(/is not a regular file/u);
    expect(refusal(text)).toMatch(/not an ELF file/u);
    expect(refusal(loop)).toMatch(/a loop of symbolic links/u);
  });

  it('is tried again when it was replaced, and only then', () => {
    const env = { XDG_CACHE_HOME: join(folder, 'cache') };
    mkdirSync(env.XDG_CACHE_HOME);
    const stamps = () => readFileSync(join(env.XDG_CACHE_HOME, 'oopslab/libraries.json'), 'utf8');
    expect(run(['oops'], made(whole), env).status).toBe(0);
    const first = stamps();
    expect(first).toContain(file);
    expect(run(['oops'], file, env).status).toBe(0);
    expect(stamps()).toBe(first);
    const damaged = Buffer.from(whole);
    damaged.fill(0, 1 << 20);
    expect(run(['oops'], made(damaged), env)).toMatchObject({ status: 2, stdout: '' });
    expect(run(['oops'], made(whole), env).status).toBe(0);
    expect(stamps()).not.toBe(first);
  });

  // A name is looked up as the system's loader does it: a damaged file there must not be loaded either.
  it('is refused when it is truncated and the loader would find it by its name', () => {
    const libraries = join(folder, 'found');
    mkdirSync(libraries);
    writeFileSync(join(libraries, 'libunicorn.so.2'), whole.subarray(0, 1 << 20));
    const env = {
      OOPSLAB_ENGINE: 'unicorn',
      OOPSLAB_LIBUNICORN: '',
      LD_LIBRARY_PATH: libraries,
      XDG_CACHE_HOME: folder,
    };
    const { status, stdout } = runBuilt(['doctor'], { env });
    expect(stdout).toMatch(/libunicorn\.so\.2: cannot be loaded \(it is truncated/u);
    expect(status).toBeLessThan(2);
    expect(runBuilt(['oops'], { env }).status).toBeLessThan(3); // another copy may serve
  });

  it('is refused when what it does at the end of a process is damaged', () => {
    const bytes = Buffer.from(whole);
    const { offset, size } = programHeader(bytes, 2)!;
    const FINI_ARRAY = 26n; // Source: System V gABI, "Dynamic Section", d_tag
    let at = offset;
    while (at < offset + size && bytes.readBigUInt64LE(at) !== FINI_ARRAY) at += 16;
    bytes.writeBigUInt64LE(0x10n, at + 8); // in the header of the file, where no function pointer is
    const { status, stdout, stderr } = run(['oops'], made(bytes));
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(ENDS);
  });

  // A change that is noticed is refused, one that is not gives a run; no process ends by a signal.
  it('with random bytes changed in what the loader reads gives an answer or one message', () => {
    let state = 20_260_731;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const dynamic = programHeader(whole, 2)!;
    const counts = { refused: 0, ran: 0 };
    for (let index = 0; index < cases(12, 1000); index += 1) {
      const bytes = Buffer.from(whole);
      for (let change = 0; change <= random(4); change += 1) {
        const at = random(2) === 0 ? random(0x400) : dynamic.offset + random(dynamic.size);
        bytes[at] = random(256);
      }
      const { status, stderr } = run(['oops'], made(bytes));
      expect([0, 2], `change ${index}: ${stderr}`).toContain(status);
      expect(stderr).not.toMatch(/internal error/u);
      counts[status === 0 ? 'ran' : 'refused'] += 1;
    }
    expect(counts.refused).toBeGreaterThan(0);
    if (process.env['OOPSLAB_FULL'] === '1') console.log(counts);
  }, 3_600_000);
});

/** Where the first program header of a type says that its content is. */
const programHeader = (bytes: Buffer, type: number): { offset: number; size: number } | undefined => {
  const start = Number(bytes.readBigUInt64LE(32));
  for (let at = start; at < start + 56 * bytes.readUInt16LE(56); at += 56)
    if (bytes.readUInt32LE(at) === type)
      return { offset: Number(bytes.readBigUInt64LE(at + 8)), size: Number(bytes.readBigUInt64LE(at + 32)) };
  return undefined;
};

describe.skipIf(process.platform !== 'linux' || !has('gcc'))(
  'a library that does not mean well (needs gcc)',
  () => {
    const compile = (name: string, source: string, ...options: string[]): string => {
      const path = join(folder, `${name}.so`);
      const { status, stderr } = spawnSync(
        'gcc',
        ['-shared', '-fPIC', ...options, '-x', 'c', '-', '-o', path],
        {
          input: source,
        },
      );
      if (status !== 0) throw new Error(String(stderr));
      return path;
    };
    const constructor = (name: string, body: string, before = '') =>
      compile(
        name,
        `#include <stdlib.h>\n#include <unistd.h>\n#include <stdio.h>\n${before}\n` +
          `__attribute__((constructor)) static void begin(void) { ${body} }\n`,
      );

    it.each([
      ['aborts', 'abort();', ENDS],
      ['exits', 'exit(0);', ENDS],
      ['exits at once', '_exit(3);', ENDS],
      ['follows a null pointer', '*(volatile int *)0 = 1;', ENDS],
      ['pretends to answer', 'puts("ready\\n{\\"version\\":{}}"); fflush(stdout); exit(0);', ENDS],
      [
        'never comes back',
        'for (;;) ;',
        /does not come back from being loaded after 3 seconds of processor time/u,
      ],
      ['sleeps for ever', 'for (;;) pause();', /does not come back from being loaded and sleeps/u],
    ])('and %s when it is loaded is refused', (name, body, problem) => {
      expect(refusal(constructor(name.replaceAll(' ', '-'), body))).toMatch(problem);
    });

    it('and ends the process when it is asked for its version is refused', () => {
      const source = '#include <stdlib.h>\nunsigned uc_version(void *a, void *b) { abort(); }';
      expect(refusal(compile('version', source))).toMatch(ENDS);
    });

    it('is judged by its headers where it is for other programs', () => {
      const copy = join(folder, 'narrow.so');
      copyFileSync(compile('other', 'int answer(void) { return 42; }'), copy);
      const bytes = readFileSync(copy);
      bytes[4] = 1;
      writeFileSync(copy, bytes);
      expect(findFileProblem(copy)).toMatch(/for programs of 32 bits/u);
      expect(refusal(copy)).toMatch(/for programs of 32 bits/u);
    });
  },
);
