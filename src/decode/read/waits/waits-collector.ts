// Gathers who waits for whom from the lines of one report.

import type { CodeLocation } from '../place.js';
import { findRip } from '../register-line.js';
import { findCpuBacktrace, findHungTask, findLockup, findOwner, findRunning } from './blocked.js';
import { findHeldLock, findHolder } from './lock-line.js';
import { LockProblemReader } from './lock-problem.js';
import { StallReader } from './stall.js';
import { TaskList } from './task-list.js';
import type { CpuBacktrace, HeldLocks, HungTask, LockUse, Lockup, Waits } from './waits.js';

export const MAX_HOLDERS = 1024;
export const MAX_LOCKS = 64; // of one task
export const MAX_LINES = 1024; // hung tasks, lockups, CPUs: of each

// A line that may be one of these; all others are the trace of a task, or nothing.
const HINT =
  /INFO|WARN|BUG|LOCKUP|NMI backtrace|^CPU: |RIP|locks? held by|^\s*#\d|task:|rcu|->|lock|CPU0|Chain|which|usage|\{|Interrupt|irq|DEADLOCK|^\s*\d{1,5}[-:]|jiffies|detected by|Tasks blocked|holding|takes|freeing|acquire| 0x/u;

export class WaitsCollector {
  readonly #problem = new LockProblemReader();
  readonly #stall = new StallReader();
  readonly #tasks = new TaskList();
  readonly #held: { -readonly [K in keyof HeldLocks]: HeldLocks[K] }[] = [];
  readonly #hung: HungTask[] = [];
  readonly #lockups: Lockup[] = [];
  readonly #cpus: CpuBacktrace[] = [];
  #holder: LockUse[] | undefined;
  #dropped = 0;

  /** Tasks of a dump so far. */
  get tasks(): number {
    return this.#tasks.count;
  }

  /** Where the lock that lockdep speaks of is taken. */
  get place(): CodeLocation | undefined {
    return this.#problem.place;
  }

  /** Whether a report of these lines needs no trace. */
  get whole(): boolean {
    return this.tasks > 0 || this.#problem.told || this.#held.length > 0;
  }

  /** Tasks, lines and traces that were too many. */
  get dropped(): number {
    return this.#dropped + this.#tasks.dropped;
  }

  /** Take a line, if it says who waits. @param text without prefixes */
  take(text: string, line: number): boolean {
    if (text.length > 1000) return false;
    if (!this.#problem.begun && !HINT.test(text))
      return this.#tasks.count > 0 && this.#tasks.take(text, line);
    const taken = this.#line(text, text.trim(), line);
    if (taken) this.#tasks.leave();
    return taken || this.#tasks.take(text, line);
  }

  #line(text: string, trimmed: string, line: number): boolean {
    const holder = findHolder(trimmed);
    if (holder !== undefined) {
      this.#holder = [];
      this.#add(this.#held, { line, ...holder, locks: this.#holder }, MAX_HOLDERS);
      return true;
    }
    if (this.#holder !== undefined && trimmed.startsWith('#')) {
      const lock = findHeldLock(trimmed);
      if (lock !== undefined && this.#holder.length < MAX_LOCKS) this.#holder.push(lock);
      if (lock !== undefined) return true;
    }
    if (this.#blocked(trimmed, line)) return true;
    if (this.#problem.take(text, line)) return true;
    return this.#stall.take(text, line);
  }

  #blocked(text: string, line: number): boolean {
    const hung = findHungTask(text, line);
    if (hung !== undefined) return this.#add(this.#hung, hung, MAX_LINES);
    const owner = findOwner(text);
    if (owner !== undefined) return this.#own(owner, line);
    const lockup = findLockup(text, line);
    if (lockup !== undefined) return this.#add(this.#lockups, lockup, MAX_LINES);
    const cpu = findCpuBacktrace(text, line);
    if (cpu !== undefined) return this.#add(this.#cpus, cpu, MAX_LINES);
    this.#running(text);
    return false;
  }

  #own(owner: NonNullable<ReturnType<typeof findOwner>>, line: number): boolean {
    const at = this.#hung.findLastIndex(({ task }) => task.pid === owner.task.pid);
    if (at < 0) return this.#add(this.#hung, { line, ...owner }, MAX_LINES);
    this.#hung[at] = { ...this.#hung[at]!, ...owner };
    return true;
  }

  // The lines of the task and of RIP belong to the CPU whose backtrace is open, or to the one that is locked up.
  #running(text: string): void {
    const last = this.#cpus.at(-1);
    if (text.startsWith('RIP')) {
      const at =
        last?.idle === true || last?.at !== undefined ? undefined : findRip(text)?.location?.location;
      if (last !== undefined && at !== undefined) this.#cpus[this.#cpus.length - 1] = { ...last, at };
      return;
    }
    const running = text.startsWith('CPU: ') ? findRunning(text) : undefined;
    if (running === undefined) return;
    this.#tasks.leave();
    if (last !== undefined && last.cpu === running.cpu && last.task === undefined) {
      this.#cpus[this.#cpus.length - 1] = { ...last, task: running.task };
    }
    const locked = this.#lockups.findIndex(({ cpu, task }) => cpu === running.cpu && task === undefined);
    if (locked >= 0) this.#lockups[locked] = { ...this.#lockups[locked]!, task: running.task };
  }

  #add<Item>(list: Item[], item: Item, most: number): true {
    if (list.length < most) list.push(item);
    else this.#dropped += 1;
    return true;
  }

  /** @param traces of the report; a link of a chain names the one that its line opens */
  finish(traces: readonly { readonly line: number }[]): Waits | undefined {
    const lockdep = this.#problem.finish((line) => {
      const index = traces.findIndex((trace) => trace.line === line);
      return index < 0 ? undefined : index;
    });
    const stall = this.#stall.finish();
    const { tasks, traces: taskTraces } = this.#tasks.finish();
    const lists = [this.#held, this.#hung, this.#lockups, this.#cpus, tasks];
    if (lockdep === undefined && stall === undefined && lists.every(({ length }) => length === 0))
      return undefined;
    return {
      ...(lockdep === undefined ? {} : { lockdep }),
      held: this.#held,
      hung: this.#hung,
      lockups: this.#lockups,
      cpus: this.#cpus,
      ...(stall === undefined ? {} : { stall }),
      tasks,
      traces: taskTraces,
      dropped: this.dropped,
    };
  }
}
