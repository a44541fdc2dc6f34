// Tasks of the dump: task_struct and what it leads to, from guest memory. The command name may be a given fact.

import { type Addr, hex, hex16 } from '../base/address.js';
import { findField } from '../kernel/layout.js';
import { CURRENT_TASK_OFFSET, THREAD_SIZE, task_struct, thread_info } from '../kernel/structs/task.js';
import type { Dump } from '../reading/dump.js';

/** What is known of a task. */
export interface Task {
  readonly address: Addr;
  readonly pid: number;
  readonly cpu: number | undefined;
  readonly stack: Addr;
  readonly mm: Addr;
  readonly state: bigint;
  readonly comm: string;
}

const offset = (path: string): bigint => BigInt(findField(task_struct, path)!.offset);

/** The task at an address; `undefined` where its fields are not mapped. */
export const taskAt = ({ memory, recording }: Dump, address: Addr): Task | undefined => {
  if (!memory.isMapped(address, task_struct.size)) return undefined;
  const pid = memory.readU32(address + offset('pid')) | 0;
  const stack = memory.readU64(address + offset('stack'));
  const text = memory.read(address + offset('comm'), 16);
  const end = text.indexOf(0);
  const comm = Buffer.from(text.subarray(0, end < 0 ? 16 : end))
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/gu, '?');
  const { pid: given, comm: givenComm } = recording.header.given;
  return {
    address,
    pid,
    cpu: memory.isMapped(stack, thread_info.size)
      ? memory.readU32(stack + BigInt(thread_info.fields.cpu[0]))
      : undefined,
    stack,
    mm: memory.readU64(address + offset('mm')),
    state: memory.readU64(address + offset('state')),
    comm: comm === '' && given === pid && typeof givenComm === 'string' ? givenComm : comm,
  };
};

/** All tasks: live objects of the task_struct cache, and the one that runs. */
export const allTasks = (dump: Dump): Task[] => {
  const { heap, currentTask } = dump;
  const found = new Set<Addr>();
  for (const { name, slabs, num, objectSize } of heap.caches) {
    if (name !== 'task_struct') continue;
    for (const { objects } of slabs) {
      for (let index = 0; index < num; index += 1) {
        const object = objects + BigInt(index * objectSize);
        if (!heap.free.has(object)) found.add(object);
      }
    }
  }
  // A world need not have that cache.
  for (const { struct, address } of dump.objects) if (struct === 'task_struct') found.add(BigInt(address));
  if (currentTask !== 0n) found.add(currentTask);
  return [...found]
    .flatMap((address) => taskAt(dump, address) ?? [])
    .toSorted((a, b) => a.pid - b.pid || (a.address < b.address ? -1 : 1));
};

/** What commands about tasks say of a world that has none. */
export const NO_TASK = 'this world has no task';

/** Whether nothing of the machine is a task: no `current`, no object. That is no damage. */
export const hasNoTask = (dump: Dump): boolean => dump.currentTask === 0n && allTasks(dump).length === 0;

/**
 * States by value: as `ps` abbreviates them, and their names.
 * Source: include/linux/sched.h, v3.0.101; the two letters are those of crash's ps
 */
export const STATES: ReadonlyMap<bigint, readonly [short: string, name: string]> = new Map([
  [0n, ['RU', 'TASK_RUNNING']],
  [1n, ['IN', 'TASK_INTERRUPTIBLE']],
  [2n, ['UN', 'TASK_UNINTERRUPTIBLE']],
  [4n, ['ST', 'TASK_STOPPED']],
  [8n, ['TR', 'TASK_TRACED']],
  [16n, ['ZO', 'EXIT_ZOMBIE']],
  [32n, ['DE', 'EXIT_DEAD']],
  [64n, ['DE', 'TASK_DEAD']],
  [128n, ['WK', 'TASK_WAKEKILL']],
  [130n, ['UN', 'TASK_KILLABLE']],
  [256n, ['WA', 'TASK_WAKING']],
]);

/** What does not fit about a task: its stack, and the way back from there. A sentence each. */
export const taskFindings = ({ memory }: Dump, { address, stack }: Task): string[] => {
  const at = address + offset('stack');
  if (stack % BigInt(THREAD_SIZE) !== 0n || !memory.isMapped(stack, thread_info.size)) {
    const what = memory.isMapped(stack, thread_info.size) ? 'misaligned' : 'not mapped';
    return [`at ${hex(at)} expected a kernel stack, found ${hex(stack)}, ${what}`];
  }
  const back = memory.readU64(stack + BigInt(thread_info.fields.task[0]));
  return back === address
    ? []
    : [
        `at ${hex(stack + BigInt(thread_info.fields.task[0]))} expected the task of this stack, ${hex(address)}, found ${hex(back)}`,
      ];
};

/** What does not fit about `current`, if something does not. */
export const currentFindings = (dump: Dump): string[] => {
  if (hasNoTask(dump)) return [];
  const { memory, recording, currentTask } = dump;
  const at = BigInt(recording.header.gsBase) + CURRENT_TASK_OFFSET;
  if (currentTask % 8n === 0n && memory.isMapped(currentTask, task_struct.size)) return [];
  return [
    `at ${hex(at)} expected the task that runs, found ${hex(currentTask)}, ${currentTask % 8n === 0n ? 'not mapped' : 'misaligned'}`,
  ];
};

/** The line that names a task, as `bt` and `vm` begin with it. */
export const taskLine = (dump: Dump, address: Addr): string => {
  const task = taskAt(dump, address);
  if (hasNoTask(dump)) return `PID: -  (${NO_TASK})`;
  if (task === undefined) return `PID: ?  TASK: ${hex16(address)} (not mapped)`;
  return `PID: ${String(task.pid).padEnd(6)} TASK: ${hex16(address)}  CPU: ${String(task.cpu ?? '?').padEnd(3)} COMMAND: "${task.comm}"`;
};
