// Findings, waits and records of the hardware in the document of --json: it has the form that schema/ describes, and
// nothing that was read is lost in it.
import { describe, expect, it } from 'vitest';
import { findProblem } from '../../src/base/check-form.js';
import { explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { decodeForm } from '../../src/decode/show/form.js';
import { decodeDocument } from '../../src/decode/show/report-document.js';

const documentOf = (text: string) =>
  decodeDocument(
    null,
    reportsOf(text).map((report) => {
      const explanation = explainReport(report);
      return { report, explanation, judgement: judge(report, explanation), verdict: [] };
    }),
  );

const TEXTS: Readonly<Record<string, string>> = {
  KASAN: `BUG: KASAN: stack-out-of-bounds in frob_parse+0x90/0x200
Write of size 1 at addr ffffc90000a7f9d0 by task frobd/711
CPU: 2 PID: 711 Comm: frobd Not tainted 6.1.9-frob #3
Call Trace:
 frob_parse+0x90/0x200
Allocated by task 600:
 frob_make+0x40/0x80
The buggy address belongs to stack of task frobd/711
 and is located at offset 80 in frame:
 frob_parse+0x0/0x200
This frame has 1 object:
 [48, 80) 'name'`,
  KCSAN: `BUG: KCSAN: data-race in frob_get / frob_put
write to 0xffff888104440a10 of 4 bytes by task 711 on cpu 2:
 frob_put+0x30/0x50
read (marked) to 0xffff888104440a10 of 4 bytes by interrupt on cpu 0:
 frob_get+0x12/0x20
value changed: 0x00000001 -> 0x00000000`,
  'a negative counter': 'BUG: Bad rss-counter state mm:ffff888104440a00 type:MM_ANONPAGES val:-3',
  'an object of a timer': `ODEBUG: free active (active state 0) object: ffff888104440a10 object type: timer_list hint: frob_timer+0x0/0x30
WARNING: CPU: 2 PID: 711 at lib/debugobjects.c:514 debug_print_object+0x16a/0x250`,
  'an OOM kill': `frobd invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
Out of memory: Killed process 900 (hog) total-vm:9000kB, anon-rss:8000kB, file-rss:16kB, shmem-rss:0kB, UID:1000`,
  lockdep: `WARNING: possible circular locking dependency detected
frobd/4321 is trying to acquire lock:
ffff88801a20c168 (&f->lock_b){+.+.}-{3:3}, at: frob_kill+0x11c/0x3a0
but task is already holding lock:
ffff888073b18028 (&f->lock_a){+.+.}-{3:3}, at: frob_pass+0xd2/0x810
-> #1 (&f->lock_a){+.+.}-{3:3}:
       frob_stop+0x33/0x70
       CPU0                    CPU1
  lock(&f->lock_a);
                               lock(&f->lock_b);
1 lock held by frobd/4321:
 #0: ffff888073b18028 (&f->lock_a){+.+.}-{3:3}, at: frob_pass+0xd2/0x810`,
  'a hung task': `INFO: task frobd:611 blocked for more than 143 seconds.
task:frobd           state:D stack:0     pid:611   ppid:2      flags:0x00004000
Call Trace:
 __schedule+0x3a1/0x1290
 frob_wait+0x83/0xe0 [frob]
INFO: task frobd:611 is blocked on a mutex likely owned by task barbd:612.`,
  'a stall': `rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: 	3-....: (5249 ticks this GP) idle=1d1c/1/0x4000000000000000 softirq=123/456 fqs=2624
rcu: 	(detected by 0, t=5252 jiffies, g=12345, q=678 ncpus=4)
NMI backtrace for cpu 3
CPU: 3 PID: 611 Comm: frobd Not tainted 6.1.9-frob #3
RIP: 0010:frob_spin+0x29/0x150`,
  hardware: `mce: [Hardware Error]: CPU 5: Machine Check Exception: 5 Bank 7: be00000000800400
mce: [Hardware Error]: RIP !INEXACT! 10:<ffffffff81234567> {frob_poll+0x57/0xa0}
mce: [Hardware Error]: TSC 51c7a08b2e ADDR 7d1c33000 MISC 200400c008002086 SYND 5 IPID 6
mce: [Hardware Error]: PROCESSOR 0:a0671 TIME 1700000000 SOCKET 1 APIC 40 microcode 3c
EDAC MC0: 1 CE memory read error on DIMM_A1 (channel:0 slot:0 page:0x12 offset:0x40 grain:32 syndrome:0x0)
mce: CPU0: Package temperature above threshold, cpu clock throttled (total events = 3)
pcieport 0000:00:1c.0: AER: Corrected error received: 0000:02:00.0
{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1
{1}[Hardware Error]: event severity: corrected`,
  'a refused register':
    'unchecked MSR access error: WRMSR to 0x1b0 (tried to write 0x0000000000000006) at rIP: 0xffffffff81234567 (frob_msr+0x7/0x40)',
};

describe('--json', () => {
  it.each(Object.entries(TEXTS))('of %s has the form of the schema', (_name, text) => {
    const document = JSON.parse(JSON.stringify(documentOf(text))) as unknown;
    expect(findProblem(decodeForm, document)).toBeUndefined();
  });

  it.each(Object.entries(TEXTS))('of %s has a structure', (_name, text) => {
    const [report] = documentOf(text).reports;
    const some = [report?.finding, report?.waits, report?.machineChecks[0]].filter((one) => one ?? false);
    expect(some).not.toEqual([]);
  });

  it('writes addresses as hex, numbers of 64 bits with their sign, and places as elsewhere', () => {
    const [counter] = documentOf(TEXTS['a negative counter']!).reports;
    expect(counter?.finding).toMatchObject({
      expected: '0x0',
      found: '-0x3',
      object: { address: '0xffff888104440a00' },
    });
    const [timer] = documentOf(TEXTS['an object of a timer']!).reports;
    expect(timer?.finding?.other).toMatchObject({
      address: null,
      symbol: 'frob_timer',
      offset: 0,
      size: 0x30,
      module: null,
      buildId: null,
    });
  });

  it('has null, or an empty list, where a report has none of these', () => {
    const [report] = documentOf('BUG: kernel NULL pointer dereference, address: 0000000000000008').reports;
    expect(report).toMatchObject({ finding: null, waits: null, machineChecks: [] });
  });
});
