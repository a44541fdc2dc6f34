// Reads the lines of a stall of RCU.
// Sources: print_other_cpu_stall(), print_cpu_stall(), print_cpu_stall_info(), rcu_check_gp_kthread_starvation(),
// kernel/rcu/tree_stall.h, v5.1 to v6.14; kernel/rcu/tree.c, v2.6.38 to v5.0; synchronize_rcu_expedited_wait(), tree_exp.h.

import type { RcuStall } from './waits.js';

const BEGIN =
  /^(?:rcu: )?INFO: (\S{1,40}) (self-)?detected (expedited )?stalls? on (?:CPUs?|tasks:)(.{0,400})$/u;
const CPU =
  /^(?:rcu: )?\s{0,8}(\d{1,5})-?[.!OoNnDd+0-9]{0,8}:?:? \((?:(\d{1,12}) ticks this GP|(\d{1,9}) GPs behind)\)/u;
const MAX_CPUS = 8192;

type Open = { -readonly [K in keyof RcuStall]: RcuStall[K] };

const add = (open: Open, cpu: RcuStall['cpus'][number]): void => {
  if (open.cpus.length < MAX_CPUS && !open.cpus.some((one) => one.cpu === cpu.cpu))
    open.cpus = [...open.cpus, cpu];
};

const numbers = (open: Open, text: string): void => {
  const by = /detected by (\d{1,5})/u.exec(text)?.[1];
  const jiffies = /\bt=(\d{1,12})/u.exec(text)?.[1] ?? / (\d{1,12}) jiffies s:/u.exec(text)?.[1];
  const period = /\bg=(-?\d{1,15})/u.exec(text)?.[1];
  const queued = /\bq=(\d{1,12})/u.exec(text)?.[1];
  if (by !== undefined) open.detectedBy ??= Number(by);
  if (jiffies !== undefined) open.jiffies ??= Number(jiffies);
  if (period !== undefined) open.gracePeriod ??= Number(period);
  if (queued !== undefined) open.queued ??= Number(queued);
};

// `{ 3-.... 5-.... P812 }`, `{ 3}`, ` 3 (t=15000 jiffies)`: CPUs, and tasks with a P.
const listed = (open: Open, text: string): void => {
  const inside = /\{([^{}]{0,400})\}/u.exec(text)?.[1] ?? /^ (\d{1,5}) /u.exec(text)?.[1] ?? '';
  for (const word of inside.split(/\s+/u)) {
    const cpu = /^(\d{1,5})(?:-\S{0,8})?$/u.exec(word)?.[1];
    if (cpu !== undefined) add(open, { cpu: Number(cpu) });
    const task = /^P(\d{1,9})/u.exec(word)?.[1];
    if (task !== undefined && open.tasks.length < 256) open.tasks = [...open.tasks, Number(task)];
  }
};

export class StallReader {
  #open: Open | undefined;

  get begun(): boolean {
    return this.#open !== undefined;
  }

  /** Take a line, if it is one of a stall. @param text without prefixes */
  take(text: string, line: number): boolean {
    if (text.length > 800) return false;
    const begin = BEGIN.exec(text.trim());
    if (begin !== null && this.#open === undefined) {
      const [, flavour, self, expedited, rest] = begin;
      this.#open = {
        line,
        flavour: flavour!,
        self: self !== undefined,
        expedited: expedited !== undefined,
        cpus: [],
        tasks: [],
      };
      listed(this.#open, rest!);
      numbers(this.#open, rest!);
      return true;
    }
    return this.#open !== undefined && this.#more(this.#open, text);
  }

  #more(open: Open, text: string): boolean {
    const cpu = CPU.exec(text);
    if (cpu !== null) {
      const [, number, ticks, behind] = cpu;
      add(open, {
        cpu: Number(number),
        ...(ticks === undefined ? {} : { ticks: Number(ticks) }),
        ...(behind === undefined ? {} : { behind: Number(behind) }),
      });
      return true;
    }
    if (/^\s*(?:rcu: )?\s*\((?:detected by \d|t=\d)/u.test(text)) {
      numbers(open, text);
      return true;
    }
    const starved =
      /\bkthread starved for (\d{1,12}) jiffies!?.{0,80}?(?:->state=(0x[0-9a-f]{1,8}|\S{1,3}))?(?: ->cpu=(\d{1,5}))?\s*$/u.exec(
        text,
      );
    if (starved !== null) {
      const [, jiffies, state, on] = starved;
      open.starved ??= {
        jiffies: Number(jiffies),
        ...(state === undefined ? {} : { state }),
        ...(on === undefined ? {} : { cpu: Number(on) }),
      };
      return true;
    }
    if (!/^\s*(?:rcu: )?\s*Tasks blocked on level-\d/u.test(text)) return false;
    const tasks = [...text.matchAll(/\bP(\d{1,9})\b/gu)].map(([, pid]) => Number(pid));
    open.tasks = [...new Set([...open.tasks, ...tasks])].slice(0, 256);
    return true;
  }

  finish(): RcuStall | undefined {
    return this.#open;
  }
}
