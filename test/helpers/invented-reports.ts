// Reports of every kind, made up, each with facts of its own: a number gives its functions, task and CPU.

import type { ReportKind } from '../../src/decode/read/report.js';

/** A report, and what is to be found in it. */
export interface Invented {
  readonly lines: readonly string[];
  readonly kind: ReportKind;
  /** The text of the headline. */
  readonly headline: string;
  /** Function, by its number, of the first set of registers; absent where the report has none. */
  readonly at?: string;
  /** Functions at the top of its traces. */
  readonly traces: readonly string[];
}

const process = (n: number): string =>
  `CPU: ${n} UID: 0 PID: ${100 + n} Comm: frobd/${n} Not tainted 6.12.0-demo #7`;

const registers = (n: number, at: string): string[] => [
  `RIP: 0010:${at}+0x29/0x150`,
  'Code: 48 89 fb 48 <8b> 47 10 5b c3 90 90',
  `RSP: 0018:ffffb1c2c0a4fd${n.toString(16).padStart(2, '0')} EFLAGS: 00000246`,
  `RAX: ${n.toString(16).padStart(16, '0')} RBX: ffff888105555500 RCX: 0000000000000000`,
  'RDX: 0000000000000000 RSI: ffff9a0e41c2d818 RDI: ffff888105555500',
  'RBP: ffffb1c2c0a4fd88 R08: 0000000000000000 R09: 0000000000000000',
  'R10: 0000000000000003 R11: 0000000000000000 R12: ffff9a0e45aa1200',
  'R13: 00000000fffffff4 R14: ffff9a0e41c2d810 R15: 0000000000000000',
  'CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033',
  'CR2: 0000000000000058 CR3: 0000000112e4a004 CR4: 00000000003706f0',
];

const trace = (n: number, first: string): string[] => [
  'Call Trace:',
  ' <TASK>',
  ` ${first}+0x51/0x120`,
  ` frob${n}_ioctl+0xe/0x20`,
  ' do_syscall_64+0x82/0x190',
  ' </TASK>',
];

const END = '---[ end trace 0000000000000000 ]---';
const RULE = '='.repeat(66);

type Make = (n: number) => Omit<Invented, 'headline'> & { readonly says: number };

// `says`: index of the headline in the lines.
const trapped =
  (kind: ReportKind, before: (n: number) => readonly string[], says = 0): Make =>
  (n) => ({
    kind,
    says,
    at: `frob${n}_trap`,
    traces: [`frob${n}_open`],
    lines: [
      ...before(n),
      process(n),
      ...registers(n, `frob${n}_trap`),
      ...trace(n, `frob${n}_open`),
      'Modules linked in: frob',
      END,
    ],
  });

const software =
  (kind: ReportKind, before: (n: number) => readonly string[], says = 0): Make =>
  (n) => ({
    kind,
    says,
    traces: [`frob${n}_check`],
    lines: [...before(n), process(n), ...trace(n, `frob${n}_check`)],
  });

const watched =
  (kind: ReportKind, before: (n: number) => readonly string[]): Make =>
  (n) => ({
    kind,
    says: 0,
    at: `frob${n}_spin`,
    traces: [`frob${n}_wait`],
    lines: [
      ...before(n),
      'Modules linked in: frob',
      process(n),
      ...registers(n, `frob${n}_spin`),
      ...trace(n, `frob${n}_wait`),
    ],
  });

const address = (n: number): string => `ffffc90000a0${n.toString(16).padStart(4, '0')}`;
const task = (n: number): string => `frobd/${n}:${100 + n}`;

/** By name. */
export const MAKERS: Readonly<Record<string, Make>> = {
  'page fault': trapped('paging', (n) => [
    `BUG: unable to handle page fault for address: ${address(n)}`,
    '#PF: supervisor read access in kernel mode',
    '#PF: error_code(0x0000) - not-present page',
    'PGD 100000067 P4D 100000067 PUD 0 ',
    `Oops: Oops: 0000 [#${n}] PREEMPT SMP`,
  ]),
  'NULL pointer': trapped('null-deref', (n) => [
    `BUG: kernel NULL pointer dereference, address: 00000000000000${n.toString(16).padStart(2, '0')}`,
    `Oops: 0000 [#${n}] SMP`,
  ]),
  'protection fault': trapped('gpf', (n) => [
    `Oops: general protection fault, probably for non-canonical address 0xdead00000000${n.toString(16).padStart(4, '0')}: 0000 [#${n}] SMP`,
  ]),
  'divide error': trapped('trap', (n) => [`divide error: 0000 [#${n}] SMP`]),
  assertion: trapped(
    'bug',
    (n) => [
      '------------[ cut here ]------------',
      `kernel BUG at drivers/frob/core.c:${n}!`,
      `Oops: invalid opcode: 0000 [#${n}] SMP`,
    ],
    1,
  ),
  warning: trapped(
    'warning',
    (n) => [
      '------------[ cut here ]------------',
      `WARNING: CPU: ${n} PID: ${100 + n} at drivers/frob/core.c:${n} frob${n}_trap+0x29/0x150`,
      'Modules linked in: frob',
    ],
    1,
  ),
  'new warning': trapped(
    'warning',
    (n) => [
      '------------[ cut here ]------------',
      `frob ${n} has 2 links`,
      `WARNING: drivers/frob/core.c:${n} at 0x0, CPU#${n}: frobd/${n}/${100 + n}`,
    ],
    2,
  ),
  list: trapped('list-corruption', (n) => [
    `list_del corruption. next->prev should be ${address(n)}, but was dead000000000122`,
    '------------[ cut here ]------------',
    'kernel BUG at lib/list_debug.c:62!',
    `invalid opcode: 0000 [#${n}] SMP`,
  ]),
  'double fault': trapped('double-fault', (n) => [
    'traps: PANIC: double fault, error_code: 0x0',
    `double fault: 0000 [#${n}] SMP`,
  ]),
  stack: trapped('stack-guard', (n) => [
    `BUG: TASK stack guard page was hit at ${address(n)} (stack is ffffc90000a01000..ffffc90000a04fff)`,
    `stack guard page: 0000 [#${n}] SMP`,
  ]),
  KASAN: software(
    'kasan',
    (n) => [
      RULE,
      `BUG: KASAN: slab-use-after-free in frob${n}_check+0x51/0x120`,
      `Read of size 8 at addr ${address(n)} by task ${task(n).replace(':', '/')}`,
      '',
    ],
    1,
  ),
  UBSAN: software(
    'kasan',
    (n) => [
      '------------[ cut here ]------------',
      `UBSAN: array-index-out-of-bounds in drivers/frob/core.c:${n}:12`,
      `index ${n} is out of range for type 'int [1]'`,
    ],
    1,
  ),
  sleep: software('other-bug', (n) => [
    `BUG: sleeping function called from invalid context at mm/frob.c:${n}`,
    `in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: ${100 + n}, name: frobd/${n}`,
  ]),
  scheduling: software('other-bug', (n) => [
    `BUG: scheduling while atomic: ${task(n).replace(':', '/')}/0x00000002`,
    'Modules linked in: frob',
  ]),
  'page state': software('other-bug', (n) => [
    `BUG: Bad page state in process frobd/${n}  pfn:1234${n}`,
    'page dumped because: nonzero mapcount',
  ]),
  objects: software(
    'other-bug',
    (n) => [
      `=============================================================================`,
      `BUG frob${n}_cache (Not tainted): Objects remaining in frob${n}_cache on __kmem_cache_shutdown()`,
      '-----------------------------------------------------------------------------',
    ],
    1,
  ),
  'lock order': software(
    'lockdep',
    (n) => [
      '='.repeat(54),
      'WARNING: possible circular locking dependency detected',
      '6.12.0-demo #7 Not tainted',
      '-'.repeat(54),
      `frobd/${n}/${100 + n} is trying to acquire lock:`,
      `${address(n)} (&f->lock_a){+.+.}-{3:3}, at: frob${n}_check+0x51/0x120`,
      'stack backtrace:',
    ],
    1,
  ),
  RCU: software(
    'lockdep',
    (n) => [
      '='.repeat(29),
      'WARNING: suspicious RCU usage',
      '6.12.0-demo #7 Not tainted',
      '-'.repeat(29),
      `drivers/frob/core.c:${n} suspicious rcu_dereference_check() usage!`,
      'stack backtrace:',
    ],
    1,
  ),
  'soft lockup': watched('soft-lockup', (n) => [
    `watchdog: BUG: soft lockup - CPU#${n} stuck for 23s! [${task(n)}]`,
  ]),
  'hard lockup': watched('hard-lockup', (n) => [`watchdog: Watchdog detected hard LOCKUP on cpu ${n}`]),
  stall: watched('rcu-stall', (n) => [
    'rcu: INFO: rcu_preempt self-detected stall on CPU',
    `rcu: \t${n}-....: (20999 ticks this GP) idle=1234/1/0x4000000000000000 softirq=1/1 fqs=1`,
  ]),
  'hung task': (n) => ({
    kind: 'hung-task',
    says: 0,
    traces: [`frob${n}_wait`],
    lines: [
      `INFO: task ${task(n)} blocked for more than 120 seconds.`,
      '      Not tainted 6.12.0-demo #7',
      '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
      `task:frobd/${n}          state:D stack:0     pid:${100 + n}   ppid:2      flags:0x00004000`,
      ...trace(n, `frob${n}_wait`),
    ],
  }),
  shortage: software('out-of-memory', (n) => [
    `frobd/${n} invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0`,
  ]),
  allocation: software('out-of-memory', (n) => [
    `frobd/${n}: page allocation failure: order:${n}, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO)`,
  ]),
  leak: (n) => ({
    kind: 'memory-leak',
    says: 0,
    traces: [`frob${n}_alloc`],
    lines: [
      'BUG: memory leak',
      `unreferenced object 0x${address(n)} (size 32):`,
      `  comm "frobd/${n}", pid ${100 + n}, jiffies 4294944444`,
      `  backtrace (crc 1234567${n % 10}):`,
      `    frob${n}_alloc+0x51/0x120`,
      `    frob${n}_open+0xe/0x20`,
    ],
  }),
  file: software('warning', (n) => [`sysfs: cannot create duplicate filename '/devices/frob${n}'`]),
  panic: software('panic', (n) => [
    `Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,${n})`,
  ]),
};

/** The report of a kind. @param n from 1 to 255 */
export const invented = (name: string, n: number): Invented => {
  const { says, ...made } = MAKERS[name]!(n);
  return { ...made, headline: made.lines[says]! };
};
