// What a candidate must not be: each is refused with one line that says what is wrong and what would be right.
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type BringOptions, bringCandidate } from '../../src/candidate/bring.js';
import { CompileError } from '../../src/candidate/compile.js';
import { InputError } from '../../src/base/errors.js';
import { COMPILERS, Folder } from '../helpers/candidate-tools.js';

const folder = new Folder();
afterAll(() => folder.remove());

const refusal = (path: string, options: BringOptions = {}): InputError => {
  try {
    bringCandidate(path, options);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error(`${path} was accepted`);
};

const START =
  'char *cifs_build_path_to_root(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon)';
const inC = (before: string, body: string): string =>
  `#include "oopslab.h"\n${before}\n${START}\n{\n\t(void)vol; (void)cifs_sb; (void)tcon;\n${body}\n}\n`;

const SOURCES: readonly (readonly [what: string, source: string, message: RegExp])[] = [
  ['a misspelt function', inC('size_t strlenn(const char *);', 'return (char *)strlenn(vol->prepath);'), /^refers to names that the sandbox does not have: strlenn \(did you mean strlen\?\); "oopslab headers" prints all that it has$/u],
  ['a misspelt inline function', inC('void *kmaloc(size_t, gfp_t);', 'return kmaloc(1, GFP_KERNEL);'), /kmaloc \(did you mean kmalloc\?\)/u],
  ['several unknown functions', inC('void one_thing(void); void other_thing(void);', 'one_thing(); other_thing(); return NULL;'), /not have: one_thing, other_thing; "oopslab headers" prints/u],
  ['a function without bytes', inC('void mmput(struct mm_struct *);', 'mmput(NULL); return NULL;'), /mmput \(the release knows its address, but has neither its bytes nor a stub\)/u],
  ['a variable', inC('int calls = 3;', 'calls++; return NULL;'), /^section \.data \(4 bytes\) holds variables; a candidate keeps its state in locals and allocations only$/u],
  ['a variable that is zero', inC('static char buffer[100];', 'buffer[vol->prepath == 0] = 1; return buffer;'), /^section \.bss \(\d+ bytes\) holds variables/u],
  ['a thread-local variable', inC('__thread int calls = 3;', 'return (char *)(long)calls++;'), /^section \.tdata \(4 bytes\) holds thread-local variables/u],
  ['a constructor', inC('__attribute__((constructor)) void first(void) { __asm__ volatile("nop"); }', 'return NULL;'), /^section \.(?:init_array|ctors)\S* \(8 bytes\) holds constructors/u],
  ['no such function', '#include "oopslab.h"\nchar *build_path(void) { return NULL; }\nint other(void) { return 1; }\n', /^does not define cifs_build_path_to_root; its functions are build_path, other$/u],
  ['a static function', '__attribute__((used)) static char *cifs_build_path_to_root(void) { return 0; }\n', /^its cifs_build_path_to_root is static/u],
  ['nothing', '\n', /^has no function; it should define cifs_build_path_to_root$/u],
  ['too much', inC('static const char large[200000] = { 1 };', 'return (char *)&large[vol->prepath == 0];'), /^is too large: its code and constants take \d+ bytes, and the end of the room for candidates is 122880 bytes after/u],
  ['a mistake', inC('', 'return undeclared;'), /^\w+ cannot compile it: .*\.c:\d+:\d+: error: .*undeclared/u],
]; // prettier-ignore

for (const { cc, missing } of COMPILERS) {
  describe.skipIf(missing)(`a source compiled by ${cc} that holds`, () => {
    it.each(SOURCES)('%s', (what, source, message) => {
      const path = folder.write(`${what.replaceAll(' ', '-')}.c`, source);
      const error = refusal(path, { cc });
      expect(error.message).toMatch(message);
      expect(error.where.file).toBe(path);
    });

    it('position-independent code that wants a table', () => {
      const source = inC('extern struct ipc_namespace init_ipc_ns;', 'return (char *)&init_ipc_ns;');
      const path = folder.write('pic.c', source);
      const flags = ['-fPIC', '-mcmodel=small'];
      expect(refusal(path, { cc, flags }).message).toMatch(
        /refers to .*_GLOBAL_OFFSET_TABLE_|needs a relocation that is not supported: .*GOTPCREL.*-fno-pic/u,
      );
    });

    it('code for 32 bits', () => {
      const path = folder.write('small.c', 'char *cifs_build_path_to_root(void) { return 0; }\n');
      const flags = ['-m32', '-mcmodel=32'];
      expect(refusal(path, { cc, flags }).message).toMatch(/ELF of class 1, not 64-bit|cannot compile it/u);
    });

    it('what the compiler says, with the file as it was named', () => {
      const path = folder.write('wrong.c', inC('', 'return undeclared;'));
      const error = refusal(path, { cc });
      expect(error).toBeInstanceOf(CompileError);
      const { said } = error as CompileError;
      expect(said).toContain(`${path}:6:`);
      expect(said).toContain('return undeclared;');
      expect(said).not.toContain('oopslab-candidate-');
    });
  });
}

describe.skipIf(COMPILERS.every(({ missing }) => missing))('another function (needs gcc or clang)', () => {
  const source = folder.write(
    'length.c',
    '#include "oopslab.h"\nsize_t strlen(const char *s)\n{\n\tsize_t n = 0;\n\twhile (s[n])\n\t\tn++;\n\treturn n;\n}\n',
  );

  it('fits into the room that the shipped one has', () => {
    const { snippet } = bringCandidate(source, { function: 'strlen', optimize: '-Os' });
    expect(snippet).toMatchObject({ name: 'strlen.length', function: 'strlen', start: 0xffffffff81249100n });
    expect(snippet.manifest.prototype.returns).toBe('size_t');
  });

  it('or is refused, with the name of the next symbol', () => {
    const large = folder.write(
      'large.c',
      '#include "oopslab.h"\nsize_t strlen(const char *s)\n{\n\tprintk("%s %s\\n", s, s);\n\tprintk("%s\\n", s);\n\treturn strnlen(s, 100) + strnlen(s, 200);\n}\n',
    );
    expect(refusal(large, { function: 'strlen' }).message).toMatch(
      /^is too large: its code and constants take \d+ bytes, and strnlen is 32 bytes after the start of strlen \(0xffffffff81249100\)$/u,
    );
  });

  it('must be one that the release has', () => {
    const error = refusal(source, { function: 'strlenn' });
    expect(error.message).toMatch(
      /does not define strlenn; its functions are strlen|has no function "strlenn"/u,
    );
  });
});

describe('a path that is', () => {
  it.each([
    ['not there', () => join(folder.path, 'none.c'), /ENOENT \(there is no such file\)/u],
    ['not there, as an object', () => join(folder.path, 'none.o'), /ENOENT/u],
    ['a folder', () => { mkdirSync(join(folder.path, 'folder.c'), { recursive: true }); return join(folder.path, 'folder.c'); }, /^is a folder; name a source$/u],
    ['of another kind', () => folder.write('fix.py', 'pass\n'), /^is not a candidate: a candidate is a \.c, \.S or \.o file, not \.py$/u],
    ['of no kind', () => folder.write('fix', 'x'), /^is not a candidate: a candidate is a \.c, \.S or \.o file$/u],
    ['no text', () => folder.write('binary.c', Uint8Array.of(1, 0, 2)), /^is not text/u],
    ['no object', () => folder.write('text.o', 'hello'), /^is not an ELF file; a candidate is an ELF64 object of x86-64/u],
    ['a device', () => { const path = join(folder.path, 'device.o'); symlinkSync('/dev/zero', path); return path; }, /^is not a regular file; name an object$/u],
  ] as const)('%s', (_what, path, message) => {
    expect(refusal(path()).message).toMatch(message);
  }); // prettier-ignore
});

describe('a compiler that', () => {
  const source = folder.write('good.c', inC('', 'return NULL;'));
  const before = process.env['CC'];
  afterEach(() => {
    if (before === undefined) delete process.env['CC'];
    else process.env['CC'] = before;
  });
  const compiler = (name: string, script: string): string => {
    const path = folder.write(name, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  it('is not there', () => {
    expect(refusal(source, { cc: 'no-such-cc' }).message).toBe(
      'there is no no-such-cc here to compile it; install one, or name a compiler with --cc',
    );
    process.env['CC'] = 'no-such-cc -m64';
    expect(refusal(source).message).toContain('there is no no-such-cc here');
    expect(refusal(source).where.field).toBe('CC');
    expect(refusal(source, { cc: ' ' }).message).toBe('needs the name of a compiler, found ""');
  });

  it('waits without an end is stopped', () => {
    const cc = compiler('waiting', 'sleep 100 &\nwait');
    const error = refusal(source, { cc, timeLimit: 100 });
    expect(error.message).toBe(`${cc} did not end within 1.5 s and was stopped`);
  });

  it('works without an end is stopped, by its CPU time; so is one whose part does', () => {
    const loop = compiler('loop', 'while :; do :; done');
    expect(refusal(source, { cc: loop, timeLimit: 1000 }).message).toBe(
      `${loop} used more than 1 s of CPU time and was stopped`,
    );
    const driver = compiler('driver', `${loop}\necho "driver: CPU time limit exceeded" >&2; exit 1`);
    expect(refusal(source, { cc: driver, timeLimit: 1000 }).message).toBe(
      `${driver} used more than 1 s of CPU time and was stopped`,
    );
  });

  it('was stopped for longer than its limit of CPU time compiles', () => {
    // As on a machine that has no time for it: it waits twice its limit, and then is gcc.
    const cc = compiler('late', 'sleep 2; exec gcc "$@"');
    expect(() => bringCandidate(source, { cc, timeLimit: 1000 })).not.toThrow();
  });

  it('ends well without an object', () => {
    const cc = compiler('idle', 'exit 0');
    expect(refusal(source, { cc }).message).toMatch(/cannot compile it/u);
  });

  it('writes something else', () => {
    const cc = compiler('other', 'while [ "$1" != -o ]; do shift; done; echo hello > "$2"');
    expect(refusal(source, { cc }).message).toMatch(/^is not an ELF file/u);
  });

  it('gets each argument as it is, and no shell sees them', () => {
    const cc = compiler('show', 'printf "%s\\n" "$@" >&2; exit 1');
    const commands: (readonly string[])[] = [];
    const flags = ['-DX=$(touch y)', '; echo'];
    const error = refusal(source, { cc, flags, onCommand: (command) => commands.push(command) });
    expect((error as CompileError).said.split('\n')).toEqual(commands[0]!.slice(1));
    expect(commands[0]).toEqual(expect.arrayContaining(flags));
  });
});
