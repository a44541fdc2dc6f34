// The words of titles, as a table: what the kernel's line is like, and the title that follows from it.
// Sources of the lines: mm/kasan/report.c, mm/kfence/report.c, mm/kmsan/report.c, kernel/kcsan/report.c, lib/ubsan.c,
// arch/x86/mm/fault.c, arch/x86/kernel/traps.c, kernel/locking/lockdep.c, kernel/sched/core.c, kernel/hung_task.c,
// kernel/rcu/tree_stall.h, kernel/panic.c, mm/page_alloc.c, mm/kmemleak.c, v2.6.32 to v6.14.

import type { KernelReport } from '../read/report.js';
import { bareSymbol } from './symbol.js';

/** What the words of a title need. */
interface Facts {
  readonly report: KernelReport;
  readonly text: string;
  /** The line that fits, as the pattern took it apart. */
  readonly found: RegExpExecArray;
  /** ` in frob_start`, or empty. */
  readonly where: string;
}

type Row = readonly [
  pattern: RegExp,
  title: string | ((facts: Facts) => string),
  /** A short name for this and similar bugs of one function. */
  alternative?: 'bad-access' | 'invalid-free' | 'stall' | 'hang' | 'stack-overflow',
];

const accessOf = ({ report }: Facts): string => {
  const access = report.finding?.access;
  return access === 'read' ? ' Read' : access === 'write' ? ' Write' : '';
};

// The first row whose pattern fits the headline is taken; the patterns are anchored where the kernel's line begins.
export const TITLE_ROWS: readonly Row[] = [
  [/^BUG: KASAN: (?:double-free or invalid-free|double-free|invalid-free)/u, ({ where }) => `KASAN: invalid-free${where}`, 'invalid-free'],
  [/^BUG: KASAN: ([a-z-]+)/u, (facts) => `KASAN: ${facts.found[1]}${accessOf(facts)}${facts.where}`, 'bad-access'],
  [/^BUG: KFENCE: (use-after-free|out-of-bounds) (read|write)/u, ({ found, where }) => `KFENCE: ${found[1]} ${found[2]}${where}`, 'bad-access'],
  [/^BUG: KFENCE: invalid free/u, ({ where }) => `KFENCE: invalid free${where}`, 'invalid-free'],
  [/^BUG: KFENCE: invalid (read|write)/u, ({ found, where }) => `KFENCE: invalid ${found[1]}${where}`, 'bad-access'],
  [/^BUG: KFENCE: memory corruption/u, ({ where }) => `KFENCE: memory corruption${where}`],
  [/^BUG: KMSAN: ([a-z-]+)/u, ({ found, where }) => `KMSAN: ${found[1]}${where}`, 'bad-access'],
  [/^BUG: KCSAN: ([a-z: -]{1,60}) in (.{1,400})$/u, ({ found }) => `KCSAN: ${found[1]} in ${pairOf(found[2]!)}`],
  [/^UBSAN: Undefined behaviour/u, ({ where }) => `UBSAN: undefined-behaviour${where}`],
  [/^UBSAN: array-index-out-of-bounds/u, ({ where }) => `UBSAN: array-index-out-of-bounds${where}`, 'bad-access'],
  [/^UBSAN: ([a-z][a-z -]{1,60}?)(?: in |$)/u, ({ found, where }) => `UBSAN: ${found[1]}${where}`],
  [/^(?:BUG: )?(?:[Uu]nable to handle kernel|kernel|Kernel) (?:NULL|null) pointer deref/u, ({ where }) => `BUG: unable to handle kernel NULL pointer dereference${where}`, 'bad-access'],
  [/^BUG: .{0,16}stack guard page was hit|^(?:Oops: )?stack guard page/u, ({ where }) => `BUG: stack guard page was hit${where}`, 'stack-overflow'],
  [/^(?:BUG: )?[Uu]nable to handle (?:kernel paging request|page fault|kernel)|^BUG: (?:supervisor|user) /u, ({ where }) => `BUG: unable to handle kernel paging request${where}`, 'bad-access'],
  [/general protection fault/u, ({ where }) => `general protection fault${where}`, 'bad-access'],
  [/stack segment/u, ({ where }) => `stack segment fault${where}`],
  [/PANIC: double fault|^(?:Oops: )?double fault/u, ({ where }) => `PANIC: double fault${where}`],
  [/divide[ _]error/u, ({ where }) => `divide error${where}`],
  [/^list_(?:add|del)/u, ({ where }) => `BUG: corrupted list${where}`, 'bad-access'],
  [/^[Kk]ernel BUG at .{0,200}\bmm\/usercopy\.c/u, ({ where }) => `BUG: bad usercopy${where}`],
  [/^[Kk]ernel BUG at .{0,200}\blib\/list_debug\.c/u, ({ where }) => `BUG: corrupted list${where}`, 'bad-access'],
  [/^[Kk]ernel BUG /u, ({ where }) => `kernel BUG${where}`],
  [/soft lockup/u, ({ where }) => `BUG: soft lockup${where}`, 'stall'],
  [/(?:hard |detected )LOCKUP/u, ({ where }) => `BUG: hard lockup${where}`, 'stall'],
  [/detected (?:expedited )?stalls?/u, ({ where }) => `INFO: rcu detected stall${where}`, 'stall'],
  [/^INFO: task .{1,90} blocked /u, ({ where }) => `INFO: task hung${where}`, 'hang'],
  [/^INFO: task .{1,90} can't die/u, ({ where }) => `INFO: task can't die${where}`, 'hang'],
  [/non-static key/u, ({ where }) => `INFO: trying to register non-static key${where}`],
  [/possible (?:circular|recursive) locking|possible irq lock inversion|-unsafe lock order|possible deadlock/u, ({ where }) => `possible deadlock${where}`],
  [/inconsistent lock state/u, ({ where }) => `inconsistent lock state${where}`],
  [/^\[? ?(?:=+)?\[? ?(WARNING|INFO|BUG)?:? ?suspicious RCU usage/u, ({ found, where }) => `${found[1] ?? 'WARNING'}: suspicious RCU usage${where}`],
  [/(WARNING|BUG): bad unlock balance/u, ({ found, where }) => `${found[1]}: bad unlock balance${where}`],
  [/(WARNING|BUG): held lock freed/u, ({ found, where }) => `${found[1]}: held lock freed${where}`],
  [/(WARNING|BUG): .*still has locks held/u, ({ found, where }) => `${found[1]}: still has locks held${where}`],
  [/(WARNING|BUG): lock held when returning to user space/u, ({ found, where }) => `${found[1]}: lock held when returning to user space${where}`],
  [/[Ii]nvalid wait context/u, ({ where }) => `WARNING: locking bug${where}`],
  [/Nested lock was not taken/u, ({ where }) => `WARNING: nested lock was not taken${where}`],
  [/sleeping function called from invalid context/u, ({ where }) => `BUG: sleeping function called from invalid context${where}`],
  [/scheduling while atomic/u, ({ where }) => `BUG: scheduling while atomic${where}`],
  [/^BUG: using ([a-z_]{1,60})\(\) in preemptible/u, ({ found, where }) => `BUG: using ${found[1]}() in preemptible code${where}`],
  [/^BUG: (spinlock|rwlock) (lockup suspected|already unlocked|recursion|cpu recursion|bad magic|wrong owner|wrong CPU|trylock failure on UP)/u, ({ found, where }) => `BUG: ${found[1]} ${found[2]}${where}`],
  [/^BUG: workqueue leaked lock or atomic/u, ({ where }) => `BUG: workqueue leaked lock or atomic${where}`],
  [/^BUG: workqueue lockup/u, 'BUG: workqueue lockup'],
  [/^BUG: Bad page map/u, 'BUG: Bad page map'],
  [/^BUG: Bad page (state|cache)/u, ({ found, where }) => `BUG: Bad page ${found[1]}${where}`],
  [/^BUG: Bad rss-counter state/u, 'BUG: Bad rss-counter state'],
  [/^BUG: non-zero (\w{1,20}) on freeing mm/u, ({ found }) => `BUG: non-zero ${found[1]} on freeing mm`],
  [/^BUG: Dentry .{0,200}still in use .{0,40}\[(unmount)/u, ({ found }) => `BUG: Dentry still in use in ${found[1]}`],
  [/^BUG: memory leak|^unreferenced object/u, ({ where }) => `memory leak${where}`],
  [/: page allocation failure\b/u, ({ where }) => `page allocation failure${where}`],
  [/: vmalloc(?: error|: allocation failure)/u, ({ where }) => `vmalloc allocation failure${where}`],
  [/ invoked oom-killer: |^(?:Memory cgroup o|O)ut of memory\b/u, 'out of memory'],
  [/^FAULT_INJECTION: /u, ({ where }) => `FAULT_INJECTION: forcing a failure${where}`],
  [/^sysfs: cannot create duplicate filename/u, ({ where }) => `sysfs: cannot create duplicate filename${where}`],
  [/^BUG: workqueue leaked atomic, lock or RCU/u, ({ where }) => `BUG: workqueue leaked atomic, lock or RCU${where}`],
  [/\[Hardware Error\]|Machine [Cc]heck/u, 'hardware error'],
  [/^BUG kmalloc-.*: Object already free/u, 'BUG: Object already free'],
  [/^BUG .{1,80} \(.{0,64}\): (Objects remaining|[A-Z][\w ]{1,40}?)(?: (?:in|on) .{0,200})?$/u, ({ found, where }) => `BUG: ${found[1]}${where}`],
  [/unregister_netdevice: waiting for/u, 'unregister_netdevice: waiting for DEV to become free'],
  [/stack-protector: /u, ({ where }) => `kernel panic: stack is corrupted${where}`],
  [/corrupted stack end/u, ({ where }) => `kernel panic: corrupted stack end${where}`, 'stack-overflow'],
  [/kernel stack overflow/u, ({ where }) => `kernel stack overflow${where}`, 'stack-overflow'],
  [/^invalid opcode|^Oops: invalid opcode/u, ({ where }) => `invalid opcode${where}`],
  [/^(?:Oops: )?debug\b/u, ({ where }) => `debug exception${where}`],
  [/^(?:Oops: )?(int3|alignment check|segment not present|control protection fault|invalid TSS|bounds|overflow)\b/u, ({ found, where }) => `${found[1]}${where}`],
  [/^WARNING: kernel stack (?:regs|frame pointer)/u, 'WARNING: kernel stack regs has bad value'],
  [/^(?:WARNING: |Badness )/u, warningTitle],
  [/^Kernel panic - not syncing: Attempted to kill init!/u, 'kernel panic: Attempted to kill init!'],
  [/^Kernel panic - not syncing: Couldn't open N_TTY ldisc/u, "kernel panic: Couldn't open N_TTY ldisc"],
  [/^Kernel panic - not syncing: (.{1,200})/u, ({ found }) => `kernel panic: ${plain(found[1]!)}`],
  [/^BUG: (MAX_\w{1,40} too low!)/u, ({ found }) => `BUG: ${found[1]}`],
  [/^BUG: (.{1,120})/u, ({ found, where }) => `BUG: ${plain(found[1]!)}${where}`],
]; // prettier-ignore

// Warnings of helpers are told apart by the file of the WARN(): the caller is to blame. Sources: lib/refcount.c,
// lib/debugobjects.c, lib/kobject.c, mm/usercopy.c, fs/proc/generic.c, kernel/locking/lockdep.c, v4.15 to v6.14
const WARNING_FILES: readonly (readonly [RegExp, string])[] = [
  [/\blib\/debugobjects\.c$/u, 'WARNING: ODEBUG bug'],
  [/\bmm\/usercopy\.c$/u, 'WARNING: bad usercopy'],
  [/\blib\/kobject\.c$/u, 'WARNING: kobject bug'],
  [/\bfs\/proc\/generic\.c$/u, 'WARNING: proc registration bug'],
  [/\blib\/refcount\.c$/u, 'WARNING: refcount bug'],
  [/\bkernel\/locking\/lockdep\.c$/u, 'WARNING: locking bug'],
];

function warningTitle({ report, text, where }: Facts): string {
  const file = report.source?.file ?? '';
  const special = WARNING_FILES.find(([pattern]) => pattern.test(file));
  if (special !== undefined) return `${special[1]}${where}`;
  if (/\bmm\/vmalloc\.c$/u.test(file) && text.includes('__vmalloc_node'))
    return `WARNING: zero-size vmalloc${where}`;
  if (/(?:^|\/)mm\//u.test(file) && / k?.?malloc/u.test(text)) return `WARNING: kmalloc bug${where}`;
  if (/ usb_submit_urb\b/u.test(text)) return `WARNING${where}/usb_submit_urb`;
  return `WARNING${where}`;
}

/** The two functions of a data race, `frob_a / frob_b`, in the order of the text. */
function pairOf(text: string): string {
  return text
    .split(' / ')
    .slice(0, 2)
    .map((one) => bareSymbol(one.trim().replace(/(?:\+0x| ).*$/u, '')))
    .join(' / ');
}

/** Words of the kernel without what differs from one crash to the next: addresses, numbers, paths, processes. */
function plain(text: string): string {
  return text
    .replaceAll(/\+0x[0-9a-f]{1,16}(?:\/0x[0-9a-f]{1,16})?/gu, '')
    .replaceAll(/\b(?:0x)?[0-9a-f]{6,16}\b/gu, 'ADDR')
    .replaceAll(/(?<![\w.])\/[\w./-]{1,200}/gu, 'PATH')
    .replaceAll(/\[[^\]]{0,64}:\d{1,9}\]/gu, '')
    .replace(/ \.\.\.$/u, '')
    .replaceAll(/(\.[chS]):\d{1,7}/gu, '$1')
    .replaceAll(/\b\d{1,20}\b/gu, 'NUM')
    .trim();
}
