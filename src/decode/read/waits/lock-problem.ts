// Reads what lockdep says of a broken rule, line by line.
// Sources: print_circular_bug(), print_bad_irq_dependency(), print_usage_bug(), print_deadlock_bug() and their siblings,
// kernel/locking/lockdep.c, v2.6.18 to v6.14; lockdep_rcu_suspicious(); debug_check_no_locks_held(); v4.x in brackets.

import { findLocation } from '../code-location.js';
import type { CodeLocation } from '../place.js';
import { findDependency, findLock } from './lock-line.js';
import type { ChainLink, LockProblem, LockUse, ScenarioStep } from './waits.js';

const PROBLEMS: readonly (readonly [RegExp, LockProblem['problem']])[] = [
  [/^possible circular locking/u, 'circular'],
  [/^possible recursive locking/u, 'recursive'],
  [/^possible irq lock inversion/u, 'inversion'],
  [/^[\w-]{1,20}-safe -> [\w-]{1,20}-unsafe lock order/u, 'irq-order'],
  [/^inconsistent lock state/u, 'inconsistent'],
  [/^held lock freed/u, 'held-freed'],
  [/^bad unlock balance/u, 'unbalanced'],
  [/^bad contention/u, 'contention'],
  [/^Invalid wait context/u, 'wait-context'],
  [/^Nested lock was not taken/u, 'not-held'],
  [/^(?:.{1,80} )?still has locks held|^lock held (?:when|at)/u, 'still-held'],
  [/^trying to register non-static key/u, 'non-static-key'],
  [/^suspicious (?:RCU|rcu_)/u, 'rcu'],
  [/^circular locking deadlock/u, 'deadlock'],
];

const HEAD = /^(?:[=*]{2,80} )?(?:\[ )?(?:INFO|WARNING|BUG): (.{1,160}?)!?\.?(?: \]|!? ={2,80})?$/u;
const TASK =
  /^(.{1,64})\/(\d{1,9})(?: \[.{1,80}\])?,? (?:is trying to (?:acquire|lock|release lock|contend lock)|takes|just changed the state of lock|is freeing memory|is (?:exiting|leaving the kernel) with locks still held)/u;
const MAX_CHAIN = 48;
const MAX_STEPS = 32;

// The line after one of these names a lock.
type Slot = 'wanted' | 'held' | 'safe' | 'unsafe';

const SLOTS: readonly (readonly [RegExp, Slot])[] = [
  [/^(?:but|and) (?:this |other )?task is already holding(?: lock)?:/u, 'held'],
  [/^(?:the )?task is trying to acquire(?: lock)?:/u, 'wanted'],
  [/^but (?:this )?task is not holding:/u, 'held'],
  [/^but this new dependency connects an? \S{1,40}-safe lock:/u, 'safe'],
  [/^to an? \S{1,40}-unsafe lock:/u, 'unsafe'],
  [/^but this lock took another, \S{1,40}-unsafe lock in the past:/u, 'unsafe'],
  [/^but this lock was taken by another, \S{1,40}-safe lock in the past:/u, 'safe'],
];

type Open = { -readonly [K in keyof LockProblem]: LockProblem[K] };

export class LockProblemReader {
  #open: Open | undefined;
  #slot: Slot | 'not held' | 'release' | undefined;
  #order = false; // the next line has the order
  #secondCpu: number | undefined; // the column of CPU1 in the scenario
  readonly #chain: ChainLink[] = [];
  readonly #scenario: ScenarioStep[] = [];

  get place(): CodeLocation | undefined {
    return this.#open?.wanted?.at;
  }

  get begun(): boolean {
    return this.#open !== undefined;
  }

  /** Whether the text names a task or a lock. */
  get told(): boolean {
    return this.#open?.task !== undefined || this.#open?.wanted !== undefined;
  }

  /** Take a line, if it is one of such a text. @param text without prefixes */
  take(text: string, line: number): boolean {
    const trimmed = text.trim();
    if (trimmed.length > 600) return false;
    if (this.#open === undefined) return this.#begin(trimmed, line);
    return this.#task(trimmed) || this.#lock(trimmed, line) || this.#scene(text, trimmed);
  }

  #begin(text: string, line: number): boolean {
    const said = HEAD.exec(text)?.[1]?.trim();
    const row = said === undefined ? undefined : PROBLEMS.find(([pattern]) => pattern.test(said));
    if (said === undefined || row === undefined) return false;
    this.#open = { line, problem: row[1], said };
    const states = /^(\S{1,24}-safe) -> (\S{1,24}-unsafe) /u.exec(said);
    if (states !== null) this.#open.states = { from: states[1]!, to: states[2]! };
    const task = /^(.{1,64})\/(\d{1,9}) still has locks held/u.exec(said);
    if (task !== null) this.#open.task = { comm: task[1]!, pid: Number(task[2]) };
    return true;
  }

  #task(text: string): boolean {
    const open = this.#open!;
    const task = TASK.exec(text);
    if (task !== null) {
      open.task ??= { comm: task[1]!, pid: Number(task[2]) };
      const freed = / freeing memory (?:0x)?([0-9a-f]{8,16})-(?:0x)?([0-9a-f]{8,16})/u.exec(text);
      if (freed !== null) open.freed ??= { from: BigInt(`0x${freed[1]}`), to: BigInt(`0x${freed[2]}`) };
      const released = / (?:release|contend) lock \((.{1,200})\) at:/u.exec(text);
      if (released !== null) open.wanted ??= { name: released[1]! };
      this.#slot = released !== null ? 'release' : freed === null ? 'wanted' : 'held';
      return true;
    }
    const slot = SLOTS.find(([pattern]) => pattern.test(text));
    if (slot !== undefined) {
      this.#slot = /not holding/u.test(text) ? 'not held' : slot[1];
      return true;
    }
    const usage = /^inconsistent \{([^{}]{1,40})\} -> \{([^{}]{1,40})\} usage/u.exec(text);
    if (usage !== null) {
      open.states ??= { from: usage[1]!, to: usage[2]! };
      return true;
    }
    const rcu = /^(\S{1,250}):(\d{1,9}) (suspicious \S{1,80} usage|.{1,120})!$/u.exec(text);
    if (rcu !== null && open.problem === 'rcu' && open.usage === undefined) {
      open.usage = { file: rcu[1]!, line: Number(rcu[2]), what: rcu[3]! };
      return true;
    }
    if (!/^(?:Chain exists of:|which would create a new lock dependency:)/u.test(text)) return false;
    this.#order = true;
    return true;
  }

  #lock(text: string, line: number): boolean {
    const open = this.#open!;
    if (this.#order && text !== '') {
      this.#order = false;
      const order = text.includes(' --> ')
        ? text.split(/\s{1,8}-->\s{1,8}/u).slice(0, MAX_CHAIN)
        : findDependency(text);
      if (order !== undefined) {
        open.order ??= order;
        return true;
      }
    }
    const link = /^-> #(\d{1,4}) (\(.{1,400}):$/u.exec(text);
    if (link !== null) {
      const lock = findLock(link[2]!);
      if (lock !== undefined && this.#chain.length < MAX_CHAIN) {
        this.#chain.push({ ...lock, index: Number(link[1]), line });
      }
      return true;
    }
    if (this.#slot === undefined || text === '') return false;
    return this.#fill(text);
  }

  #fill(text: string): boolean {
    const open = this.#open!;
    const slot = this.#slot!;
    this.#slot = undefined;
    if (slot === 'release') {
      const at = findLocation(text)?.location;
      if (at === undefined || open.wanted === undefined) return false;
      open.wanted = { ...open.wanted, at };
      return true;
    }
    if (slot === 'not held') {
      if (!/^[\w&(][^\s]{0,120}$/u.test(text)) return false;
      open.held ??= { name: text };
      return true;
    }
    const lock: LockUse | undefined = findLock(text);
    if (lock === undefined) return false;
    open[slot] ??= lock;
    return true;
  }

  #scene(text: string, trimmed: string): boolean {
    if (/^CPU0(?:\s+CPU1)?$/u.test(trimmed)) {
      const column = text.indexOf('CPU1');
      this.#secondCpu = column < 0 ? Number.MAX_SAFE_INTEGER : column;
      return true;
    }
    if (this.#secondCpu === undefined) return false;
    if (trimmed.startsWith('*** DEADLOCK ***')) {
      this.#secondCpu = undefined;
      return true;
    }
    if (!/^(?:(?:r|rw|sync)?lock\(.{1,200}\);|local_irq_disable\(\);|<Interrupt>)$/u.test(trimmed))
      return false;
    const indent = text.length - text.trimStart().length;
    const cpu = indent * 2 > this.#secondCpu ? 1 : 0;
    if (this.#scenario.length < MAX_STEPS) this.#scenario.push({ cpu, does: trimmed.replace(/;$/u, '') });
    return true;
  }

  /** @param traceAt the index of the trace that a line opens */
  finish(traceAt: (line: number) => number | undefined): LockProblem | undefined {
    if (this.#open === undefined) return undefined;
    const chain = this.#chain.map((link) => {
      const trace = traceAt(link.line);
      return trace === undefined ? link : { ...link, trace };
    });
    return {
      ...this.#open,
      ...(chain.length === 0 ? {} : { chain }),
      ...(this.#scenario.length === 0 ? {} : { scenario: this.#scenario }),
    };
  }
}
