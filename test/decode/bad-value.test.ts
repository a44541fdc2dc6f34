// The one value that made the instruction trap: what each kind of value is called, and what is not called so.
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { inventedReport, pageFaultHead, protectionHead } from '../helpers/invented-report.js';

const badOf = (text: string) => explainReport(reportsOf(text)[0]!).bad;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** `mov 0x58(%rbx),%rax` or with another displacement of 32 bits. */
const load = (displacement: bigint): string => {
  const bytes = Array.from(
    { length: 4 },
    (_, at) => (BigInt.asUintN(32, displacement) >> BigInt(at * 8)) & 0xffn,
  );
  return `488b83${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
};

/** What a load through RBX is told to have trapped for. */
const through = (rbx: bigint, displacement: bigint, more: Readonly<Record<string, bigint>> = {}) => {
  const address = u64(rbx + displacement);
  const canonical = BigInt.asUintN(64, BigInt.asIntN(48, address)) === address;
  return badOf(
    inventedReport({
      head: canonical ? pageFaultHead(address) : protectionHead(address),
      code: load(displacement),
      registers: { rbx, ...more },
      cr2: canonical ? address : 0x55d0c0de0000n,
    }),
  );
};

describe('a load through RBX', () => {
  it.each<[string, bigint, bigint, string, RegExp, string]>([
    ['NULL', 0n, 0x58n, 'NULL', /^NULL; the field at offset 0x58/u, 'likely'],
    ['NULL and back', 0n, -0x18n, 'NULL', /0x18 bytes back/u, 'likely'],
    ['a field of NULL', 0x10n, 0x58n, 'near NULL', /^0x10, near NULL/u, 'likely'],
    [
      'container_of(NULL)',
      u64(-0x40n),
      0x40n,
      'container of NULL',
      /^container_of\(NULL, member at 0x40\)$/u,
      'likely',
    ],
    [
      'a member offset with no errno',
      u64(-0x400n),
      0x58n,
      'container of NULL',
      /member at 0x400/u,
      'possible',
    ],
    ['ERR_PTR(-ENOMEM)', u64(-12n), 0x58n, 'error pointer', /^ERR_PTR\(-ENOMEM\), the error -12$/u, 'likely'],
    [
      '-EBUSY or a member at 16',
      u64(-16n),
      0x58n,
      'error pointer',
      /EBUSY.*or container_of\(NULL, member at 0x10\)/u,
      'possible',
    ],
    [
      'container_of(ERR_PTR)',
      u64(-76n),
      0x40n,
      'error pointer',
      /ENOTUNIQ.*or container_of\(ERR_PTR\(-ENOMEM\), member at 0x40\)/u,
      'possible',
    ],
    [
      'a pointer that is not aligned',
      0xffff9a0e41c2d803n,
      0x10n,
      'kernel address',
      /not a multiple of 8$/u,
      'likely',
    ],
    [
      'LIST_POISON1',
      0xdead000000000100n,
      8n,
      'list poison',
      /^LIST_POISON1, which list_del\(\) leaves in the next/u,
      'likely',
    ],
    ['LIST_POISON2', 0xdead000000000122n, 0n, 'list poison', /^LIST_POISON2, which.*prev/u, 'likely'],
    [
      'container_of(LIST_POISON1)',
      0xdead000000000100n - 0x2e0n,
      0x2e0n,
      'list poison',
      /^container_of\(LIST_POISON1, member at 0x2e0\)/u,
      'likely',
    ],
    [
      'container_of(LIST_POISON2)',
      0xdead000000000122n - 0x2e0n,
      0x2e0n,
      'list poison',
      /^container_of\(LIST_POISON2, member at 0x2e0\)/u,
      'likely',
    ],
    [
      'another field of that container',
      0xdead000000000100n - 0x2e0n,
      0x10n,
      'list poison',
      /^container_of\(LIST_POISON1, member at 0x2e0\)/u,
      'likely',
    ],
    ['freed memory', 0x6b6b6b6b6b6b6b6bn, 0x38n, 'freed pattern', /^POISON_FREE, /u, 'likely'],
    [
      'container_of(freed memory)',
      0x6b6b6b6b6b6b6b6bn - 0x1a8n,
      0x1a8n,
      'freed pattern',
      /^POISON_FREE - 0x1a8/u,
      'likely',
    ],
    ['memory never written', 0x5a5a5a5a5a5a5a5an, 8n, 'freed pattern', /^POISON_INUSE, /u, 'likely'],
    ['text', 0x6f72662f7665642fn, 0n, 'text', /^the characters "\/dev\/fro"$/u, 'likely'],
    [
      'text after other bytes',
      0x375f656c6966ff00n,
      0n,
      'text',
      /^bytes with the characters "file_7"$/u,
      'possible',
    ],
    ['text in UTF-16', 0x006d006f00720066n, 0n, 'text', /"from" in UTF-16|"frm"|"from"/u, 'possible'],
    [
      'a spinlock',
      0xdead4ead00000000n,
      0x10n,
      'other poison',
      /^SPINLOCK_MAGIC in its upper half/u,
      'likely',
    ],
    ['NULL with a bit set', 1n << 52n, 0x28n, 'flipped bit', /^NULL with bit 52 changed$/u, 'possible'],
    ['no pointer at all', 0x93773f762ca13047n, 0n, 'not canonical', /^not canonical/u, 'likely'],
    ['a number', 0x2008n, 0x10n, 'user address', /^a small number/u, 'likely'],
    ['a 32-bit error', 0xffffffean, 0n, 'error pointer', /^-EINVAL.*32 bits$/u, 'likely'],
    ['user space', 0x7f1f2a4c5000n, 0n, 'user address', /lower half, where user space is/u, 'likely'],
    [
      'a pointer that looks right',
      0xffff9a0e41c2d800n,
      0x10n,
      'kernel address',
      /an address of the kernel/u,
      'likely',
    ],
  ])('of %s', (_, rbx, displacement, kind, detail, sure) => {
    const bad = through(rbx, displacement)!;
    expect(bad).toMatchObject({ kind, value: rbx, holder: 'RBX', register: 'rbx', sure });
    expect(bad.detail).toMatch(detail);
  });

  // Values that stand beside the one that is meant, and are not it.
  it.each<[string, bigint, string]>([
    ['a list poison 1 MiB away', 0xdead000000200000n, 'list poison'],
    ['other bytes than the fill', 0x6b6b6b6b00000000n, 'freed pattern'],
    ['an error beyond MAX_ERRNO', u64(-4097n), 'error pointer'],
    ['an error without a name, odd', u64(-1001n), 'error pointer'],
    ['four characters in the middle', 0x9361626364a13047n, 'text'],
    ['two bits that changed', 3n << 52n, 'flipped bit'],
    ['a pointer with low bits only', 0xffff9a0e41c2d801n, 'shifted pointer'],
  ])('of %s is not called so', (_, rbx, kind) => {
    expect(through(rbx, 0n)?.kind).not.toBe(kind);
  });
});

describe('a value beside the pointers of other registers', () => {
  const good = 0xffff9a0e41c2d800n;

  it.each<[string, bigint, string, RegExp, string]>([
    [
      'one bit of it',
      good ^ (1n << 50n),
      'flipped bit',
      /^R12 \(0xffff9a0e41c2d800\) with bit 50 changed/u,
      'likely',
    ],
    [
      'one bit, and canonical still',
      good ^ (1n << 33n),
      'flipped bit',
      /^R12 .* with bit 33 changed/u,
      'possible',
    ],
    [
      'read one byte too far',
      good >> 8n,
      'shifted pointer',
      /^the pointer in R12 .*read 1 byte beyond/u,
      'likely',
    ],
    [
      'read two bytes too far',
      (0x1234n << 48n) | (good >> 16n),
      'shifted pointer',
      /read 2 bytes beyond/u,
      'likely',
    ],
    [
      'read two bytes too early',
      u64(good << 16n) | 0x77n,
      'shifted pointer',
      /read 2 bytes before/u,
      'likely',
    ],
    ['its lower half', good & 0xffffffffn, 'shifted pointer', /^the lower half of R12/u, 'likely'],
    [
      'its lower half, extended',
      0xffffffff81c2d800n,
      'shifted pointer',
      /^the lower half of R12 .*sign extended/u,
      'likely',
    ],
  ])('%s', (name, rbx, kind, detail, sure) => {
    const r12 = name.endsWith('extended') ? 0xffff9a0e81c2d800n : good;
    const bad = through(rbx, 0n, { r12 })!;
    expect(bad).toMatchObject({ kind, holder: 'RBX', sure });
    expect(bad.detail).toMatch(detail);
  });

  it.each<[string, bigint]>([
    ['its neighbour in the same page', good ^ 0x40n],
    ['another object far away', 0xffff9a0e77777000n],
    ['itself', good],
  ])('says nothing of %s', (_, rbx) => {
    expect(through(rbx, 0n, { r12: good })!.kind).toBe('kernel address');
  });
});

describe('an operand of several parts', () => {
  const indexed = (rbx: bigint, rcx: bigint) => {
    const address = u64(rbx + rcx);
    return badOf(
      inventedReport({
        head: pageFaultHead(address),
        code: '480fb6040b',
        registers: { rbx, rcx },
        cr2: address,
      }),
    );
  };

  it('is bad in its base where the index is small', () => {
    expect(indexed(0n, 0x20n)).toMatchObject({ kind: 'NULL', register: 'rbx' });
    expect(indexed(0x200286n, 0n)).toMatchObject({ kind: 'user address', register: 'rbx' });
  });

  it('is bad in its base where only that is poison', () => {
    const bad = badOf(
      inventedReport({
        head: protectionHead(0x6b6b6b6b6b6b6b7bn),
        code: '480fb6040b',
        registers: { rbx: 0x6b6b6b6b6b6b6b6bn, rcx: 0x10n },
      }),
    );
    expect(bad).toMatchObject({ kind: 'freed pattern', register: 'rbx' });
  });

  it('has no register to blame where two may be wrong', () => {
    const bad = indexed(0xffff9a0e41c2d800n, 0x7ffff000n);
    expect(bad).toMatchObject({ holder: '(%rbx,%rcx,1)', kind: 'kernel address' });
    expect(bad!.register).toBeUndefined();
  });
});

describe('a check of KASAN', () => {
  // movzbl (%rax,%rcx,1),%eax, with the offset in RCX
  const checked = (real: bigint, ...said: string[]) =>
    badOf(
      inventedReport({
        head: [...protectionHead(u64((real >> 3n) + 0xdffffc0000000000n)), ...said],
        code: '0fb60408',
        registers: { rax: real >> 3n, rcx: 0xdffffc0000000000n },
      }),
    );

  it('is of the address, not of its shadow', () => {
    expect(
      checked(0x18n, 'KASAN: null-ptr-deref in range [0x0000000000000018-0x000000000000001f]'),
    ).toMatchObject({
      kind: 'near NULL',
      value: 0x18n,
      register: 'rax',
    });
    const poison = checked(0xdead000000000100n);
    expect(poison).toMatchObject({ kind: 'list poison', value: 0xdead000000000100n });
    expect(poison!.detail).toMatch(/0xdead000000000100 >> 3, which KASAN checks/u);
  });

  it.each<[string, bigint, string, RegExp]>([
    ['user space', 0x7f1f2a4c5000n, 'user address', /lower half, where user space is$/u],
    ['a pointer of the kernel', 0xffff888141c2d800n, 'KASAN shadow', /address of the direct map$/u],
    ['a pointer read one byte too far', 0x00ffff888141c2d8n, 'shifted pointer', /read 1 byte beyond/u],
    ['nothing', 0x2b0100010011fff8n, 'not canonical', /no address at all$/u],
  ])('of %s says what that is', (_, real, kind, detail) => {
    const bad = checked(real)!;
    expect(bad).toMatchObject({ kind, value: real, register: 'rax' });
    expect(bad.detail).toMatch(detail);
  });

  it('is not one without the offset', () => {
    expect(through(0xdffffc0000100000n, 0n)!.detail).not.toMatch(/KASAN/u);
  });
});

describe('a jump', () => {
  it('to NULL is of a code address', () => {
    const text = inventedReport({ head: pageFaultHead(0n, 0x10), cr2: 0n }).replace(
      'RIP: 0010:frob_walk+0x2a/0x90',
      'RIP: 0010:0x0\nCode: Unable to access opcode bytes at 0xffffffffffffffd6.',
    );
    expect(badOf(text)).toMatchObject({ kind: 'code address', value: 0n, holder: 'RIP', detail: 'NULL' });
  });

  it('through a register that is no address is of that register', () => {
    const text = inventedReport({
      head: protectionHead(),
      code: 'ffd0',
      registers: { rax: 0x6b6b6b6b6b6b6b6bn },
    });
    expect(badOf(text)).toMatchObject({ kind: 'code address', register: 'rax' });
  });
});

it('a retpoline that returns to no address is of its register', () => {
  const text = inventedReport({
    head: protectionHead(),
    code: 'c3',
    symbol: '__x86_indirect_thunk_rbx',
    registers: { rbx: 0x894cdffffc000000n },
  });
  expect(badOf(text)).toMatchObject({ kind: 'code address', register: 'rbx', value: 0x894cdffffc000000n });
});

it('RIP from an operand of btr counts the word of the bit', () => {
  // lock btr %rax,0x19cf4(%rip) with bit 0xffffffff: the word is 0x1ffffff8 bytes beyond the operand
  const rip = 0xffffffffc0726923n;
  const address = rip + 9n + 0x19cf4n + 0x1ffffff8n;
  const text = inventedReport({
    head: pageFaultHead(address, 2),
    code: 'f0480fb305f49c0100',
    registers: { rax: 0xffffffffn },
    cr2: address,
  });
  const claims = explainReport(reportsOf(text)[0]!).trap.map(({ claim }) => claim);
  expect(claims).toContainEqual(expect.objectContaining({ kind: 'rip-from', rip }));
});

it('a report of a context that was interrupted has none', () => {
  const text = inventedReport({
    head: ['watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [frobd:4321]'],
    code: load(0x58n),
    registers: { rbx: 0n },
  });
  expect(badOf(text)).toBeUndefined();
});

it('the pointer of a stack segment fault is named: RSP and RBP fault so where they are no address', () => {
  const bad = badOf(
    inventedReport({
      head: ['stack segment: 0000 [#1] PREEMPT SMP'],
      code: '488b4518', // mov 0x18(%rbp),%rax
      registers: { rbp: 0x5f3a_9c41_77e0_2b90n },
    }),
  );
  expect([bad?.kind, bad?.holder, bad?.value]).toEqual(['not canonical', 'RBP', 0x5f3a_9c41_77e0_2b90n]);
});

describe('one bit away from a pointer', () => {
  const flippedAfter = (before: string, rax: bigint) =>
    badOf(
      inventedReport({
        head: pageFaultHead(0xffff88c104455680n),
        before,
        code: '488b07', // mov (%rdi),%rax
        registers: { rax, rbx: 0xffff888104455680n, rdi: 0xffff88c104455680n },
        cr2: 0xffff88c104455680n,
      }).replace('+0x2a/', `+0x${(before.length / 2).toString(16)}/`),
    )?.kind;

  it.each([
    ['lea (%rbx,%rax,1),%rdi', '488d3c03'],
    ['mov %rbx,%rdi; add %rax,%rdi', '4889df4801c7'],
    ['mov %rbx,%rdi; or %rax,%rdi', '4889df4809c7'],
    ['mov %rbx,%rdi; bts $38,%rdi', '4889df480fbaef26'],
  ])('is no flipped bit where %s made it', (_, before) => {
    expect(flippedAfter(before, 0x4000000000n)).toBe('kernel address');
  });

  it.each([
    ['was loaded', '488b7e08'], // mov 0x8(%rsi),%rdi
    ['is a field of what was loaded', '488b7e084883c708'], // and add $8,%rdi
    ['came from outside', '4889f0'], // mov %rsi,%rax
  ])('may be one where it %s', (_, before) => {
    const text = inventedReport({
      head: pageFaultHead(0xffff88c104455680n),
      before,
      code: '488b07',
      registers: {
        rax: 0xffff888104455600n,
        rbx: 0xffff888104455680n,
        rsi: 0xffff888104455600n,
        rdi: 0xffff88c104455680n,
      },
      cr2: 0xffff88c104455680n,
    }).replace('+0x2a/', `+0x${(before.length / 2).toString(16)}/`);
    expect(badOf(text)?.kind).toBe('flipped bit');
  });
});
