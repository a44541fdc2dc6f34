// What the processor refused although no address is bad: class, and what to look at next. The reports are made up.
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { verdictOf } from '../../src/decode/show/verdict.js';
import { type Invented, inventedReport, pageFaultHead, protectionHead } from '../helpers/invented-report.js';

const read = (text: string) => {
  const [report] = reportsOf(text);
  const explanation = explainReport(report!);
  const judgement = judge(report!, explanation);
  const lines = verdictOf(report!, explanation, judgement).map(({ label, text: said }) => [label, said]);
  return { judgement, lines: Object.fromEntries(lines) as Record<string, string> };
};

const gpf = (code: string, registers: Invented['registers'] = {}, error = 0): Invented => ({
  head: protectionHead(undefined, error),
  code,
  registers,
});
const undefinedOpcode = (code: string): Invented => ({
  head: ['invalid opcode: 0000 [#1] PREEMPT SMP NOPTI'],
  code,
});
const divide = (code: string, registers: Invented['registers'] = {}): Invented => ({
  head: ['divide error: 0000 [#1] PREEMPT SMP NOPTI'],
  code,
  registers,
});

const OBJECT = 0xffff9a0e41c2d808n; // of the direct map; not a multiple of 16

const rows: [what: string, report: Invented, bugClass: string, next: RegExp][] = [
  ['wrmsr', gpf('0f30', { rcx: 0x1a4n }), 'unknown', /^MSR 0x1a4 and its value in EDX:EAX/],
  ['rdmsr', gpf('0f32', { rcx: 0x1a4n }), 'unknown', /^MSR 0x1a4: whether/],
  ['mov to CR4', gpf('0f22e0', { rax: 0xffff0000000006f0n }), 'unknown', /^the value for CR4/],
  ['xsetbv', gpf('0f01d1', { rcx: 0n }), 'unknown', /^the extended control register .* \(0x0\)/],
  ['rdpmc', gpf('0f33', { rcx: 0x4000n }), 'unknown', /ECX, which is 0x4000/],
  ['out', gpf('e680'), 'unknown', /^the port of "out %al,\$0x80"/],
  ['ltr', gpf('0f00d8'), 'unknown', /must be a TSS/],
  ['mov to DS', gpf('8ed8'), 'unknown', /^the selector of "mov %eax,%ds"/],
  ['iretq', gpf('48cf'), 'unknown', /^the frame that iretq returns to/],
  ['ldmxcsr', gpf('0fae5708', { rdi: OBJECT }), 'unknown', /reserved bits of MXCSR/],
  ['fxrstor64', gpf('480fae0f', { rdi: OBJECT - 8n }), 'unknown', /^the state in memory that fxrstor64 loads/],
  ['movaps', gpf('0f2907', { rdi: OBJECT }), 'undefined-behaviour', /^why 0xffff9a0e41c2d808 is not a multiple of 16/],
  ['#UD of AVX-512', undefinedOpcode('62f1fe486f07'), 'unknown', /^whether this CPU has "vmovdqu64/],
  ['#UD of a mov', undefinedOpcode('488b4708'), 'unknown', /overwritten, or jumped into$/],
  ['#UD of what is no instruction', undefinedOpcode('0f04'), 'unknown', /^whether this CPU has these bytes/],
  ['a quotient too large', divide('f7f1', { rax: 0n, rdx: 0x10n, rcx: 0x10n }), 'divide', /^the dividend, which is too large/],
  ['a divisor that is not known', divide('f73424', { rax: 0n, rdx: 0x10n }), 'divide', /^the divisor, which may be 0, and the dividend/],
]; // prettier-ignore

it.each(rows)('%s is not blamed on a pointer', (_, parts, bugClass, next) => {
  const { judgement, lines } = read(inventedReport(parts));
  expect(judgement.class).toBe(bugClass);
  if (bugClass !== 'divide') expect(judgement.sure).toBe('possible');
  expect(lines['Next']).toMatch(next);
});

describe('what looks alike', () => {
  it.each<[string, Invented, string]>([
    ['an address that is not canonical', gpf('0fae5708', { rdi: 0x1234_5678_9abc_def0n }), 'wild-access'],
    ['a load that says nothing', gpf('488b07', { rdi: OBJECT }), 'wild-access'],
    ['ud2', undefinedOpcode('0f0b'), 'assertion'],
    ['a divisor of 0', divide('f7f1', { rcx: 0n }), 'divide'],
  ])('is judged as before: %s', (_, parts, bugClass) => {
    const { judgement, lines } = read(inventedReport(parts));
    expect(judgement.class).toBe(bugClass);
    expect(lines['Next']).not.toMatch(/^whether|MXCSR|too large/);
  });
});

it('a page that SEV-SNP refuses is not called read-only', () => {
  const address = 0xffff9a0e41c2d810n;
  const text = inventedReport({
    head: pageFaultHead(address, 0x80000003),
    code: '895710',
    registers: { rdi: address - 0x10n },
    cr2: address,
  });
  const { judgement, lines } = read(text);
  expect([judgement.class, judgement.sure]).toEqual(['unknown', 'possible']);
  expect(lines['Value']).toMatch(/SEV-SNP refuses/);
  expect(lines['Next']).toMatch(/^who owns the page/);
  const means = explainReport(reportsOf(text)[0]!).trap.flatMap(({ claim }) =>
    claim.kind === 'trap-means' ? [claim.says] : [],
  );
  expect(means.join('\n')).toMatch(/reverse map table/);
  expect(means.join('\n')).not.toMatch(/read-only/);
});

it('a missing endbr64 is the fault of who went there', () => {
  const text = inventedReport({
    head: [
      'traps: Missing ENDBR: frob_lookup+0x0/0x120',
      'kernel BUG at arch/x86/kernel/traps.c:255!',
      'invalid opcode: 0000 [#1] SMP',
    ],
    code: '0f0b',
    symbol: 'exc_control_protection',
  }).replace(
    ' frob_open',
    ` asm_exc_control_protection+0x26/0x30
 RIP: 0010:frob_lookup+0x0/0x120
 RSP: 0018:ffffb1c2c0a4fe10 EFLAGS: 00010246
 RAX: 0000000000000000 RBX: ffff9a0e41c2d800 RCX: 0000000000000001
 frob_open`,
  );
  const { judgement, lines } = read(text);
  expect([judgement.class, judgement.sure]).toEqual(['bad-jump', 'likely']);
  expect(judgement.guilty?.symbol).toBe('frob_open');
  expect(judgement.skipped.find(({ symbol }) => symbol === 'frob_lookup')?.why).toMatch(/no endbr64/);
  expect(lines['What']).not.toMatch(/assertion/);
  expect(lines['Next']).toMatch(/its target frob_lookup has no endbr64/);
});

it.each([
  ['debug: 0000 [#1] SMP', 'debug exception in frob_walk'],
  ['simd exception: 0000 [#1] SMP', 'simd exception in frob_walk'],
])('the title of %s is one', (head, title) => {
  expect(read(inventedReport({ head: [head], code: '0f5ec1' })).judgement.title).toBe(title);
});
