// Certain means certain: what a report does not say (where its code lay, how many bits addresses have) is not assumed.
// The reports are made up; the right answers were worked out by hand.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Explanation, explainReport } from '../../src/decode/explain/explain.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';
import type { CodePiece } from '../../src/decode/code/code-piece.js';
import type { Claim, Statement } from '../../src/decode/code/statement.js';
import { statementText } from '../../src/decode/show/claims.js';
import { originOf } from '../../src/decode/show/verdict-origin.js';
import { inventedReport, pageFaultHead } from '../helpers/invented-report.js';

const only = (text: string): KernelReport => {
  const reports = reportsOf(text);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

const fault = (name: string): KernelReport =>
  only(readFileSync(new URL(`../fixtures/decode/${name}.txt`, import.meta.url), 'utf8'));

const all = ({ trap, code, way, registers, stack }: Explanation): Statement[] => [
  ...code,
  ...trap,
  ...way,
  ...registers,
  ...stack,
];

const claims = <K extends Claim['kind']>(
  explained: Explanation,
  kind: K,
): (Statement & { readonly claim: Extract<Claim, { kind: K }> })[] =>
  all(explained).filter(
    (one): one is Statement & { readonly claim: Extract<Claim, { kind: K }> } => one.claim.kind === kind,
  );

interface Parts {
  readonly headline?: string;
  readonly errorCode?: string;
  readonly release?: string;
  readonly rip?: string;
  readonly code: string;
  readonly registers?: Readonly<Record<string, string>>;
  readonly control?: string;
}

const NAMES = [
  'RAX',
  'RBX',
  'RCX',
  'RDX',
  'RSI',
  'RDI',
  'RBP',
  'R08',
  'R09',
  'R10',
  'R11',
  'R12',
  'R13',
  'R14',
  'R15',
];

const report = ({
  headline = 'BUG: unable to handle page fault for address: 0000000000000058',
  errorCode = '0000',
  release = '6.6.41-demo',
  rip = 'frob_walk+0x129/0x350',
  code,
  registers = {},
  control = 'CR2: 0000000000000058 CR3: 0000000112e4a004 CR4: 00000000003706f0',
}: Parts): KernelReport =>
  only(`${headline}
Oops: ${errorCode} [#1] PREEMPT SMP NOPTI
CPU: 7 PID: 689 Comm: frobd Not tainted ${release} #1
RIP: 0010:${rip}
Code: ${code}
RSP: 0018:${registers['RSP'] ?? 'ffffc900011c3ad8'} EFLAGS: 00010246
${NAMES.map((name) => `${name}: ${registers[name] ?? '0000000000000001'}`)
  .join(' ')
  .replaceAll(/((?:\S+ \S+ ){3})/gu, '$1\n')}
${control}
Call Trace:
 frob_init+0x51/0x120
`);

describe('code whose address the report does not have', () => {
  const explained = explainReport(fault('01-rip-relative-without-rip'));

  it('has no RIP-relative address that is certain, but the fault turns it round', () => {
    expect(claims(explained, 'accesses').map(({ claim }) => [claim.address, claim.operand])).toEqual([
      [0xffffffffc0a41fa8n, '0xef3b(%rip)'],
    ]);
    expect(explained.bad).toMatchObject({ value: 0xffffffffc0a41fa8n, holder: '0xef3b(%rip)' });
    const [{ claim, sure }] = claims(explained, 'rip-from') as [
      ReturnType<typeof claims<'rip-from'>>[number],
    ];
    expect([claim.rip, claim.start, claim.of, claim.from]).toEqual([
      0xffffffffc0a33066n,
      0xffffffffc0a33060n,
      'frob_log_init',
      'operand',
    ]);
    expect(sure).toBe('certain');
    expect(explained.instructions.at(-1)!.text).toBe('mov %rdi,0xef3b(%rip) # frob_log_init+0xef48');
  });

  // lea 0x2211(%rip),%rdi; mov 0x58(%rax),%rdx: the lea ends at the trap, frob_walk+0x129
  const code = '90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 48 8d 3d 11 22 00 00 <48> 8b 50 58 c3';
  const lea = (rdi: string) => explainReport(report({ code, registers: { RAX: '0'.repeat(16), RDI: rdi } }));

  it('is where a register that holds an address relative to it says', () => {
    const found = lea('ffffffffc0a3323a');
    expect(claims(found, 'no-way')).toEqual([]);
    const [{ claim, sure }] = claims(found, 'rip-from') as [ReturnType<typeof claims<'rip-from'>>[number]];
    // 0xffffffffc0a3323a - 0x2211 is the address after the lea
    expect([claim.rip, claim.start, claim.from]).toEqual([0xffffffffc0a31029n, 0xffffffffc0a30f00n, 'RDI']);
    expect(sure).toBe('likely');
    expect(claims(found, 'holds').map((one) => one.claim.origin)).toContainEqual({
      kind: 'address',
      of: 'frob_walk',
      plus: 0x129n + 0x2211n,
    });
  });

  it('is not said to lie where no kernel code does', () => {
    expect(claims(lea('ffff888105555500'), 'rip-from')).toEqual([]);
  });

  it('is not found where the error code speaks of another access', () => {
    const text = readFileSync(
      new URL('../fixtures/decode/01-rip-relative-without-rip.txt', import.meta.url),
      'utf8',
    );
    const read = only(
      text.replace('Oops: 0002', 'Oops: 0000').replace('error_code(0x0002)', 'error_code(0x0000)'),
    );
    expect(claims(explainReport(read), 'rip-from')).toEqual([]);
  });

  it('has targets of jumps that are counted from the function', () => {
    // je over the mov; test %rax,%rax
    const { instructions } = explainReport(report({ code: '48 85 c0 74 07 <48> 8b 50 58 c3' }));
    expect(instructions.map(({ text }) => text)).toContain('je frob_walk+0x130');
  });
});

describe('addresses of 48 or 57 bits', () => {
  const WIDE = 'ff11000251c47180'; // canonical with 57 bits only
  const WILD = '6b6b6b6b6b6b6b6b'; // with neither
  const LA57 = 'CR4: 00000000003716f0';
  const NO_LA57 = 'CR4: 00000000003706f0';
  const looks = (parts: Partial<Parts>): Record<string, string[]> => {
    const code = '90 90 90 90 90 90 90 90 <48> 8b 50 58 c3';
    const registers = { RBX: WIDE, R12: WILD, ...parts.registers };
    const explained = explainReport(report({ code, ...parts, registers }));
    return Object.fromEntries(
      ['rbx', 'r12'].map((name) => [
        name,
        claims(explained, 'looks-like')
          .filter(
            ({ about, claim }) => about.kind === 'register' && about.name === name && claim.what !== 'text',
          )
          .map(({ sure, claim }) => `${sure} ${claim.what}`),
      ]),
    );
  };

  it('are judged by CR4 where it is there', () => {
    expect(looks({ control: NO_LA57 })['rbx']).toEqual(['certain not canonical']);
    expect(looks({ control: LA57 })['rbx']).toEqual(['likely direct map']);
    expect(looks({ control: LA57 })['r12']).toContain('certain not canonical');
  });

  it('are judged by values that are addresses for certain where CR4 is not there', () => {
    expect(looks({ control: '', registers: { RSP: 'ff41b70a81c2f6a0' } })['rbx']).toEqual([
      'likely direct map',
    ]);
    expect(looks({ control: 'FS: 0 GS:ff11003f7fc00000(0000) knlGS:0000000000000000' })['rbx']).toEqual([
      'likely direct map',
    ]);
  });

  it('are nothing certain where nothing tells', () => {
    // A stack in the entry area is there with both.
    const { rbx, r12 } = looks({ control: '', registers: { RSP: 'fffffe0000123ad8' } });
    expect(rbx).toEqual(['possible not canonical', 'possible direct map']);
    expect(r12!.filter((one) => one.startsWith('certain'))).toEqual([]);
  });

  it('have 48 bits on kernels that know no others', () => {
    expect(looks({ control: '', release: '3.10.0-1062.el7.x86_64' })['rbx']).toEqual([
      'certain not canonical',
    ]);
  });

  it('have 57 bits in a report whose RSP has', () => {
    const explained = explainReport(fault('03-five-level-paging-without-cr4'));
    const wild = claims(explained, 'looks-like').filter(({ claim }) => claim.what === 'not canonical');
    expect(wild).toEqual([]);
    const [access] = claims(explained, 'accesses');
    expect([access!.claim.address, access!.claim.verdict]).toEqual([0xff11000251c751n, 'other']);
    const what = Object.fromEntries(
      claims(explained, 'looks-like').map(({ about, claim }) => [
        about.kind === 'register' ? about.name : '',
        claim.what,
      ]),
    );
    expect(what).toMatchObject({ rcx: 'direct map', rsi: 'direct map', rbp: 'this stack', r12: 'vmemmap' });
  });

  it('leave a way open that used one of 57 bits, unless addresses have 48', () => {
    // mov (%rbx),%rdx; mov 0x58(%rax),%rdx
    const code = '90 90 90 90 90 48 8b 13 <48> 8b 50 58 c3';
    const noWay = (control: string) =>
      claims(explainReport(report({ code, control, registers: { RBX: WIDE } })), 'no-way').length;
    expect([noWay(''), noWay(LA57), noWay(NO_LA57)]).toEqual([0, 0, 1]);
  });
});

describe('an interrupted context', () => {
  const explained = explainReport(fault('04-interrupted-registers-called-trap'));
  const said = all(explained)
    .filter(({ claim }) => claim.kind !== 'interrupted')
    .map((one) => statementText(one, explained.role));

  it('has no statement that speaks of a trap', () => {
    expect(explained.role).toBe('interrupted');
    expect(said.length).toBeGreaterThan(0);
    expect(said.filter((one) => /\btrap/u.test(one))).toEqual([]);
  });

  it('has words of the stack only if they were printed after its registers', () => {
    const words = `Stack:
 ffff888105555500 ffffffff81543210`;
    const set = `RIP: 0010:frob_spin+0x5/0x15
Code: 55 48 89 fd 53 <48> 8b 47 10 5b 5d c3
RSP: 0018:ffffb1c2c0a4fd60 EFLAGS: 00000246
RAX: 0000000000000001 RBX: ffff888105555500 RCX: 0000000000000000
RDX: 0000000000000000 RSI: ffff9a0e41c2d818 RDI: ffff888105555500
RBP: ffff888105555500 R08: 0000000000000000 R09: 0000000000000000`;
    const pushed = (text: string) =>
      explainReport(
        only(`BUG: soft lockup - CPU#3 stuck for 23s! [frobd:4321]
CPU: 3 PID: 4321 Comm: frobd Not tainted 4.4.0-demo #1
${text}
Call Trace:
 [<ffffffff81543210>] frob_main+0x11/0x80
`),
      ).stack.some(({ claim }) => claim.kind === 'pushed');
    expect([pushed(`${set}\n${words}`), pushed(`${words}\n${set}`)]).toEqual([true, false]);
  });
});

describe('operands that a linker fills in', () => {
  // mov $0x0,%edi, of which the operand is open; ud2
  const bytes = Uint8Array.from([0xbf, 0, 0, 0, 0, 0x0f, 0x0b]);
  const piece = { symbol: 'f', address: 0xffffffff81000000n, offset: 0, bytes, whole: true };
  const explainWith = (more: Partial<CodePiece>) =>
    explainReport(report({ code: '<0f> 0b', rip: 'f+0x5/0x7', registers: { RDI: 'ffffffff82345678' } }), {
      chain: [{ piece: { ...piece, ...more }, at: 5 }],
      known: { findPiece: () => undefined },
      compared: 0,
      same: 0,
      from: 'f.o',
    });

  it('contradict no register', () => {
    expect(claims(explainWith({}), 'no-way')).toHaveLength(1);
    const explained = explainWith({ open: new Set([1, 2, 3, 4]) });
    expect(claims(explained, 'no-way')).toEqual([]);
    expect(claims(explained, 'holds').map(({ claim }) => claim.origin.kind)).toEqual(['computed']);
    expect(claims(explained, 'written').map(({ sure, claim }) => [sure, claim.by[0]!.at])).toEqual([
      ['certain', 'f+0x0'],
    ]);
  });

  it('are those that name the image of a kernel that was moved, where the report does not show them', () => {
    // mov $0xffffffff82345678,%rdi
    const moved = Uint8Array.from([0x48, 0xc7, 0xc7, 0x78, 0x56, 0x34, 0x82, 0x0f, 0x0b]);
    const explained = (more: Partial<CodePiece>) =>
      explainReport(report({ code: '<0f> 0b', rip: 'f+0x7/0x9', registers: { RDI: 'ffffffffa3745678' } }), {
        chain: [{ piece: { ...piece, bytes: moved, moved: true, ...more }, at: 7 }],
        known: { findPiece: () => undefined },
        compared: 0,
        same: 0,
        from: 'vmlinux',
      });
    expect(claims(explained({}), 'no-way')).toEqual([]);
    expect(claims(explained({ seen: [0, 9] }), 'no-way')).toHaveLength(1);
  });

  it('leave nothing certain in code that the kernel changes while it runs', () => {
    const explained = explainWith({ patched: true, open: new Set([1, 2, 3, 4]) });
    expect(
      all(explained).filter(({ sure, claim }) => sure === 'certain' && claim.kind === 'written'),
    ).toEqual([]);
    expect(explained.gaps.join()).toContain('changes f while it runs');
  });
});

describe('where the first instruction starts', () => {
  // 5b ends the function before; then push %rbx; mov %rdi,%rbx; mov 0x10(%rbx),%rax.
  const at = (place: string): string =>
    all(
      explainReport(
        only(`BUG: kernel NULL pointer dereference, address: 0000000000000010
Oops: 0000 [#1] SMP NOPTI
CPU: 0 PID: 7 Comm: frobd Not tainted 6.6.0-demo #1
RIP: 0010:${place}
Code: 5b c3 53 48 89 fb <48> 8b 43 10 5b c3
RSP: 0018:ffffb1c2c0a4fd60 EFLAGS: 00010246
RAX: 0000000000000001 RBX: 0000000000000000 RCX: 0000000000000002
`),
      ),
    )
      .filter(({ claim }) => claim.kind === 'boundaries')
      .map((one) => statementText(one))
      .join('\n');

  it('is said to be the function, where the text tells that it begins there', () => {
    expect(at('frob_get+0x4/0x20 [frob]')).toContain('The function begins at byte 0x2');
    expect(at('frob_get+0x34/0x50 [frob]')).toMatch(/readings? .*arrives? at the trap/u);
  });
});

describe('the reading before the first certain boundary', () => {
  const shown = (explained: Explanation): string[] =>
    explained.instructions.map(({ sure, text }) => `${sure} ${text}`);

  it('is the one that a compiler makes: flags in %ah, no arithmetic on bytes in memory', () => {
    const explained = explainReport(fault('30-nonsense-reading-called-likely'));
    expect(shown(explained).slice(0, 6)).toEqual([
      'likely je frob_move+0x1d5',
      'likely and $0x5201f,%ecx',
      'likely je frob_move+0x1d0',
      'likely or $0x20,%ah',
      'likely mov %eax,%ecx',
      'certain and $0xfeffffff,%ecx',
    ]);
  });

  // Each begins inside an instruction that these bytes finish; worked out from the instructions that follow.
  it.each([
    // (… 8b) 58 18 | test $0x40,%ch; je; orb $0x8,0x12(%rax); mov %rbx,%rdi
    ['58 18 f6 c5 40 74 11 80 48 12 08 48 89 df 48 8b 10', 'test $0x40,%ch'],
    // (48) 8b 43 58 | in %dx,%al has no place: mov %rax,%rdi; mov $0xec,%esi; call
    ['8b 43 58 48 89 c7 be ec 00 00 00 e8 11 22 33 00 85 c0 75 10 48 8b 10', 'mov $0xec,%esi'],
    // (e8 … …) fa 00 | hlt and cli are not in the middle of it: test %eax,%eax; je; mov $0xf4,%edx
    ['fa 00 85 c0 74 0c ba f4 00 00 00 48 89 df 48 8b 45 10 48 8b 10', 'mov $0xf4,%edx'],
  ])('passes %s', (bytes, wanted) => {
    const code = `${bytes.slice(0, -8)}<48> 8b 10 c3`;
    const texts = shown(explainReport(report({ code }))).map((one) => one.replace(/^\w+ /u, ''));
    expect(texts).toContain(wanted);
    expect(texts.join()).not.toMatch(/\b(?:in|out|cli|hlt|sti|cld|iret)\b|add\s+%[a-d]l,\(/u);
  });
});

describe('a marked byte that is not marked', () => {
  const lost = (explained: Explanation) => claims(explained, 'lost-mark')[0];

  it('is found where a forum dropped <48>, by what the instruction accesses', () => {
    const explained = explainReport(fault('29-marked-byte-eaten-by-html'));
    expect(lost(explained)).toMatchObject({
      sure: 'likely',
      claim: { at: 42, eaten: true, instructions: [{ byte: '48', text: 'mov 0x58(%rax),%rdx' }] },
    });
    expect(claims(explained, 'accesses')[0]).toMatchObject({ sure: 'likely', claim: { address: 0x58n } });
    expect(explained.bad).toMatchObject({ kind: 'NULL', register: 'rax', sure: 'likely' });
    const sure = all(explained)
      .filter((one) => one.sure === 'certain')
      .map(({ claim }) => claim.kind);
    expect(sure).not.toContain('written');
    expect(explained.instructions.filter((one) => one.sure === 'certain')).toEqual([]);
  });

  const nops = (count: number): string => Array.from({ length: count }, () => '90').join(' ');
  const NULL = '0'.repeat(16);

  it('stood one byte later before 4.18', () => {
    // mov 0x18(%rbx),%rax; mov %rsi,%rdx; (48) 89 50 10, mov %rdx,0x10(%rax); ret
    const code = `${nops(36)} 48 8b 43 18 48 89 f2 89 50 10 c3 ${nops(16)}`;
    const explained = explainReport(
      report({
        headline: 'BUG: unable to handle kernel NULL pointer dereference at 0000000000000010',
        errorCode: '0002',
        release: '4.4.0-demo',
        code,
        registers: { RAX: NULL },
        control: 'CR2: 0000000000000010 CR3: 0000000112e4a004 CR4: 00000000003706f0',
      }),
    );
    expect(lost(explained)).toMatchObject({
      sure: 'likely',
      claim: { at: 43, instructions: [{ byte: '48', text: 'mov %rdx,0x10(%rax)' }] },
    });
  });

  it('is one of several where nothing tells them apart', () => {
    // mov %rdx,0x10(%rax), and the same of edx, r10 …: RAX and RDX are set nowhere near
    const explained = explainReport(
      report({
        headline: 'BUG: kernel NULL pointer dereference, address: 0000000000000010',
        errorCode: '0002',
        code: `${nops(42)} 89 50 10 c3 ${nops(17)}`,
        registers: { RAX: NULL, R08: NULL },
        control: 'CR2: 0000000000000010 CR3: 0000000112e4a004 CR4: 00000000003706f0',
      }),
    );
    const found = lost(explained)!;
    expect(found.sure).toBe('possible');
    const texts = found.claim.instructions.map(({ text }) => text);
    expect(texts).toContain('mov %rdx,0x10(%rax)');
    expect(texts).toContain('mov %r10,0x10(%rax)');
    expect(explained.instructions).toEqual([]);
  });

  it('is the first byte of ud2 where the kernel found a BUG', () => {
    const explained = explainReport(
      only(`kernel BUG at fs/frob.c:12!
invalid opcode: 0000 [#1] SMP
CPU: 7 PID: 689 Comm: frobd Not tainted 5.10.0-demo #1
RIP: 0010:frob_walk+0x129/0x350
Code: ${nops(42)} 0b 48 89 df ${nops(17)}
RSP: 0018:ffffc900011c3ad8 EFLAGS: 00010246
RAX: 0000000000000001 RBX: 0000000000000001 RCX: 0000000000000001
`),
    );
    expect(lost(explained)).toMatchObject({
      sure: 'likely',
      claim: { instructions: [{ byte: '0f', text: 'ud2' }] },
    });
  });

  it('may have lost its brackets alone', () => {
    const code = `${nops(42)} 48 8b 50 58 c3 ${nops(17)}`;
    const explained = explainReport(report({ code, registers: { RAX: NULL } }));
    expect(lost(explained)).toMatchObject({ sure: 'likely', claim: { at: 42, eaten: false } });
  });

  it('is not guessed where no instruction fits', () => {
    const code = `${nops(42)} 8b 50 58 c3 ${nops(17)}`;
    const registers = Object.fromEntries(NAMES.map((name) => [name, 'ffff888105555500']));
    expect(lost(explainReport(report({ code, registers })))).toBeUndefined();
  });
});

describe('a Code: line that lost bytes', () => {
  // push %rbp; mov %rsp,%rbp; push %rbx; mov %rdi,%rbx before the trap, and nops before those
  const before = `${Array.from({ length: 33 }, () => '90').join(' ')} 55 48 89 e5 53 48 89 fb 90`;
  const after = `${Array.from({ length: 18 }, () => '90').join(' ')}`;
  const sureOf = (code: string): string[] => [
    ...new Set(
      explainReport(report({ code, rip: 'frob_walk+0x29/0x150' }))
        .instructions.slice(0, -1)
        .map(({ sure }) => sure),
    ),
  ];

  it('has no boundary before the trap that is certain', () => {
    expect(sureOf(`${before} <48> 8b 43 58 ${after}`)).toEqual(['certain']);
    // Two bytes of it are gone: 40 stand before the mark, as no kernel prints them.
    expect(sureOf(`${before.replace('48 89 e5', 'e5')} <48> 8b 43 58 ${after}`)).not.toContain('certain');
  });
});

it('a report without the line that says what happened has no access that is certain', () => {
  const registers = { RAX: '0'.repeat(16) };
  const { trap } = explainReport(
    only(`CPU: 7 PID: 689 Comm: frobd Not tainted 6.6.41-demo #1
RIP: 0010:frob_walk+0x129/0x350
Code: ${Array.from({ length: 42 }, () => '90').join(' ')} <48> 8b 50 58 c3 ${Array.from({ length: 17 }, () => '90').join(' ')}
RSP: 0018:ffffc900011c3ad8 EFLAGS: 00010246
${NAMES.slice(0, 3)
  .map((name) => `${name}: ${registers.RAX}`)
  .join(' ')}
${NAMES.slice(3, 6)
  .map((name) => `${name}: ${registers.RAX}`)
  .join(' ')}
`),
  );
  expect(trap.filter(({ claim }) => claim.kind === 'accesses').map(({ sure }) => sure)).toEqual(['likely']);
});

describe('a trap that is not of an access', () => {
  const trapped = (trap: string, code: string) => {
    const text = inventedReport({ head: [`${trap}: 0000 [#1] PREEMPT SMP NOPTI`], code, before: '8947 cc' });
    return explainReport(only(text));
  };

  it.each([
    ['int3', '8b4701'], // the rest of mov 0x1(%rdi),%rax
    ['debug', '8b4701'],
    ['invalid opcode', '62f1fe486f07'], // vmovdqu64 (%rdi),%zmm0
  ])('says of %s no access of the marked instruction', (trap, code) => {
    const explained = trapped(trap, code);
    expect(claims(explained, 'accesses')).toEqual([]);
    expect(explained.bad).toBeUndefined();
  });

  it('still says it of a fault', () => {
    expect(claims(trapped('alignment check', '8b4701'), 'accesses')).toHaveLength(1);
  });
});

describe('a line with two marks', () => {
  // mov 0x40(%rdi),%rax; mov 0x10(%rax),%rcx; mov 0x18(%rcx),%edx; add $1,%edx
  const bytes = [
    ...Array.from({ length: 30 }, () => 'cc'),
    ...'48 8b 47 40 48 8b 48 10 48 8d 7b 20'.split(' '),
  ];
  const line = (second: string): string => {
    const after = `<8b> 51 18 ${second} c2 01 89 51 18 5b 5d c3`.split(' ');
    return [...bytes, ...after, ...Array.from({ length: 10 }, () => 'cc')].join(' ');
  };
  const of = (second: string) =>
    explainReport(
      report({
        headline: 'BUG: kernel NULL pointer dereference, address: 0000000000000018',
        rip: 'frob_walk+0xc/0x90',
        code: line(second),
        registers: { RCX: '0000000000000000', RAX: 'ffff88810a1b2c00', RDI: 'ffff888104455600' },
        control: 'CR2: 0000000000000018 CR3: 0000000112e4a004 CR4: 00000000003706f0',
      }),
    );

  it('has no certain instruction', () => {
    const explained = of('<83>');
    expect(explained.contradictions).toEqual([]);
    expect(explained.instructions.filter(({ sure }) => sure === 'certain')).toEqual([]);
    expect(claims(explained, 'accesses').filter(({ sure }) => sure === 'certain')).toEqual([]);
    expect(claims(of('83'), 'accesses').map(({ sure }) => sure)).toEqual(['certain']);
  });
});

describe('a part of a register that is written', () => {
  const after = (before: string) => {
    const text = inventedReport({
      head: pageFaultHead(0x158n),
      before,
      code: '488b9000010000', // mov 0x100(%rax),%rdx
      registers: { rax: 0x58n, rdi: 0xffff888104455600n, rcx: 0x4158n },
      cr2: 0x158n,
    }).replace('+0x2a/', `+0x${(before.length / 2).toString(16)}/`);
    const explained = explainReport(only(text));
    const [written] = claims(explained, 'written').filter(
      ({ about }) => about.kind === 'register' && about.name === 'rax',
    );
    return {
      part: written!.claim.part,
      says: statementText(written!),
      short: originOf(explained, 'rax')?.text,
    };
  };

  it('is told as that part', () => {
    // mov 0x8(%rdi),%rax; mov $0x58,%al
    const { part, says, short } = after('488b4708b058');
    expect(part).toBe('low byte');
    expect(says).toContain('RAX was last written, in its low byte alone, by frob_walk+0x4 (mov $0x58,%al)');
    expect(short).toContain('low byte');
    expect(after('488b4708b400').part).toBe('second byte'); // mov $0,%ah
    expect(after('488b470866b85800').part).toBe('low 2 bytes'); // mov $0x58,%ax
    expect(after('488b4708b858000000').part).toBeUndefined(); // mov $0x58,%eax clears the rest
  });

  it('is told beside a writer of the whole', () => {
    // mov 0x8(%rdi),%rax; cmpl $0,(%rdi); jne 1f; mov $0x58,%al; 1:
    const { part, says } = after('488b4708833f007502b058');
    expect(part).toBe('some');
    expect(says).toContain('in whole or in part');
  });
});

describe('an int3 between instructions', () => {
  // push %rbx; mov %rdi,%rbx; int3; mov 0x8(%rbx),%eax: a probe took the 48 of mov 0x8(%rbx),%rax.
  const probed = (bytes: string): string => `BUG: kernel NULL pointer dereference, address: 0000000000000010
#PF: supervisor read access in kernel mode
Oops: 0000 [#1] SMP
CPU: 1 PID: 77 Comm: frobd Not tainted 6.8.0-demo #1
RIP: 0010:frob_lookup+0x8/0x10 [frob]
Code: ${'90 '.repeat(34)}${bytes} <48> 8b 50 10 5b c3 90 90
RSP: 0018:ffffc90000123d08 EFLAGS: 00010246
RAX: 0000000000000000 RBX: ffff888100aa0000 RCX: 0000000000000007
RDX: 0000000000000000 RSI: 0000000000000000 RDI: ffff888100aa0000
CR2: 0000000000000010 CR3: 0000000112e4a004 CR4: 00000000003706f0
`;
  const certainOf = (bytes: string): string[] => {
    const { code, registers } = explainReport(reportsOf(probed(bytes))[0]!);
    return [...code, ...registers]
      .filter(({ sure, claim }) => sure === 'certain' && claim.kind !== 'same-as')
      .map((one) => one.claim.kind);
  };

  it('may be a probe: nothing after it is certain', () => {
    expect(certainOf('53 48 89 fb cc 8b 43 08')).toEqual([]);
    expect(certainOf('53 48 89 fb 48 8b 43 08').length).toBeGreaterThan(0);
  });
});
