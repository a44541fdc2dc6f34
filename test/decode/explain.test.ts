// What `oopslab decode` tells besides what a report says: the listing, the statements, --code. Texts of the shipped
// case are golden files; real reports elsewhere are read where they are.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { findBoundaries } from '../../src/decode/code/boundaries.js';
import { decodecode, listBytes } from '../../src/decode/code/decodecode.js';
import { explainReport, explainedRegisters } from '../../src/decode/explain/explain.js';
import { withFunctionBytes } from '../../src/decode/code/function-bytes.js';
import { statementText } from '../../src/decode/show/claims.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { InputError } from '../../src/base/errors.js';
import { makeFifo } from '../helpers/fifo.js';
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
    await expect((await run(['--full'], golden)).stdout).toMatchFileSnapshot('../renderings/decode-talk.txt');
  });

  it('with the bytes of its functions, tells who holds what', async () => {
    await expect((await run(['--code', 'shm_close', '--full'], golden)).stdout).toMatchFileSnapshot(
      '../renderings/decode-talk-code.txt',
    );
  });

  it('says it in Markdown', async () => {
    await expect((await run(['--code', 'shm_close', '--md', '--full'], golden)).stdout).toMatchFileSnapshot(
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
    // idr_find's bytes are reconstructed.
    expect(written.sure).toBe('likely');
    expect(written.because.join()).toContain(`reconstructed bytes of ${by}`);
    expect(statementText(written)).toContain(`${by}+0x`);
    expect(statementText(about.find(({ claim }) => claim.kind === 'holds')!)).toContain(what);
  });

  it('explains why decodecode shows %ebp', () => {
    const inside = talkFull().code.find(({ claim }) => claim.kind === 'starts-inside')!;
    expect(statementText(inside)).toContain('shm_close+0x12 (mov 0x8(%rbx),%rbp)');
    expect(statementText(inside)).toContain('%ebp');
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
    const r13 = registers.filter(({ about }) => about.kind === 'register' && about.name === 'r13');
    expect(r13.some(({ claim }) => claim.kind === 'written')).toBe(true);
    expect(r13.filter((one) => statementText(one).includes('the constant'))).toEqual([]);
  });

  it('says so where no way leads to the registers of the report', () => {
    expect(looping(2n).code.map(({ claim }) => claim.kind)).not.toContain('no-way');
    // A 32-bit move cannot have left the upper half set.
    expect(looping(1n << 40n).code.map(({ claim }) => claim.kind)).toContain('no-way');
  });

  it('refuses a folder and a pipe, without waiting', () => {
    expect(() => withCode(folder)).toThrow(/is a folder/u);
    const pipe = join(folder, 'pipe');
    makeFifo(pipe);
    expect(() => withCode(pipe)).toThrow(/not a regular file/u);
  });

  it('goes on past reports of other functions, and says so', async () => {
    const other = golden.replaceAll('shm_close+0x3e/0xb0', 'shm_open+0x3e/0xb0');
    const { stdout, stderr, status } = await run(
      ['--code', 'shm_close', '--full', '--each'],
      `${other}${golden}${other}`,
    );
    expect(status).toBe(0);
    expect(stdout.match(/^Report \d/gmu)).toEqual(['Report 1', 'Report 2', 'Report 3']);
    expect(stdout.split('Report 2')[1]).toContain('certain  Stack[0] is the rbx');
    expect(stderr.trim().split('\n')).toEqual([
      'oopslab: report 1 is explained without --code shm_close: is code of shm_close, and the trap is in shm_open',
      'oopslab: report 3 is explained without --code shm_close: is code of shm_close, and the trap is in shm_open',
    ]);
    // Where no report is of it, the option is wrong.
    const none = await run(['--code', 'shm_close'], `${other}${other}`);
    expect([none.status, none.stdout]).toEqual([2, '']);
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
          instructions.filter(({ current }) => current).map(({ text }) => text),
        );
        const words = (text: string): string =>
          text
            .replace(/^(call|jmp|ret|push|pop)q\b/u, '$1')
            .replace(/ (0x[0-9a-f]+|\d+|[\w.]+[+-]0x[0-9a-f]+)$/u, '');
        expect(texts.map(words), file).toContain(words(wanted));
      }
    },
  );
});
