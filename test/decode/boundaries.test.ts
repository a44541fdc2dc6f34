// Where a report ends and another begins: what comes together stays apart, what belongs together stays together, and what
// follows a cause does not replace it. The reports are made up.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';

const fault = (name: string): KernelReport[] =>
  reportsOf(readFileSync(new URL(`../fixtures/decode/${name}.txt`, import.meta.url), 'utf8'));

const only = (text: string): KernelReport => {
  const reports = reportsOf(text);
  expect(reports.map(({ headline }) => headline?.text)).toHaveLength(1);
  return reports[0]!;
};

/** Process, registers and trace of a CPU. */
const body = (
  cpu: number,
  symbol: string,
): string => `CPU: ${cpu} UID: 0 PID: ${70 + cpu} Comm: frobd/${cpu} Not tainted 6.12.0-demo #7
RIP: 0010:${symbol}+0x29/0x150
Code: 48 89 fb 48 <8b> 47 10 5b c3 90 90
RSP: 0018:ffffb1c2c0a4fd6${cpu} EFLAGS: 00000246
RAX: 000000000000000${cpu} RBX: ffff888105555500 RCX: 0000000000000000
RDX: 0000000000000000 RSI: ffff9a0e41c2d818 RDI: ffff888105555500
Call Trace:
 ${symbol}_caller+0x51/0x120
 frob_ioctl+0xe/0x20
`;

const kinds = (text: string): string[] => reportsOf(text).map(({ kind }) => kind);

const END = '---[ end trace 0000000000000000 ]---\n';

describe('a panic that follows', () => {
  it('is a consequence of the line with the die counter alone', () => {
    const [report, ...more] = fault('06-panic-outranks-the-cause');
    expect(more).toEqual([]);
    expect(report!.kind).toBe('gpf');
    expect(report!.headline?.text).toMatch(/^general protection fault, probably/u);
    expect(report!.faultAddress).toBe(0xdead000000000100n);
    expect(report!.consequences.map(({ text }) => text)).toEqual([
      'Kernel panic - not syncing: Fatal exception',
    ]);
  });

  it.each([
    ['general protection fault: 0000 [#1] SMP', 'gpf'],
    ['Oops: general protection fault, probably for non-canonical address 0xdead000000000100', 'gpf'],
    ['divide error: 0000 [#1] SMP', 'trap'],
    ['stack segment: 0000 [#1] SMP', 'trap'],
    ['invalid opcode: 0000 [#1] SMP', 'trap'],
    ['Oops: 0002 [#1] SMP', 'paging'],
    ['Oops [#1]', 'paging'],
    ['frob trap of no known name: 0000 [#1] SMP', 'trap'],
    ['BUG: kernel NULL pointer dereference, address: 0000000000000058', 'null-deref'],
    ['kernel BUG at drivers/frob/core.c:77!', 'bug'],
    ['CFI failure at frob_call+0x12/0x30 (target: frob_cb+0x0/0x10; expected type: 0x12345678)', 'bug'],
    ['BUG: KASAN: slab-out-of-bounds in frob_fill+0x15/0x30', 'kasan'],
  ])('does not replace: %s', (headline, kind) => {
    for (const panic of [
      'Kernel panic - not syncing: Fatal exception in interrupt',
      'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009',
      'Kernel panic - not syncing: Aiee, killing interrupt handler!',
    ]) {
      for (const end of ['', END]) {
        const report = only(`${headline}\n${body(3, 'frob_walk')}${end}${panic}\n${body(3, 'panic')}`);
        expect([report.kind, report.headline?.text]).toEqual([kind, headline]);
        expect(report.consequences.map(({ text }) => text)).toEqual([panic]);
        expect(report.place?.symbol).toBeDefined();
      }
    }
  });

  it('does not replace a cause whose own line is missing, as far as the trace shows it', () => {
    const report = only(`RIP: 0010:frob_walk+0x29/0x150
RSP: 0018:ffffb1c2c0a4fd60 EFLAGS: 00000246
RAX: 0000000000000003 RBX: ffff888105555500 RCX: 0000000000000000
Call Trace:
 ? __die+0x23/0x70
 ? page_fault_oops+0x16f/0x4b0
 frob_open+0x51/0x120
Kernel panic - not syncing: Fatal exception
`);
    expect([report.kind, report.kindFrom, report.headline]).toEqual(['paging', 'trace', undefined]);
    expect(report.consequences).toHaveLength(1);
  });

  it('is a report of its own where nothing came before', () => {
    for (const words of [
      'Attempted to kill init! exitcode=0x0000000b',
      'VFS: Unable to mount root fs on unknown-block(0,0)',
      'softlockup: hung tasks',
    ]) {
      const report = only(`Kernel panic - not syncing: ${words}\n${body(1, 'panic')}`);
      expect([report.kind, report.consequences]).toEqual(['panic', []]);
    }
  });

  it('is not a consequence of what cannot lead to it', () => {
    expect(
      kinds(
        `watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [frobd/3:73]\n${body(3, 'frob_spin')}` +
          `Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\n${body(1, 'panic')}`,
      ),
    ).toEqual(['soft-lockup', 'panic']);
    const stalled = only(
      `watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [frobd/3:73]\n${body(3, 'frob_spin')}` +
        `Kernel panic - not syncing: softlockup: hung tasks\n${body(3, 'panic')}`,
    );
    expect([stalled.kind, stalled.consequences.length]).toEqual(['soft-lockup', 1]);
  });
});

describe('events that come together', () => {
  it('are two though the first has no CPU line yet', () => {
    const reports = fault('23-separate-events-merged');
    expect(reports.map(({ kind, cpu, comm, registers }) => [kind, cpu, comm, registers.length])).toEqual([
      ['other-bug', undefined, undefined, 0],
      ['hard-lockup', 7, 'frobworker/3', 1],
    ]);
  });

  const soft = (cpu: number): string =>
    `watchdog: BUG: soft lockup - CPU#${cpu} stuck for 23s! [frobd/${cpu}:${70 + cpu}]\n`;

  it('give each CPU its own lines, in whatever order they come', () => {
    const modules = 'Modules linked in: frob\n';
    for (const order of [
      [0, 3],
      [3, 0],
    ] as const) {
      const [first, second] = order;
      const reports = reportsOf(
        `${soft(0)}${modules}${soft(3)}${modules}${body(first, `frob_spin${first}`)}${body(second, `frob_spin${second}`)}`,
      );
      expect(
        reports.map(({ kind, cpu, pid, place, traces }) => [
          kind,
          cpu,
          pid,
          place?.symbol,
          traces[0]?.entries[0]?.symbol,
        ]),
      ).toEqual([
        ['soft-lockup', 0, 70, 'frob_spin0', 'frob_spin0_caller'],
        ['soft-lockup', 3, 73, 'frob_spin3', 'frob_spin3_caller'],
      ]);
    }
  });

  it.each([
    [
      'objects that remain, and a NULL pointer',
      'BUG frob_cache (Not tainted): Objects remaining in frob_cache on __kmem_cache_shutdown()',
      'BUG: kernel NULL pointer dereference, address: 0000000000000058\nOops: 0000 [#1] SMP',
      ['other-bug', 'null-deref'],
    ],
    [
      'a warning that a fault interrupts',
      'WARNING: CPU: 3 PID: 73 at drivers/frob/core.c:77 frob_check+0x12/0x30',
      'BUG: unable to handle page fault for address: ffffc90000a00008\nOops: 0000 [#1] SMP',
      ['warning', 'paging'],
    ],
    [
      'a checker and a fault',
      'BUG: KASAN: slab-use-after-free in frob_walk+0x29/0x150',
      'general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP',
      ['kasan', 'gpf'],
    ],
    [
      'two tasks',
      'INFO: task frobd:77 blocked for more than 120 seconds.',
      'INFO: task barbd:78 blocked for more than 120 seconds.',
      ['hung-task', 'hung-task'],
    ],
    [
      'a lock order and a sleep',
      'WARNING: possible circular locking dependency detected',
      'BUG: sleeping function called from invalid context at mm/frob.c:12',
      ['lockdep', 'other-bug'],
    ],
    [
      'two faults',
      'BUG: kernel NULL pointer dereference, address: 0000000000000058\nOops: 0000 [#1] SMP',
      'BUG: kernel NULL pointer dereference, address: 0000000000000060\nOops: 0000 [#2] SMP',
      ['null-deref', 'null-deref'],
    ],
    [
      'an assertion and a fault',
      'kernel BUG at drivers/frob/core.c:77!',
      'BUG: kernel NULL pointer dereference, address: 0000000000000058\nOops: 0000 [#1] SMP',
      ['bug', 'null-deref'],
    ],
  ])('are two: %s', (_, first, second, expected) => {
    const bodies = `${first}\n${body(1, 'frob_one')}${second}\n${body(2, 'frob_two')}`;
    const places = reportsOf(bodies).map(({ registers }) => registers.map(({ rip }) => rip?.symbol));
    expect(kinds(bodies)).toEqual(expected);
    expect(places).toEqual([['frob_one'], ['frob_two']]);
    const early = reportsOf(`${first}\n${second}\n${body(2, 'frob_two')}`).filter(
      ({ kind }) => kind !== 'lockdep',
    );
    expect(early.at(-1)!.kind).toBe(expected[1]);
    expect(early.at(-1)!.registers.map(({ rip }) => rip?.symbol)).toEqual(['frob_two']);
    for (const one of early.slice(0, -1)) expect([one.kind, one.registers]).toEqual([expected[0], []]);
  });
});

describe('one event', () => {
  it.each([
    ['a list', 'list_del corruption. next->prev should be ffff888101234567, but was dead000000000122\n------------[ cut here ]------------\nkernel BUG at lib/list_debug.c:77!\ninvalid opcode: 0000 [#1] SMP', 'list-corruption'],
    ['a counter', '------------[ cut here ]------------\nrefcount_t: underflow; use-after-free.\nWARNING: CPU: 2 PID: 72 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110', 'warning'],
    ['a copy', 'usercopy: Kernel memory exposure attempt detected from SLUB object \'frob\' (offset 0, size 64)!\n------------[ cut here ]------------\nkernel BUG at mm/usercopy.c:102!\ninvalid opcode: 0000 [#1] SMP', 'bug'],
    ['a page that may not run', 'kernel tried to execute NX-protected page - exploit attempt? (uid: 0)\nBUG: unable to handle page fault for address: ffffc90000a00008\n#PF: supervisor instruction fetch in kernel mode\nOops: 0011 [#1] SMP', 'paging'],
    ['a stack that was too small', 'BUG: TASK stack guard page was hit at ffffc90000a00000 (stack is ffffc90000a01000..ffffc90000a04fff)\nkernel stack overflow (double-fault): 0000 [#1] SMP', 'stack-guard'],
    ['a fault of a fault', 'traps: PANIC: double fault, error_code: 0x0\ndouble fault: 0000 [#1] SMP', 'double-fault'],
    ['an address of KASAN', 'general protection fault, probably for non-canonical address 0xdffffc0000000003: 0000 [#1] SMP KASAN\nKASAN: null-ptr-deref in range [0x0000000000000018-0x000000000000001f]', 'gpf'],
    ['a called function', 'CFI failure at frob_call+0x12/0x30 (target: frob_cb+0x0/0x10; expected type: 0x12345678)\nOops: invalid opcode: 0000 [#1] SMP', 'bug'],
    ['an event of FRED', 'BUG: invalid or fatal FRED event; event type 3 vector 14 error 0x0 aux 0x0 at 0010:ffffffff81000010\nInvalid or fatal FRED event: 0000 [#1] SMP', 'trap'],
    ['a line that the log has twice', 'BUG: kernel NULL pointer dereference, address: 0000000000000058\nBUG: kernel NULL pointer dereference, address: 0000000000000058\nOops: 0000 [#1] SMP', 'null-deref'],
  ])('is not cut: %s', (_, lines, kind) => {
    const report = only(`${lines}\n${body(2, 'frob_two')}`);
    expect([report.kind, report.registers.length]).toEqual([kind, 1]);
  }); // prettier-ignore

  it('has the backtraces of other CPUs', () => {
    const others = [0, 1, 5].map((cpu) => `NMI backtrace for cpu ${cpu}\n${body(cpu, `frob_idle${cpu}`)}`);
    for (const [start, kind] of [
      ['rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n', 'rcu-stall'],
      ['NMI watchdog: Watchdog detected hard LOCKUP on cpu 3\n', 'hard-lockup'],
      ['sysrq: Show backtrace of all active CPUs\n', 'task-dump'],
      [`INFO: task frobd:77 blocked for more than 120 seconds.\n`, 'hung-task'],
    ] as const) {
      const own = kind === 'task-dump' ? '' : body(3, 'frob_spin');
      const report = only(`${start}${own}Sending NMI from CPU 3 to CPUs 0-1,5:\n${others.join('')}`);
      expect(report.kind).toBe(kind);
      expect(report.registers).toHaveLength(own === '' ? 3 : 4);
      expect(new Set(report.registers.map(({ role }) => role))).toEqual(new Set(['interrupted']));
    }
  });

  it('has a trace of the panic that it led to', () => {
    const report = only(`BUG: kernel NULL pointer dereference, address: 0000000000000058
Oops: 0000 [#1] SMP
${body(2, 'frob_two')}Kernel panic - not syncing: Fatal exception
CPU: 2 UID: 0 PID: 72 Comm: frobd/2 Tainted: G      D            6.12.0-demo #7
Call Trace:
 panic+0x101/0x2e0
`);
    expect(report.traces.map(({ entries }) => entries[0]?.symbol)).toEqual(['frob_two_caller', 'panic']);
  });
});

describe('what tasks do', () => {
  it('is a report of its own', () => {
    const [report, ...more] = fault('22-blocked-task-dumps');
    expect(more).toEqual([]);
    expect([report!.kind, report!.headline?.text]).toEqual(['task-dump', 'sysrq: Show Blocked State']);
  });

  it('is not added to a fault before it', () => {
    const dump = readFileSync(
      new URL('../fixtures/decode/22-blocked-task-dumps.txt', import.meta.url),
      'utf8',
    );
    const oops = `BUG: kernel NULL pointer dereference, address: 0000000000000058\nOops: 0000 [#1] SMP\n${body(2, 'frob_two')}`;
    for (const end of ['', END]) {
      expect(kinds(`${oops}${end}${dump}`)).toEqual(['null-deref', 'task-dump']);
      expect(kinds(`${oops}${end}${dump.split('\n').slice(1).join('\n')}`)).toEqual([
        'null-deref',
        'task-dump',
      ]);
    }
    expect(kinds(`${dump}${oops}`)).toEqual(['task-dump', 'null-deref']);
  });

  it('is a part of a hung task', () => {
    const report = only(`INFO: task frobd:611 blocked for more than 120 seconds.
      Not tainted 6.12.0-demo #7
"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
task:frobd           state:D stack:0     pid:611   ppid:2      flags:0x00004000
Call Trace:
 schedule+0x4c/0xb0
`);
    expect([report.kind, report.pid]).toEqual(['hung-task', 611]);
  });
});

it('a killed process belongs to the shortage of memory before it', () => {
  const start = (name: string): string =>
    `${name} invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0\n`;
  const killed = 'Out of memory: Killed process 77 (frobd) total-vm:1234kB, anon-rss:123kB\n';
  const reports = reportsOf(`${start('one')}${body(1, 'x')}${killed}${start('two')}${body(2, 'y')}${killed}`);
  expect(reports.map(({ kind, said }) => [kind, said.length])).toEqual([
    ['out-of-memory', 2],
    ['out-of-memory', 2],
  ]);
  expect(only(killed).kind).toBe('out-of-memory');
});

it('a leak is one report for each object', () => {
  const leak = (address: string): string => `BUG: memory leak
unreferenced object 0x${address} (size 32):
  comm "frobd", pid 77, jiffies 4294944444
  backtrace (crc 12345678):
    frob_alloc+0x12/0x40
    frob_open+0x51/0x120
`;
  const reports = reportsOf(`${leak('ffff888101234560')}\n${leak('ffff888101234580')}`);
  expect(reports.map(({ kind, traces }) => [kind, traces[0]?.entries.length])).toEqual([
    ['memory-leak', 2],
    ['memory-leak', 2],
  ]);
});

describe('the newest and the shortest headlines', () => {
  it('name a warning without a function', () => {
    const [report] = fault('20-newest-warning-at-0x0-and-ud1');
    expect([report!.kind, report!.source, report!.trap?.symbol]).toEqual([
      'warning',
      { file: 'fs/frob/map.c', line: 731 },
      'frob_update_ref',
    ]);
    expect([report!.cpu, report!.pid, report!.comm]).toEqual([1, 7330, 'frobd']);
  });

  it('name a fault whose line was cut', () => {
    const [report] = fault('27-shortened-headlines');
    expect([report!.kind, report!.faultAddress, report!.firstLine]).toEqual(['gpf', 0x5b21c94a6e0930n, 1]);
  });

  it('name a lock order', () => {
    const [report, ...more] = fault('19-lockdep-family-unknown');
    expect(more).toEqual([]);
    expect([report!.kind, report!.comm, report!.cpu]).toEqual(['lockdep', 'frobd', 1]);
  });
});

describe('a line of a checker for each inlined function', () => {
  const rest = `Read of size 4 at addr ffff888105555504 by task frobd/77

CPU: 0 PID: 77 Comm: frobd Not tainted 6.6.0-demo #1
Call Trace:
 dump_stack_lvl+0x5d/0x80
 frob_get include/linux/frob.h:12 [inline]
 frob_open+0x51/0x120 drivers/frob/core.c:77
`;

  it('is of one report, also where a mailer broke the lines', () => {
    const report = only(`BUG: KASAN: use-after-free in frob_read_once include/linux/frob.h:5 [inline]
BUG: KASAN: use-after-free in frob_get
include/linux/frob.h:12 [inline]
BUG: KASAN: use-after-free in frob_open+0x51/0x120 drivers/frob/core.c:77
${rest}`);
    expect([report.kind, report.firstLine, report.pid]).toEqual(['kasan', 1, 77]);
  });

  it('is another report where the places are not inlined', () => {
    const reports = reportsOf(`BUG: KASAN: use-after-free in frob_close+0x11/0x120
${rest}BUG: KASAN: use-after-free in frob_open+0x51/0x120
${rest}`);
    expect(reports).toHaveLength(2);
  });
});

it('a logged error of the hardware is no headline of the fault after it', () => {
  for (const headline of ['Oops: general protection fault ...', 'general protection fault: 0000 [#1] SMP']) {
    expect(
      kinds(`mce: [Hardware Error]: Machine check events logged\n${headline}\n${body(1, 'frob_one')}`),
    ).toEqual(['hardware', 'gpf']);
  }
});

it('an injected failure in the middle of a report does not end it', () => {
  const lines = `BUG: sleeping function called from invalid context at mm/frob.c:12\n${body(1, 'frob_one')}`;
  const at = lines.indexOf('Call Trace');
  const report = only(
    `${lines.slice(0, at)}FAULT_INJECTION: forcing a failure.\nname failslab, interval 1\n${lines.slice(at)}`,
  );
  expect([report.kind, report.traces[0]?.entries[0]?.symbol]).toEqual(['other-bug', 'frob_one_caller']);
});

describe('what is left of registers', () => {
  it('is no report where they are of user mode', () => {
    const left = `RSP: 002b:00007ffc1d2e3f40 EFLAGS: 00000246 ORIG_RAX: 0000000000000101
RAX: ffffffffffffffda RBX: 0000000000000000 RCX: 00007f1f2a4c5d2e
RDX: 0000000000000002 RSI: 0000561122334455 RDI: 00000000ffffff9c
R10: 0000000000000000 R11: 0000000000000246 R12: 0000000000000001
R13: 0000000000000000 R14: 0000000000000003 R15: 0000000000000000
`;
    expect(reportsOf(left)).toEqual([]);
    expect(reportsOf(left.split('\n').slice(3).join('\n'))).toEqual([]);
    expect(kinds(`${left}INFO: trying to register non-static key.\n${body(1, 'frob_one')}`)).toEqual([
      'lockdep',
    ]);
  });
});

describe('a trace that code of the kernel printed', () => {
  it.each([
    ['warn_alloc+0x51/0x120', 'out-of-memory'],
    ['dump_header+0x51/0x120', 'out-of-memory'],
    ['should_fail_ex.cold+0x51/0x120', 'other-bug'],
    ['print_circular_bug+0x51/0x120', 'lockdep'],
    ['__might_resched+0x51/0x120', 'other-bug'],
  ])('shows the kind of a report without a headline: %s', (entry, kind) => {
    const text = (mark: string): string =>
      `CPU: 1 UID: 0 PID: 71 Comm: frobd/1 Not tainted 6.12.0-demo #7\nCall Trace:\n dump_stack_lvl+0x5d/0x80\n ${mark}${entry}\n frob_open+0xe/0x20\n`;
    expect(kinds(text(''))).toEqual([kind]);
    expect(kinds(text('? '))).toEqual(['unknown']);
  });
});

describe('a headline that a mailer broke', () => {
  const stamp = '[   12.345678] ';
  const trace = `${stamp}Call Trace:\n${stamp} frob_open+0x51/0x120\n`;

  it.each([
    ['INFO: task\nfrobd/1:71 blocked for more than 120 seconds.', 'hung-task'],
    ['INFO: task frobd/1:71 blocked for\nmore than 120 seconds.', 'hung-task'],
    ['watchdog: BUG: soft lockup - CPU#1 stuck for 23s!\n[frobd/1:71]', 'soft-lockup'],
    ['BUG: KCSAN: data-race in\nfrob_read / frob_write', 'kasan'],
    ['BUG: KCSAN: data-race in frob_read /\nfrob_write', 'kasan'],
    ['frobd/1 invoked oom-killer:\ngfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=1000', 'out-of-memory'],
    [
      'general protection fault, probably for\nnon-canonical address 0xdead000000000100: 0000 [#1] SMP',
      'gpf',
    ],
  ])('is one line again: %s', (headline, kind) => {
    const report = only(`${stamp}${headline}\n${trace}`);
    expect([report.kind, report.headline?.text]).toEqual([kind, headline.replace('\n', ' ')]);
    if (kind.endsWith('task') || kind.endsWith('lockup'))
      expect([report.comm, report.pid]).toEqual(['frobd/1', 71]);
  });
});

describe('a sentence about a line of the kernel', () => {
  it.each([
    'Kernel panic - not syncing: is what people write.',
    'INFO: task frobd:77 blocked for more than 120 seconds is harmless.',
    'INFO: task frobd:77 blocked for more than 120 seconds. Harmless here.',
    'INFO: task frobd:77 blocked in I/O wait for more than 120 seconds, and nothing else.',
    'WARNING: CPU: 0 PID: 0 at drivers/frob/core.c:77 frob_warn+0x1/0x20 is common.',
    'BUG: kernel NULL pointer dereference, address: 0000000000000018 was in my log.',
    'kernel BUG at drivers/frob/core.c:77! is what it said',
    'I saw "Kernel panic - not syncing: Fatal exception" twice.',
  ])('is no report: %s', (line) => {
    expect(reportsOf(`Hello,\n${line}\nBye\n`)).toEqual([]);
  });

  it.each([
    'Kernel panic - not syncing: timer does not work',
    'Kernel panic - not syncing: No working frob found.  Try passing frob= option to kernel.',
    'INFO: task frobd:77 blocked for more than 120 seconds.',
    'INFO: task frobd:77 blocked for more than 120 seconds',
    'INFO: task frob is:77 blocked for more than 120 seconds. Not tainted 6.8.0-demo',
    'WARNING: CPU: 0 PID: 0 at drivers/frob/core.c:77 frob_warn+0x1/0x20 [frob]',
    'BUG: kernel NULL pointer dereference, address: 0000000000000018',
  ])('and the line itself is one: %s', (line) => {
    expect(reportsOf(`${line}\n`)).toHaveLength(1);
  });
});
