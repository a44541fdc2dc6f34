// What ways lead to the trap, and what they leave certain. The reports are made up; the right answers were worked out by
// hand from the bytes.
import { describe, expect, it } from 'vitest';
import type { Claim, Statement } from '../../src/decode/code/statement.js';
import { type Explanation, explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';
import { verdictOf } from '../../src/decode/show/verdict.js';

const NAMES = 'RAX RBX RCX RDX RSI RDI RBP R08 R09 R10 R11 R12 R13 R14 R15'.split(' ');

/**
 * A fault at 0x10.
 *
 * @param before the function up to the trapping instruction, and `rest` from it on, in hexadecimal bytes
 */
const fault = (
  before: string,
  rest: string,
  registers: Readonly<Record<string, string>>,
  symbol = 'frob_lookup',
): KernelReport => {
  const [first, after] = [before, rest].map((text) => text.split(' ')) as [string[], string[]];
  const fill = (length: number): string[] => Array.from({ length }, () => 'cc');
  const [marked, ...others] = [...after, ...fill(22 - after.length)];
  const offset = first.length.toString(16);
  const size = (first.length + after.length).toString(16);
  const values = NAMES.map((name) => `${name}: ${registers[name] ?? 'ffff888104455600'}`);
  const lines = [0, 3, 6, 9, 12].map((from) => values.slice(from, from + 3).join(' '));
  const reports = reportsOf(`BUG: kernel NULL pointer dereference, address: 0000000000000010
#PF: supervisor read access in kernel mode
#PF: error_code(0x0000) - not-present page
Oops: 0000 [#1] PREEMPT SMP NOPTI
CPU: 1 PID: 1234 Comm: frobd Not tainted 6.1.0-demo #1
RIP: 0010:${symbol}+0x${offset}/0x${size} [frob]
Code: ${[...fill(42 - first.length), ...first].join(' ')} <${marked!}> ${others.join(' ')}
RSP: 0018:ffffc90000b3fdd0 EFLAGS: 00010246
${lines.join('\n')}
CR2: 0000000000000010 CR3: 000000010a3e4005 CR4: 0000000000750ee0
`);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

const NULL = '0'.repeat(16);

const jumps = ({ way, trap }: Explanation): string[] =>
  [...trap, ...way].flatMap(({ claim }) =>
    claim.kind === 'went' || claim.kind === 'guarded'
      ? [`${claim.by.at} ${claim.taken ? 'taken' : 'not taken'}`]
      : [],
  );

const from = (report: KernelReport): string | undefined => {
  const explanation = explainReport(report);
  return verdictOf(report, explanation, judge(report, explanation)).find(({ label }) => label === 'From')
    ?.text;
};

const about = <K extends Claim['kind']>({ registers }: Explanation, name: string, kind: K) =>
  registers.filter(
    (one): one is Statement & { readonly claim: Extract<Claim, { kind: K }> } =>
      one.claim.kind === kind && one.about.kind === 'register' && one.about.name === name,
  );

describe('a conditional jump is on the way to the trap', () => {
  it('not where a loop leads back from after the trap: its first turn has not passed it', () => {
    // 0: mov 0x10(%rcx),%rdx; nop; <mov 0x10(%rdx),%rsi>; test %rsi,%rsi; jne 0; ret
    const report = fault('48 8b 51 10 90', '48 8b 72 10 48 85 f6 75 f2 c3', { RDX: NULL });
    expect(jumps(explainReport(report))).toEqual([]);
  });

  it('not where another jump leads around it', () => {
    // mov 0x8(%rdi),%rbx; cmpl $0,0x18(%rdi); je 1f; cmpl $5,0x20(%rdi); jne 2f; mov $7,%ecx; 1: nop;
    // <mov 0x10(%rbx),%rdx>; ret; 2: ret
    const before = '48 8b 5f 08 83 7f 18 00 74 0b 83 7f 20 05 75 0a b9 07 00 00 00 90';
    const registers = { RBX: NULL, RCX: '0000000000000007' };
    expect(jumps(explainReport(fault(before, '48 8b 53 10 c3 c3', registers)))).toEqual([]);
    // The first one, which leads to the end instead, is passed on every way.
    const passed = before.replace('74 0b', '74 11');
    expect(jumps(explainReport(fault(passed, '48 8b 53 10 c3 c3', registers)))).toEqual([
      'frob_lookup+0x8 not taken',
      'frob_lookup+0xe not taken',
    ]);
  });
});

describe('the trap of a warning', () => {
  // mov 0x18(%rdi),%rdx; cmpl $0,0x8(%rdi); jne 2f; 1: <mov 0x10(%rdx),%rax>; ret; 2: mov 0x20(%rdi),%rdx; ud2; jmp 1b
  const before = '48 8b 57 18 83 7f 08 00 75 05';
  const rest = '48 8b 42 10 c3 48 8b 57 20 0f 0b eb f3';

  it('goes on at the next instruction: the value may be from there', () => {
    const report = fault(before, rest, { RDX: NULL });
    const explanation = explainReport(report);
    expect(jumps(explanation)).toEqual([]);
    expect(about(explanation, 'rdx', 'written').map(({ sure, claim }) => [sure, claim.by.length])).toEqual([
      ['likely', 2],
    ]);
    expect(from(report)).toBe('RDX was last written at frob_lookup+0x0 or frob_lookup+0xf (likely)');
  });

  it('goes on where it is ud1 (%edx), and not where it is another ud1, or ud2 before a jump to itself', () => {
    const jumpsOf = (trap: string, back: string): string[] =>
      jumps(explainReport(fault(before, `48 8b 42 10 c3 48 8b 57 20 ${trap} eb ${back}`, { RDX: NULL })));
    const passed = ['frob_lookup+0x8 not taken'];
    expect(jumpsOf('67 48 0f b9 3a', 'f0')).toEqual([]);
    expect(jumpsOf('67 0f b9 40 10', 'f0')).toEqual(passed);
    expect(jumpsOf('0f 0b eb fe', 'f1')).toEqual(passed);
  });

  it('is a way where the code goes on with the pointer that it warned about', () => {
    // mov 0x8(%rdi),%rdx; test %rdx,%rdx; jne 1f; ud2; 1: lea 0x20(%rdi),%rsi; <mov 0x10(%rdx),%rax>; ret
    const report = fault('48 8b 57 08 48 85 d2 75 02 0f 0b 48 8d 77 20', '48 8b 42 10 c3', {
      RDX: NULL,
      RSI: 'ffff888104455620',
    });
    expect(from(report)).toBe(
      'RDX is [rdi+0x8], loaded at frob_lookup+0x0; rdi at frob_lookup+0x0, its first argument',
    );
    expect(jumps(explainReport(report))).toEqual(['frob_lookup+0x7 not taken']);
  });
});

describe('what a call of a hypervisor leaves', () => {
  const traps: readonly (readonly [name: string, bytes: string])[] = [
    ['vmcall', '0f 01 c1'],
    ['vmmcall', '0f 01 d9'],
    ['vmgexit', 'f3 0f 01 d9'],
    ['tdcall', '66 0f 01 cc'],
    ['seamcall', '66 0f 01 cf'],
    ['vmlaunch', '0f 01 c2'],
    ['vmresume', '0f 01 c3'],
    ['vmrun', '0f 01 d8'],
    ['int', 'cd 02'],
  ];

  it.each(traps)('after %s no register is certain: no ABI keeps any', (name, bytes) => {
    // mov 0x8(%rdi),%rbx; …; <mov 0x10(%rbx),%rdx>; ret
    const explanation = explainReport(fault(`48 8b 5f 08 ${bytes}`, '48 8b 53 10 c3', { RBX: NULL }));
    for (const register of ['rbx', 'rbp', 'r12', 'r15', 'rdi']) {
      const [written] = about(explanation, register, 'written');
      expect(written?.claim.calls.map(({ text }) => text.split(' ')[0])).toEqual([name]);
      expect(about(explanation, register, 'holds')).toEqual([]);
      expect(about(explanation, register, 'kept')).toEqual([]);
    }
    const returns = ['vmcall', 'vmmcall', 'tdcall', 'seamcall'].includes(name);
    expect(about(explanation, 'rax', 'holds')).toHaveLength(returns ? 1 : 0);
  });

  it('a called function keeps what the ABI says', () => {
    const explanation = explainReport(fault('48 8b 5f 08 e8 00 10 00 00', '48 8b 53 10 c3', { RBX: NULL }));
    expect(about(explanation, 'rbx', 'written').map(({ claim }) => claim.calls)).toEqual([[]]);
    expect(about(explanation, 'rbx', 'kept')).toHaveLength(1);
  });
});

describe('a part of a function', () => {
  // mov %rdi,%rbx; <mov 0x10(%rbx),%rdx>; ret
  const inSymbol = (symbol: string): KernelReport =>
    fault('48 89 fb', '48 8b 53 10 c3', { RBX: NULL, RDI: NULL }, symbol);

  it.each(['frob_lookup.cold', 'frob_lookup.isra.0.cold', 'frob_lookup.cold.3', 'frob_lookup.__part.1'])(
    '%s is entered anywhere: nothing of registers is certain, and no argument comes in',
    (symbol) => {
      const report = inSymbol(symbol);
      const explanation = explainReport(report);
      const sure = explanation.registers.filter(({ claim }) =>
        ['written', 'unwritten', 'holds'].includes(claim.kind),
      );
      expect(sure.length).toBeGreaterThan(2);
      expect(new Set(sure.map((one) => one.sure))).toEqual(new Set(['likely']));
      expect(explanation.code.some(({ claim }) => claim.kind === 'boundaries' && claim.entry === true)).toBe(
        false,
      );
      expect(from(report)).toBe('RBX is rdi as it was before the visible code (likely)');
    },
  );

  it.each(['frob_lookup.part.0', 'frob_lookup.isra.0', 'frob_lookup.constprop.2'])(
    '%s is called, with arguments that are not those of its source',
    (symbol) => {
      const report = inSymbol(symbol);
      expect(about(explainReport(report), 'rbx', 'written').map(({ sure }) => sure)).toEqual(['certain']);
      expect(from(report)).toBe(`RBX is rdi at ${symbol}+0x0`);
    },
  );

  it('is no other function, whose arguments are', () => {
    expect(from(inSymbol('frob_cold.lookup'))).toBe('RBX is rdi at frob_cold.lookup+0x0, its first argument');
  });
});
