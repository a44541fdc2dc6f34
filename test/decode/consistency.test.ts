// Parts of a report that cannot be of one trap, and those that look so and can: a contradiction that is none would be
// worse than none.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { statementText } from '../../src/decode/show/claims.js';
import { type Invented, inventedReport, pageFaultHead, protectionHead } from '../helpers/invented-report.js';

const contradictions = (text: string) =>
  explainReport(reportsOf(text)[0]!).contradictions.map((one) => ({
    sure: one.sure,
    between: one.claim.kind === 'contradiction' ? one.claim.between.join(' / ') : '',
    text: statementText(one),
  }));

const of = (parts: Invented) => contradictions(inventedReport(parts));

const PAGE = 0xffff9a0e41c2d800n;

/** A page fault of an instruction at an address, with the registers that give it. */
const fault = (code: string, errorCode: number, address: bigint, registers: Record<string, bigint> = {}) => ({
  head: pageFaultHead(address, errorCode),
  code,
  registers,
  cr2: address,
});

describe('a contradiction', () => {
  it('is found in the report of fault 08, and the bad value is only possible then', () => {
    const text = readFileSync(
      new URL('../fixtures/decode/08-headline-contradicts-instruction.txt', import.meta.url),
      'utf8',
    );
    const [found, ...more] = contradictions(text);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ sure: 'certain', between: 'error code / instruction' });
    expect(found!.text).toMatch(/error code 0x2 says a write, and mov 0x58\(%rax\),%rdx only reads there/u);
    expect(explainReport(reportsOf(text)[0]!).bad).toMatchObject({ register: 'rax', sure: 'possible' });
  });

  it.each<[string, Invented, string, string]>([
    [
      'a read, where the instruction stores',
      fault('488903', 0, PAGE, { rbx: PAGE }),
      'certain',
      'error code / instruction',
    ],
    [
      'a write, where it compares',
      fault('483b03', 2, PAGE, { rbx: PAGE }),
      'certain',
      'error code / instruction',
    ],
    [
      'a write to what call reads',
      fault('ff10', 2, 0x0n, { rax: 0n }),
      'certain',
      'error code / instruction',
    ],
    [
      'an address that the registers do not give',
      fault('488b03', 0, PAGE, { rbx: PAGE + 0x1000n }),
      'certain',
      'fault address / operands',
    ],
    [
      'an instruction without memory',
      fault('4889d8', 0, PAGE, { rbx: PAGE }),
      'certain',
      'headline / instruction',
    ],
    [
      'rep movs that is not there yet',
      fault('f348a5', 0, PAGE, { rsi: PAGE + 0x100n, rdi: PAGE + 0x8000n, rcx: 0x10n }),
      'certain',
      'fault address / operands',
    ],
    [
      'CR2 of another fault',
      { ...fault('488b03', 0, PAGE, { rbx: PAGE }), cr2: PAGE + 0x2000n },
      'likely',
      'fault address / CR2',
    ],
    [
      'NULL in words, and another address',
      {
        ...fault('488b03', 0, PAGE, { rbx: PAGE }),
        head: ['BUG: kernel NULL pointer dereference, address: ffff9a0e41c2d800', 'Oops: 0000 [#1] SMP'],
      },
      'certain',
      'headline / fault address',
    ],
    [
      'the #PF line of another fault',
      {
        ...fault('488b03', 0, PAGE, { rbx: PAGE }),
        head: pageFaultHead(
          PAGE,
          0,
          '#PF: supervisor read access in kernel mode',
          '#PF: error_code(0x0002) - not-present page',
        ),
      },
      'certain',
      'error code / die line',
    ],
    [
      'a present page that the tables do not have',
      {
        ...fault('488903', 3, PAGE, { rbx: PAGE }),
        head: pageFaultHead(PAGE, 3, 'PGD 100000067 P4D 100000067 PUD 1001f3067 PMD 0 '),
      },
      'likely',
      'error code / page table',
    ],
    [
      'a BUG() that is no ud2',
      { head: ['kernel BUG at fs/frob/map.c:12!', 'invalid opcode: 0000 [#1] SMP'], code: '488b03' },
      'certain',
      'headline / instruction',
    ],
    [
      'a divide error that does not divide',
      { head: ['divide error: 0000 [#1] SMP'], code: '488b03' },
      'certain',
      'headline / instruction',
    ],
    [
      'a divide error that has a quotient',
      { head: ['divide error: 0000 [#1] SMP'], code: 'f7f1', registers: { rax: 10n, rdx: 0n, rcx: 2n } },
      'certain',
      'headline / operands',
    ],
    [
      'an address that a gpf names and nothing gives',
      {
        head: protectionHead(0xdead000000000100n),
        code: '488b4308',
        registers: { rbx: 0xdead000000004000n },
      },
      'likely',
      'fault address / operands',
    ],
    [
      'a stack fault at a right address',
      { head: ['stack segment: 0000 [#1] SMP'], code: '488b4708', registers: { rdi: PAGE } },
      'likely',
      'headline / operands',
    ],
    [
      'a warning of another process',
      { head: ['WARNING: CPU: 3 PID: 17 at fs/frob/map.c:12 frob_walk+0x2a/0x90'], code: '0f0b' },
      'certain',
      'headline / process',
    ],
  ])('is %s', (_, parts, sure, between) => {
    expect(of(parts).map((one) => [one.sure, one.between])).toContainEqual([sure, between]);
  });
});

describe('no contradiction', () => {
  it.each<[string, Invented]>([
    [
      'a stack fault through RBP',
      {
        head: ['stack segment: 0000 [#1] SMP'],
        code: '488b4508',
        registers: { rbp: 0x6b6b6b6b6b6b6b6bn },
      },
    ],
    ['a stack fault of leave', { head: ['stack segment: 0000 [#1] SMP'], code: 'c9c3' }],
    ['a read of an instruction that reads and writes', fault('480103', 0, PAGE, { rbx: PAGE })],
    ['a write of an instruction that reads and writes', fault('480103', 2, PAGE, { rbx: PAGE })],
    ['a write of lock cmpxchg', fault('f0480fb113', 2, PAGE, { rbx: PAGE })],
    ['a write of xchg', fault('488703', 2, PAGE, { rbx: PAGE })],
    [
      'the second page of an access over a border',
      fault('488b03', 0, 0xffff9a0e41c2e000n, { rbx: 0xffff9a0e41c2dffcn }),
    ],
    ['the stack word of a push', fault('50', 2, 0xffffb1c2c0a4fff8n - 0x1000n, { rsp: 0xffffb1c2c0a4f000n })],
    ['the stack word of a call', fault('e800000000', 2, 0xffffb1c2c0a4eff8n, { rsp: 0xffffb1c2c0a4f000n })],
    ['the target that call reads', fault('ff5018', 0, 0x18n, { rax: 0n })],
    [
      'rep movs in the middle, at its source',
      fault('f348a5', 0, PAGE, { rsi: PAGE, rdi: 0xffff9a0e00000000n, rcx: 0x10n }),
    ],
    [
      'rep movs in the middle, at its destination',
      fault('f348a5', 2, PAGE, { rdi: PAGE, rsi: 0xffff9a0e00000000n, rcx: 0x10n }),
    ],
    [
      'rep movs a block further',
      fault('f3a4', 0, PAGE + 0x40n, { rsi: PAGE, rdi: 0xffff9a0e00000000n, rcx: 0x1000n }),
    ],
    [
      'rep stos downwards',
      { ...fault('f348ab', 2, PAGE - 0x40n, { rdi: PAGE, rcx: 0x100n }), flags: '00010686' },
    ],
    ['bts of a bit far away', fault('480fab03', 2, PAGE + 0x800n, { rbx: PAGE, rax: 0x4000n })],
    [
      'btr of a bit before the word',
      fault('480fb303', 2, PAGE - 8n, { rbx: PAGE, rax: BigInt.asUintN(64, -1n) }),
    ],
    ['an operand of GS', fault('65488b042510000000', 0, PAGE)],
    ['an area whose size is not known', fault('480fae27', 2, PAGE + 0x240n, { rdi: PAGE })],
    ['iret', fault('48cf', 0, PAGE)],
    ['an instruction fetch', { ...fault('4889d8', 0x11, PAGE), registers: {} }],
    [
      'CR2 of a report that is not of a page fault',
      { head: protectionHead(), code: '488b03', registers: { rbx: 0x6b6b6b6b6b6b6b6bn }, cr2: PAGE },
    ],
    [
      'a gpf of 5.10, which leaves the displacement out',
      {
        head: protectionHead(0x6b6b6b6b6b6b6b6bn),
        code: '488b4308',
        registers: { rbx: 0x6b6b6b6b6b6b6b6bn },
      },
    ],
    [
      'a gpf of 5.13, which does not',
      {
        head: protectionHead(0x6b6b6b6b6b6b6b73n),
        code: '488b4308',
        registers: { rbx: 0x6b6b6b6b6b6b6b6bn },
      },
    ],
    [
      'a gpf that names the value of a register',
      { head: protectionHead(0x800000000000n), code: '0f22d8', registers: { rax: 0x800000000000n } },
    ],
    [
      'a BUG() of ud2',
      { head: ['kernel BUG at fs/frob/map.c:12!', 'invalid opcode: 0000 [#1] SMP'], code: '0f0b' },
    ],
    [
      'a BUG() of ud1',
      { head: ['kernel BUG at fs/frob/map.c:12!', 'invalid opcode: 0000 [#1] SMP'], code: '670fb94010' },
    ],
    ['a division by 0', { head: ['divide error: 0000 [#1] SMP'], code: 'f7f1', registers: { rcx: 0n } }],
    [
      'INT_MIN by -1',
      {
        head: ['divide error: 0000 [#1] SMP'],
        code: 'f7f9',
        registers: { rax: 0x80000000n, rdx: 0xffffffffn, rcx: 0xffffffffn },
      },
    ],
    [
      'a page that was mapped after the fault',
      {
        ...fault('488b03', 0, PAGE, { rbx: PAGE }),
        head: pageFaultHead(
          PAGE,
          0,
          'PGD 100000067 P4D 100000067 PUD 1001f3067 PMD 102a4c067 PTE 8000000141c2d163',
        ),
      },
    ],
    [
      'the warning of its own process',
      { head: ['WARNING: CPU: 3 PID: 4321 at fs/frob/map.c:12 frob_walk+0x2a/0x90'], code: '0f0b' },
    ],
    [
      'a headline of which digits are missing',
      {
        ...fault('488b03', 0, PAGE, { rbx: PAGE }),
        head: ['BUG: unable to handle page fault for address: ffff9a0e41c2', 'Oops: 0000 [#1] SMP'],
      },
    ],
  ])('is %s', (_, parts) => {
    expect(of(parts).map(({ text }) => text)).toEqual([]);
  });

  it('is CR2 that reading the code changed', () => {
    const text = inventedReport({ head: pageFaultHead(0n, 0x10), cr2: 0xffffffffffffffd6n }).replace(
      'RIP: 0010:frob_walk+0x2a/0x90',
      'RIP: 0010:0x0\nCode: Unable to access opcode bytes at 0xffffffffffffffd6.',
    );
    expect(contradictions(text)).toEqual([]);
  });

  it('is in the registers of a lockup, whose instruction did nothing', () => {
    expect(
      of({ head: ['watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [frobd:4321]'], code: '4889d8' }),
    ).toEqual([]);
  });
});
