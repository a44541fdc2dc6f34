// What a set of registers is: of the trap, of the context that was interrupted, or of user mode. An interrupted context is
// never explained as a trap. The reports are made up.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explainReport, explainedRegisters } from '../../src/decode/explain/explain.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';

const fault = (name: string): KernelReport[] =>
  reportsOf(readFileSync(new URL(`../fixtures/decode/${name}.txt`, import.meta.url), 'utf8'));

const only = (text: string): KernelReport => {
  const reports = reportsOf(text);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

const set = (rip: string, rax: string, code = '8b 47 10'): string => `RIP: 0010:${rip}
Code: 48 89 fb 48 <${code.slice(0, 2)}>${code.slice(2)} 5b c3 90 90
RSP: 0018:ffffb1c2c0a4fd60 EFLAGS: 00000246
RAX: ${rax} RBX: ffff888105555500 RCX: 0000000000000000
RDX: 0000000000000000 RSI: ffff9a0e41c2d818 RDI: ffff888105555500`;

const user = `RIP: 0033:0x7f1f2a4c5d2e
Code: 00 05 48 3d 00 f0 ff ff 0f 05 <48> 3d 00 f0 ff ff 77 36
RSP: 002b:00007ffc1d2e3f40 EFLAGS: 00000246 ORIG_RAX: 0000000000000101
RAX: ffffffffffffffda RBX: 0000000000000000 RCX: 00007f1f2a4c5d2e`;

const process = 'CPU: 0 UID: 0 PID: 77 Comm: frobd Not tainted 6.12.0-demo #7';

const interrupted = ` </IRQ>
 <TASK>
 asm_sysvec_apic_timer_interrupt+0x1a/0x20
${set('frob_spin+0x29/0x150', '0000000000001234')}
 frob_main+0x11/0x80`;

const roles = (report: KernelReport): [string, string | undefined][] =>
  report.registers.map(({ role, rip }) => [role, rip?.symbol]);

const software: [name: string, headline: string][] = [
  ['KASAN', 'BUG: KASAN: slab-use-after-free in frob_timer+0x156/0x3e0'],
  ['KCSAN', 'BUG: KCSAN: data-race in frob_read / frob_write'],
  ['UBSAN', 'UBSAN: array-index-out-of-bounds in drivers/frob/core.c:12:3'],
  ['a sleep where none may be', 'BUG: sleeping function called from invalid context at mm/frob.c:12'],
  ['scheduling', 'BUG: scheduling while atomic: frobd/77/0x00000101'],
  ['preemption', 'BUG: using smp_processor_id() in preemptible [00000000] code: frobd/77'],
  ['a page state', 'BUG: Bad page state in process frobd  pfn:12345'],
  ['a workqueue', 'BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 33s!'],
  ['a stall', 'rcu: INFO: rcu_preempt self-detected stall on CPU'],
  ['a soft lockup', 'watchdog: BUG: soft lockup - CPU#0 stuck for 23s! [frobd:77]'],
  ['a hung task', 'INFO: task frobd:77 blocked for more than 120 seconds.'],
  ['a counter', 'WARNING: CPU: 0 PID: 77 at lib/frob_count.c:28 frob_saturate+0x4c/0xd0'],
];

describe('a set between the entries of a trace', () => {
  it.each(software)('is the interrupted context: %s', (_, headline) => {
    const report = only(`${headline}
${process}
Call Trace:
 <IRQ>
 dump_stack_lvl+0x5d/0x80
 frob_timer+0x156/0x3e0
${interrupted}
`);
    expect(roles(report)).toEqual([['interrupted', 'frob_spin']]);
    expect(report.trap).toBeUndefined();
    const { trap, instructions } = explainReport(report);
    expect(trap.map(({ claim }) => claim.kind)).toEqual(['interrupted']);
    expect(instructions.length).toBeGreaterThan(0);
    expect(instructions.filter(({ trapping }) => trapping)).toEqual([]);
    expect(instructions.filter(({ current }) => current).map(({ text }) => text)).toEqual([
      'mov 0x10(%rdi),%eax',
    ]);
  });

  const printed = (headline: string): KernelReport =>
    only(`${headline}
${process}
Call Trace:
 dump_stack+0xef/0x160
 panic+0x29f/0x6bb
 __warn+0x157/0x1ae
 report_bug+0x1f3/0x24e
 do_error_trap+0xbb/0x127
 invalid_op+0x23/0x30
${set('frob_check+0x4c/0xd0 [frob]', '0000000000000007', '0f 0b')}
 frob_main+0x11/0x80
`);

  it('is of the trap where a warning panicked: the registers stand in the trace of the panic', () => {
    const report = printed('WARNING: CPU: 0 PID: 77 at drivers/frob/core.c:28 frob_check+0x4c/0xd0 [frob]');
    expect(roles(report)).toEqual([['trap', 'frob_check']]);
    expect(explainReport(report).trap.map(({ claim }) => claim.kind)).toEqual(['asserts']);
  });

  it('is not of the trap where another report came up while a warning was printed', () => {
    const report = printed('BUG: KASAN: use-after-free in frob_console+0x4c/0xd0');
    expect(roles(report)).toEqual([['interrupted', 'frob_check']]);
  });

  it('is of the trap where its instruction is the ud2 of a warning, whatever the first line was', () => {
    const report = only(`BUG: Dentry 00000000abcd1234{i=77,n=/}  still in use (1) [unmount of frobfs frob]
${process}
${set('frob_umount_check+0x4c/0xd0 [frob]', '0000000000000007', '0f 0b')}
Call Trace:
 frob_kill_sb+0x56/0x3e0 [frob]
`);
    expect(roles(report)).toEqual([['trap', 'frob_umount_check']]);
    expect(explainReport(report).trap.map(({ claim }) => claim.kind)).not.toContain('interrupted');
  });

  it('names the interrupt that came in, and no other frame that happens to stand before it', () => {
    const stall = (entry: string): KernelReport =>
      only(`rcu: INFO: rcu_preempt self-detected stall on CPU
${process}
Call Trace:
 <IRQ>
 frob_timer+0x156/0x3e0
 ${entry}+0x1a/0x30
${set('frob_spin+0x29/0x150', '0000000000001234')}
 frob_main+0x11/0x80
`);
    const because = (report: KernelReport): readonly string[] | undefined =>
      explainReport(report).trap[0]?.because;
    expect(because(stall('apic_timer_interrupt'))).toEqual(['apic_timer_interrupt came in there']);
    expect(because(stall('asm_sysvec_apic_timer_interrupt'))).toEqual([
      'asm_sysvec_apic_timer_interrupt came in there',
    ]);
    expect(because(stall('ret_from_fork_asm'))).toEqual(['the report is of kind rcu-stall']);
  });

  it('is nothing where its selector is none of the kernel: the stack of a thread ends there', () => {
    const report = only(`BUG: KASAN: global-out-of-bounds in frob_copy+0x31/0x90
${process}
Call Trace:
 dump_stack_lvl+0x5d/0x80
 frob_copy+0x31/0x90
 ret_from_fork_asm+0x1a/0x30
RIP: 4a0f:0x0
Code: Unable to access opcode bytes at 0xffffffffffffffd6.
RSP: 0066:0000000000000000 EFLAGS: 440f4a0f0000 ORIG_RAX: 4a0f000000000066
RAX: 0000000000000000 RBX: 4a0f000000000066 RCX: 0000000000440f1f
RDX: 000000440f1f4a0f RSI: 00440f1f4a0f0000 RDI: 1f4a0f4400000000
`);
    expect(report.registers).toHaveLength(1);
    expect(explainReport(report).trap).toEqual([]);
  });

  it('stands beside the set of a warning that trapped in the interrupt', () => {
    const report = only(`WARNING: CPU: 0 PID: 77 at drivers/frob/core.c:28 frob_check+0x4c/0xd0 [frob]
${process}
${set('frob_check+0x4c/0xd0 [frob]', '0000000000000007', '0f 0b')}
Call Trace:
 <IRQ>
 frob_timer+0x156/0x3e0
${interrupted}
 do_syscall_64+0x82/0x190
${user}
 </TASK>
---[ end trace 0000000000000000 ]---
`);
    expect(roles(report)).toEqual([
      ['trap', 'frob_check'],
      ['interrupted', 'frob_spin'],
      ['user', undefined],
    ]);
    expect(report.trap?.symbol).toBe('frob_check');
    expect(explainedRegisters(report)?.values.get('rax')).toBe(7n);
    expect(explainReport(report).trap.map(({ claim }) => claim.kind)).toEqual(['asserts']);
  });

  it('is of the trap where the kernel died of the exception that the trace shows', () => {
    const report = only(`Kernel panic - not syncing: Fatal exception in interrupt
${process}
Call Trace:
 dump_stack_lvl+0x5d/0x80
 panic+0x101/0x2e0
 oops_end+0xd0/0xe0
 page_fault_oops+0x16f/0x4b0
 exc_page_fault+0x7f/0x180
 asm_exc_page_fault+0x26/0x30
${set('frob_lookup+0x2a/0x90', '0000000000000000')}
 frob_open+0x51/0x120
`);
    expect(roles(report)).toEqual([['trap', 'frob_lookup']]);
  });

  it('is not said not to have trapped where an exception led out of it', () => {
    const report = only(`BUG: KASAN: slab-out-of-bounds in frob_fill+0x15/0x30
${process}
Call Trace:
 dump_stack_lvl+0x5d/0x80
 frob_fill+0x15/0x30
 asm_exc_page_fault+0x26/0x30
${set('frob_copy+0x2a/0x90', '0000000000000000')}
 frob_write+0x51/0x120
`);
    expect(roles(report)).toEqual([['interrupted', 'frob_copy']]);
    expect(explainReport(report).trap).toEqual([]);
  });
});

describe('a set of its own', () => {
  it('is of the trap where a checker finds the access by its fault', () => {
    const report = only(`BUG: KFENCE: use-after-free read in frob_lookup+0x2a/0x90
${process}
${set('frob_lookup+0x2a/0x90', '0000000000000000')}
Call Trace:
 frob_open+0x51/0x120
`);
    expect(roles(report)).toEqual([['trap', 'frob_lookup']]);
  });

  it('is the interrupted context where the kernel looked at the CPU', () => {
    for (const headline of [
      'watchdog: BUG: soft lockup - CPU#0 stuck for 23s! [frobd:77]',
      'NMI watchdog: Watchdog detected hard LOCKUP on cpu 0',
      'BUG: scheduling while atomic: frobd/77/0x00000101',
    ]) {
      const report = only(`${headline}
${process}
${set('frob_spin+0x29/0x150', '0000000000001234')}
Call Trace:
 frob_open+0x51/0x120
`);
      expect(roles(report)).toEqual([['interrupted', 'frob_spin']]);
      expect([report.trap, report.place?.symbol]).toEqual([undefined, 'frob_spin']);
    }
  });

  it('is that of another CPU after an NMI backtrace', () => {
    const report = only(`BUG: kernel NULL pointer dereference, address: 0000000000000010
Oops: 0000 [#1] SMP
${process}
${set('frob_lookup+0x2a/0x90', '0000000000000000')}
Call Trace:
 frob_open+0x51/0x120
Kernel panic - not syncing: Fatal exception
Sending NMI from CPU 0 to CPUs 1:
NMI backtrace for cpu 1
CPU: 1 UID: 0 PID: 0 Comm: swapper/1 Not tainted 6.12.0-demo #7
${set('frob_idle+0x2/0x9', '0000000000000005')}
`);
    expect(roles(report)).toEqual([
      ['trap', 'frob_lookup'],
      ['interrupted', 'frob_idle'],
    ]);
  });
});

describe('of a text that is cut', () => {
  it('a set that entries follow without a title stands in a trace', () => {
    const report = only(`${set('frob_spin+0x29/0x150', '0000000000001234')}
 frob_main+0x11/0x80
 do_syscall_64+0x82/0x190
`);
    expect(roles(report)).toEqual([['interrupted', 'frob_spin']]);
    expect(report.trap).toBeUndefined();
  });

  it('a set without its RIP line is of user mode where the stack selector is', () => {
    const report = only(`BUG: KASAN: slab-out-of-bounds in frob_fill+0x15/0x30
Call Trace:
 frob_fill+0x15/0x30
RSP: 002b:00007ffc1d2e3f40 EFLAGS: 00000246 ORIG_RAX: 0000000000000101
RAX: ffffffffffffffda RBX: 0000000000000000 RCX: 00007f1f2a4c5d2e
`);
    expect(roles(report)).toEqual([['user', undefined]]);
    expect(explainedRegisters(report)).toBeUndefined();
  });
});

it('a report of software has a place and no trap', () => {
  const [report, ...more] = fault('04-interrupted-registers-called-trap');
  expect(more).toEqual([]);
  expect(report!.trap).toBeUndefined();
  expect(report!.place).toEqual({ symbol: 'frob_timer', offset: 0x156, size: 0x3e0 });
  expect(roles(report!)).toEqual([['interrupted', 'frob_spin']]);
});
