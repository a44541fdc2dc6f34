// Who waits for whom: lockdep, hung tasks, lockups, stalls and dumps of tasks, in invented texts.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';
import { waitWords } from '../../src/decode/show/wait-words.js';

const fixture = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../fixtures/decode/${name}.txt`, import.meta.url)), 'utf8');

const only = (text: string): KernelReport => {
  const reports = reportsOf(text);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

const BACKTRACE = `
stack backtrace:
CPU: 1 PID: 4321 Comm: frobd Not tainted 6.1.9-frob #3
Call Trace:
 <TASK>
 dump_stack_lvl+0x45/0x60
 __lock_acquire+0x1300/0x2f00
 frob_kill+0x11c/0x3a0
 </TASK>`;

const circular = `======================================================
WARNING: possible circular locking dependency detected
6.1.9-frob #3 Not tainted
------------------------------------------------------
frob/d/4321 is trying to acquire lock:
ffff88801a20c168 (&f->lock_b){+.+.}-{3:3}, at: frob_kill+0x11c/0x3a0

but task is already holding lock:
ffff888073b18028 ((work_completion)(&(&f->work)->work)){+.+.}-{0:0}, at: frob_pass+0xd2/0x810

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 ((work_completion)(&(&f->work)->work)){+.+.}-{0:0}:
       __flush_work+0x105/0x9e0
       frob_stop+0x33/0x70

-> #0 (&f->lock_b){+.+.}-{3:3}:
       lock_acquire+0x1ae/0x510
       frob_kill+0x11c/0x3a0

other info that might help us debug this:

 Possible unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock((work_completion)(&(&f->work)->work));
                               lock(&f->lock_b);
                               lock((work_completion)(&(&f->work)->work));
  lock(&f->lock_b);

 *** DEADLOCK ***

2 locks held by frob/d/4321:
 #0: ffff888100012948 ((wq_completion)frob_wq){+.+.}-{0:0}, at: process_one_work+0x86a/0x1600
 #1: ffff888073b18028 ((work_completion)(&(&f->work)->work)){+.+.}-{0:0}, at: frob_pass+0xd2/0x810
${BACKTRACE}`;

describe('lockdep', () => {
  it('tells of two locks, who holds what, and where each is taken (fault 19)', () => {
    const report = only(fixture('19-lockdep-family-unknown'));
    expect(report.kind).toBe('lockdep');
    expect(report.kindFrom).toBe('headline');
    expect(report.waits?.lockdep).toMatchObject({
      problem: 'irq-order',
      task: { comm: 'frobd', pid: 4321 },
      wanted: {
        name: '&f->lock_b',
        address: 0xffff88801a20c168n,
        state: '.?.+',
        depth: '2:2',
        at: { symbol: 'frob_kill', offset: 0x11c },
      },
      held: { name: '&f->lock_a', at: { symbol: 'frob_pass', offset: 0xd2 } },
      order: ['&f->lock_a', '&f->lock_b'],
      states: { from: 'HARDIRQ-safe', to: 'HARDIRQ-unsafe' },
    });
    expect(report.place).toMatchObject({ symbol: 'frob_kill', offset: 0x11c });
    expect(waitWords(report.waits!)[0]).toBe(
      'frobd:4321 takes &f->lock_b (frob_kill) while it holds &f->lock_a (frob_pass)',
    );
  });

  it('tells of a circle: the chain, the scenario and the held locks', () => {
    const report = only(circular);
    expect(report.kind).toBe('lockdep');
    const { lockdep, held } = report.waits!;
    expect(lockdep?.task).toEqual({ comm: 'frob/d', pid: 4321 });
    expect(lockdep?.wanted?.name).toBe('&f->lock_b');
    expect(lockdep?.held?.name).toBe('(work_completion)(&(&f->work)->work)');
    expect(
      lockdep?.chain?.map(({ index, name, trace }) => [index, name, report.traces[trace!]?.entries.length]),
    ).toEqual([
      [1, '(work_completion)(&(&f->work)->work)', 2],
      [0, '&f->lock_b', 2],
    ]);
    expect(lockdep?.scenario).toEqual([
      { cpu: 0, does: 'lock((work_completion)(&(&f->work)->work))' },
      { cpu: 1, does: 'lock(&f->lock_b)' },
      { cpu: 1, does: 'lock((work_completion)(&(&f->work)->work))' },
      { cpu: 0, does: 'lock(&f->lock_b)' },
    ]);
    expect(held).toHaveLength(1);
    expect(held[0]).toMatchObject({ task: { comm: 'frob/d', pid: 4321 }, count: 2 });
    expect(held[0]?.locks.map(({ name, at }) => [name, at?.symbol])).toEqual([
      ['(wq_completion)frob_wq', 'process_one_work'],
      ['(work_completion)(&(&f->work)->work)', 'frob_pass'],
    ]);
    // The chain's traces are not the report's own.
    const own = report.traces.find(({ title }) => title === 'Call Trace');
    expect(own?.entries.map(({ symbol }) => symbol)).toEqual([
      'dump_stack_lvl',
      '__lock_acquire',
      'frob_kill',
    ]);
    expect(waitWords(report.waits!)).toEqual([
      'frob/d:4321 takes &f->lock_b (frob_kill) while it holds (work_completion)(&(&f->work)->work) (frob_pass)',
      'The order so far: &f->lock_b before (work_completion)(&(&f->work)->work)',
    ]);
  });

  it.each([
    [
      'a lock that is taken twice',
      `WARNING: possible recursive locking detected
6.1.9-frob #3 Not tainted
--------------------------------------------
frobd/4321 is trying to acquire lock:
ffff88801a20c168 (&f->lock#2){+.+.}-{3:3}, at: frob_kill+0x11c/0x3a0

but task is already holding lock:
ffff88801a20c068 (&f->lock){+.+.}-{3:3}, at: frob_pass+0xd2/0x810`,
      { problem: 'recursive', wanted: { name: '&f->lock#2' }, held: { name: '&f->lock' } },
      /takes &f->lock#2 \(frob_kill\) while it holds &f->lock \(frob_pass\)$/,
    ],
    [
      'a lock with interrupts on and in them',
      `================================
WARNING: inconsistent lock state
6.1.9-frob #3 Not tainted
--------------------------------
inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.
frobd/4321 [HC0[0]:SC1[1]:HE1:SE0] takes:
ffff88801a20c168 (&f->lock){+.?.}-{2:2}, at: frob_kill+0x11c/0x3a0
{SOFTIRQ-ON-W} state was registered at:
  lock_acquire+0x1ae/0x510
  frob_pass+0xd2/0x810`,
      {
        problem: 'inconsistent',
        states: { from: 'SOFTIRQ-ON-W', to: 'IN-SOFTIRQ-W' },
        wanted: { name: '&f->lock' },
      },
      /^frobd:4321 takes &f->lock/,
    ],
    [
      'the same between signs of equality',
      `=== INFO: inconsistent lock state ===
inconsistent {IN-HARDIRQ-W} -> {HARDIRQ-ON-W} usage.
frobd/4321 [HC0[0]:SC0[0]:HE1:SE1] takes:
 (&f->lock){?...}, at: [<ffffffff81234567>] frob_kill+0x11c/0x3a0`,
      { problem: 'inconsistent', wanted: { name: '&f->lock', state: '?...', at: { symbol: 'frob_kill' } } },
      /^frobd:4321 takes &f->lock/,
    ],
    [
      'memory that is freed with a lock in it, as 4.9 says it',
      `=========================
[ BUG: held lock freed! ]
4.9.3-frob #3 Not tainted
-------------------------
frobd/4321 is freeing memory ffff88801a20c000-ffff88801a20c1ff, with a lock still held there!
 (&f->lock){+.+...}, at: [<ffffffff81234567>] frob_kill+0x11c/0x3a0`,
      {
        problem: 'held-freed',
        freed: { from: 0xffff88801a20c000n, to: 0xffff88801a20c1ffn },
        held: { name: '&f->lock' },
      },
      /^frobd:4321 holds &f->lock/,
    ],
    [
      'a release too many',
      `WARNING: bad unlock balance detected!
6.1.9-frob #3 Not tainted
-------------------------------------
frobd/4321 is trying to release lock (&f->lock) at:
[<ffffffff81234567>] frob_kill+0x11c/0x3a0
but there are no more locks to release!`,
      { problem: 'unbalanced', wanted: { name: '&f->lock', at: { symbol: 'frob_kill' } } },
      /releases &f->lock \(frob_kill\), which it does not hold$/,
    ],
    [
      'a sleeping lock where none may be',
      `=============================
[ BUG: Invalid wait context ]
6.1.9-frob #3 Not tainted
-----------------------------
frobd/4321 is trying to lock:
ffff88801a20c168 (&f->mutex){+.+.}-{4:4}, at: frob_kill+0x11c/0x3a0
other info that might help us debug this:
context-{5:5}
1 lock held by frobd/4321:
 #0: ffff88801a20c068 (&f->spin){....}-{2:2}, at: frob_pass+0xd2/0x810`,
      { problem: 'wait-context', wanted: { name: '&f->mutex', depth: '4:4' } },
      /takes &f->mutex/,
    ],
    [
      'locks at the end of a system call',
      `================================================
WARNING: lock held when returning to user space!
6.1.9-frob #3 Not tainted
------------------------------------------------
frobd/4321 is leaving the kernel with locks still held!
1 lock held by frobd/4321:
 #0: ffff88801a20c068 (&f->lock){+.+.}-{3:3}, at: frob_pass+0xd2/0x810`,
      { problem: 'still-held', task: { comm: 'frobd', pid: 4321 } },
      /^frobd:4321 holds &f->lock \(frob_pass\)$/,
    ],
    [
      'locks of a task that sleeps',
      `====================================
WARNING: frobd/4321 still has locks held!
6.1.9-frob #3 Not tainted
------------------------------------
1 lock held by frobd/4321:
 #0: ffff88801a20c068 (&f->lock){+.+.}-{3:3}, at: frob_pass+0xd2/0x810`,
      { problem: 'still-held', task: { comm: 'frobd', pid: 4321 } },
      /^frobd:4321 holds &f->lock \(frob_pass\)$/,
    ],
    [
      'a pointer that RCU protects',
      `=============================
WARNING: suspicious RCU usage
6.1.9-frob #3 Not tainted
-----------------------------
drivers/frob/core.c:120 suspicious rcu_dereference_check() usage!

other info that might help us debug this:

rcu_scheduler_active = 2, debug_locks = 1
no locks held by frobd/4321.`,
      {
        problem: 'rcu',
        usage: { file: 'drivers/frob/core.c', line: 120, what: 'suspicious rcu_dereference_check() usage' },
      },
      /rcu_dereference_check\(\) usage at drivers\/frob\/core\.c:120$/,
    ],
    [
      'an inversion',
      `WARNING: possible irq lock inversion dependency detected
6.1.9-frob #3 Not tainted
--------------------------------------------------------
frobd/4321 just changed the state of lock:
ffff88801a20c168 (&f->lock){-...}-{2:2}, at: frob_kill+0x11c/0x3a0
but this lock took another, HARDIRQ-unsafe lock in the past:
 (&f->other){+.+.}-{2:2}


and interrupts could create inverse lock ordering between them.`,
      { problem: 'inversion', wanted: { name: '&f->lock' }, unsafe: { name: '&f->other' } },
      /changed the state of &f->lock/,
    ],
    [
      'a lock that was never initialised',
      `INFO: trying to register non-static key.
The code is fine but needs lockdep annotation, or maybe
you didn't initialize this object before use?
turning off the locking correctness validator.`,
      { problem: 'non-static-key' },
      undefined,
    ],
  ])('%s', (_name, text, lockdep, first) => {
    const report = only(`${text}\n${BACKTRACE}`);
    expect(report.kind).toBe('lockdep');
    expect(report.waits?.lockdep).toMatchObject(lockdep);
    if (first !== undefined) expect(waitWords(report.waits!)[0]).toMatch(first);
    expect(waitWords(report.waits!).length).toBeLessThanOrEqual(6);
  });

  it('names the lock of interrupts and the other one', () => {
    const report = only(`WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected
6.1.9-frob #3 Not tainted
-----------------------------------------------------
frobd/4321 [HC0[0]:SC0[2]:HE1:SE0] is trying to acquire:
ffff88801a20c168 (&f->lock_b){+.+.}-{2:2}, at: frob_kill+0x11c/0x3a0

and this task is already holding:
ffff888073b18028 (&f->lock_a){..-.}-{2:2}, at: frob_pass+0xd2/0x810
which would create a new lock dependency:
 (&f->lock_a){..-.}-{2:2} -> (&f->lock_b){+.+.}-{2:2}

but this new dependency connects a SOFTIRQ-irq-safe lock:
 (&f->lock_a){..-.}-{2:2}

... which became SOFTIRQ-irq-safe at:
  lock_acquire+0x1ae/0x510
  frob_softirq+0x20/0x60

to a SOFTIRQ-irq-unsafe lock:
 (&f->lock_b){+.+.}-{2:2}

... which became SOFTIRQ-irq-unsafe at:
...
  lock_acquire+0x1ae/0x510
  frob_open+0x66/0x100
${BACKTRACE}`);
    expect(report.waits?.lockdep).toMatchObject({
      safe: { name: '&f->lock_a' },
      unsafe: { name: '&f->lock_b' },
    });
    expect(waitWords(report.waits!)).toContain(
      '&f->lock_a is taken in interrupts, &f->lock_b with interrupts on',
    );
    expect(report.traces.map(({ title, entries }) => [title, entries.length])).toEqual([
      ['... which became SOFTIRQ-irq-safe at', 2],
      ['... which became SOFTIRQ-irq-unsafe at', 2],
      ['stack backtrace', 0],
      ['Call Trace', 3],
    ]);
  });
});

describe('a task that hangs', () => {
  const hung = `INFO: task frob:d:611 blocked for more than 143 seconds.
      Not tainted 6.16.1-frob #3
"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
task:frob:d          state:D stack:0     pid:611   tgid:611   ppid:2      task_flags:0x400140 flags:0x00004000
Call Trace:
 <TASK>
 __schedule+0x3a1/0x1290
 schedule+0x4c/0xb0
 __mutex_lock+0x4d5/0xa10
 frob_wait+0x83/0xe0 [frob]
 </TASK>
INFO: task frob:d:611 is blocked on a mutex likely owned by task barbd:612.`;

  it('names what it waits for, and who has it', () => {
    const report = only(hung);
    expect(report.kind).toBe('hung-task');
    expect(report.headline?.text).toMatch(/blocked for more than 143 seconds/);
    expect(report.waits?.hung).toEqual([
      {
        line: 1,
        task: { comm: 'frob:d', pid: 611 },
        seconds: 143,
        lock: 'mutex',
        owner: { comm: 'barbd', pid: 612 },
        ownership: 'likely owned',
      },
    ]);
    expect(report.waits?.tasks).toMatchObject([
      { comm: 'frob:d', state: 'D', pid: 611, ppid: 2, flags: 0x4000 },
    ]);
    expect(report.waits?.traces[0]?.waitsIn).toMatchObject({ symbol: 'frob_wait', module: 'frob' });
    expect(waitWords(report.waits!)).toEqual([
      'Blocked: frob:d:611, 143 s',
      'frob:d:611 waits for a mutex likely owned by barbd:612',
      'One task waits in frob_wait+0x83/0xe0 [frob]: frob:d:611',
    ]);
  });

  it('is one report each', () => {
    const two = reportsOf(`${hung}\n${hung.replaceAll('611', '777')}`);
    expect(two.map(({ waits }) => waits?.hung.map(({ task }) => task.pid))).toEqual([[611], [777]]);
  });

  it.each([
    ["INFO: task frobd:611 can't die for more than 143 seconds.", "can't die"],
    ['INFO: task frobd:611 blocked in I/O wait for more than 143 seconds.', 'in I/O wait'],
  ])('%s', (line, how) => {
    const report = only(hung.replace(/^.*$/mu, line).replaceAll('frob:d', 'frobd'));
    expect(report.kind).toBe('hung-task');
    expect(report.waits?.hung[0]).toMatchObject({ seconds: 143, how, owner: { pid: 612 } });
  });
});

describe('a dump of tasks', () => {
  it('has an entry for each task, and each trace once (fault 22)', () => {
    const report = only(fixture('22-blocked-task-dumps'));
    expect(report.kind).toBe('task-dump');
    expect(report.missing).toEqual([]);
    expect(report.waits?.tasks).toMatchObject([
      { comm: 'frobd', state: 'D', pid: 611, ppid: 2, flags: 0x4000, trace: 0 },
      { comm: 'barbd', state: 'D', pid: 612, ppid: 2, flags: 0x4000, trace: 1 },
    ]);
    expect(report.waits?.traces.map(({ waitsIn, entries }) => [waitsIn?.symbol, entries.length])).toEqual([
      ['frob_wait', 4],
      ['barb_sync', 4],
    ]);
  });

  const entry = (
    pid: number,
    at: string,
  ): string => `task:frobd           state:S stack:0     pid:${pid}   ppid:2      flags:0x00004000
Call Trace:
 <TASK>
 __schedule+0x3a1/0x1290
 schedule+0x4c/0xb0
 ${at}
 </TASK>`;

  it('puts tasks with equal traces together, the most first, with or without a header', () => {
    const many = [
      entry(1, 'frob_rare+0x1/0x10'),
      ...Array.from({ length: 200 }, (_, index) => entry(100 + index, 'frob_wait+0x83/0xe0')),
    ].join('\n');
    for (const text of [many, `sysrq: Show State\n${many}`]) {
      const report = only(text);
      expect(report.kind).toBe('task-dump');
      expect(report.waits?.tasks).toHaveLength(201);
      expect(report.waits?.traces.map(({ tasks, waitsIn }) => [tasks.length, waitsIn?.symbol])).toEqual([
        [200, 'frob_wait'],
        [1, 'frob_rare'],
      ]);
      expect(waitWords(report.waits!)).toEqual([
        '201 tasks: 201 in state S',
        '200 tasks wait in frob_wait+0x83/0xe0: frobd:100, frobd:101, frobd:102, frobd:103 and 196 more',
        'One task waits in frob_rare+0x1/0x10: frobd:1',
      ]);
    }
  });

  it('reads the columns of kernels before 5.7', () => {
    const report = only(`SysRq : Show Blocked State
  task                        PC stack   pid father
frobd           D ffff88003e1dfb40     0   611      2 0x00000000
 ffff88003e1dfb40 0000000000000046 ffff88003d5b2f60 0000000000012c80
Call Trace:
 [<ffffffff81234567>] schedule+0x29/0x70
 [<ffffffffa0123456>] frob_wait+0x83/0xe0 [frob]
frob helper     R  running task        0   612      1 0x00000008
Call Trace:
 [<ffffffff81234567>] schedule+0x29/0x70`);
    expect(report.kind).toBe('task-dump');
    expect(report.waits?.tasks).toMatchObject([
      { comm: 'frobd', state: 'D', pid: 611, ppid: 2, trace: 0 },
      { comm: 'frob helper', state: 'R', pid: 612, ppid: 1, running: true },
    ]);
    expect(report.waits?.traces[0]?.waitsIn?.symbol).toBe('frob_wait');
  });

  it('lists the locks of all', () => {
    const report = only(`sysrq: Show Blocked State
${entry(5, 'frob_wait+0x83/0xe0')}

Showing all locks held in the system:
1 lock held by frobd/5:
 #0: ffff88801a20c068 (&f->lock){+.+.}-{3:3}, at: frob_pass+0xd2/0x810
2 locks held by barbd/6:
 #0: ffff88801a20c168 (&b->lock){+.+.}-{3:3}, at: barb_pass+0xd2/0x810
 #1: ffff88801a20c068 (&f->lock){+.+.}-{3:3}, at: barb_next+0x12/0x80`);
    expect(report.waits?.held.map(({ task, locks }) => [task.comm, locks.map(({ name }) => name)])).toEqual([
      ['frobd', ['&f->lock']],
      ['barbd', ['&b->lock', '&f->lock']],
    ]);
  });

  it('stays apart from the oops that follows', () => {
    const reports = reportsOf(`sysrq: Show Blocked State
${entry(5, 'frob_wait+0x83/0xe0')}
BUG: kernel NULL pointer dereference, address: 0000000000000008
Oops: 0000 [#1] SMP
CPU: 1 PID: 9 Comm: frobd Not tainted 6.1.9-frob #3
RIP: 0010:frob_use+0x21/0x90`);
    expect(reports.map(({ kind }) => kind)).toEqual(['task-dump', 'null-deref']);
    expect(reports[1]?.waits).toBeUndefined();
  });
});

describe('CPUs that are stuck', () => {
  it('names the CPU, the time and the task of a soft lockup', () => {
    const report = only(`watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [frob:d:611]
Modules linked in: frob
CPU: 3 PID: 611 Comm: frob:d Not tainted 6.1.9-frob #3
RIP: 0010:frob_spin+0x29/0x150
RAX: 0000000000000001 RBX: 0000000000000002 RCX: 0000000000000003`);
    expect(report.waits?.lockups).toEqual([
      { line: 1, hardness: 'soft', cpu: 3, seconds: 22, task: { comm: 'frob:d', pid: 611 } },
    ]);
    expect(waitWords(report.waits!)).toEqual(['Locked up: CPU 3 for 22 s in frob:d:611']);
  });

  it('names the CPU of a hard lockup, its task, and what other CPUs did', () => {
    const report = only(`NMI watchdog: Watchdog detected hard LOCKUP on cpu 7
Modules linked in: frob
CPU: 7 PID: 301 Comm: frobworker/3 Not tainted 5.8.0-demo #12
RIP: 0010:native_queued_spin_lock_slowpath+0x122/0x1c0
RSP: 0000:ffffa1b3c0c5fe38 EFLAGS: 00000002
Call Trace:
 do_raw_spin_lock+0xb2/0xc0
 frob_work+0x2e4/0x570
Sending NMI from CPU 7 to CPUs 0-6:
NMI backtrace for cpu 2
CPU: 2 PID: 302 Comm: frobd Not tainted 5.8.0-demo #12
RIP: 0010:frob_hold+0x12/0x40
RSP: 0000:ffffa1b3c0c5fe38 EFLAGS: 00000002
NMI backtrace for cpu 3 skipped: idling at native_safe_halt+0xe/0x10`);
    expect(report.kind).toBe('hard-lockup');
    expect(report.waits?.lockups).toMatchObject([
      { hardness: 'hard', cpu: 7, task: { comm: 'frobworker/3', pid: 301 } },
    ]);
    expect(report.waits?.cpus).toMatchObject([
      { cpu: 2, task: { comm: 'frobd', pid: 302 }, at: { symbol: 'frob_hold' } },
      { cpu: 3, idle: true, at: { symbol: 'native_safe_halt' } },
    ]);
  });

  it('names the CPUs, tasks and the starved kthread of a stall', () => {
    const report = only(`rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: 	3-....: (5249 ticks this GP) idle=1d1c/1/0x4000000000000000 softirq=123/456 fqs=2624
rcu: 	5-...!: (2 GPs behind) idle=1d1c/1/0x4000000000000000 softirq=123/456 fqs=2
rcu: 	Tasks blocked on level-0 rcu_node (CPUs 0-3): P1234/1:b..l P77
rcu: 	(detected by 0, t=5252 jiffies, g=12345, q=678 ncpus=4)
Sending NMI from CPU 0 to CPUs 3:
NMI backtrace for cpu 3
CPU: 3 PID: 611 Comm: frobd Not tainted 6.1.9-frob #3
RIP: 0010:frob_spin+0x29/0x150
rcu: rcu_preempt kthread starved for 5250 jiffies! g12345 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=2
rcu: 	Unless rcu_preempt kthread gets sufficient CPU time, OOM is now expected behavior.
rcu: RCU grace-period kthread stack dump:
task:rcu_preempt     state:R  running task     stack:    0 pid:   16 ppid:     2 flags:0x00004000
Call Trace:
 <TASK>
 __schedule+0x3a1/0x1290
 rcu_gp_fqs_loop+0x1a2/0x770
 </TASK>`);
    expect(report.kind).toBe('rcu-stall');
    expect(report.waits?.stall).toEqual({
      line: 1,
      flavour: 'rcu_preempt',
      self: false,
      expedited: false,
      cpus: [
        { cpu: 3, ticks: 5249 },
        { cpu: 5, behind: 2 },
      ],
      tasks: [1234, 77],
      detectedBy: 0,
      jiffies: 5252,
      gracePeriod: 12345,
      queued: 678,
      starved: { jiffies: 5250, state: '0x0', cpu: 2 },
    });
    expect(report.waits?.tasks).toMatchObject([
      { comm: 'rcu_preempt', state: 'R', running: true, pid: 16, ppid: 2 },
    ]);
    expect(waitWords(report.waits!)[0]).toBe(
      'The grace period of rcu_preempt waits for CPU 3, 5 and PID 1234, 77, for 5252 jiffies',
    );
  });

  it.each([
    ['rcu: INFO: rcu_sched self-detected stall on CPU', { self: true, flavour: 'rcu_sched' }],
    [
      'INFO: rcu_sched_state detected stall on CPU 3 (t=15000 jiffies)',
      { cpus: [{ cpu: 3 }], jiffies: 15000, self: false },
    ],
    [
      'INFO: rcu_sched detected stalls on CPUs/tasks: { 3 5} (detected by 0, t=15002 jiffies, g=1234, c=1233, q=18)',
      { cpus: [{ cpu: 3 }, { cpu: 5 }], detectedBy: 0, jiffies: 15002, queued: 18 },
    ],
    [
      'rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 3-.... P812 } 6300 jiffies s: 1234 root: 0x8/.',
      { expedited: true, cpus: [{ cpu: 3 }], tasks: [812], jiffies: 6300 },
    ],
  ])('%s', (line, stall) => {
    expect(only(line).waits?.stall).toMatchObject(stall);
  });
});
