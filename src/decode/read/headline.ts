// The lines that say what happened, as a table: pattern, kind, and rank.
// Sources: arch/x86/mm/fault.c, arch/x86/kernel/traps.c and dumpstack*.c, lib/bug.c, lib/list_debug.c, kernel/panic.c,
// kernel/watchdog*.c, kernel/hung_task.c, kernel/rcu/tree_stall.h, mm/kasan/report.c; v2.6.9 to v6.14.

import { defined, numberIn } from '../../base/defined.js';
import type { CheckerFinding, KernelReport, ReportKind } from './report.js';
import { findLocation } from './code-location.js';
import { HARDWARE_ROWS } from './hardware/hardware-rows.js';

/** Facts of a report that a headline may give. */
type HeadlineFacts = Partial<
  Pick<KernelReport, 'faultAddress' | 'errorCode' | 'source' | 'cpu' | 'pid' | 'comm'>
>;

/** A headline; of several, the one of the highest rank is shown. */
export interface FoundHeadline {
  readonly kind: ReportKind;
  /** 3: says the cause; 2: says the kind; 1: names the exception alone; 0: adds something. */
  readonly rank: 0 | 1 | 2 | 3;
  /** Whether the line alone is a report. */
  readonly alone: boolean;
  /** Set when the line belongs to the report before it. */
  readonly follows: boolean;
  readonly text: string;
  readonly facts: HeadlineFacts;
  readonly location?: ReturnType<typeof findLocation>;
  readonly checker?: Omit<CheckerFinding, 'line'>;
}

type Row = readonly [
  pattern: RegExp,
  kind: ReportKind,
  rank: 0 | 1 | 2 | 3,
  options?: { readonly weak?: true; readonly follows?: true } | undefined,
];

// Anchored at the start of the text; the first that fits is taken.
const ROWS: readonly Row[] = [
  // kernel/locking/lockdep.c, kernel/rcu/update.c; in brackets until 4.10, between signs of equality where it was copied so.
  [/^(?:[=*]{2,80} )?(?:\[ )?(?:INFO|WARNING|BUG): (?:possible (?:circular|recursive) locking|possible irq lock inversion|inconsistent lock state|[\w-]{1,20}-safe -> [\w-]{1,20}-unsafe lock order|(?:.{1,80} )?still has locks held|lock held (?:when|at)|held lock freed|bad (?:unlock balance|contention) detected|Invalid wait context|Nested lock was not taken|suspicious (?:RCU|rcu_\w{1,40}\(\)) usage|circular locking deadlock|trying to register non-static key)/u, 'lockdep', 2, { weak: true }],
  [/^kernel tried to execute NX-protected page/u, 'paging', 0],
  [/^unable to execute userspace code|^kernel tried to /u, 'paging', 0, { weak: true }],
  [/^(?:BUG: )?[Uu]nable to handle kernel (?:NULL pointer|null pointer) dereference/u, 'null-deref', 2],
  [/^BUG: kernel NULL pointer dereference/u, 'null-deref', 2],
  [/^(?:BUG: )?[Uu]nable to handle (?:kernel paging request|page fault)/u, 'paging', 2],
  [/^BUG: (?:supervisor|user) /u, 'paging', 2],
  [/^BUG: (?:\S{1,16} )?stack guard page was hit/u, 'stack-guard', 2],
  [/^(?:traps: )?PANIC: double fault/u, 'double-fault', 2],
  [/^list_(?:add|del) (?:corruption|double add)|^list_del corruption/u, 'list-corruption', 3],
  [/^BUG: (?:KASAN|KFENCE|KMSAN|KCSAN): /u, 'kasan', 3],
  [/^UBSAN: /u, 'kasan', 2],
  [/^kasan: GPF could be caused by|^KASAN: (?:maybe wild|null-ptr-deref|probably user|double-fault)/u, 'gpf', 0],
  [/^(?:NMI )?(?:watchdog: )?BUG: soft lockup/u, 'soft-lockup', 2],
  [/^(?:NMI |watchdog: |CPU\d+: ){0,3}[Ww]atchdog:? (?:CPU\d+: )?(?:Watchdog )?detected (?:hard )?LOCKUP/u, 'hard-lockup', 2],
  [/^(?:NMI watchdog: |watchdog: )(?:CPU ?\d+: )?Watchdog detected hard LOCKUP/u, 'hard-lockup', 2],
  [/^(?:rcu: )?INFO: \S{1,40} (?:self-)?detected (?:expedited )?stalls?/u, 'rcu-stall', 2],
  [/^INFO: task .{1,120} is blocked on an? /u, 'hung-task', 0, { follows: true }],
  [/^INFO: task .{1,80}(?: blocked (?:for|in|on) | can't die for more than )/u, 'hung-task', 2],
  [/^(?:sysrq: |SysRq ?: )(?:Show (?:Blocked )?State\b|Show backtrace of all active CPUs)/u, 'task-dump', 2, { weak: true }],
  [/^[Kk]ernel BUG at\b/u, 'bug', 2],
  [/^WARNING: (?:.{0,200} )?at \S{1,250}:\d|^WARNING: CPU: ?\d|^Badness (?:in|at) /u, 'warning', 2],
  [/^WARNING: \S.{0,200} at \S{1,250}\+0x/u, 'warning', 2],
  [/^WARNING: (?:possible |suspicious |inconsistent |bad |held |lock |Nested )/u, 'warning', 2, { weak: true }],
  [/^WARNING: stack recursion|^------------\[ WARN/u, 'warning', 2, { weak: true }],
  [/^BUG: (?:Bad |scheduling while|sleeping function|using |workqueue|spinlock|rwlock|unable|Invalid|non-zero|looking up|MAX_|atomic|recent|memory |Dentry|Unmountable|MAX|bad |lock )/u, 'other-bug', 2],
  [/^BUG (?:\S{1,64}) \((?:Not tainted|Tainted)/u, 'other-bug', 2],
  [/^sysfs: cannot create duplicate filename /u, 'warning', 2, { weak: true }],
  [/^unchecked MSR access error: /u, 'warning', 2],
  [/^unregister_netdevice: waiting for .{1,64} to become free/u, 'other-bug', 2],
  [/^unreferenced object 0x[0-9a-f]{8,16} \(size /u, 'memory-leak', 2],
  [/^.{1,64} invoked oom-killer: |^.{1,64}: page allocation (?:failure[:.] ?order:|stalls for )/u, 'out-of-memory', 2],
  [/^(?:Memory cgroup o|O)ut of memory: Kill/u, 'out-of-memory', 2, { follows: true }],
  ...HARDWARE_ROWS,
  [/^ODEBUG: |^refcount_t: |^\w{1,40}: detected field-spanning/u, 'warning', 1],
  [/^(?:usercopy: )?(?:Bad or missing usercopy|[Kk]ernel memory (?:exposure|overwrite) attempt)|^(?:\w{1,40}: )?detected buffer overflow/u, 'bug', 1],
  [/^stack-protector: /u, 'panic', 1],
  [/^CFI failure/u, 'unknown', 0, { weak: true }],
  [/^(?:Oops: )?general protection fault\b.*\[#?\d/u, 'gpf', 1],
  [/^(?:Oops: )?(?:kernel stack overflow|stack guard page)\b.*\[#?\d/u, 'stack-guard', 1],
  [/^(?:Oops: )?double fault\b.*\[#?\d/u, 'double-fault', 1],
  [/^Oops: (?:Oops: )?[0-9a-f]{4,8} \[#?\d/u, 'paging', 1],
  [/^(?:Oops: )?(?:invalid opcode|divide error|int3|stack segment|alignment check|segment not present|control protection fault|invalid TSS|bounds|overflow|simd exception|fpu exception|coprocessor segment overrun|debug|trap \w+|SIMD|Oops)\b.*: [0-9a-f]{4,8} \[#?\d/u, 'trap', 1],
  // These panics follow another report.
  [/^Kernel panic - not syncing: (?:Fatal |Machine halted|.{0,40}panic_on_|Attempted to kill|softlockup|hung_task|.{0,20}LOCKUP|RCU Stall|Oops|.{0,20}set \.\.\.|Aiee|kernel stack|KASAN|NMI)/u, 'panic', 2, { follows: true }],
  [/^Kernel panic - not syncing/u, 'panic', 2],
]; // prettier-ignore

const HINT =
  /BUG|nable to |LOCKUP|INFO|WARN|Badness|list_|panic|PANIC|fault|\[#?\d|UBSAN|KASAN|kernel tried|refcount|usercopy|overflow|kasan|CFI|Hardware Error|Machine Check|EDAC|AER|PCIe Bus|temperature above|sysfs: |MSR|to become free|unreferenced|oom-killer|page allocation|ut of memory|ODEBUG|field-spanning|[yY]s[rR]q|-safe -> |stack-protector/u;

const ADDRESS =
  /(?:(?:request|dereference) ?at (?:virtual address )?|address:? |for address )(?:0x)?([0-9a-f]{8,16}|\s{0,12}\(null\))|non-canonical address 0x([0-9a-f]{1,16})|maybe for address 0x([0-9a-f]{1,16})/u;
const SOURCE = /(?:\bat |^WARNING: (?:\[[^\]]{1,200}\] )?)([^\s:]{1,250}):(\d{1,7})\b/u;

const factsOf = (text: string, source: RegExpExecArray | null): HeadlineFacts => {
  const address = ADDRESS.exec(text);
  const digits = address?.[1] ?? address?.[2] ?? address?.[3];
  const errorCode = /error_code: ?0x([0-9a-f]{1,8})/u.exec(text)?.[1];
  const cpu = /\bCPU(?:: ?|#)(\d{1,5})\b/u.exec(text)?.[1];
  const task =
    /\[([^[\]]{1,64}):(\d{1,9})\]\s*$/u.exec(text) ?? /\btask (.{1,64}):(\d{1,9}) blocked/u.exec(text);
  const pid = task?.[2] ?? /\bPID: (\d{1,9})\b/u.exec(text)?.[1];
  return defined({
    faultAddress: digits === undefined ? undefined : digits.endsWith(')') ? 0n : BigInt(`0x${digits}`),
    errorCode: numberIn(errorCode, 16),
    source: source === null ? undefined : { file: source[1]!, line: Number(source[2]) },
    cpu: numberIn(cpu),
    pid: numberIn(pid),
    comm: task?.[1],
  });
};

const checkerOf = (text: string): Omit<CheckerFinding, 'line'> | undefined => {
  const found =
    /^(?:BUG: )?(K[A-Z]SAN|KASAN|KFENCE|KMSAN|KCSAN|UBSAN): ([\w -]{1,80}?)(?: in (\S{1,280}.*))?$/u.exec(
      text,
    );
  if (found === null) return undefined;
  const [, checker, bug, place] = found;
  const at = place === undefined ? undefined : findLocation(place)?.location;
  return defined({ checker: checker!, bug: bug!, at });
};

/** The headline of a line; `undefined` for other lines. @param text without prefixes */
export const findHeadline = (text: string): FoundHeadline | undefined => {
  if (!HINT.test(text)) return undefined;
  const line = text.trim();
  const row = ROWS.find(([pattern]) => pattern.test(line));
  if (row === undefined) return undefined;
  const [, kind, rank, options] = row;
  const source = SOURCE.exec(line);
  const rest = source === null ? '' : line.slice(source.index + source[0].length).replace(/^(?: at)?\s/u, '');
  return defined({
    kind,
    rank,
    alone: options?.weak !== true && rank > 0,
    follows: options?.follows === true,
    text: line,
    facts: factsOf(line, source),
    location: rest === '' ? undefined : findLocation(rest),
    checker: checkerOf(line),
  });
};
