// The `sys` and `bt` of crash(8): the headline in quotes, frames with addresses, the registers of the exception. The text
// is made up.
import { expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { verdictOf } from '../../src/decode/show/verdict.js';

const text = `crash> sys
      KERNEL: vmlinux
       PANIC: "BUG: unable to handle kernel NULL pointer dereference at 0000000000000018"
crash> bt
PID: 4242   TASK: ffff888101234500  CPU: 3   COMMAND: "frobd"
 #0 [ffffc90000a3fa10] machine_kexec at ffffffff8105c9a1
 #1 [ffffc90000a3fb30] oops_end at ffffffff8102e98c
 #2 [ffffc90000a3fb50] page_fault_oops at ffffffff8106c1aa
 #3 [ffffc90000a3fbe0] asm_exc_page_fault at ffffffff81c00ba2
    [exception RIP: frob_next+34]
    RIP: ffffffffc0456222  RSP: ffffc90000a3fc90  RFLAGS: 00010246
    RAX: 0000000000000000  RBX: ffff888103330000  RCX: 0000000000000001
    RBP: ffffc90000a3fcb0   R8: 0000000000000004   R9: 0000000000000005
    ORIG_RAX: ffffffffffffffff  CS: 0010  SS: 0018
 #4 [ffffc90000a3fc98] frob_open at ffffffffc0456301 [frob]
 #5 [ffffc90000a3fcf0] do_syscall_64 at ffffffff81a0219b
    RIP: 00007f03f2b1a59b  RSP: 00007ffd0fe1b1c8  RFLAGS: 00000246
    RAX: ffffffffffffffda  RBX: 0000000000000010  RCX: 00007f03f2b1a59b
    ORIG_RAX: 0000000000000010  CS: 0033  SS: 002b
`;

it('is read as the report that it was taken from', () => {
  const [report, ...more] = reportsOf(text);
  expect(more).toEqual([]);
  expect([report!.kind, report!.faultAddress, report!.pid, report!.cpu, report!.comm]).toEqual([
    'null-deref',
    0x18n,
    4242,
    3,
    'frobd',
  ]);
  expect(report!.trap).toMatchObject({ symbol: 'frob_next', offset: 34 });
  const [trap, user] = report!.registers;
  expect([trap!.role, trap!.values.get('rip'), trap!.values.get('r9'), trap!.selectors.get('cs')]).toEqual([
    'trap',
    0xffffffffc0456222n,
    5n,
    0x10,
  ]);
  expect([user!.role, user!.values.get('rip')]).toEqual(['user', 0x7f03f2b1a59bn]);
});

it('names the function that trapped, and those that called it', () => {
  const [report] = reportsOf(text);
  const explained = explainReport(report!);
  const judgement = judge(report!, explained);
  expect(judgement.title).toBe('BUG: unable to handle kernel NULL pointer dereference in frob_next');
  const where = verdictOf(report!, explained, judgement).find(({ label }) => label === 'Where');
  expect(where?.text).toContain('frob_next+0x22, called from frob_open');
});
