// Reports of other architectures are named and not read; those of x86-64 in the same text are. The texts are invented.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DeclinedReport } from '../../src/decode/read/other-architecture.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { TOOL_CARRIERS } from '../helpers/report-carriers.js';
import { exampleFacts } from '../helpers/report-example.js';
import { LAYOUTS } from '../helpers/report-layouts.js';
import { oopslab } from '../helpers/oopslab.js';

const fixture = new URL('../fixtures/decode/05-i386-decoded-as-64-bit.txt', import.meta.url);

const TEXTS: Readonly<Record<string, string>> = {
  'a 32-bit x86 kernel': readFileSync(fixture, 'utf8'),
  'an arm64 kernel': `Unable to handle kernel NULL pointer dereference at virtual address 0000000000000058
Mem abort info:
  ESR = 0x0000000096000004
user pgtable: 4k pages, 48-bit VAs, pgdp=0000000101234000
Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP
Modules linked in: frob
CPU: 1 PID: 77 Comm: frobd Not tainted 6.1.0-demo #1
pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)
pc : frob_open+0x17/0x60 [frob]
lr : chrdev_open+0x70/0x180
sp : ffff80000a1c3b00
x29: ffff80000a1c3b00 x28: ffff000001234560 x27: 0000000000000000
Call trace:
 frob_open+0x17/0x60 [frob]
 chrdev_open+0x70/0x180
Code: a9bd7bfd 910003fd f9000bf3 aa0003f3 (f9402c00)
---[ end trace 0000000000000000 ]---
`,
  'a 32-bit arm kernel': `Unable to handle kernel NULL pointer dereference at virtual address 00000014
pgd = c0004000
[00000014] *pgd=00000000
Internal error: Oops: 5 [#1] SMP ARM
CPU: 0 PID: 77 Comm: frobd Not tainted 4.19.0-demo #1
PC is at frob_open+0x17/0x60
LR is at chrdev_open+0x70/0x180
pc : [<c0512340>]    lr : [<c0234560>]    psr: 60000013
sp : dead1e20  ip : 00000000  fp : 00000000
r10: 00000000  r9 : dead0000  r8 : c0a00000
Flags: nZCv  IRQs on  FIQs on  Mode SVC_32  ISA ARM  Segment none
[<c0512340>] (frob_open) from [<c0234560>] (chrdev_open+0x70/0x180)
`,
  'a powerpc kernel': `BUG: Kernel NULL pointer dereference on read at 0x00000058
Faulting instruction address: 0xc000000000512340
Oops: Kernel access of bad area, sig: 11 [#1]
CPU: 2 PID: 77 Comm: frobd Not tainted 6.1.0-demo #1
NIP:  c000000000512340 LR: c000000000234560 CTR: c000000000512320
GPR00: c000000000234560 c00000000a1c3b00 c000000001234500 0000000000000000
NIP [c000000000512340] frob_open+0x20/0x60
LR [c000000000234560] chrdev_open+0x70/0x180
Call Trace:
[c00000000a1c3b00] [c000000000234560] chrdev_open+0x70/0x180 (unreliable)
Instruction dump:
---[ end trace 0000000000000000 ]---
`,
  'a riscv kernel': `Unable to handle kernel NULL pointer dereference at virtual address 0000000000000058
Oops [#1]
Modules linked in: frob
CPU: 0 PID: 77 Comm: frobd Not tainted 6.1.0-demo #1
epc : frob_open+0x16/0x60
 ra : chrdev_open+0x70/0x180
epc : ffffffff80512340 ra : ffffffff80234560 sp : ff2000000a1c3b00
 gp : ffffffff81234500 tp : ff60000001234560 t0 : 0000000000000000
status: 0000000200000120 badaddr: 0000000000000058 cause: 000000000000000d
[<ffffffff80512340>] frob_open+0x16/0x60
---[ end trace 0000000000000000 ]---
`,
  'an s390 kernel': `Unable to handle kernel pointer dereference in virtual kernel address space
Failing address: 0000000000000000 TEID: 0000000000000483
Fault in home space mode while using kernel ASCE.
Oops: 0004 ilc:2 [#1] SMP
CPU: 1 PID: 77 Comm: frobd Not tainted 6.1.0-demo #1
Krnl PSW : 0704c00180000000 0000000000512340 (frob_open+0x20/0x60)
Krnl GPRS: 0000000000000000 0000000000000001 0000000000000002 0000000000000003
Krnl Code: 0000000000512334: e31020580004	lg	%r1,88(%r2)
Call Trace:
 [<0000000000512340>] frob_open+0x20/0x60
 [<0000000000234560>] chrdev_open+0x70/0x180
`,
  'a mips kernel': `CPU 0 Unable to handle kernel paging request at virtual address 00000058, epc == 80512340, ra == 80234560
Oops[#1]:
CPU: 0 PID: 77 Comm: frobd Not tainted 4.19.0-demo #1
$ 0   : 00000000 00000001 00000058 00000003
epc   : 80512340 frob_open+0x20/0x60
ra    : 80234560 chrdev_open+0x70/0x180
Cause : 00800008 (ExcCode 02)
BadVA : 00000058
Call Trace:
[<80512340>] frob_open+0x20/0x60
`,
  'a loongarch kernel': `CPU 1 Unable to handle kernel paging request at virtual address 0000000000000058, era == 9000000000512340, ra == 9000000000234560
Oops[#1]:
CPU: 1 PID: 77 Comm: frobd Not tainted 6.1.0-demo #1
pc 9000000000512340 ra 9000000000234560 tp 900000000a1c0000 sp 900000000a1c3b00
   ra: 9000000000234560 chrdev_open+0x70/0x180
  ERA: 9000000000512340 frob_open+0x20/0x60
 CRMD: 000000b0 (PLV0 -IE -DA +PG DACF=CC DACM=CC -WE)
ESTAT: 00010000 [PIL] (IS= ECode=1 EsubCode=0)
Call Trace:
[<9000000000512340>] frob_open+0x20/0x60
`,
  'an ia64 kernel': `Unable to handle kernel NULL pointer dereference (address 0000000000000058)
frobd[77]: Oops 8813272891392 [1]
Modules linked in: frob

Pid: 77, CPU 0, comm:                frobd
psr : 0000101008526030 ifs : 8000000000000389 ip  : [<a000000200b01231>]    Not tainted (2.6.32)
ip is at frob_open+0x31/0x80 [frob]
unat: 0000000000000000 pfs : 0000000000000389 rsc : 0000000000000003
b0  : a000000200b01230 b6  : a00000010000c740 b7  : a0000001000d1c40

Call Trace:
 [<a000000200b01230>] frob_open+0x30/0x80 [frob]
                                sp=e000000004b5fde0 bsp=e000000004b58d80
`,
  'an alpha kernel': `Unable to handle kernel paging request at virtual address 0000000000000058
CPU 0 
frobd(77): Oops 0
pc = [<fffffc0000512340>]  ra = [<fffffc0000234560>]  ps = 0000    Not tainted
pc is at frob_open+0x34/0x80
ra is at chrdev_open+0x70/0x180
v0 = 0000000000000000  t0 = 0000000000000001  t1 = 0000000000000058
Trace:
[<fffffc0000234560>] chrdev_open+0x70/0x180
`,
  'an m68k kernel': `Unable to handle kernel NULL pointer dereference at virtual address 00000058
Oops: 00000000
PC: [<00512340>] frob_open+0x10/0x40
SR: 2000  SP: 01b1de00  a2: 01b1c000
d0: 00000000    d1: 00000001    d2: 00000058    d3: 00000000
Process frobd (pid: 77, task=01b1c000)
Frame format=7 eff addr=00000058 ssw=0505 faddr=00000058
Call Trace: [<00234560>] chrdev_open+0x24/0x90
`,
  'an arc kernel': `Unable to handle kernel NULL pointer dereference at virtual address 00000058
CPU: 0 PID: 77 Comm: frobd Not tainted 6.1.0-demo #1
[ECR   ]: 0x00050100 => Invalid Read @ 0x00000058 by insn @ 0x80512340
[BLINK ]: chrdev_open+0x24/0x90
[ERET  ]: frob_open+0x10/0x40
[STAT32]: 0x00000a02 [       E1 ]
Stack Trace:
  frob_open+0x10/0x40
`,
  'a kernel of another architecture': `BUG: unable to handle page fault for address: 0000000000000058
CPU: 0 PID: 77 Comm: frobd Not tainted 6.1.0-demo #1
q0: 0000000000000000 q1: 0000000000000001 q2: 0000000000000058
q3: 0000000000000000 q4: 0000000000000001 q5: 0000000000000058
Call Trace:
 frob_open+0x10/0x40
`,
  'a 32-bit kernel': `Modules linked in: frob
Call Trace:
 [<c1100000>] frob_open+0x20/0x60
 [<c1200000>] chrdev_open+0x70/0x180
CPU: 0 PID: 77 Comm: frobd Not tainted 3.2.0-demo #1
`,
};

const read = (text: string) => {
  const declined: DeclinedReport[] = [];
  const reports = reportsOf(text, (one) => declined.push(one));
  return { reports, declined };
};

const layout = LAYOUTS.find(({ name }) => name === '6.11')!;
const ours = layout.format(exampleFacts(layout), layout.release);

describe.each(Object.keys(TEXTS))('a report of %s', (architecture) => {
  const text = TEXTS[architecture]!;

  it('is named and not read', () => {
    const { reports, declined } = read(text);
    expect(reports).toEqual([]);
    expect(declined.map((one) => one.architecture)).toEqual([architecture]);
    expect(declined[0]!.marks.length).toBeGreaterThan(0);
    expect(declined[0]!.lastLine).toBeLessThanOrEqual(text.split('\n').length);
  });

  // A trace alone after a report is taken for a part of it.
  it('leaves those of x86-64 in its text as they are, before and after', () => {
    const one = `${ours.join('\n')}\n`;
    const { reports, declined } = read(`${one}${text}${one}`);
    expect(reports.map(({ kind, trap }) => [kind, trap?.symbol])).toEqual([
      ['paging', 'ulist_release'],
      ['paging', 'ulist_release'],
    ]);
    const alone = architecture === 'a 32-bit kernel';
    expect(declined.map((found) => found.architecture)).toEqual(alone ? [] : [architecture]);
  });

  it.each(['dmesg -e', 'Docker json-file', 'the number of a run'])('is known in %s', (carrier) => {
    const { reports, declined } = read(TOOL_CARRIERS[carrier]!(text.trimEnd().split('\n')));
    expect(reports).toEqual([]);
    expect(declined.map((found) => found.architecture)).toEqual([architecture]);
  });
});

describe('oopslab decode', () => {
  it('says so in one line, and ends with 1', async () => {
    const { status, stdout, stderr } = await oopslab(['decode', new URL(fixture).pathname]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      'oopslab: lines 1 to 17: this is a report of a 32-bit x86 kernel (EIP:, *pde, EAX:, ESI:): oopslab reads reports of x86-64 kernels\n',
    );
  });
});

it('a trace without registers is known by the entries that only one architecture has', () => {
  const trace = (entry: string): string => `BUG: KASAN: slab-out-of-bounds in frob_fill+0x14/0x90
Write of size 8 at addr 3c0000c1234567a0 by task frobd/77
CPU: 0 PID: 77 Comm: frobd Not tainted 6.1.0-demo #1
Call trace:
 show_stack+0x18/0x24
 frob_fill+0x14/0x90
${entry}`;
  const arm = read(trace(' __arm64_sys_ioctl+0x90/0xc0\n do_el0_svc+0x40/0x90\n el0t_64_sync+0x1a0/0x1a4\n'));
  expect(arm.reports).toEqual([]);
  expect(arm.declined.map(({ architecture }) => architecture)).toEqual(['an arm64 kernel']);
  const riscv = read(trace(' __riscv_sys_ioctl+0x90/0xc0\n'));
  expect(riscv.declined.map(({ architecture }) => architecture)).toEqual(['a riscv kernel']);
  const x64 = read(trace(' __x64_sys_ioctl+0x90/0xc0\n do_syscall_64+0x3a/0x90\n'));
  expect([x64.reports.length, x64.declined]).toEqual([1, []]);
});

it('an assertion and the trap that it is made of are one report, which is declined as a whole', () => {
  const { reports, declined } = read(`kernel BUG at drivers/frob/core.c:77!
illegal operation: 0001 [#1] SMP
CPU: 1 PID: 77 Comm: frobd Not tainted 6.1.0-demo #1
Krnl PSW : 0704c00180000000 0000000000512340 (frob_open+0x20/0x60)
Krnl GPRS: 0000000000000000 0000000000000001 0000000000000002 0000000000000003
Call Trace:
 [<0000000000512340>] frob_open+0x20/0x60
`);
  expect(reports).toEqual([]);
  expect(declined.map(({ firstLine }) => firstLine)).toEqual([1]);
});

// The last line before the registers has no end that is known: they were taken for its rest.
it.each([
  [
    'a riscv kernel',
    `Hardware name: frob-virtio,demo (DT)
epc : frob_warn+0x3a/0x4c
 ra : frob_open+0x20/0x4c
epc : ffffffff80512340 ra : ffffffff80234560 sp : ff2000000a1c3b00
[<ffffffff80512340>] frob_warn+0x3a/0x4c
---[ end trace 0000000000000000 ]---
`,
  ],
  [
    'a 32-bit arm kernel',
    `Hardware name: Frob Board
 unwind_backtrace from show_stack+0x10/0x14
 show_stack from dump_stack_lvl+0x40/0x4c
 dump_stack_lvl from frob_warn+0x3a/0x4c
`,
  ],
])('a warning of %s is declined', (architecture, rest) => {
  const { reports, declined } = read(`WARNING: CPU: 1 PID: 77 at drivers/frob/core.c:77 frob_warn+0x3a/0x4c
Modules linked in: frob
CPU: 1 PID: 77 Comm: frobd Not tainted 6.6.0-demo #1
${rest}`);
  expect(reports).toEqual([]);
  expect(declined.map((one) => one.architecture)).toEqual([architecture]);
});

it('a text that says nothing of an architecture is read', () => {
  const text = `WARNING: CPU: 1 PID: 77 at drivers/frob/core.c:77 frob_warn+0x3a/0x4c
CPU: 1 PID: 77 Comm: frobd Not tainted 6.6.0-demo #1
Call Trace:
 frob_warn+0x3a/0x4c
 frob_open+0x20/0x4c
`;
  expect(read(text)).toMatchObject({ reports: [{ kind: 'warning' }], declined: [] });
  // One line of the log is as arm prints them, and the trace is one of x86-64.
  const ours = `${text} do_syscall_64+0x3b/0x90\n frob_alloc from frob_open+0x20/0x4c\n`;
  expect(read(ours)).toMatchObject({ reports: [{ kind: 'warning' }], declined: [] });
});
