// Reads a dump of tasks: one entry for each, equal traces once.
// Sources: sched_show_task() and show_state_filter(), kernel/sched/core.c, v2.6.18 (columns) to v6.14 (`task:… state:…`).

import { defined } from '../../../base/defined.js';
import type { CodeLocation } from '../place.js';
import { findEntries } from '../trace-line.js';
import type { TaskEntry, TaskTrace } from './waits.js';

export const MAX_TASKS = 16_384;
const MAX_TRACES = 2048; // that differ
const MAX_ENTRIES = 64; // of one trace

const NAMED =
  /^\s*task:(\S.{0,20}?)\s{1,24}state:([A-Za-z?])\s{0,12}(running task)?.{0,40}?\bpid:\s{0,12}(\d{1,9})\b(?:.{0,40}?\bppid:\s{0,12}(\d{1,9}))?(?:.{0,40}?\sflags:0x([0-9a-f]{1,16}))?/u;
// Before 5.7: `frobd  D ffff88003e1dfb40  0  611  2 0x00000000`; before 4.13 with an address, after it with the free stack
// right after the state: `frobd  D22600  611  2 0x80000000`.
const COLUMNS =
  /^(\S.{0,15}?)\s{1,16}([RSDTtXZPIKWNn])(?:\s{1,4}(running task)|\s{1,4}(?:0x)?[0-9a-f]{8,16}(?=\s))?\s{0,24}(\d{1,9})\s{1,12}(\d{1,9})\s{1,12}(\d{1,9}) 0x([0-9a-f]{8,16})\s*$/u;

// Where every waiting task is: the scheduler, and what locks and completions sleep in.
const WAITING =
  /^(?:_*schedule\w*|io_schedule\w*|preempt_schedule\w*|__switch_to\w*|context_switch|\w*mutex_lock\w*|__down\w*|down(?:_\w+)?|rwsem_\w+|\w*rt_mutex\w*|__rt_\w+|wait_for_completion\w*|\w*wait_for_common\w*|call_rwsem_\w+|bit_wait\w*|__wait_on_bit\w*|out_of_line_wait\w*|prepare_to_wait\w*|percpu_rwsem_wait|__percpu_down_\w+|percpu_down_\w+)(?:\.|$)/u;

export class TaskList {
  readonly #tasks: TaskEntry[] = [];
  readonly #traces = new Map<string, { entries: readonly CodeLocation[]; tasks: number[] }>();
  #open: TaskEntry | undefined;
  #entries: CodeLocation[] = [];
  #context: string | undefined;
  dropped = 0;

  get count(): number {
    return this.#tasks.length + (this.#open === undefined ? 0 : 1);
  }

  /** Take a line that begins a task or goes on with its trace. @param text without prefixes */
  take(text: string, line: number): boolean {
    const task = NAMED.exec(text);
    const old = task === null && / 0x[0-9a-f]{8,16}\s*$/u.test(text) ? COLUMNS.exec(text) : null;
    if (task === null && old === null) return this.#open !== undefined && this.#entry(text);
    this.#close();
    const [, comm, state, running, pid, ppid, flags] = task ?? [
      old![0],
      old![1],
      old![2],
      old![3],
      old![5],
      old![6],
      old![7],
    ];
    this.#open = {
      line,
      comm: comm!.trim(),
      state: state!,
      ...defined({
        pid: pid === undefined ? undefined : Number(pid),
        ppid: ppid === undefined ? undefined : Number(ppid),
        flags: flags === undefined ? undefined : Number.parseInt(flags, 16),
      }),
      ...(running === undefined ? {} : { running: true as const }),
    };
    return true;
  }

  #entry(text: string): boolean {
    if (text.length > 400) return false;
    if (/^\s*(?:Call Trace:|$)/u.test(text)) return true;
    const found = findEntries(text, this.#context);
    if (found === undefined) return false;
    this.#context = found.context ?? undefined;
    for (const { reliable, context: _, ...place } of found.entries) {
      if (reliable && this.#entries.length < MAX_ENTRIES) this.#entries.push(place);
    }
    return true;
  }

  /** Other lines follow: entries of a trace are no longer those of the last task. */
  leave(): void {
    this.#close();
  }

  #close(): void {
    const task = this.#open;
    const entries = this.#entries;
    this.#open = undefined;
    this.#entries = [];
    this.#context = undefined;
    if (task === undefined) return;
    if (this.#tasks.length >= MAX_TASKS) {
      this.dropped += 1;
      return;
    }
    const index = this.#tasks.length;
    this.#tasks.push(task);
    if (entries.length === 0) return;
    const key = entries.map(({ symbol, offset, address }) => `${symbol ?? address}+${offset}`).join(' ');
    const known = this.#traces.get(key);
    if (known !== undefined) known.tasks.push(index);
    else if (this.#traces.size < MAX_TRACES) this.#traces.set(key, { entries, tasks: [index] });
    else this.dropped += 1;
  }

  /** The tasks, and their traces: that of the most tasks first. */
  finish(): { tasks: TaskEntry[]; traces: TaskTrace[] } {
    this.#close();
    const traces = [...this.#traces.values()]
      .toSorted((one, other) => other.tasks.length - one.tasks.length || one.tasks[0]! - other.tasks[0]!)
      .map(({ entries, tasks }) => ({
        entries,
        tasks,
        ...defined({
          waitsIn: entries.find(({ symbol }) => symbol !== undefined && !WAITING.test(symbol)),
        }),
      }));
    const traceOf = new Map(
      traces.flatMap(({ tasks }, trace) => tasks.map((task) => [task, trace] as const)),
    );
    const tasks = this.#tasks.map((task, index) => ({ ...task, ...defined({ trace: traceOf.get(index) }) }));
    return { tasks, traces };
  }
}
