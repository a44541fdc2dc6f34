// What `oopslab decode` tells besides what a report says: the listing, the statements, --code. Texts of the shipped
// case are golden files; real reports elsewhere are read where they are.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { findBoundaries } from '../../src/decode/code/boundaries.js';
import { decodecode, listBytes } from '../../src/decode/code/decodecode.js';
import { ElfFunctions } from '../../src/decode/code/elf-functions.js';
import { explainReport, explainedRegisters } from '../../src/decode/explain/explain.js';
import { withFunctionBytes } from '../../src/decode/code/function-bytes.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { InputError } from '../../src/base/errors.js';
import { oopslab } from '../helpers/oopslab.js';
import { randomWith } from '../helpers/lineage-machine.js';
import { generateFunction } from '../helpers/decode-windows.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const golden = readFileSync(join(root, 'test/golden/oops.txt'), 'utf8');
const listing = readFileSync(join(root, 'test/golden/decodecode.txt'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'oopslab-explain-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [talk] = reportsOf(golden) as [ReturnType<typeof reportsOf>[number]];
const talkFull = () =>
  withFunctionBytes(talk, explainedRegisters(talk)!, { code: 'shm_close', libraries: [] }, (full) =>
    explainReport(talk, full),
  );

const run = (args: readonly string[], stdin: string) => oopslab(['decode', ...args], { stdin });

const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const BINUTILS = has('objdump');
const COMPILER = has('gcc');

describe('the listing of decodecode', () => {
  it("is the talk's, word for word", () => {
    const words = (text: string): string[] => text.trim().split(/\s+/u);
    const ours = decodecode(talk.code!);
    expect(words(ours).slice(0, words(listing).length)).toEqual(words(listing));
    expect(ours.startsWith(listing)).toBe(true);
  });

  it('goes on with the code from the faulting instruction on', async () => {
    await expect((await run(['--decodecode'], golden)).stdout).toMatchFileSnapshot(
      '../renderings/decodecode.txt',
    );
  });

  it.skipIf(!BINUTILS)('is what objdump prints of random windows and of code (objdump)', () => {
    const random = randomWith(6);
    const byte = (): number => (random() % 4 === 0 ? 0 : random() % 256);
    for (let round = 0; round < 40; round += 1) {
      const code = generateFunction(round + 1).bytes;
      const from = random() % Math.max(1, code.length - 64);
      const bytes = round % 4 === 0 ? Uint8Array.from({ length: 64 }, byte) : code.slice(from, from + 64);
      const file = join(folder, 'window');
      writeFileSync(file, bytes);
      const { stdout } = spawnSync('objdump', ['-D', '-b', 'binary', '-m', 'i386:x86-64', file], {
        encoding: 'utf8',
      });
      const theirs = stdout.split('\n').filter((line) => /^\s+(?:[0-9a-f]+:\t|\.\.\.)/u.test(line));
      const addresses = (lines: readonly string[]): string[] =>
        lines.map((line) => line.split('\t').slice(0, 2).join('\t').trimEnd());
      const texts = (lines: readonly string[]): string[] => lines.map((line) => line.trimEnd());
      const ours = listBytes(bytes, 'gnu');
      // Random bytes are odd instructions, which are not all spelled alike: docs/disassembly.md.
      if (round % 4 === 0) continue;
      // The last instruction is cut: objdump names single prefixes in such a rest in its own way.
      const cut = ours.findIndex((line) => /\t(?:\.byte|\(bad\)|rex)/u.test(line));
      const end = cut < 0 ? ours.length : cut;
      expect(ours.length).toBe(theirs.length);
      expect(addresses(ours.slice(0, end))).toEqual(addresses(theirs.slice(0, end)));
      expect(texts(ours.slice(0, end))).toEqual(texts(theirs.slice(0, end)));
    }
  });

  it('leaves out zeroes as objdump does', () => {
    expect(
      listBytes(Uint8Array.from([0x90, ...new Array<number>(11).fill(0), 0x90]), 'gnu').filter(
        (line) => line === '\t...',
      ),
    ).toHaveLength(1);
    expect(listBytes(Uint8Array.from([0x90, 0, 0]), 'gnu').at(-1)).toBe('\t...');
  });
});

describe('boundaries', () => {
  it('are all true where the start is known, and the trap is always one', () => {
    const { bytes, starts } = generateFunction(7);
    const trap = [...starts].filter((at) => bytes[at] === 0x0f && bytes[at + 1] === 0x0b).at(-1)!;
    const found = findBoundaries(bytes, trap, 0);
    expect(found.chosen.map(({ at }) => at)).toEqual(
      [...starts].filter((at) => at <= trap).sort((a, b) => a - b),
    );
    expect(found.chosen.every(({ sure }) => sure === 'certain')).toBe(true);
  });

  it('are few where no reading arrives at the trap', () => {
    const found = findBoundaries(Uint8Array.from([0x06, 0x06, 0x06, 0x0f, 0x0b]), 3);
    expect(found.reached).toBe(false);
    expect(found.chosen.map(({ at }) => at)).toEqual([3]);
  });
});

describe('the published oops', () => {
  it('alone, tells what its bytes show', async () => {
    await expect((await run([], golden)).stdout).toMatchFileSnapshot('../renderings/decode-talk.txt');
  });

  it('with the bytes of its functions, tells who holds what', async () => {
    await expect((await run(['--code', 'shm_close'], golden)).stdout).toMatchFileSnapshot(
      '../renderings/decode-talk-code.txt',
    );
  });

  it('says it in Markdown', async () => {
    await expect((await run(['--code', 'shm_close', '--md'], golden)).stdout).toMatchFileSnapshot(
      '../renderings/decode-talk-code-md.txt',
    );
  });

  it('says whose value Stack[0] is', () => {
    const about = talkFull().stack.filter((one) => one.about.kind === 'stack' && one.about.index === 0);
    expect(about).toHaveLength(1);
    const [{ sure, claim }] = about as [(typeof about)[number]];
    expect(sure).toBe('certain');
    expect(claim).toMatchObject({
      kind: 'pushed',
      register: 'rbx',
      by: { at: 'shm_close+0x3' },
      written: { at: 'remove_vma+0x2' },
      origin: { kind: 'argument', name: 'vma', of: 'remove_vma' },
    });
  });

  it.each([
    ['rsi', 'idr_find', 'lid'],
    ['rdx', 'idr_find', 'layer'],
    ['rdi', 'idr_find', 'n'],
    ['r9', 'idr_find', 'top'],
  ])('says that %s is of the range check of %s', (name, by, what) => {
    const about = talkFull().registers.filter(
      (one) => one.about.kind === 'register' && one.about.name === name,
    );
    const written = about.find(({ claim }) => claim.kind === 'written')!;
    expect(written.sure).toBe('certain');
    expect(written.says).toContain(`${by}+0x`);
    expect(about.find(({ claim }) => claim.kind === 'holds')!.says).toContain(what);
  });

  it('explains why decodecode shows %ebp', () => {
    const inside = talkFull().code.find(({ claim }) => claim.kind === 'starts-inside')!;
    expect(inside.says).toContain('shm_close+0x12 (mov 0x8(%rbx),%rbp)');
    expect(inside.says).toContain('%ebp');
    expect(
      explainReport(talk).code.some(({ claim }) => claim.kind === 'cut-prefix' && claim.register === 'rbp'),
    ).toBe(true);
  });

  it('gives one document with all of it', async () => {
    const { stdout } = await run(['--code', 'shm_close', '--json'], golden);
    const { reports } = JSON.parse(stdout) as {
      reports: { explanation: { registers: unknown[]; decodecode: string } }[];
    };
    expect(reports[0]!.explanation.decodecode.startsWith(listing)).toBe(true);
    expect(reports[0]!.explanation.registers).toHaveLength(talkFull().registers.length);
  });
});

describe('any bytes and any registers', () => {
  it('get an explanation, never an error', () => {
    const random = randomWith(11);
    for (let round = 0; round < 150; round += 1) {
      const bytes = Uint8Array.from({ length: 1 + (random() % 64) }, () => random() % 256);
      const marked = random() % bytes.length;
      const set = explainedRegisters(talk)!;
      const values = new Map(
        [...set.values].map(([name, value]) => [name, random() % 3 === 0 ? value : BigInt(random())]),
      );
      const code = { line: 1, bytes, marked };
      const rip = { ...set.rip!, offset: random() % 128, size: 1 + (random() % 128) };
      const kind = (['bug', 'paging', 'gpf', 'warning', 'unknown'] as const)[random() % 5]!;
      const explained = explainReport({ ...talk, kind, code, registers: [{ ...set, values, rip, code }] });
      expect(explained.decodecode).toContain('Code starting');
    }
  });
});

describe('--code', () => {
  const withCode = (code: string, report = talk) =>
    withFunctionBytes(report, explainedRegisters(report)!, { code, libraries: [] }, (full) =>
      explainReport(report, full),
    );

  it('refuses what is not the code of the report, in one line', async () => {
    expect(() => withCode('idr_find')).toThrow(InputError);
    expect(() => withCode('shm_clos')).toThrow(/did you mean shm_close/u);
    writeFileSync(
      join(folder, 'text'),
      'no ELF file at all, but long enough to have a header of sixty-four bytes',
    );
    expect(() => withCode(join(folder, 'text'))).toThrow(/is not an ELF file/u);
    const { status, stderr } = await run(['--code', 'idr_find'], golden);
    expect(status).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  // for (i = 0; i != 5; i++) inner(p, i), where inner(p, i) keeps i in r13d and reads *p.
  const looping = (r13: bigint) => {
    const bytes = (hexes: string) => Uint8Array.from(Buffer.from(hexes.replaceAll(' ', ''), 'hex'));
    const outer = {
      symbol: 'outer',
      address: 0xffffffff81000000n,
      offset: 0,
      whole: true,
      // push %rbx; xor %ebx,%ebx; 3: mov %ebx,%esi; add $1,%ebx; call inner; cmp $5,%ebx; jne 3; pop %rbx; ret
      bytes: bytes('53 31 db 89 de 83 c3 01 e8 f3 00 00 00 83 fb 05 75 f1 5b c3'),
    };
    // push %r13; mov %esi,%r13d; mov (%rdi),%rax; pop %r13; ret
    const inner = {
      symbol: 'inner',
      address: 0xffffffff81000100n,
      offset: 0,
      whole: true,
      bytes: bytes('41 55 41 89 f5 48 8b 07 41 5d c3'),
    };
    const [report] = reportsOf(`BUG: unable to handle page fault for address: ffff888100aa0000
Oops: 0000 [#1] SMP
RIP: 0010:inner+0x5/0xb
Code: 41 55 41 89 f5 <48> 8b 07 41 5d c3
RSP: 0018:ffffc90000123d08 EFLAGS: 00010246
RDX: 0000000000000000 RSI: ${r13.toString(16).padStart(16, '0')} RDI: ffff888100aa0000
R13: ${r13.toString(16).padStart(16, '0')} R14: 0000000000000000 R15: 0000000000000000
Call Trace:
 outer+0xd/0x14
`);
    const chain = [
      { piece: outer, at: 8 },
      { piece: inner, at: 5 },
    ];
    const known = {
      findPiece: (address: bigint | undefined) => [outer, inner].find((one) => one.address === address),
    };
    return explainReport(report!, { chain, known, compared: 0, same: 0, from: 'loop' });
  };

  it('knows that a call in a loop may have returned before', () => {
    const { registers } = looping(2n);
    const r13 = registers.filter(({ says }) => says.startsWith('R13'));
    expect(r13.some(({ claim }) => claim.kind === 'written')).toBe(true);
    expect(r13.filter(({ says }) => says.includes('the constant'))).toEqual([]);
  });

  it('says so where no way leads to the registers of the report', () => {
    expect(looping(2n).code.map(({ claim }) => claim.kind)).not.toContain('no-way');
    // A 32-bit move cannot have left the upper half set.
    expect(looping(1n << 40n).code.map(({ claim }) => claim.kind)).toContain('no-way');
  });

  it('refuses a folder and a pipe, without waiting', () => {
    expect(() => withCode(folder)).toThrow(/is a folder/u);
    const pipe = join(folder, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    expect(() => withCode(pipe)).toThrow(/no regular file/u);
  });

  it('goes on past reports of other functions, and says so', async () => {
    const other = golden.replaceAll('shm_close+0x3e/0xb0', 'shm_open+0x3e/0xb0');
    const { stdout, stderr, status } = await run(['--code', 'shm_close'], `${other}${golden}${other}`);
    expect(status).toBe(0);
    expect(stdout.match(/^Report \d/gmu)).toEqual(['Report 1', 'Report 2', 'Report 3']);
    expect(stdout.split('Report 2')[1]).toContain('certain  Stack[0] is the rbx');
    expect(stderr.trim().split('\n')).toEqual([
      'oopslab: report 1 is told without --code shm_close: is code of shm_close, and the trap is in shm_open',
      'oopslab: report 3 is told without --code shm_close: is code of shm_close, and the trap is in shm_open',
    ]);
    // Where no report is of it, the option is wrong.
    const none = await run(['--code', 'shm_close'], `${other}${other}`);
    expect([none.status, none.stdout]).toEqual([2, '']);
  });

  it.skipIf(!COMPILER)('takes an object of a compiler (gcc)', () => {
    const source = `void down_write(void *); void *ipc_lock(void *, int);
      struct sfd { int id; char *ns; }; struct file { char pad[160]; struct sfd *data; };
      struct vma { char pad[152]; struct file *file; };
      void shm_close(struct vma *vma) { struct sfd *sfd = vma->file->data; char *ns = sfd->ns;
        down_write(ns + 160); void *shp = ipc_lock(ns + 152, sfd->id);
        if ((unsigned long)shp > -4096UL) __builtin_trap(); ++*(long *)(ns + 8); }`;
    writeFileSync(join(folder, 'shm.c'), source);
    const object = join(folder, 'shm.o');
    const flags = [
      '-O2',
      '-fno-pic',
      '-mcmodel=kernel',
      '-mno-red-zone',
      '-fcf-protection=none',
      '-fno-reorder-blocks-and-partition',
      '-c',
    ];
    expect(spawnSync('gcc', [...flags, '-o', object, join(folder, 'shm.c')]).status).toBe(0);
    const elf = new ElfFunctions(object);
    const [symbol] = elf.named('shm_close');
    const bytes = elf.bytesOf(symbol!);
    elf.close();
    const trap = bytes.findIndex((byte, at) => byte === 0x0f && bytes[at + 1] === 0x0b);
    const offset = `0x${trap.toString(16)}`;
    const line = [...bytes.subarray(0, trap + 2)].map((byte, at) =>
      at === trap ? `<${byte.toString(16).padStart(2, '0')}>` : byte.toString(16).padStart(2, '0'),
    );
    const text = golden
      .replaceAll('shm_close+0x3e/0xb0', `shm_close+${offset}/0x${bytes.length.toString(16)}`)
      .replace(/^Code: .*$/mu, `Code: ${line.slice(Math.max(0, trap - 43)).join(' ')} `);
    const [report] = reportsOf(text);
    const explained = withCode(object, report);
    const said = explained.registers.map(({ says }) => says).join('\n');
    expect(said).toMatch(/RAX may have been changed by .*ipc_lock|RAX is what the call .* returned/u);
    expect(explained.stack.some(({ claim }) => claim.kind === 'pushed' && claim.register === 'rbx')).toBe(
      true,
    );
    expect(explained.gaps).toEqual([]);
    // The same with a damaged file: one clear error, whatever is wrong with it.
    const whole = readFileSync(object);
    const random = randomWith(1);
    for (let round = 0; round < 60; round += 1) {
      const damaged = Buffer.from(round % 2 === 0 ? whole : whole.subarray(0, random() % whole.length));
      for (let count = 0; count < 4 && damaged.length > 0; count += 1)
        damaged[random() % damaged.length] = random() % 256;
      writeFileSync(join(folder, 'damaged.o'), damaged);
      try {
        withCode(join(folder, 'damaged.o'), report);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    }
  });
});

// Beside the checkout, or where OOPSLAB_REAL_REPORTS says: no part of the repository.
const REAL = process.env['OOPSLAB_REAL_REPORTS'] ?? join(root, '../shared/oopses');
const REAL_REPORTS = existsSync(join(REAL, 'index.json')) ? REAL : undefined;

describe('real reports', () => {
  it.skipIf(REAL_REPORTS === undefined)(
    'are explained, each with its trapping instruction (shared/oopses)',
    () => {
      interface Known {
        readonly file: string;
        readonly trap_instruction: string | null;
        readonly trap_mode: string;
      }
      const index = JSON.parse(readFileSync(join(REAL_REPORTS!, 'index.json'), 'utf8')) as Known[];
      expect(readdirSync(REAL_REPORTS!).filter((name) => name.endsWith('.txt')).length).toBe(index.length);
      for (const { file, trap_instruction: wanted, trap_mode: mode } of index) {
        const reports = reportsOf(readFileSync(join(REAL_REPORTS!, file), 'utf8'));
        const explained = reports.map((report) => explainReport(report));
        if (wanted === null || mode !== 'kernel') continue;
        const texts = explained.flatMap(({ instructions }) =>
          instructions.filter(({ trapping }) => trapping).map(({ text }) => text),
        );
        const words = (text: string): string =>
          text.replace(/^(call|jmp|ret|push|pop)q\b/u, '$1').replace(/ (0x[0-9a-f]+|\d+)$/u, '');
        expect(texts.map(words), file).toContain(words(wanted));
      }
    },
  );
});
