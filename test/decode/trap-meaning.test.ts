// The sentence for each kind of trap, on invented reports, and reports that look alike and must not get it.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dividing } from '../../src/decode/explain/divide.js';
import { explainReport } from '../../src/decode/explain/explain.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { statementText } from '../../src/decode/show/claims.js';
import { type Invented, inventedReport, pageFaultHead, protectionHead } from '../helpers/invented-report.js';

const said = (text: string): string[] => {
  const { trap } = explainReport(reportsOf(text)[0]!);
  return trap
    .filter(({ claim }) => claim.kind === 'trap-means')
    .map((one) => `${one.sure}: ${statementText(one)}`);
};

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/decode/${name}.txt`, import.meta.url), 'utf8');

const PAGE = 0xffff9a0e41c2d800n;
const LOAD = '488b03'; // mov (%rbx),%rax
const STORE = '488903'; // mov %rax,(%rbx)

const faultAt = (address: bigint, code: number, tables: string, more: Partial<Invented> = {}): Invented => ({
  head: pageFaultHead(address, code, tables),
  code: (code & 2) === 0 ? LOAD : STORE,
  registers: { rbx: address },
  cr2: address,
  ...more,
});

/** CR4 without SMEP and SMAP, which the other reports have. */
const NO_SMAP = 0x6f0n;

const MAPPED = 'PGD 100000067 P4D 100000067 PUD 1001f3067 PMD 102a4c067';

describe('a trap', () => {
  it.each<[string, Invented, RegExp]>([
    [
      'error code of a read',
      faultAt(PAGE, 0, `${MAPPED} PTE 0`),
      /^certain: The error code 0x0 means a read of a page that is not present, in kernel mode$/u,
    ],
    [
      'nothing mapped',
      faultAt(PAGE, 2, 'PGD 100000067 P4D 100000067 PUD 1001f3067 PMD 0 '),
      /^certain: Nothing is mapped there: the PMD entry is 0, for all 2 MiB/u,
    ],
    [
      'a freed page',
      faultAt(PAGE, 0, `${MAPPED} PTE 800ffffebe3d2060`, {
        head: [
          'BUG: unable to handle page fault for address: ffff9a0e41c2d800',
          `${MAPPED} PTE 800ffffebe3d2060`,
          'Oops: 0000 [#1] SMP DEBUG_PAGEALLOC NOPTI',
        ],
      }),
      /^likely: The PTE entry 0x800ffffebe3d2060 is not empty: DEBUG_PAGEALLOC unmaps/u,
    ],
    [
      'a page that was unmapped',
      faultAt(PAGE, 0, `${MAPPED} PTE 800ffffebe3d2060`),
      /^possible: The PTE entry .* is not empty/u,
    ],
    [
      'a read-only page',
      faultAt(0xffffffff82217a30n, 3, `${MAPPED} PTE 8000000102217161`),
      /^certain: The page is read-only, as the text and the constants/u,
    ],
    [
      'a write to a page whose entry is not there',
      faultAt(0xffffffff82217a30n, 3, ''),
      /^likely: The page is present and does not allow it: mostly it is read-only/u,
    ],
    [
      'NX',
      { head: pageFaultHead(PAGE, 0x11, `${MAPPED} PTE 8000000141c2d163`), cr2: PAGE },
      /^certain: The page may not be executed \(NX\)$/u,
    ],
    [
      'SMEP',
      { head: pageFaultHead(0x401000n, 0x11, `${MAPPED} PTE 41c2d025`), cr2: 0x401000n },
      /^certain: SMEP: the kernel may not execute pages of user space$/u,
    ],
    [
      'SMAP',
      faultAt(0x7f1f2a4c5000n, 1, `${MAPPED} PTE 8000000141c2d067`),
      /^certain: SMAP: the kernel may not access pages of user space/u,
    ],
    [
      'a protection key',
      faultAt(0x7f1f2a4c5000n, 0x21, `${MAPPED} PTE 8000000141c2d067`),
      /^certain: A protection key refuses it/u,
    ],
    [
      'a reserved bit',
      faultAt(PAGE, 9, `${MAPPED} PTE 6c60106380000001`),
      /^likely: An entry of the page tables has a reserved bit set.*PTE entry 0x6c60106380000001/u,
    ],
    [
      'a divisor of 0',
      { head: ['divide error: 0000 [#1] SMP'], code: 'f7f1', registers: { rcx: 0n, rax: 0x1234n, rdx: 0n } },
      /^certain: It divides EDX:EAX by ECX, which is 0$/u,
    ],
    [
      'a divisor of 64 bits',
      { head: ['divide error: 0000 [#1] SMP'], code: '49f7f4', registers: { r12: 0n } },
      /^certain: It divides RDX:RAX by R12, which is 0$/u,
    ],
    [
      'a divisor of 8 bits',
      { head: ['divide error: 0000 [#1] SMP'], code: 'f6f1', registers: { rcx: 0xff00n } },
      /^certain: It divides AX by CL, which is 0$/u,
    ],
    [
      'INT_MIN by -1',
      {
        head: ['divide error: 0000 [#1] SMP'],
        code: 'f7f9',
        registers: { rax: 0x80000000n, rdx: 0xffffffffn, rcx: 0xffffffffn },
      },
      /^certain: It divides EDX:EAX by ECX, which is -0x1: the quotient does not fit in 32 bits$/u,
    ],
    [
      'an overflow',
      { head: ['divide error: 0000 [#1] SMP'], code: 'f7f1', registers: { rax: 0n, rdx: 7n, rcx: 7n } },
      /^certain: .* which is 0x7: the quotient does not fit/u,
    ],
    [
      'a divisor in memory',
      { head: ['divide error: 0000 [#1] SMP'], code: 'f77310', registers: { rax: 0x1234n, rdx: 0n } },
      /^certain: It divides EDX:EAX by 0x10\(%rbx\): that must have been 0$/u,
    ],
    [
      'a divisor in memory that may overflow',
      { head: ['divide error: 0000 [#1] SMP'], code: 'f77310', registers: { rax: 0x1234n, rdx: 1n } },
      /^certain: .*: that was 0, or the quotient did not fit/u,
    ],
    [
      'a divisor in memory of INT_MIN',
      {
        head: ['divide error: 0000 [#1] SMP'],
        code: 'f77b10',
        registers: { rax: 0x80000000n, rdx: 0xffffffffn },
      },
      /^certain: It divides EDX:EAX by 0x10\(%rbx\): that was 0 or -1$/u,
    ],
    [
      'rep movs',
      faultAt(PAGE, 0, '', {
        code: 'f348a5',
        registers: { rsi: PAGE, rdi: 0xffff9a0e00000000n, rcx: 0x3fn },
      }),
      /^certain: It stopped with 0x3f elements left, 8 bytes each: 0x1f8 bytes from RSI 0xffff9a0e41c2d800 to RDI/u,
    ],
    [
      'memcpy',
      faultAt(PAGE, 0, '', {
        code: 'f3a4',
        symbol: 'memcpy',
        registers: { rsi: PAGE, rax: 0xffff9a0e00000000n, rdi: 0xffff9a0e00001000n, rcx: 0x234n },
      }),
      /^likely: 0x1000 of 0x1234 bytes were done$/u,
    ],
    [
      'memset',
      faultAt(PAGE, 2, '', {
        code: 'f3aa',
        symbol: '__memset',
        registers: { r9: PAGE - 0x800n, rdi: PAGE, rcx: 0x10n },
      }),
      /^likely: 0x800 of 0x810 bytes were done$/u,
    ],
    [
      'a search that has no limit',
      faultAt(PAGE, 0, '', {
        code: 'f2ae', // repnz scasb
        registers: { rdi: PAGE, rcx: BigInt.asUintN(64, -0x11n) },
      }),
      /^likely: RCX is -0x11: the search has no limit/u,
    ],
    [
      'memcpy of a negative length',
      faultAt(PAGE, 0, '', {
        code: 'f3a4',
        symbol: 'memcpy',
        registers: { rsi: PAGE, rcx: BigInt.asUintN(64, -5n) },
      }),
      /^likely: RCX counts -0x5 elements that are left: the length was negative/u,
    ],
    [
      'a selector',
      { head: protectionHead(undefined, 0x18), code: '8ed8', registers: {} },
      /^certain: The error code 0x18 names the selector 0x18: entry 3 of the GDT, the kernel data segment$/u,
    ],
    [
      'a selector of the LDT',
      { head: protectionHead(undefined, 0xc), code: '8ed8' },
      /^certain: The error code 0xc names the selector 0xc: entry 1 of the LDT$/u,
    ],
    [
      'a vector',
      { head: protectionHead(undefined, 0x402), code: 'cd80' },
      /^certain: The error code 0x402 names vector 0x80 of the IDT$/u,
    ],
    [
      'wrmsr',
      { head: protectionHead(), code: '0f30', registers: { rcx: 0x48n, rax: 4n, rdx: 0n } },
      /^certain: It writes the value 0x4 to MSR 0x48 \(MSR_IA32_SPEC_CTRL\)/u,
    ],
    [
      'rdmsr',
      { head: protectionHead(), code: '0f32', registers: { rcx: 0x1234n } },
      /^certain: It reads MSR 0x1234, which this CPU or hypervisor/u,
    ],
    [
      'a control register',
      { head: protectionHead(), code: '0f22e0', registers: { rax: 0xffffn } },
      /^certain: It loads CR4 with a value 0xffff/u,
    ],
    [
      'movaps',
      { head: protectionHead(), code: '0f2903', registers: { rbx: PAGE + 8n } },
      /^certain: movaps needs an address that is a multiple of 16, and \(%rbx\) is 0xffff9a0e41c2d808$/u,
    ],
    [
      'a call through memory',
      { head: protectionHead(), code: 'ff5310', registers: { rbx: PAGE } },
      /^likely: Its operands are addresses: what it read at 0xffff9a0e41c2d810 as its target was none$/u,
    ],
    [
      'a call through a register',
      { head: protectionHead(), code: 'ffd0', registers: { rax: 0xdead000000000100n } },
      /^likely: It goes to 0xdead000000000100, the value of RAX, which is not an address$/u,
    ],
    [
      'UBSAN of clang',
      { head: ['Oops: invalid opcode: 0000 [#1] SMP'], code: '670fb94012' },
      /^certain: It is a check of undefined behaviour \(UBSAN\), number 18 .*: index out of bounds$/u,
    ],
    [
      'a BUG() of 2.6.18',
      {
        head: ['Kernel BUG at fs/frob/map.c:731', 'invalid opcode: 0000 [1] SMP'],
        code: '0f0b6830201080c2db02',
      },
      /^likely: It is the BUG\(\) of kernels before 2\.6\.20, .*: 731$/u,
    ],
    [
      'a static call',
      { head: ['invalid opcode: 0000 [#1] SMP'], code: '0fb9cc' },
      /^certain: It is the mark after the trampoline of a static call/u,
    ],
    [
      'CFI',
      {
        head: [
          'CFI failure at frob_walk+0x2a/0x90 [frob] (target: frob_open+0x0/0x10 [frob]; expected type: 0x1234abcd)',
          'invalid opcode: 0000 [#1] SMP',
        ],
        code: '0f0b',
      },
      /^certain: frob_walk\+0x2a\/0x90 was to call frob_open\+0x0\/0x10, whose type is not the expected one, 0x1234abcd$/u,
    ],
    [
      'a missing endbr64',
      {
        head: ['kernel BUG at arch/x86/kernel/cet.c:102!', 'invalid opcode: 0000 [#1] SMP'],
        code: '0f0b',
        symbol: 'exc_control_protection',
      },
      /^likely: An indirect jump or call went to a place without endbr64/u,
    ],
    [
      'int3 that was executed',
      { head: ['int3: 0000 [#1] SMP'], before: '90cc', code: '4889d8' },
      /^certain: The byte before RIP is int3, which was executed$/u,
    ],
    [
      'int3 that is gone',
      { head: ['int3: 0000 [#1] SMP'], before: '9090', code: '4889d8' },
      /^likely: No int3 is there any more/u,
    ],
    [
      'int3 between functions',
      { head: ['int3: 0000 [#1] SMP'], before: 'c3cc', code: 'cccc' },
      /^likely: It ran into the int3 bytes between functions/u,
    ],
    [
      'a return thunk',
      { head: ['int3: 0000 [#1] SMP'], before: 'c3cc', code: 'cccc', symbol: '__x86_return_thunk' },
      /^likely: __x86_return_thunk has int3 after its branch/u,
    ],
    [
      'a guard page',
      {
        head: [
          'BUG: stack guard page was hit at ffffb1c2c0a4bff8 (stack is ffffb1c2c0a4c000..ffffb1c2c0a4ffff)',
          'kernel stack overflow (page fault): 0000 [#1] SMP',
        ],
        code: '50',
        registers: { rsp: 0xffffb1c2c0a4bf00n },
        cr2: 0xffffb1c2c0a4bff8n,
      },
      /^certain: RSP is 0x100 bytes below its stack, which begins at 0xffffb1c2c0a4c000 and has 0x4000 bytes/u,
    ],
    [
      'a guard page, with the end of the stack as kernels since 5.16 print it',
      {
        head: [
          'BUG: TASK stack guard page was hit at ffffb1c2c0a4bff8 (stack is ffffb1c2c0a4c000..ffffb1c2c0a50000)',
          'stack guard page: 0000 [#1] SMP',
        ],
        code: '50',
        registers: { rsp: 0xffffb1c2c0a4bf00n },
        cr2: 0xffffb1c2c0a4bff8n,
      },
      /^certain: RSP is 0x100 bytes below its stack, which begins at 0xffffb1c2c0a4c000 and has 0x4000 bytes/u,
    ],
    [
      'a double fault at a guard page',
      {
        head: ['PANIC: double fault, error_code: 0x0', 'double fault: 0000 [#1] SMP'],
        code: '50',
        registers: { rsp: 0xffffb1c2c0a4c000n },
        cr2: 0xffffb1c2c0a4bff8n,
      },
      /^likely: RSP 0xffffb1c2c0a4c000 is the last that its page has/u,
    ],
    [
      'a double fault without a stack',
      {
        head: ['PANIC: double fault, error_code: 0x0', 'double fault: 0000 [#1] SMP'],
        code: '50',
        registers: { rsp: 0x277d78n },
      },
      /^likely: RSP is 0x277d78, no address of the kernel/u,
    ],
  ])('is explained: %s', (_, parts, sentence) => {
    const sentences = said(inventedReport(parts));
    expect(
      sentences.some((one) => sentence.test(one)),
      sentences.join('\n'),
    ).toBe(true);
  });

  it.each<[string, Invented, RegExp]>([
    [
      'SMAP, where the CPU has none',
      faultAt(0x7f1f2a4c5000n, 1, `${MAPPED} PTE 8000000141c2d067`, { cr4: NO_SMAP }),
      /SMAP/u,
    ],
    [
      'SMAP, where AC is set',
      faultAt(0x7f1f2a4c5000n, 1, `${MAPPED} PTE 8000000141c2d067`, { flags: '00050286' }),
      /SMAP/u,
    ],
    ['SMAP, where nothing is mapped', faultAt(0x7f1f2a4c5000n, 0, `${MAPPED} PTE 0`), /SMAP/u],
    [
      'SMAP as certain, where the page is the kernel’s',
      faultAt(0x7f1f2a4c5000n, 1, `${MAPPED} PTE 8000000141c2d163`),
      /^certain: SMAP/u,
    ],
    ['SMEP, where nothing is mapped', { head: pageFaultHead(0x401000n, 0x10), cr2: 0x401000n }, /SMEP/u],
    [
      'NX as certain, where no entry is there',
      { head: pageFaultHead(PAGE, 0x11), cr2: PAGE },
      /^certain: .*NX/u,
    ],
    [
      'read-only as certain, where the entry is writable',
      faultAt(PAGE, 3, `${MAPPED} PTE 8000000141c2d163`),
      /^certain: The page is read-only/u,
    ],
    ['pages around NULL', faultAt(0x58n, 0, 'PGD 0 P4D 0 '), /Nothing is mapped/u],
    [
      'a divisor that must be 0, where it may overflow',
      {
        head: ['divide error: 0000 [#1] SMP'],
        code: 'f77b10',
        registers: { rax: 0x80000000n, rdx: 0xffffffffn },
      },
      /must have been/u,
    ],
    [
      'a division, of another trap',
      { head: ['invalid opcode: 0000 [#1] SMP'], code: 'f7f1', registers: { rcx: 0n } },
      /divides/u,
    ],
    [
      'what memcpy did, in another function',
      faultAt(PAGE, 0, '', {
        code: 'f3a4',
        registers: { rsi: PAGE, rax: 0xffff9a0e00000000n, rdi: 0xffff9a0e00001000n, rcx: 0x234n },
      }),
      /were done/u,
    ],
    [
      'a count, without rep',
      faultAt(PAGE, 0, '', { code: 'a4', registers: { rsi: PAGE, rcx: 0x234n } }),
      /left/u,
    ],
    ['a selector, with error code 0', { head: protectionHead(), code: '8ed8' }, /selector/u],
    ['a selector, of a page fault', faultAt(PAGE, 3, ''), /selector|GDT/u],
    ['an MSR, of a page fault', faultAt(PAGE, 0, '', { code: '0f30' }), /MSR/u],
    [
      'alignment, where it is aligned',
      { head: protectionHead(), code: '0f2903', registers: { rbx: PAGE } },
      /multiple/u,
    ],
    [
      'alignment, of movups',
      { head: protectionHead(), code: '0f1103', registers: { rbx: PAGE + 8n } },
      /multiple/u,
    ],
    [
      'alignment, of vpaddd',
      { head: protectionHead(), code: 'c5f1fe03', registers: { rbx: PAGE + 8n } },
      /multiple/u,
    ],
    [
      'a bad target, where the operand is bad',
      { head: protectionHead(0x6b6b6b6b6b6b6b7bn), code: 'ff5310', registers: { rbx: 0x6b6b6b6b6b6b6b6bn } },
      /target was none/u,
    ],
    [
      'UBSAN, of ud1 (%edx)',
      { head: ['WARNING: fs/frob/map.c:731 at 0x0, CPU#3: frobd/4321'], code: '67480fb93a' },
      /UBSAN/u,
    ],
    [
      'the WARN of 6.19, of ud2',
      { head: ['WARNING: CPU: 3 PID: 4321 at fs/frob/map.c:12 frob_walk+0x2a/0x90'], code: '0f0b' },
      /6\.19/u,
    ],
    [
      'the WARN of 6.19, of ud1 (%eax)',
      { head: ['invalid opcode: 0000 [#1] SMP'], code: '67480fb938' },
      /6\.19/u,
    ],
    [
      'endbr64, of another BUG()',
      { head: ['kernel BUG at fs/frob/map.c:12!', 'invalid opcode: 0000 [#1] SMP'], code: '0f0b' },
      /endbr64/u,
    ],
    [
      'a guard page, with hashed bounds',
      {
        head: [
          'BUG: stack guard page was hit at 0000000094b9add1 (stack is 000000002345b2aa..000000003e32dd11)',
          'kernel stack overflow (page fault): 0000 [#1] SMP',
        ],
        code: '50',
        registers: { rsp: 0xffffb1c2c0a4bf00n },
        cr2: 0x10n,
      },
      /below its stack/u,
    ],
    [
      'a stack that ended, of a double fault elsewhere',
      {
        head: ['PANIC: double fault, error_code: 0x0', 'double fault: 0000 [#1] SMP'],
        code: '50',
        registers: { rsp: 0xffffb1c2c0a4c500n },
        cr2: 0xffffb1c2c0a40000n,
      },
      /stack/u,
    ],
  ])('is not explained by %s', (_, parts, sentence) => {
    expect(said(inventedReport(parts)).filter((one) => sentence.test(one))).toEqual([]);
  });

  it('is the WARN of 6.19 with its arguments, of fault 20', () => {
    const [report] = reportsOf(fixture('20-newest-warning-at-0x0-and-ud1'));
    const { trap } = explainReport(report!);
    expect(trap.map(({ claim }) => claim)).toContainEqual({
      kind: 'asserts',
      what: 'WARN',
      detail: expect.any(String) as string,
    });
    expect(said(fixture('20-newest-warning-at-0x0-and-ud1'))).toEqual([
      expect.stringMatching(
        /^certain: It is the WARN of 6\.19 and later: RDI \(0xffffffff8e612a00\) is the address of its bug entry, and as many as its format takes are its arguments: RSI 0xb, RDX 0x2, /u,
      ),
    ]);
  });

  it('divides by ECX, which is 0, of fault 11', () => {
    expect(said(fixture('11-divide-error-unexplained'))).toEqual([
      'certain: It divides EDX:EAX by ECX, which is 0',
    ]);
    expect(explainReport(reportsOf(fixture('11-divide-error-unexplained'))[0]!).bad).toMatchObject({
      kind: 'zero divisor',
      register: 'rcx',
      sure: 'certain',
    });
  });

  it('is of a read-only page of the moved image, of fault 24, and the other values are named', () => {
    const [report] = reportsOf(fixture('24-regions-with-kaslr-and-kasan'));
    const { registers, bad } = explainReport(report!);
    expect(bad!.detail).toMatch(
      /kernel image.*0xffffffff82217a30 in System\.map; its page is there, and may not be written/u,
    );
    const looks = new Map(
      registers.flatMap(({ about, claim }) =>
        about.kind === 'register' && claim.kind === 'looks-like' ? [[about.name, claim.detail] as const] : [],
      ),
    );
    expect(looks.get('rdi')).toMatch(/0xffffffff82217a30 in System\.map/u);
    expect(looks.get('rcx')).toBe('the KASAN shadow of 0xffff888141c2d800');
    expect(looks.get('rdx')).toMatch(/^0xffff888141c2d800 >> 3/u);
    expect(looks.get('r9')).toBe('the KASAN shadow of 0xffffffffb7405958');
    expect(looks.get('rbx')).toBe('an address of the direct map');
  });

  it('is of the container of a list poison, of fault 09', () => {
    expect(explainReport(reportsOf(fixture('09-poison-behind-displacement'))[0]!).bad).toMatchObject({
      kind: 'list poison',
      register: 'rbx',
      sure: 'likely',
      detail: expect.stringMatching(/^container_of\(LIST_POISON1, member at 0x2e0\)/u) as string,
    });
  });
});

describe('a division', () => {
  // Long division bit by bit, of magnitudes: another way than the one that is held against it.
  const traps = (signed: boolean, size: number, dividend: bigint, divisor: bigint): boolean => {
    const bits = size * 8;
    const from = signed ? BigInt.asIntN(bits * 2, dividend) : dividend;
    const by = signed ? BigInt.asIntN(bits, divisor) : divisor;
    if (by === 0n) return true;
    const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
    let rest = 0n;
    let quotient = 0n;
    for (let bit = bits * 2; bit >= 0; bit -= 1) {
      rest = (rest << 1n) | ((magnitude(from) >> BigInt(bit)) & 1n);
      quotient <<= 1n;
      if (rest >= magnitude(by)) {
        rest -= magnitude(by);
        quotient |= 1n;
      }
    }
    const half = 1n << BigInt(bits - 1);
    if (!signed) return quotient >= half << 1n;
    return from < 0n === by < 0n ? quotient >= half : quotient > half;
  };

  it('traps where long division says so', () => {
    const near = (bits: number) =>
      fc.oneof(
        fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
        fc
          .integer({ min: -3, max: 3 })
          .map((by) => BigInt.asUintN(bits, (1n << BigInt(bits - 1)) + BigInt(by))),
        fc.integer({ min: -3, max: 3 }).map((by) => BigInt.asUintN(bits, BigInt(by))),
      );
    const cases = fc.constantFrom(1, 2, 4, 8).chain((size) =>
      fc.record({
        size: fc.constant(size),
        signed: fc.boolean(),
        dividend: near(size * 16),
        divisor: near(size * 8),
      }),
    );
    fc.assert(
      fc.property(cases, ({ size, signed, dividend, divisor }) => {
        expect(dividing(signed, size, dividend, divisor) !== 'none').toBe(
          traps(signed, size, dividend, divisor),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
