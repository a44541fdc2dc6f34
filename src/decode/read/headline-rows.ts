// The lines that say what happened, as a table. Anchored at the start of the text; the first that fits is taken.
// Sources: arch/x86/mm/fault.c, arch/x86/kernel/traps.c and dumpstack*.c, arch/x86/entry/entry_fred.c, lib/bug.c,
// lib/list_debug.c, kernel/panic.c, kernel/watchdog*.c, kernel/hung_task.c, kernel/rcu/tree_stall.h, mm/kasan/report.c,
// mm/oom_kill.c, mm/page_alloc.c, kernel/cfi.c; v2.6.9 to v6.19. kernel/locking/lockdep.c, kernel/rcu/update.c: in
// brackets until v4.10, between signs of equality where it was copied so.

import { HARDWARE_ROWS } from './hardware/hardware-rows.js';
import type { ReportKind } from './report.js';

interface RowOptions {
  /** The line alone is not a report. */
  readonly weak?: true;
  /** The line belongs to the report before it, if there is one. */
  readonly follows?: true;
  /** The line has the die counter, or stands for that line: it is the last of the lines that say what happened. */
  readonly die?: true;
  /** The same words again are not another event. */
  readonly repeats?: true;
}

/**
 * Rank 3: says the cause; 2: says the kind; 1: names the exception alone; 0: adds something. Of several lines, the one of
 * the highest rank is shown.
 */
export type Row = readonly [
  pattern: RegExp,
  kind: ReportKind,
  rank: 0 | 1 | 2 | 3,
  options?: RowOptions | undefined,
];

// Of the page fault. People retype these lines: the colon, `BUG`, `kernel` or `unable to handle` may be missing.
const PAGING: readonly Row[] = [
  [/^kernel tried to execute NX-protected page/u, 'paging', 0],
  [/^unable to execute userspace code|^kernel tried to /u, 'paging', 0, { weak: true }],
  [
    /^(?:BUG:? )?[Uu]nable to handle (?:a )?(?:kernel )?(?:NULL|null) pointer (?:dereference|access)/u,
    'null-deref',
    2,
  ],
  [/^BUG:? kernel NULL pointer dereference/u, 'null-deref', 2],
  [/^(?:BUG:? )?[Uu]nable to handle (?:kernel paging request|(?:kernel )?page fault)/u, 'paging', 2],
  [
    /^(?:kernel )?NULL pointer dereference(?: at|, address:?| in) \S|^NULL pointer dereference$/u,
    'null-deref',
    2,
    { weak: true },
  ],
  [/^BUG: (?:supervisor|user) /u, 'paging', 2],
  [/^(?:Oops: ){1,2}[0-9a-f]{4,8}(?: \[#?\d|$)|^Oops:? \[#?\d/u, 'paging', 1, { die: true }],
];

const STACK: readonly Row[] = [
  [/^BUG: (?:\S{1,16} )?stack guard page was hit/u, 'stack-guard', 2],
  [/^(?:traps: )?PANIC: double fault/u, 'double-fault', 2],
  [/^BUG: stack overflow|^(?:do_IRQ: |\S{1,60} has overflown the kernel stack)/u, 'stack-guard', 2],
];

// The lines of die(), with the counter or cut before it.
const DIE: readonly Row[] = [
  [
    /^(?:Oops: )?general protection fault(?:\b.*\[#?\d|, (?:probably|maybe) for |, kernel NULL pointer dereference |,? ?\.\.\.$|(?:: [0-9a-f]{4})?$)/u,
    'gpf',
    1,
    { die: true },
  ],
  [
    /^(?:Oops: )?(?:kernel stack overflow|stack guard page)(?:\b.*\[#?\d|(?:: [0-9a-f]{4})?$)/u,
    'stack-guard',
    1,
    { die: true },
  ],
  [/^(?:Oops: )?double fault(?:\b.*\[#?\d|: [0-9a-f]{4}$)/u, 'double-fault', 1, { die: true }],
  [
    /^(?:Oops: )?(?:invalid opcode|divide error|int3|stack segment|alignment check|segment not present|control protection fault|invalid TSS|bounds|overflow|simd exception|fpu exception|coprocessor segment overrun|debug|[Ii]nvalid or fatal FRED event|trap \w+|SIMD|Oops)\b(?:.*: [0-9a-f]{4,8} \[#?\d|: [0-9a-f]{4}$|:? \[#?\d)/u,
    'trap',
    1,
    { die: true },
  ],
  [/^(?:Oops: )?(?:invalid opcode|divide error|stack segment|control protection fault)$/u, 'trap', 1, { die: true, weak: true }],
  [/^(?:PANIC|BUG): invalid or fatal FRED event|^PANIC: early exception/u, 'trap', 2],
]; // prettier-ignore

const CHECKERS: readonly Row[] = [
  [/^list_(?:add|del) (?:corruption|double add)|^list_del corruption/u, 'list-corruption', 3],
  [/^BUG: (?:KASAN|KFENCE|KMSAN|KCSAN): /u, 'kasan', 3],
  [/^UBSAN: /u, 'kasan', 2],
  [/^kasan: GPF could be caused by|^KASAN: (?:maybe wild|null-ptr-deref|probably user|double-fault)/u, 'gpf', 0],
  [/^CFI failure(?: at|:? \()/u, 'bug', 2],
  [/^ODEBUG: |^refcount_t: |^\w{1,40}: detected field-spanning/u, 'warning', 1],
  [/^(?:usercopy: )?(?:Bad or missing usercopy|[Kk]ernel memory (?:exposure|overwrite) attempt)|^(?:\w{1,40}: )?detected buffer overflow/u, 'bug', 1],
  [/^stack-protector: /u, 'panic', 1],
  [/^DMA-API: |^NETDEV WATCHDOG: |^refcount_t hit zero at /u, 'unknown', 0, { weak: true }],
  [/^(?:[Aa]ssertion failed: |\w{1,60}: assertion failure|Assertion failure in |XFS: Assertion failed: |BTRFS: Transaction aborted|kobject_add_internal failed)/u, 'unknown', 0, { weak: true }],
]; // prettier-ignore

// Lines that stand inside of another report: what other CPUs and tasks did, and what the unwinder thinks of a stack.
const INSIDE: readonly Row[] = [
  [/^NMI backtrace for cpu \d/u, 'task-dump', 1, { weak: true, follows: true }],
  [/^task:\S.{0,200} state:[A-Z]/u, 'task-dump', 1, { weak: true, follows: true }],
  [/^FAULT_INJECTION: forcing a failure|^FAULT_FLAG_ALLOW_RETRY missing /u, 'other-bug', 1, { weak: true, follows: true }],
  [/^DMA-API: Mapped at:/u, 'unknown', 0, { weak: true, follows: true }],
  [/^WARNING: (?:stack recursion|kernel stack |can't (?:access|dereference) |unrecognized unwind )/u, 'unknown', 0, { weak: true, follows: true }],
]; // prettier-ignore

const WAITS: readonly Row[] = [
  [/^(?:[=*]{2,80} )?(?:\[ )?(?:INFO|WARNING|BUG): (?:possible (?:circular|recursive) locking|possible irq lock inversion|inconsistent lock state|[\w-]{1,20}-safe -> [\w-]{1,20}-unsafe lock order|(?:.{1,80} )?still has locks held|lock held (?:when|at)|held lock freed|bad (?:unlock balance|contention) detected|Invalid wait context|Nested lock was not taken|suspicious (?:RCU|rcu_\w{1,40}\(\)) usage|circular locking deadlock|trying to register non-static key)/u, 'lockdep', 2, { weak: true }],
  [/^BUG: (?:MAX_(?:LOCK|STACK)\w{1,30} too low|key \S{1,24} (?:has not been registered|not in)|looking up invalid subclass)/u, 'lockdep', 2],
  [/^(?:NMI )?(?:watchdog: )?BUG: soft lockup/u, 'soft-lockup', 2],
  [/^(?:BUG: )?(?:NMI |watchdog: |CPU\d+: ){0,3}[Ww]atchdog:? (?:CPU\d+: )?(?:Watchdog )?detected (?:hard )?LOCKUP/u, 'hard-lockup', 2],
  [/^(?:NMI watchdog: |watchdog: )(?:CPU ?\d+: )?Watchdog detected hard LOCKUP/u, 'hard-lockup', 2],
  [/^(?:rcu: )?INFO: \S{1,40} (?:self-)?detected (?:expedited )?stalls?/u, 'rcu-stall', 2],
  [/^INFO: task .{1,120} is blocked on an? /u, 'hung-task', 0, { follows: true }],
  [/^INFO: task .{1,80}(?: blocked (?:for|in|on)\b| can't die for more than\b)/u, 'hung-task', 2],
  [/^(?:sysrq: |SysRq ?: )(?:Show (?:Blocked )?State\b|Show backtrace of all active CPUs|Show Regs)/u, 'task-dump', 2, { weak: true }],
]; // prettier-ignore

const WARNINGS: readonly Row[] = [
  [/^[Kk]ernel BUG at\b/u, 'bug', 2],
  [/^WARNING: (?:.{0,200} )?at \S{1,250}:\d|^WARNING: CPU: ?\d|^Badness (?:in|at) /u, 'warning', 2],
  [/^WARNING: \S.{0,200} at \S{1,250}\+0x|^WARNING: (?:.{0,200} )?\S{1,250}:\d{1,7} at \S/u, 'warning', 2],
  [/^WARNING: (?:possible |suspicious |inconsistent |bad |held |lock |Nested )/u, 'warning', 2, { weak: true }],
  [/^------------\[ WARN/u, 'warning', 2, { weak: true }],
  [/^sysfs: cannot create duplicate filename /u, 'warning', 1, { weak: true }],
  [/^(?:unchecked|mce:) MSR access error: /u, 'warning', 2],
]; // prettier-ignore

const STATES: readonly Row[] = [
  [/^BUG: (?:Bad |scheduling while|sleeping function|using |workqueue|spinlock|rwlock|unable|Invalid|non-zero|atomic|recent|Dentry|Unmountable|MAX|bad |lock )/u, 'other-bug', 2],
  [/^BUG \S{1,64} \(.{1,80}\): kasan: bad access detected/u, 'kasan', 0, { weak: true, follows: true }],
  [/^BUG (?:\S{1,64}) \((?:Not tainted|Tainted)/u, 'other-bug', 2],
  [/^unregister_netdevice: waiting for .{1,64} to become free/u, 'other-bug', 2, { repeats: true }],
  [/^irq \d{1,6}: nobody cared/u, 'other-bug', 2, { weak: true }],
  [/^BUG [\w.-]{1,64}: [A-Z][a-z]/u, 'other-bug', 2, { weak: true }],
  [/^kmem_cache_destroy \S{1,64}: Slab cache still has objects/u, 'other-bug', 2, { weak: true }],
  [/^VFS: Close: file count is 0/u, 'other-bug', 2],
  [/^VFS: Busy inodes after unmount of /u, 'other-bug', 2],
  [/^XFS (?:\([^()]{1,40}\)|\S{1,40}): Internal error /u, 'other-bug', 2, { weak: true }],
]; // prettier-ignore

const MEMORY: readonly Row[] = [
  [/^BUG: memory leak/u, 'memory-leak', 2],
  [/^unreferenced object 0x[0-9a-f]{8,16} \(size /u, 'memory-leak', 1],
  [/^kmemleak: \d{1,9} new suspected memory leaks/u, 'memory-leak', 1],
  [/^.{1,64} invoked oom-killer:|^.{1,64}: page allocation (?:failure[:.] ?order:|stalls for )|^.{1,64}: vmalloc(?: error)?: (?:allocation failure|size )|^\S.{0,60}: [^:]{3,60}(?:: order:\d{1,2})?, mode:0x/u, 'out-of-memory', 2],
  [/^(?:Memory cgroup o|O)ut of memory: Kill|^oom-kill:constraint=|^Killed process \d/u, 'out-of-memory', 2, { follows: true }],
]; // prettier-ignore

const PANICS: readonly Row[] = [
  // These follow another report.
  [/^Kernel panic - not syncing: (?:<\d>)?(?:Fatal |Machine (?:halted|check)|.{0,40}panic_on_|Attempted to kill|softlockup|hung_task|.{0,20}LOCKUP|RCU Stall|Oops|.{0,20}set \.\.\.|Aiee|kernel stack|KASAN|NMI|Out of memory|System is deadlocked on memory)/u, 'panic', 2, { follows: true }],
  [/^Kernel panic(?: - not syncing|: )/u, 'panic', 2],
]; // prettier-ignore

/** All rows, in the order in which they are tried. */
export const ROWS: readonly Row[] = [
  ...WAITS,
  ...PAGING,
  ...STACK,
  ...INSIDE,
  ...CHECKERS,
  ...WARNINGS,
  ...MEMORY,
  ...STATES,
  ...HARDWARE_ROWS,
  ...DIE,
  ...PANICS,
  // Whatever else is counted, and whatever else the kernel calls a bug.
  [/^[A-Za-z].{1,80}: [0-9a-f]{4} \[#\d{1,6}\]/u, 'trap', 1, { die: true }],
  [/^BUG: \S/u, 'other-bug', 2, { weak: true }],
];
