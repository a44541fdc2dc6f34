// The lines that say what happened, one by one: as kernels from 2.6 to 6.19 print them, and as people shorten and retype
// them. Functions, files and tasks are made up.
import { describe, expect, it } from 'vitest';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport, ReportKind } from '../../src/decode/read/report.js';

const FACTS = ['faultAddress', 'source', 'cpu', 'pid', 'comm', 'place', 'errorCode'] as const;

type Facts = { readonly [Name in (typeof FACTS)[number]]?: KernelReport[Name] | undefined };

// What a report has besides its headline, so that a headline that is weak alone counts.
const BODY = `Call Trace:
 frob_open+0x51/0x120
 frob_ioctl+0xe/0x20
`;

const rows: [headline: string, kind: ReportKind, facts?: Facts][] = [
  // page faults
  ['BUG: unable to handle page fault for address: ffffc90000a00008', 'paging', { faultAddress: 0xffffc90000a00008n }],
  ['BUG: unable to handle kernel paging request at ffffc90000a00008', 'paging', { faultAddress: 0xffffc90000a00008n }],
  ['BUG: unable to handle kernel NULL pointer dereference at 0000000000000018', 'null-deref', { faultAddress: 0x18n }],
  ['BUG: unable to handle kernel NULL pointer dereference at           (null)', 'null-deref', { faultAddress: 0n }],
  ['BUG: kernel NULL pointer dereference, address: 0000000000000058', 'null-deref', { faultAddress: 0x58n }],
  ['BUG: kernel NULL pointer dereference, address: (null)', 'null-deref', { faultAddress: 0n }],
  ['Unable to handle kernel NULL pointer dereference at 0000000000000060 RIP: ', 'null-deref', { faultAddress: 0x60n }],
  ['Unable to handle kernel paging request at ffffc20000a00000 RIP:', 'paging', { faultAddress: 0xffffc20000a00000n }],
  ['Oops: 0002 [#1] SMP', 'paging', { errorCode: 2 }],
  ['Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI', 'paging', { errorCode: 0 }],
  // shortened and retyped
  ['BUG unable to handle page fault for address ffffc90000a00008', 'paging', { faultAddress: 0xffffc90000a00008n }],
  ['BUG: unable to handle NULL pointer dereference at 0000000000000018', 'null-deref', { faultAddress: 0x18n }],
  ['unable to handle kernel NULL pointer dereference at 0000000000000018', 'null-deref', { faultAddress: 0x18n }],
  ['BUG: unable to handle page fault for address: 0x18', 'paging', { faultAddress: 0x18n }],
  ['kernel NULL pointer dereference, address: 0000000000000018', 'null-deref', { faultAddress: 0x18n }],
  ['NULL pointer dereference at 0000000000000018', 'null-deref', { faultAddress: 0x18n }],
  ['Oops [#1]', 'paging'],
  ['Oops: [#1] SMP', 'paging'],
  ['Oops: 0002', 'paging'],
  ['general protection fault', 'gpf'],
  ['general protection fault: 0000', 'gpf'],
  ['general protection fault, ...', 'gpf'],
  ['Oops: general protection fault ...', 'gpf'],
  ['general protection fault [#1] SMP', 'gpf'],
  ['Oops: general protection fault, probably for non-canonical address 0x5b21c94a6e0930', 'gpf', { faultAddress: 0x5b21c94a6e0930n }],
  ['general protection fault, maybe for address 0xffff888101234567', 'gpf', { faultAddress: 0xffff888101234567n }],
  ['divide error', 'trap'],
  ['invalid opcode', 'trap'],
  ['invalid opcode [#1]', 'trap'],
  // other exceptions
  ['general protection fault: 0000 [#1] SMP KASAN', 'gpf', { errorCode: 0 }],
  ['general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP', 'gpf', { faultAddress: 0xdead000000000100n }],
  ['Oops: general protection fault, kernel NULL pointer dereference 0x58: 0000 [#1] SMP', 'gpf', { faultAddress: 0x58n }],
  ['Oops: general protection fault, kernel NULL pointer dereference 0x0000000000000058: 0000 [#1]', 'gpf', { faultAddress: 0x58n }],
  ['Oops: int3: 0000 [#1] SMP', 'trap', { errorCode: 0 }],
  ['int3: 0000 [#1] SMP', 'trap', { errorCode: 0 }],
  ['divide error: 0000 [#1] SMP', 'trap'],
  ['Oops: divide error: 0000 [#1] SMP', 'trap'],
  ['stack segment: 0000 [#1] SMP', 'trap'],
  ['Oops: stack segment: 0000 [#1] SMP', 'trap'],
  ['invalid opcode: 0000 [#1] SMP', 'trap'],
  ['control protection fault: 0003 [#1] SMP', 'trap', { errorCode: 3 }],
  ['Invalid or fatal FRED event: 0000 [#1] SMP', 'trap'],
  ['BUG: invalid or fatal FRED event; event type 3 vector 14 error 0x0 aux 0x0 at 0010:ffffffff81000010', 'trap'],
  ['PANIC: early exception 0x0e IP 10:ffffffff81000010 error 0 cr2 0xffff888101234567', 'trap', { faultAddress: 0xffff888101234567n }],
  ['traps: PANIC: double fault, error_code: 0x0', 'double-fault', { errorCode: 0 }],
  ['double fault: 0000 [#1] SMP', 'double-fault'],
  ['BUG: TASK stack guard page was hit at ffffc90000a00000 (stack is ffffc90000a01000..ffffc90000a04fff)', 'stack-guard'],
  ['kernel stack overflow (double-fault): 0000 [#1] SMP', 'stack-guard'],
  ['Oops: stack guard page: 0000 [#1] SMP', 'stack-guard'],
  // assertions and warnings
  ['kernel BUG at drivers/frob/core.c:77!', 'bug', { source: { file: 'drivers/frob/core.c', line: 77 } }],
  ['Kernel BUG at drivers/frob/core.c:77', 'bug', { source: { file: 'drivers/frob/core.c', line: 77 } }],
  ['CFI failure at frob_call+0x12/0x30 [frob] (target: frob_cb+0x0/0x10; expected type: 0x12345678)', 'bug', { place: { symbol: 'frob_call', offset: 0x12, size: 0x30, module: 'frob' } }],
  ['WARNING: CPU: 3 PID: 77 at drivers/frob/core.c:77 frob_check+0x12/0x30 [frob]', 'warning', { cpu: 3, pid: 77, source: { file: 'drivers/frob/core.c', line: 77 }, place: { symbol: 'frob_check', offset: 0x12, size: 0x30, module: 'frob' } }],
  ['WARNING: CPU: 3 PID: 77 at frob_check+0x12/0x30', 'warning', { cpu: 3, pid: 77, place: { symbol: 'frob_check', offset: 0x12, size: 0x30 } }],
  ['WARNING: at drivers/frob/core.c:77 frob_check+0x12/0x30()', 'warning', { source: { file: 'drivers/frob/core.c', line: 77 } }],
  ['WARNING: drivers/frob/core.c:77 at frob_check+0x12/0x30, CPU#3: frobd/1/77', 'warning', { cpu: 3, pid: 77, comm: 'frobd/1', source: { file: 'drivers/frob/core.c', line: 77 }, place: { symbol: 'frob_check', offset: 0x12, size: 0x30 } }],
  ['WARNING: drivers/frob/core.c:77 at 0x0, CPU#3: frobd/77', 'warning', { cpu: 3, pid: 77, comm: 'frobd', source: { file: 'drivers/frob/core.c', line: 77 }, place: undefined }],
  ['WARNING: [f->count < 3] drivers/frob/core.c:77 at frob_check+0x12/0x30, CPU#3: frobd/77', 'warning', { cpu: 3, source: { file: 'drivers/frob/core.c', line: 77 } }],
  ['Badness in frob_check at drivers/frob/core.c:77', 'warning', { source: { file: 'drivers/frob/core.c', line: 77 }, place: { symbol: 'frob_check' } }],
  ["sysfs: cannot create duplicate filename '/devices/frob0'", 'warning'],
  ['unchecked MSR access error: WRMSR to 0x1b0 (tried to write 0x0000000000000006) at rIP: 0xffffffff81012345 (native_write_msr+0x4/0x20)', 'warning', { place: { symbol: 'native_write_msr', offset: 4, size: 0x20 } }],
  // lists and checkers
  ['list_del corruption. prev->next should be ffff888101234567, but was dead000000000100', 'list-corruption'],
  ['list_add double add: new=ffff888101234567, prev=ffff888101234567, next=ffff888101230000.', 'list-corruption'],
  ['BUG: KASAN: slab-out-of-bounds in frob_fill+0x15/0x30', 'kasan', { place: { symbol: 'frob_fill', offset: 0x15, size: 0x30 } }],
  ['BUG: KCSAN: data-race in frob_read / frob_write', 'kasan'],
  ['UBSAN: array-index-out-of-bounds in drivers/frob/core.c:77:12', 'kasan', { source: { file: 'drivers/frob/core.c', line: 77 } }],
  // who waits
  ['watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [frobd/1:77]', 'soft-lockup', { cpu: 3, pid: 77, comm: 'frobd/1' }],
  ['BUG: soft lockup - CPU#3 stuck for 67s! [frobd:77]', 'soft-lockup', { cpu: 3, pid: 77, comm: 'frobd' }],
  ['NMI watchdog: Watchdog detected hard LOCKUP on cpu 7', 'hard-lockup', { cpu: 7 }],
  ['watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 4', 'hard-lockup', { cpu: 4 }],
  ['BUG: NMI Watchdog detected LOCKUP on CPU1, ip ffffffff81012345, registers:', 'hard-lockup', { cpu: 1 }],
  ['rcu: INFO: rcu_preempt self-detected stall on CPU', 'rcu-stall'],
  ['INFO: rcu_sched detected stalls on CPUs/tasks: { 3} (detected by 1, t=60002 jiffies)', 'rcu-stall'],
  ['INFO: task frobd/1:77 blocked for more than 120 seconds.', 'hung-task', { pid: 77, comm: 'frobd/1' }],
  ["INFO: task frobd:77 can't die for more than 143 seconds.", 'hung-task', { pid: 77, comm: 'frobd' }],
  // locks
  ...[
    'WARNING: possible circular locking dependency detected',
    '[ INFO: possible circular locking dependency detected ]',
    'WARNING: possible recursive locking detected',
    '[ INFO: possible recursive locking detected ]',
    'WARNING: inconsistent lock state',
    '=== INFO: inconsistent lock state ===',
    'WARNING: possible irq lock inversion dependency detected',
    'WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected',
    'WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected',
    '[ INFO: hard-safe -> hard-unsafe lock order detected ]',
    'WARNING: bad unlock balance detected!',
    '[ BUG: bad unlock balance detected! ]',
    'WARNING: held lock freed!',
    '[ BUG: held lock freed! ]',
    'WARNING: lock held when returning to user space!',
    '[ BUG: Invalid wait context ]',
    'WARNING: suspicious RCU usage',
    '[ INFO: suspicious rcu_dereference_check() usage. ]',
    'WARNING: circular locking deadlock detected!',
    'INFO: trying to register non-static key.',
    'BUG: MAX_LOCKDEP_ENTRIES too low!',
    'BUG: key ffff888101234567 has not been registered!',
  ].map((text): [string, ReportKind] => [text, 'lockdep']),
  ['WARNING: frobd/77 still has locks held!', 'lockdep', { pid: 77, comm: 'frobd' }],
  ['[ BUG: frobd/77 still has locks held! ]', 'lockdep', { pid: 77, comm: 'frobd' }],
  // states that the kernel refuses
  ['BUG: scheduling while atomic: frobd/1/77/0x00000101', 'other-bug', { pid: 77, comm: 'frobd/1' }],
  ['BUG: sleeping function called from invalid context at mm/frob.c:12', 'other-bug', { source: { file: 'mm/frob.c', line: 12 } }],
  ['BUG: using smp_processor_id() in preemptible [00000000] code: frobd/77', 'other-bug', { pid: 77, comm: 'frobd' }],
  ['BUG: spinlock bad magic on CPU#3, frobd/77', 'other-bug', { cpu: 3, pid: 77, comm: 'frobd' }],
  ['BUG: Bad page map in process frobd  pte:8000000012345067 pmd:12345067', 'other-bug', { comm: 'frobd' }],
  ['BUG: Bad page state in process frobd  pfn:12345', 'other-bug', { comm: 'frobd' }],
  ['BUG: Bad rss-counter state mm:ffff888101234567 type:MM_ANONPAGES val:1', 'other-bug'],
  ['BUG: workqueue lockup - pool cpus=8 node=0 flags=0x0 nice=0 stuck for 50s!', 'other-bug'],
  ['BUG frob_cache (Not tainted): Objects remaining in frob_cache on __kmem_cache_shutdown()', 'other-bug'],
  ['BUG: some words that no kernel had until now', 'other-bug'],
  ['unregister_netdevice: waiting for frob0 to become free. Usage count = 2', 'other-bug'],
  ['BUG frob_cache: Objects remaining on kmem_cache_close()', 'other-bug'],
  ['kmem_cache_destroy frob-176: Slab cache still has objects', 'other-bug'],
  ['FAULT_INJECTION: forcing a failure.', 'other-bug'],
  ['FAULT_FLAG_ALLOW_RETRY missing 30', 'other-bug'],
  ['VFS: Close: file count is 0', 'other-bug'],
  ['irq 16: nobody cared (try booting with the "irqpoll" option)', 'other-bug'],
  // memory
  ['frobd/1: vmalloc: allocation failure: 8589934588 bytes, mode:0x14080c0(GFP_KERNEL|__GFP_ZERO), nodemask=(null)', 'out-of-memory'],
  ['frobd/1: vmemmap alloc failure: order:9, mode:0x4cc0(GFP_KERNEL|__GFP_RETRY_MAYFAIL), nodemask=(null)', 'out-of-memory'],
  ['mce: MSR access error: WRMSR to 0xc0002098 (tried to write 0x0000000000000000) at rIP: 0xffffffff81012345 (frob_wrmsr+0x1d/0x60)', 'warning', { place: { symbol: 'frob_wrmsr', offset: 0x1d, size: 0x60 } }],
  ['BUG: memory leak', 'memory-leak'],
  ['unreferenced object 0xffff888101234560 (size 32):', 'memory-leak'],
  ['frobd invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0', 'out-of-memory', { comm: 'frobd' }],
  ['Out of memory: Killed process 77 (frobd) total-vm:1234kB, anon-rss:123kB', 'out-of-memory'],
  ['oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=frobd,pid=77,uid=0', 'out-of-memory'],
  ['frobd: page allocation failure: order:5, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO)', 'out-of-memory', { comm: 'frobd' }],
  ['frobd: page allocation failure. order:5, mode:0x4020', 'out-of-memory', { comm: 'frobd' }],
  // dumps and panics
  ['sysrq: Show Blocked State', 'task-dump'],
  ['SysRq : Show State', 'task-dump'],
  ['task:frobd           state:D stack:0     pid:611   ppid:2      flags:0x00004000', 'task-dump'],
  ['Kernel panic - not syncing: Fatal exception in interrupt', 'panic'],
  ['Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b', 'panic'],
  ['Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)', 'panic'],
  ['Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: frob_fill+0x15/0x30', 'panic', { place: { symbol: 'frob_fill', offset: 0x15, size: 0x30 } }],
]; // prettier-ignore

describe('a headline', () => {
  it.each(rows)('%s', (headline, kind, facts) => {
    for (const text of [`${headline}\n${BODY}`, `${headline.trim()}\n${BODY}`, `    ${headline}\n${BODY}`]) {
      const reports = reportsOf(text);
      expect(reports).toHaveLength(1);
      const [report] = reports as [KernelReport];
      expect(report.kind).toBe(kind);
      expect(report.headline?.text).toBe(headline.trim());
      expect(report.firstLine).toBe(1);
      for (const name of FACTS)
        if (facts !== undefined && name in facts) expect(report[name], name).toEqual(facts[name]);
    }
  });

  it.each([
    'the BUG: unable to handle page fault that we saw is fixed',
    'frob: general protection fault handler registered',
    'This fixes the following warning in frob_check',
    'frobd[77]: segfault at 58 ip 000055d3c0de1234 sp 00007ffc1d2e3f40 error 4 in frobd[55d3c0de0000+5000]',
    'traps: frobd[77] general protection fault ip:55d3c0de1234 sp:7ffc1d2e3f40 error:0 in frobd[55d3c0de0000+5000]',
    'EDAC MC: Ver: 3.0.0',
    'Oops, that was the wrong window',
  ])('is not: %s', (text) => {
    expect(reportsOf(`${text}\n`)).toEqual([]);
  });
});
