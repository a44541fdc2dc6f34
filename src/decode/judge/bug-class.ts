// The class of a bug: from the words of the kernel, the checker's finding, and the bad value.

import type { Sure } from '../code/statement.js';
import type { BadKind, BadValue } from '../explain/bad-value.js';
import type { Explanation } from '../explain/explain.js';
import { readPointer } from '../explain/pointer-reading.js';
import type { KernelReport } from '../read/report.js';
import type { BugClass } from './bug-classes.js';
import { refusalOf } from './refusal.js';

interface Classified {
  readonly class: BugClass;
  /** `certain`: the kernel says just that; `likely`: the usual reading of what it says. */
  readonly sure: Sure;
}

type Row = readonly [pattern: RegExp, named: BugClass, sure: Sure];

// The words of the lines that say what happened; the first row that fits any of them is taken. Sources: mm/kasan/report*.c,
// mm/kfence/report.c, mm/kmsan/report.c, kernel/kcsan/report.c, lib/ubsan.c, lib/list_debug.c, lib/refcount.c,
// kernel/locking/, kernel/sched/core.c, kernel/hung_task.c, kernel/watchdog*.c, mm/page_alloc.c, mm/slub.c; v2.6.32 to v6.14
const WORDS: readonly Row[] = [
  [/\bKASAN: (?:double-free or invalid-free)/u, 'invalid-free', 'likely'],
  [/\bKASAN: double-free/u, 'double-free', 'likely'],
  [/\bKASAN: invalid-free/u, 'invalid-free', 'likely'],
  [/\bKASAN: [\w-]*(?:use-after-(?:free|return|scope))/u, 'use-after-free', 'likely'],
  [/\bKASAN: [\w-]*out-of-bounds/u, 'out-of-bounds', 'likely'],
  [/^BUG: KASAN: null-ptr-deref/u, 'null-dereference', 'likely'],
  [/^BUG: KASAN: /u, 'wild-access', 'likely'],
  [/\bKFENCE: use-after-free/u, 'use-after-free', 'likely'],
  [/\bKFENCE: (?:out-of-bounds|memory corruption)/u, 'out-of-bounds', 'likely'],
  [/\bKFENCE: invalid free/u, 'invalid-free', 'likely'],
  [/\bKFENCE: /u, 'wild-access', 'likely'],
  [/\bKMSAN: .*use-after-free/u, 'use-after-free', 'likely'],
  [/\bKMSAN: /u, 'uninitialised', 'likely'],
  [/\bKCSAN: /u, 'data-race', 'likely'],
  [/^UBSAN: array-index-out-of-bounds/u, 'out-of-bounds', 'likely'],
  [/^UBSAN: /u, 'undefined-behaviour', 'likely'],
  [/^list_(?:add|del)|\bslist\b.*corruption/u, 'list-corruption', 'likely'],
  [/^refcount_t: /u, 'refcount', 'likely'],
  [/\bstack-protector: /u, 'stack-corruption', 'likely'],
  [/\bcorrupted stack end|Thread overran stack/u, 'stack-overflow', 'likely'],
  [/\bstack guard page was hit|kernel stack overflow|stack guard page\b/u, 'stack-overflow', 'likely'],
  [/^usercopy: |detected buffer overflow|^Bad or missing usercopy/u, 'out-of-bounds', 'likely'],
  [/^CFI failure|control protection fault|NX-protected page|unable to execute userspace/u, 'bad-jump', 'likely'],
  [/\b(?:possible (?:circular|recursive) locking|possible irq lock inversion|-unsafe lock order|possible deadlock)/u, 'deadlock', 'likely'],
  [/\b(?:bad unlock balance|held lock freed|inconsistent lock state|[Ii]nvalid wait context|still has locks held|lock held when returning|non-static key|Nested lock was not taken|suspicious RCU usage|workqueue leaked (?:lock|atomic)|bad contention|(?:spinlock|rwlock) (?:bad magic|already unlocked|wrong owner|wrong CPU|trylock failure))/u, 'lock-misuse', 'likely'],
  [/\b(?:spinlock|rwlock) (?:recursion|cpu recursion|lockup)/u, 'deadlock', 'likely'],
  [/sleeping function called|scheduling while atomic|\bin preemptible\b|voluntary context switch within RCU/u, 'atomic-sleep', 'certain'],
  [/soft lockup/u, 'soft-lockup', 'certain'],
  [/hard LOCKUP|detected LOCKUP/u, 'hard-lockup', 'certain'],
  [/detected (?:expedited )?stalls?/u, 'rcu-stall', 'certain'],
  [/^INFO: task .* (?:blocked|can't die)/u, 'hung-task', 'certain'],
  [/unregister_netdevice: waiting/u, 'refcount', 'possible'],
  [/^BUG: MAX_/u, 'warning', 'likely'],
  [/memory leak|unreferenced object/u, 'memory-leak', 'likely'],
  [/Out of memory|invoked oom-killer|System is deadlocked on memory|Out of Memory|out of memory/u, 'out-of-memory', 'certain'],
  [/^.{1,64}: (?:page allocation failure|vmalloc error|vmalloc: allocation failure)\b/u, 'out-of-memory', 'likely'],
  [/Machine [Cc]heck|\bMCE\b|\[Hardware Error\]|machine check/u, 'hardware', 'likely'],
  // A page that is freed, or handed out, while somebody still uses it.
  [/^BUG: Bad page (?:state|cache)/u, 'use-after-free', 'possible'],
  [/^BUG: Bad page map/u, 'wild-access', 'possible'],
  [/^BUG: (?:Bad rss-counter|non-zero \w{1,20} on freeing mm)/u, 'memory-leak', 'possible'],
  [/^BUG: Bad /u, 'wild-access', 'possible'],
  [/^BUG: Dentry .{0,200}still in use/u, 'refcount', 'likely'],
  [/^BUG .{1,80}: Objects remaining /u, 'memory-leak', 'likely'],
  [/Slab cache still has objects/u, 'memory-leak', 'likely'],
  [/^unregister_netdevice: waiting for/u, 'refcount', 'likely'],
  [/^VFS: (?:Busy inodes|Close: file count is (?:0|zero))/u, 'refcount', 'likely'],
  [/^FAULT_INJECTION: |^FAULT_FLAG_ALLOW_RETRY |^BUG: MAX_\w{1,40} too low/u, 'warning', 'certain'],
  [/^BUG .{1,80}: (?:Freepointer|Freechain|Free pointer) corrupt|^BUG .{1,80}: kasan: bad access/u, 'use-after-free', 'possible'],
  [/^BUG: workqueue lockup/u, 'hung-task', 'possible'],
  [/^sysrq: Show Blocked State/u, 'hung-task', 'possible'],
  [/^skbuff: skb_(?:over|under)_panic/u, 'out-of-bounds', 'likely'],
  [/Object already free/u, 'double-free', 'likely'],
  [/(?:Redzone|Left Redzone|Right Redzone|Object padding|Padding) overwritten/u, 'out-of-bounds', 'likely'],
  [/Poison overwritten/u, 'use-after-free', 'likely'],
  [/divide error|divide_error/u, 'divide', 'certain'],
]; // prettier-ignore

const FILES: readonly (readonly [RegExp, BugClass, Sure])[] = [
  [/lib\/refcount\.c$/u, 'refcount', 'likely'],
  [/lib\/list_debug\.c$/u, 'list-corruption', 'likely'],
  [/mm\/usercopy\.c$/u, 'out-of-bounds', 'likely'],
  // fortify_panic(): lib/string.c until v5.17, then lib/string_helpers.c
  [/lib\/string(?:_helpers)?\.c$/u, 'out-of-bounds', 'likely'],
  // BUG_ON(object == fp) of set_freepointer(), v4.14 to v6.14: an object freed twice
  [/mm\/slub\.c$/u, 'double-free', 'possible'],
];

// A 'freed pattern' by its first bytes. Source: include/linux/poison.h, v6.14
const OF_FILL: ReadonlyMap<bigint, Classified> = new Map([
  [0x5a5an, { class: 'uninitialised', sure: 'possible' }], // POISON_INUSE: never written since it was allocated
  [0xbbbbn, { class: 'out-of-bounds', sure: 'possible' }], // SLUB_RED_INACTIVE: after a free object
  [0xccccn, { class: 'out-of-bounds', sure: 'possible' }], // SLUB_RED_ACTIVE: after an allocated object
]);

// The upper bytes are the fill even where a small number was added to it.
const ofFill = (value: bigint): Classified | undefined => OF_FILL.get(value >> 48n);

// What the value at the trap says of the bug.
const OF_BAD: Readonly<Record<BadKind, BugClass | undefined>> = {
  NULL: 'null-dereference',
  'near NULL': 'null-dereference',
  'container of NULL': 'null-dereference',
  'error pointer': 'wild-access',
  'list poison': 'list-corruption',
  'freed pattern': 'use-after-free',
  'other poison': 'use-after-free',
  'flipped bit': 'wild-access',
  'shifted pointer': 'wild-access',
  text: 'wild-access',
  'KASAN shadow': undefined,
  'not canonical': 'wild-access',
  'user address': 'wild-access',
  'kernel address': 'wild-access',
  'stack bounds': 'stack-overflow',
  'zero divisor': 'divide',
  'overflowing quotient': 'divide',
  'code address': 'bad-jump',
  other: undefined,
};

const FAULTS = new Set(['paging', 'null-deref', 'gpf', 'double-fault', 'trap', 'unknown']);
const FETCH = 0x10; // of a page fault's error code. Source: Intel SDM vol. 3, 4.7
const FIRST_PAGE = 0x1000n;
/** Below it programs map no memory: the usual vm.mmap_min_addr. Source: mm/Kconfig and security/Kconfig, v6.14 */
const LOWEST_MAPPED = 0x10000n;

const less = (one: Sure, other: Sure): Sure => {
  const order: readonly Sure[] = ['possible', 'likely', 'certain'];
  return order[Math.min(order.indexOf(one), order.indexOf(other))]!;
};

// A jump or a call to an address without code: the fetch of the instruction faulted.
const isBadJump = (report: KernelReport): boolean => {
  if (report.kind !== 'paging' && report.kind !== 'null-deref') return false;
  const rip = report.registers[0]?.values.get('rip') ?? report.trap?.address;
  if (rip !== undefined && rip === report.faultAddress && report.registers[0]?.mode !== 'user') return true;
  return report.errorCode !== undefined && (report.errorCode & FETCH) !== 0;
};

const ofBad = ({ kind, value, sure }: Pick<BadValue, 'kind' | 'value' | 'sure'>): Classified | undefined => {
  const fill = kind === 'freed pattern' ? ofFill(value) : undefined;
  if (fill !== undefined) return fill;
  if (kind === 'user address' && value < LOWEST_MAPPED)
    return { class: 'null-dereference', sure: 'possible' };
  // Half of a value that looks like a mark of debugging may be chance.
  if (kind === 'other poison' && sure === 'possible') return { class: 'wild-access', sure };
  const known = OF_BAD[kind];
  return known === undefined ? undefined : { class: known, sure: less(sure, 'likely') };
};

const ofFault = (report: KernelReport, { bad }: Explanation): Classified | undefined => {
  if (isBadJump(report)) return { class: 'bad-jump', sure: 'likely' };
  const named = bad === undefined ? undefined : ofBad(bad);
  if (named !== undefined) return named;
  const { faultAddress } = report;
  // Without code, the address that faulted can still be told: a poison, or a pointer before NULL.
  const reading = faultAddress === undefined ? undefined : readPointer(faultAddress, faultAddress);
  const told = reading === undefined ? undefined : ofBad({ ...reading, value: faultAddress! });
  if (told !== undefined && told.class !== 'wild-access') return told;
  if (report.kind === 'null-deref') return { class: 'null-dereference', sure: 'likely' };
  if (report.kind === 'double-fault') return { class: 'stack-overflow', sure: 'possible' };
  const shadow = report.said.find(({ text }) => /^(?:KASAN: |kasan: GPF)/u.test(text))?.text;
  if (shadow !== undefined && /null-ptr-deref|NULL-ptr/u.test(shadow))
    return { class: 'null-dereference', sure: 'likely' };
  if (faultAddress !== undefined && report.kind !== 'trap') {
    const near = faultAddress < LOWEST_MAPPED;
    const sure = faultAddress < FIRST_PAGE ? 'likely' : 'possible';
    return { class: near ? 'null-dereference' : 'wild-access', sure };
  }
  return report.kind === 'gpf' || report.kind === 'paging'
    ? { class: 'wild-access', sure: 'possible' }
    : undefined;
};

// The trap's own name, where no line says more.
const ofTrap = (report: KernelReport): Classified | undefined => {
  const trap = report.die?.trap ?? report.headline?.text ?? '';
  if (/divide/u.test(trap)) return { class: 'divide', sure: 'certain' };
  if (/invalid opcode/u.test(trap)) return { class: 'assertion', sure: 'possible' };
  if (/stack segment|general protection/u.test(trap)) return { class: 'wild-access', sure: 'possible' };
  if (/control protection|int3/u.test(trap)) return { class: 'bad-jump', sure: 'possible' };
  return undefined;
};

const BY_KIND: Partial<Record<KernelReport['kind'], Classified>> = {
  bug: { class: 'assertion', sure: 'certain' },
  warning: { class: 'warning', sure: 'certain' },
  'stack-guard': { class: 'stack-overflow', sure: 'likely' },
  'soft-lockup': { class: 'soft-lockup', sure: 'certain' },
  'hard-lockup': { class: 'hard-lockup', sure: 'certain' },
  'rcu-stall': { class: 'rcu-stall', sure: 'certain' },
  'hung-task': { class: 'hung-task', sure: 'certain' },
  'list-corruption': { class: 'list-corruption', sure: 'likely' },
  lockdep: { class: 'lock-misuse', sure: 'likely' },
  'memory-leak': { class: 'memory-leak', sure: 'likely' },
  'out-of-memory': { class: 'out-of-memory', sure: 'certain' },
  hardware: { class: 'hardware', sure: 'likely' },
  'task-dump': { class: 'hung-task', sure: 'possible' },
  panic: { class: 'panic', sure: 'certain' },
  'other-bug': { class: 'assertion', sure: 'possible' },
};

// Without a line that says what happened, the first frames still tell who printed the trace, or that a task slept.
const ofTraceAlone = (report: KernelReport): Classified | undefined => {
  if (report.kind !== 'unknown' || report.headline !== undefined || report.die !== undefined)
    return undefined;
  const entries = report.traces.find(({ entries: some }) => some.length > 0)?.entries ?? [];
  const first = entries.filter(({ reliable }) => reliable).slice(0, 3);
  const named = (pattern: RegExp): boolean => first.some(({ symbol }) => pattern.test(symbol ?? ''));
  if (named(/^_*(?:dump_stack|show_stack)(?:_lvl)?$/u)) return { class: 'warning', sure: 'possible' };
  if (named(/^(?:__schedule|context_switch|__switch_to\w*)$/u))
    return { class: 'hung-task', sure: 'possible' };
  return undefined;
};

const classify = (report: KernelReport, explanation: Explanation): Classified => {
  const headline = report.headline?.text ?? '';
  const others = FAULTS.has(report.kind)
    ? []
    : [...report.said.map(({ text }) => text), report.message ?? '', report.finding?.bug ?? ''];
  for (const text of [headline, ...others]) {
    const row = WORDS.find(([pattern]) => pattern.test(text));
    if (row !== undefined) return { class: row[1], sure: row[2] };
  }
  const refusal = refusalOf(report, explanation);
  if (refusal?.class !== undefined) return { class: refusal.class, sure: refusal.sure ?? 'possible' };
  if (FAULTS.has(report.kind)) {
    const jump = report.said.some(({ text }) => /NX-protected page|unable to execute userspace/u.test(text));
    if (jump) return { class: 'bad-jump', sure: 'likely' };
    const fault = ofFault(report, explanation) ?? ofTrap(report);
    if (fault !== undefined) return fault;
  }
  const file = report.source?.file;
  const ofFile = file === undefined ? undefined : FILES.find(([pattern]) => pattern.test(file));
  if (ofFile !== undefined) return { class: ofFile[1], sure: ofFile[2] };
  return (
    BY_KIND[report.kind] ?? ofTrap(report) ?? ofTraceAlone(report) ?? { class: 'unknown', sure: 'possible' }
  );
};

/** The class of a report, and how sure it is: never certain where the kind is inferred from functions of the trace. */
export const classOf = (report: KernelReport, explanation: Explanation): Classified => {
  const found = classify(report, explanation);
  return report.kindFrom === 'headline' ? found : { ...found, sure: less(found.sure, 'likely') };
};
