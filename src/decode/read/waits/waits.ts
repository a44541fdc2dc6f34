// Who waits for whom, as values: of lockdep, hung tasks, lockups, stalls of RCU, and dumps of tasks.

import type { Addr } from '../../../base/address.js';
import type { CodeLocation, TextPlace } from '../place.js';

/** A task as it is named; `comm` may hold a slash or a colon. */
export interface WaitingTask {
  readonly comm: string;
  readonly pid: number;
}

/** A lock as lockdep prints it: `ffff… (&f->lock){+.+.}-{3:3}, at: frob+0x12/0x40`. */
export interface LockUse {
  readonly address?: Addr;
  /** Its class: `&f->lock`, `rtnl_mutex`, `(work_completion)(&w)`. */
  readonly name: string;
  /** Letters of its use in interrupts: `+.?.`. */
  readonly state?: string;
  /** Wait types, outer and inner: `3:3`. */
  readonly depth?: string;
  /** Where it is taken, or was. */
  readonly at?: CodeLocation;
}

/** A lock in the chain that exists already; `#0` is the one that is taken now. */
export interface ChainLink extends LockUse, TextPlace {
  readonly index: number;
  /** Index in the traces of the report: where it was taken. */
  readonly trace?: number;
}

/** One step of the scenario that lockdep draws. */
export interface ScenarioStep {
  readonly cpu: number;
  readonly does: string; // `lock(&f->lock_a)`, `<Interrupt>`
}

export const LOCK_PROBLEMS = [
  'circular', // locks in two orders
  'recursive', // a lock, or one of its class, taken twice
  'irq-order', // a lock of interrupts depends on one that is taken with interrupts on
  'inversion', // the same, found when the state of a lock changed
  'inconsistent', // a lock of interrupts that is taken with interrupts on
  'held-freed', // memory that holds a lock that is held
  'unbalanced', // released, but not held
  'wait-context', // a sleeping lock in a context that must not sleep
  'not-held', // a lock that must be held is not
  'still-held', // held where none may be
  'non-static-key', // never initialised
  'rcu', // dereferenced outside of a read-side section
  'contention',
  'deadlock', // of rtmutex
] as const;

/** What lockdep found. */
export interface LockProblem extends TextPlace {
  readonly problem: (typeof LOCK_PROBLEMS)[number];
  /** The words of the text: `possible circular locking dependency detected`. */
  readonly said: string;
  readonly task?: WaitingTask;
  /** The lock that the task takes, releases or changes. */
  readonly wanted?: LockUse;
  /** What it holds, or must hold, as the text says beside the wanted one. */
  readonly held?: LockUse;
  /** `A` is held while `B` is taken: the order of classes that the text gives. */
  readonly order?: readonly string[];
  readonly chain?: readonly ChainLink[];
  /** `HARDIRQ-safe`, `HARDIRQ-unsafe`; `SOFTIRQ-ON-W`, `IN-SOFTIRQ-W`. */
  readonly states?: { readonly from: string; readonly to: string };
  readonly safe?: LockUse;
  readonly unsafe?: LockUse;
  /** Memory that is freed with the lock in it. */
  readonly freed?: { readonly from: Addr; readonly to: Addr };
  readonly scenario?: readonly ScenarioStep[];
  /** `file:line` of a suspicious use of RCU, and which one. */
  readonly usage?: { readonly file: string; readonly line: number; readonly what: string };
}

/** `2 locks held by frobd/123:` */
export interface HeldLocks extends TextPlace {
  readonly task: WaitingTask;
  /** As many as the text says. */
  readonly count: number;
  /** In the order in which they were taken, `#0` first. */
  readonly locks: readonly LockUse[];
}

/** `INFO: task frobd:123 blocked for more than 120 seconds.` */
export interface HungTask extends TextPlace {
  readonly task: WaitingTask;
  readonly seconds?: number;
  /** `in I/O wait`. */
  readonly how?: string;
  /** What it waits for, where the kernel knows: `mutex`, `rw-semaphore`. */
  readonly lock?: string;
  readonly owner?: WaitingTask;
  /** Whether the owner holds it, or held it last. */
  readonly ownership?: 'likely owned' | 'likely last held';
}

/** A CPU that did not schedule, or took no interrupt. */
export interface Lockup extends TextPlace {
  readonly hardness: 'soft' | 'hard';
  readonly cpu?: number;
  readonly seconds?: number;
  readonly task?: WaitingTask;
}

/** A CPU that answered an NMI, or was left out as it idled. */
export interface CpuBacktrace extends TextPlace {
  readonly cpu: number;
  readonly task?: WaitingTask;
  readonly at?: CodeLocation;
  readonly idle?: true;
}

/** `INFO: rcu_preempt self-detected stall on CPU` and what follows. */
export interface RcuStall extends TextPlace {
  readonly flavour: string; // `rcu_preempt`
  readonly expedited: boolean;
  readonly self: boolean;
  readonly cpus: readonly {
    readonly cpu: number;
    readonly ticks?: number;
    /** Grace periods that it is behind. */
    readonly behind?: number;
  }[];
  readonly tasks: readonly number[]; // PIDs that block the grace period
  readonly detectedBy?: number; // CPU
  readonly jiffies?: number;
  readonly gracePeriod?: number;
  /** Callbacks that wait. */
  readonly queued?: number;
  /** Set when the grace-period kthread did not run. */
  readonly starved?: { readonly jiffies: number; readonly state?: string; readonly cpu?: number };
}

/** One entry of a dump: `task:frobd state:D stack:0 pid:611 …`. */
export interface TaskEntry extends TextPlace {
  readonly comm: string;
  readonly pid?: number;
  readonly ppid?: number;
  /** `D`, `R`, `S` … */
  readonly state: string;
  readonly flags?: number;
  /** Set for `running task`. */
  readonly running?: true;
  /** Index in `traces`; absent where the text has none. */
  readonly trace?: number;
}

/** A trace, and the tasks that have it. */
export interface TaskTrace {
  readonly entries: readonly CodeLocation[];
  /** Indexes in `tasks`. */
  readonly tasks: readonly number[];
  /** The first function that is not the scheduler's or a lock's: where it waits. */
  readonly waitsIn?: CodeLocation;
}

export interface Waits {
  readonly lockdep?: LockProblem;
  readonly held: readonly HeldLocks[];
  readonly hung: readonly HungTask[];
  readonly lockups: readonly Lockup[];
  readonly cpus: readonly CpuBacktrace[];
  readonly stall?: RcuStall;
  readonly tasks: readonly TaskEntry[];
  /** Equal traces once, the one of most tasks first. */
  readonly traces: readonly TaskTrace[];
  /** Entries that were left out because there were too many. */
  readonly dropped: number;
}
